"""SPAKE2+ (RFC 9383) with P256-SHA256-HKDF-SHA256-HMAC-SHA256: both sides of one run. Pure.

    prover (device, has w0 and w1)                 verifier (box, keeps w0 and L)
    Proving.share  X = x*P + w0*M  ───────────▶    Verifying(X): Y = y*P + w0*N, and what it has to hear
    Proving.finish(Y, confirmV)    ◀───────────    .share, .confirmation
              confirmP             ───────────▶    .finish(confirmP)

Whoever does not know the code learns one thing from a run: that the code tried was wrong. A box shows its confirmation
first, so that a run is one guess of the device's whatever it does next; counting it is for others (pairing/window.py).
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from Crypto.PublicKey.ECC import EccPoint  # type: ignore[attr-defined]  # documented there, and made elsewhere
from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pairing.errors import BadShare, WrongCode
from pairing.verifier import ORDER, POINT_BYTES, SCALAR_BYTES, Identities, Scalars, Verifier

FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
"""P-256's."""
UNCOMPRESSED = 4
KEY_BYTES = 32
LENGTH_BYTES = 8


def _point(encoded: bytes) -> EccPoint:
    """Raises BadShare: this is no point of the curve."""
    if len(encoded) != POINT_BYTES or encoded[0] != UNCOMPRESSED:
        raise BadShare
    x, y = (int.from_bytes(each, "big") for each in (encoded[1 : 1 + SCALAR_BYTES], encoded[1 + SCALAR_BYTES :]))
    # The library would take a larger one for what it leaves behind the division, and 0, 0 for the point at infinity.
    if x >= FIELD or y >= FIELD or x == y == 0:
        raise BadShare
    try:
        return EccPoint(x, y, "p256")
    except ValueError as error:
        raise BadShare from error


def _encoded(point: EccPoint) -> bytes:
    """Raises BadShare: the point at infinity, which only a share that was chosen for it leads to."""
    if point.is_point_at_infinity():
        raise BadShare
    return bytes((UNCOMPRESSED,)) + b"".join(int(each).to_bytes(SCALAR_BYTES, "big") for each in point.xy)


P = _point(
    bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    )
)
"""The curve's generator."""
M = _point(
    bytes.fromhex(
        "04886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f"
        "5ff355163e43ce224e0b0e65ff02ac8e5c7be09419c785e0ca547d55a12e2d20"
    )
)
N = _point(
    bytes.fromhex(
        "04d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49"
        "07d60aa6bfade45008a636337f5168c64d9bd36034808cd564490b1e656edbe7"
    )
)
"""Section 4: points whose logarithms nobody knows."""


@dataclass(frozen=True)
class About:
    """What both sides have to see the same: `context` stands for everything that was said before, and the version."""

    context: bytes
    identities: Identities


@dataclass(frozen=True)
class Keys:
    """Section 3.4: what a run comes to."""

    confirm_prover: bytes = field(repr=False)
    confirm_verifier: bytes = field(repr=False)
    shared: bytes = field(repr=False)


def drawn() -> int:
    """A secret of one run: 1 to the order less 1."""
    return 1 + secrets.randbelow(ORDER - 1)


class Proving:
    """The device's side of one run. `draw` is for tests."""

    def __init__(self, about: About, known: Scalars, draw: Callable[[], int] = drawn) -> None:
        self._about, self._known, self._x = about, known, draw()
        self.share = _encoded(P * self._x + M * known.w0)

    def finish(self, share: bytes, confirmation: bytes) -> tuple[bytes, bytes]:
        """The device's confirmation, and the shared key. Raises WrongCode or BadShare."""
        theirs = _point(share) + -(N * self._known.w0)
        keys = schedule(
            transcript(
                self._about,
                (self.share, share),
                (_encoded(theirs * self._x), _encoded(theirs * self._known.w1)),
                self._known.w0.to_bytes(SCALAR_BYTES, "big"),
            )
        )
        if not constant_time.bytes_eq(_mac(keys.confirm_verifier, self.share), confirmation):
            raise WrongCode
        return _mac(keys.confirm_prover, share), keys.shared


class Verifying:
    """The box's side of one run, which begins with the device's share. Raises BadShare."""

    def __init__(self, about: About, kept: Verifier, share: bytes, draw: Callable[[], int] = drawn) -> None:
        y, w0 = draw(), int.from_bytes(kept.w0, "big")
        theirs = _point(share) + -(M * w0)
        self.share = _encoded(P * y + N * w0)
        self._keys = schedule(
            transcript(
                about,
                (share, self.share),
                (_encoded(theirs * y), _encoded(_point(kept.point) * y)),
                kept.w0,
            )
        )
        self.confirmation = _mac(self._keys.confirm_verifier, share)

    def finish(self, confirmation: bytes) -> bytes:
        """The shared key. Raises WrongCode."""
        if not constant_time.bytes_eq(_mac(self._keys.confirm_prover, self.share), confirmation):
            raise WrongCode
        return self._keys.shared


def transcript(about: About, shares: tuple[bytes, bytes], secret: tuple[bytes, bytes], w0: bytes) -> bytes:
    """TT of section 3.3: the prover's share and the verifier's; Z and V."""
    parts = (
        *(about.context, about.identities.prover, about.identities.verifier),
        *(_encoded(M), _encoded(N), *shares, *secret, w0),
    )
    return b"".join(len(part).to_bytes(LENGTH_BYTES, "little") + part for part in parts)


def schedule(said: bytes) -> Keys:
    """The keys of a transcript, as in section 3.4."""
    main = hashlib.sha256(said).digest()
    both = _derived(main, b"ConfirmationKeys", 2 * KEY_BYTES)
    return Keys(both[:KEY_BYTES], both[KEY_BYTES:], _derived(main, b"SharedKey", KEY_BYTES))


def _derived(main: bytes, what_for: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=what_for).derive(main)


def _mac(key: bytes, content: bytes) -> bytes:
    mac = HMAC(key, SHA256())
    mac.update(content)
    return mac.finalize()
