"""Short sessions for pages, which can't show a device's certificate: they sign a challenge with its key. Pure.

    challenge ─▶ (the page signs it) ─▶ session: a token for ten minutes ─▶ the device's key, whose records are asked

Times are seconds of a clock that never goes back. What is not asked for again is forgotten; of what strangers can ask
for only so much is kept, and the oldest goes first.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.errors import BadRequest, NotPaired

RANDOM_BYTES = 32
CHALLENGE_S, SESSION_S = 60.0, 600.0
MOST_CHALLENGES, MOST_SESSIONS = 64, 32
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
        self._challenges: dict[bytes, float] = {}
        self._sessions: dict[str, tuple[bytes, float]] = {}

    def challenge(self, now_s: float) -> bytes:
        """Something to sign, once."""
        made = self._random(RANDOM_BYTES)
        _make_room(self._challenges, MOST_CHALLENGES)
        self._challenges[made] = now_s + CHALLENGE_S
        return made

    def check(self, challenge: bytes, key: bytes, signature: bytes, now_s: float) -> None:
        """Whoever signed has this key (P-256, uncompressed). Raises BadRequest, or NotPaired: somebody else signed, or
        too late."""
        if len(key) != KEY_BYTES or len(signature) != 2 * NUMBER_BYTES:
            raise BadRequest
        if now_s >= self._challenges.pop(challenge, -math.inf):
            raise NotPaired("This was asked for too long ago. Ask again.")
        numbers = (int.from_bytes(each, "big") for each in (signature[:NUMBER_BYTES], signature[NUMBER_BYTES:]))
        try:
            public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
            public.verify(encode_dss_signature(*numbers), signed(challenge, self._box_key), ec.ECDSA(SHA256()))
        except (ValueError, InvalidSignature) as error:
            raise NotPaired from error

    def begin(self, key: bytes, now_s: float) -> Session:
        """A session of a device that is let in, and whose key was checked."""
        token = self._random(RANDOM_BYTES).hex()
        _make_room(self._sessions, MOST_SESSIONS)
        self._sessions[token] = key, now_s + SESSION_S
        return Session(token, round(SESSION_S))

    def key(self, token: str, now_s: float) -> bytes:
        """Whose session that is. Raises NotPaired: nobody's, or it is over."""
        key, until_s = self._sessions.get(token, (b"", -math.inf))
        if now_s >= until_s:
            self._sessions.pop(token, None)
            raise NotPaired("This session is over. Begin another one.")
        return key


def signed(challenge: bytes, box_key: bytes) -> bytes:
    """What a page signs."""
    return SIGNED + challenge + box_key


def _make_room(kept: dict, most: int) -> None:  # type: ignore[type-arg]
    while len(kept) >= most:
        kept.pop(next(iter(kept)))
