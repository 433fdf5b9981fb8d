"""What both sides say once they know that they share a code: ChaCha20-Poly1305, a key for each direction. Pure.

Messages are numbered from 0 in each direction, and the number is the nonce: what is left out, repeated or moved does
not open. A channel that has refused a message opens no other.
"""

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pairing.errors import NotSealed

KEY_BYTES, NONCE_BYTES = 32, 12
OF_DEVICE, OF_BOX, PROOF = b"spoq pairing 1 device", b"spoq pairing 1 box", b"spoq pairing 1 proof"
"""What each key is for, as HKDF's info."""


@dataclass(frozen=True)
class Secrets:
    """What comes of the shared key of a run."""

    of_device: bytes = field(repr=False)
    of_box: bytes = field(repr=False)
    proof: bytes = field(repr=False)
    """Signed by both sides with the keys of their hellos: who signs it took part in this run."""


def secrets(shared: bytes) -> Secrets:
    """`shared` is what SPAKE2+ gave both sides."""
    return Secrets(
        *(HKDF(SHA256(), KEY_BYTES, None, what_for).derive(shared) for what_for in (OF_DEVICE, OF_BOX, PROOF))
    )


class Channel:
    """One side's: it seals with `ours` and opens what `theirs` sealed."""

    def __init__(self, ours: bytes, theirs: bytes) -> None:
        self._ours, self._theirs = ChaCha20Poly1305(ours), ChaCha20Poly1305(theirs)
        self._sent, self._opened = 0, 0
        self._broken = False

    def seal(self, content: bytes) -> bytes:
        """The next message to the other side."""
        sealed = self._ours.encrypt(_nonce(self._sent), content, None)
        self._sent += 1
        return sealed

    def open(self, sealed: bytes) -> bytes:
        """The next message from the other side. Raises NotSealed."""
        if self._broken:
            raise NotSealed
        try:
            content = self._theirs.decrypt(_nonce(self._opened), sealed, None)
        except (InvalidTag, ValueError) as error:
            self._broken = True
            raise NotSealed from error
        self._opened += 1
        return content


def of_device(known: Secrets) -> Channel:
    """The device's end."""
    return Channel(known.of_device, known.of_box)


def of_box(known: Secrets) -> Channel:
    """The box's end."""
    return Channel(known.of_box, known.of_device)


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE_BYTES, "little")
