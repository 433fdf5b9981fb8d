"""What a box keeps of its set-up code: the registration of SPAKE2+ (RFC 9383, section 3.2) over P-256.

Whoever has the verifier can check a code and can't take the place of a device that knows it. With eight digits he can
still try them all; `scrypt` makes each try cost 32 MiB and a tenth of a second (docs/decisions/0009).

Answers for w0, w1 and L. Leaves the online protocol to others.
"""

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pairing.errors import PairingError
from pairing.setup_code import SetupCode

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256's group; the RFC calls it p."""
SALT_BYTES = 32
SCALAR_BYTES = 32
POINT_BYTES = 65
"""Uncompressed: 04, x, y."""
HALF_BYTES = 40
"""Of w0s and of w1s: the order's 256 bits and 64 more, so that reducing them favours no value."""
COST, BLOCK, PARALLEL = 32768, 8, 1
"""N, r, p of scrypt, as section 3.2 recommends."""
SCRYPT_BYTES = 64 * 1024 * 1024
"""The most that it may take; it needs 128 * N * r, 32 MiB, and a little."""


@dataclass(frozen=True)
class Identities:
    """Who talks with whom: the device that proves (empty where it is not known yet), the box that verifies."""

    prover: bytes
    verifier: bytes


@dataclass(frozen=True)
class Scalars:
    """What the device works out from the code. Never kept."""

    w0: int = field(repr=False)
    w1: int = field(repr=False)


@dataclass(frozen=True)
class Verifier:
    """What the box keeps: w0 (big-endian) and the point L = w1*P (uncompressed)."""

    w0: bytes = field(repr=False)
    point: bytes = field(repr=False)


def scalars(code: SetupCode, salt: bytes, identities: Identities) -> Scalars:
    """w0 and w1. Takes a tenth of a second and 32 MiB."""
    password = b"".join(
        len(part).to_bytes(8, "little") + part
        for part in (code.digits.encode(), identities.prover, identities.verifier)
    )
    halves = hashlib.scrypt(password, salt=salt, n=COST, r=BLOCK, p=PARALLEL, maxmem=SCRYPT_BYTES, dklen=2 * HALF_BYTES)
    return Scalars(
        int.from_bytes(halves[:HALF_BYTES], "big") % ORDER, int.from_bytes(halves[HALF_BYTES:], "big") % ORDER
    )


def register(code: SetupCode, salt: bytes, identities: Identities) -> Verifier:
    """The verifier of a code. Takes a tenth of a second and 32 MiB."""
    return verifier(scalars(code, salt, identities))


def verifier(known: Scalars) -> Verifier:
    """The verifier from both scalars. Raises PairingError: one is 0, which no code gives in this world's lifetime."""
    if not 0 < known.w0 < ORDER or not 0 < known.w1 < ORDER:
        raise PairingError("The set-up code can't be registered: its scalars are outside the group.")
    point = ec.derive_private_key(known.w1, ec.SECP256R1()).public_key()
    return Verifier(
        known.w0.to_bytes(SCALAR_BYTES, "big"), point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )


def well_formed(candidate: Verifier) -> bool:
    """Whether w0 is inside the group and L a point of the curve."""
    if len(candidate.w0) != SCALAR_BYTES or not 0 < int.from_bytes(candidate.w0, "big") < ORDER:
        return False
    if len(candidate.point) != POINT_BYTES:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), candidate.point)
    except ValueError:
        return False
    return True
