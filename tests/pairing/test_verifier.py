"""The verifier of a code, by the vectors of RFC 9383 and by another implementation."""

import pytest

from pairing.errors import PairingError
from pairing.setup_code import SetupCode
from pairing.verifier import ORDER, Identities, Scalars, Verifier, register, scalars, verifier, well_formed

CODE, SALT, BOX = SetupCode("48217730"), bytes(range(32)), Identities(b"", b"SPQ-7K2M-X9RC")

# RFC 9383, appendix C (P256-SHA256), and draft-01, whose values Matter uses.
VECTORS = [
    (
        "bb8e1bbcf3c48f62c08db243652ae55d3e5586053fca77102994f23ad95491b3",
        "7e945f34d78785b8a3ef44d0df5a1a97d6b3b460409a345ca7830387a74b1dba",
        (
            "04eb7c9db3d9a9eb1f8adab81b5794c1f13ae3e225efbe91ea487425854c7fc00f"
            "00bfedcbd09b2400142d40a14f2064ef31dfaa903b91d1faea7093d835966efd"
        ),
    ),
    (
        "e6887cf9bdfb7579c69bf47928a84514b5e355ac034863f7ffaf4390e67d798c",
        "24b5ae4abda868ec9336ffc3b78ee31c5755bef1759227ef5372ca139b94e512",
        (
            "0495645cfb74df6e58f9748bb83a86620bab7c82e107f57d6870da8cbcb2ff9f70"
            "63a14b6402c62f99afcb9706a4d1a143273259fe76f1c605a3639745a92154b9"
        ),
    ),
]


@pytest.mark.parametrize(("w0", "w1", "point"), VECTORS)
def test_the_point_comes_out_of_w1_as_in_the_rfc(w0: str, w1: str, point: str) -> None:
    made = verifier(Scalars(int(w0, 16), int(w1, 16)))
    assert (made.w0.hex(), made.point.hex()) == (w0, point)
    assert well_formed(made)


def test_the_registration_is_what_a_phone_works_out() -> None:
    """The same code through @noble/hashes 2 (scrypt) and @noble/curves 2 (P-256), in JavaScript."""
    made = register(CODE, SALT, BOX)
    assert made.w0.hex() == "4036dd612e638996df92ea7f9d0b6adfdb540e6605dc172c42d53fe1c0d15543"
    assert made.point.hex() == (
        "04050ad5e1e6d899533d7fdcbee55b15442045ee1fb915986a8f3745a4fe4cf294"
        "c708442f6d81e2aef9296903645b1c5734b51b6c6a2507e42c56d180cb3cfa53"
    )


@pytest.mark.parametrize(
    ("code", "salt", "identities"),
    [
        (SetupCode("48217731"), SALT, BOX),
        (CODE, bytes(32), BOX),
        (CODE, SALT, Identities(b"", b"SPQ-7K2M-X9RD")),
        (CODE, SALT, Identities(b"SPQ-7K2M-X9RC", b"")),
    ],
    ids=["another code", "another salt", "another box", "identities exchanged"],
)
def test_all_that_goes_in_counts(code: SetupCode, salt: bytes, identities: Identities) -> None:
    one, other = scalars(CODE, SALT, BOX), scalars(code, salt, identities)
    assert one.w0 != other.w0
    assert one.w1 != other.w1


@pytest.mark.parametrize("scalar", [0, ORDER, -1])
def test_a_scalar_outside_the_group_is_refused(scalar: int) -> None:
    with pytest.raises(PairingError, match="outside"):
        verifier(Scalars(scalar, 1))
    with pytest.raises(PairingError, match="outside"):
        verifier(Scalars(1, scalar))


def test_a_point_beside_the_curve_is_noticed() -> None:
    good = verifier(Scalars(1, 1))
    assert not well_formed(Verifier(good.w0, good.point[:-1] + bytes([good.point[-1] ^ 1])))
    assert not well_formed(Verifier(good.w0, b"\x00"))
    assert not well_formed(Verifier(good.w0, b"\x02" + good.point[1:33]))
    assert not well_formed(Verifier(bytes(32), good.point))
    assert not well_formed(Verifier(ORDER.to_bytes(32, "big"), good.point))


def test_it_is_in_no_log() -> None:
    assert f"{scalars(CODE, SALT, BOX)!r} {verifier(Scalars(7, 9))!r}" == "Scalars() Verifier()"
