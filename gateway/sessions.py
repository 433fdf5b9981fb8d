"""Short sessions for pages, which can't show a device's certificate: they sign a challenge with its key. Pure.

    challenge ─▶ (the page signs it) ─▶ session: a token for ten minutes ─▶ the device's key, whose records are asked

Times are seconds of a clock that never goes back. What is not asked for again is forgotten, and of strangers nothing is
kept.
"""

import hmac
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.errors import BadRequest, NotPaired

RANDOM_BYTES, NONCE_BYTES, MARK_BYTES = 32, 16, 32
MADE_BYTES = NONCE_BYTES + 8
CHALLENGE_S, SESSION_S = 60.0, 600.0
MOST_OF_ONE = 8
"""Sessions of one device."""
SIGNED = b"spoq session 1\0"
NUMBER_BYTES = 32
KEY_BYTES = 65


@dataclass(frozen=True)
class Session:
    """What a page shows from now on, and for how long."""

    token: str = field(repr=False)
    seconds: int


class Sessions:
    """One box's, whose identity key (Ed25519, raw) is `box_key`. `random` gives so many random bytes."""

    def __init__(self, box_key: bytes, random: Callable[[int], bytes]) -> None:
        self._box_key, self._random = box_key, random
        self._own = random(RANDOM_BYTES)
        self._used: dict[bytes, float] = {}
        self._sessions: dict[str, tuple[bytes, float]] = {}

    def challenge(self, now_s: float) -> bytes:
        """Something to sign, once. Nothing is kept of it: strangers may ask for as many as they like."""
        made = self._random(NONCE_BYTES) + struct.pack(">d", now_s + CHALLENGE_S)
        return made + self._mark(made)

    def check(self, challenge: bytes, key: bytes, signature: bytes, now_s: float) -> None:
        """Whoever signed has this key (P-256, uncompressed). Raises BadRequest, or NotPaired: somebody else signed, or
        too late."""
        if len(key) != KEY_BYTES or len(signature) != 2 * NUMBER_BYTES:
            raise BadRequest
        made = challenge[:-MARK_BYTES]
        is_ours = len(made) == MADE_BYTES and hmac.compare_digest(challenge[-MARK_BYTES:], self._mark(made))
        if not is_ours or challenge in self._used or now_s >= _until_s(challenge):
            raise NotPaired("This was asked for too long ago. Ask again.")
        numbers = (int.from_bytes(each, "big") for each in (signature[:NUMBER_BYTES], signature[NUMBER_BYTES:]))
        try:
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
            public.verify(encode_dss_signature(*numbers), signed(challenge, self._box_key), ec.ECDSA(SHA256()))
        except (ValueError, InvalidSignature) as error:
            raise NotPaired from error

    def begin(self, challenge: bytes, key: bytes, now_s: float) -> Session:
        """A session of a device that is let in, and whose signature of that was checked. Of one device there are only
        so many: it ends its own oldest, and nobody else's."""
        self._used = {each: until_s for each, until_s in self._used.items() if now_s < until_s}
        self._used[challenge] = _until_s(challenge)
        self._sessions = {token: each for token, each in self._sessions.items() if now_s < each[1]}
        own = [token for token, (whose, _) in self._sessions.items() if whose == key]
        for token in own[: max(0, len(own) - MOST_OF_ONE + 1)]:
            del self._sessions[token]
        token = self._random(RANDOM_BYTES).hex()
        self._sessions[token] = key, now_s + SESSION_S
        return Session(token, round(SESSION_S))

    def key(self, token: str, now_s: float) -> bytes:
        """Whose session that is. Raises NotPaired: nobody's, or it is over."""
        key, until_s = self._sessions.get(token, (b"", -math.inf))
        if now_s >= until_s:
            self._sessions.pop(token, None)
            raise NotPaired("This session is over. Begin another one.")
        return key

    def _mark(self, made: bytes) -> bytes:
        """By which this box knows what it has made."""
        return hmac.digest(self._own, made, "sha256")


def signed(challenge: bytes, box_key: bytes) -> bytes:
    """What a page signs."""
    return SIGNED + challenge + box_key


def _until_s(challenge: bytes) -> float:
    """When one of ours is over."""
    until_s: float = struct.unpack_from(">d", challenge, NONCE_BYTES)[0]
    return until_s
