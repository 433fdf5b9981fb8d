"""The exchange, by the vectors of RFC 9383, and by what happens to whoever does not know the code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairing.errors import BadShare, WrongCode
from pairing.spake2plus import FIELD, About, M, N, P, Proving, Verifying, _encoded, schedule, transcript
from pairing.verifier import ORDER, POINT_BYTES, Identities, Scalars, Verifier, verifier

# Appendix C: P256-SHA256-HKDF-SHA256-HMAC-SHA256, with identities.
ABOUT = About(b"SPAKE2+-P256-SHA256-HKDF-SHA256-HMAC-SHA256 Test Vectors", Identities(b"client", b"server"))
KNOWN = Scalars(
    0xBB8E1BBCF3C48F62C08DB243652AE55D3E5586053FCA77102994F23AD95491B3,
    0x7E945F34D78785B8A3EF44D0DF5A1A97D6B3B460409A345CA7830387A74B1DBA,
)
X = 0xD1232C8E8693D02368976C174E2088851B8365D0D79A9EEE709C6A05A2FAD539
Y = 0x717A72348A182085109C8D3917D6C43D59B224DC6A7FC4F0483232FA6516D8B3
SHARE_P = (
    "04ef3bd051bf78a2234ec0df197f7828060fe9856503579bb1733009042c15c0c1"
    "de127727f418b5966afadfdd95a6e4591d171056b333dab97a79c7193e341727"
)
SHARE_V = (
    "04c0f65da0d11927bdf5d560c69e1d7d939a05b0e88291887d679fcadea75810fb"
    "5cc1ca7494db39e82ff2f50665255d76173e09986ab46742c798a9a68437b048"
)
Z = (
    "04bbfce7dd7f277819c8da21544afb7964705569bdf12fb92aa388059408d50091"
    "a0c5f1d3127f56813b5337f9e4e67e2ca633117a4fbd559946ab474356c41839"
)
V = (
    "0458bf27c6bca011c9ce1930e8984a797a3419797b936629a5a937cf2f11c8b951"
    "4b82b993da8a46e664f23db7c01edc87faa530db01c2ee405230b18997f16b68"
)
CONFIRM_P = "926cc713504b9b4d76c9162ded04b5493e89109f6d89462cd33adc46fda27527"
CONFIRM_V = "9747bcc4f8fe9f63defee53ac9b07876d907d55047e6ff2def2e7529089d3e68"
SHARED = "0c5f8ccd1413423a54f6c1fb26ff01534a87f893779c6e68666d772bfd91f3e7"

BOX = About(b"all that was said before", Identities(b"a phone", b"a box"))
CODE, ANOTHER = Scalars(11, 12), Scalars(11, 13)


def test_both_sides_say_and_end_with_what_the_rfc_has() -> None:
    device = Proving(ABOUT, KNOWN, lambda: X)
    box = Verifying(ABOUT, verifier(KNOWN), device.share, lambda: Y)
    assert (device.share.hex(), box.share.hex(), box.confirmation.hex()) == (SHARE_P, SHARE_V, CONFIRM_V)
    confirmation, shared = device.finish(box.share, box.confirmation)
    assert (confirmation.hex(), shared.hex(), box.finish(confirmation).hex()) == (CONFIRM_P, SHARED, SHARED)


def test_the_keys_come_out_of_the_transcript_as_in_the_rfc() -> None:
    said = transcript(
        ABOUT,
        (bytes.fromhex(SHARE_P), bytes.fromhex(SHARE_V)),
        (bytes.fromhex(Z), bytes.fromhex(V)),
        KNOWN.w0.to_bytes(32, "big"),
    )
    keys = schedule(said)
    assert len(said) == 10 * 8 + len(ABOUT.context) + 6 + 6 + 6 * POINT_BYTES + 32
    assert keys.confirm_prover.hex() == "871ae3f7b78445e34438fb284504240239031c39d80ac23eb5ab9be5ad6db58a"
    assert keys.confirm_verifier.hex() == "ccd53c7c1fa37b64a462b40db8be101cedcf838950162902054e644b400f1680"


def test_two_runs_with_one_code_have_nothing_in_common() -> None:
    first, second = Proving(BOX, CODE), Proving(BOX, CODE)
    assert first.share != second.share
    boxes = [Verifying(BOX, verifier(CODE), device.share) for device in (first, second)]
    ends = [device.finish(box.share, box.confirmation) for device, box in zip((first, second), boxes, strict=True)]
    assert ends[0][1] != ends[1][1]
    with pytest.raises(WrongCode):
        boxes[1].finish(ends[0][0])


def test_a_wrong_code_is_found_by_the_device_before_it_shows_anything() -> None:
    device = Proving(BOX, ANOTHER)
    box = Verifying(BOX, verifier(CODE), device.share)
    with pytest.raises(WrongCode, match="not this box's code"):
        device.finish(box.share, box.confirmation)


def test_a_device_that_goes_on_with_a_wrong_code_is_found_by_the_box() -> None:
    device = Proving(BOX, ANOTHER)
    box = Verifying(BOX, verifier(CODE), device.share)
    with pytest.raises(WrongCode):
        box.finish(Verifying(BOX, verifier(ANOTHER), device.share).confirmation)


@pytest.mark.parametrize(
    "heard",
    [
        About(b"another hello", BOX.identities),
        About(BOX.context, Identities(b"in the middle", b"a box")),
        About(BOX.context, Identities(b"a phone", b"in the middle")),
        # The same bytes, cut elsewhere.
        About(BOX.context + b"a", Identities(b" phone", b"a box")),
    ],
)
def test_who_heard_something_else_before_does_not_agree(heard: About) -> None:
    device = Proving(heard, CODE)
    box = Verifying(BOX, verifier(CODE), device.share)
    with pytest.raises(WrongCode):
        device.finish(box.share, box.confirmation)


def test_a_share_of_an_earlier_run_gives_another_transcript() -> None:
    earlier, device = Proving(BOX, CODE), Proving(BOX, CODE)
    box = Verifying(BOX, verifier(CODE), earlier.share)
    with pytest.raises(WrongCode):
        device.finish(box.share, box.confirmation)


def test_the_verifier_alone_does_not_make_a_device() -> None:
    """Who reads the box's disk has w0 and L: without w1 he gets another V."""
    kept = verifier(CODE)
    thief = Proving(BOX, Scalars(int.from_bytes(kept.w0, "big"), ORDER - 1))
    box = Verifying(BOX, kept, thief.share)
    with pytest.raises(WrongCode):
        thief.finish(box.share, box.confirmation)


@pytest.mark.parametrize(
    "share",
    [
        b"",
        bytes(POINT_BYTES),
        b"\x04" + bytes(POINT_BYTES - 1),
        b"\x04" + b"\xff" * (POINT_BYTES - 1),
        b"\x02" + bytes.fromhex(SHARE_P)[1:33],
        bytes.fromhex(SHARE_P)[:-1] + b"\0",
        bytes.fromhex(SHARE_P) + b"\0",
    ],
    ids=["nothing", "zeros", "infinity", "beyond the field", "compressed", "beside the curve", "too long"],
)
def test_what_is_no_point_is_refused_by_both(share: bytes) -> None:
    with pytest.raises(BadShare):
        Verifying(BOX, verifier(CODE), share)
    with pytest.raises(BadShare):
        Proving(BOX, CODE).finish(share, b"")


def test_a_point_has_one_form_only() -> None:
    """Its x is small enough that the field's size still fits on top."""
    point = next(each for each in map(with_x, range(5, 100)) if each)
    assert Verifying(BOX, verifier(CODE), bytes((4,)) + b"".join(each.to_bytes(32, "big") for each in point))
    larger = bytes((4,)) + (point[0] + FIELD).to_bytes(32, "big") + point[1].to_bytes(32, "big")
    with pytest.raises(BadShare):
        Verifying(BOX, verifier(CODE), larger)


def with_x(x: int) -> tuple[int, int] | None:
    """A point of y^2 = x^3 - 3x + b, where there is one."""
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    square = (x**3 - 3 * x + b) % FIELD
    y = pow(square, (FIELD + 1) // 4, FIELD)
    return (x, y) if y * y % FIELD == square else None


def test_a_share_that_would_make_the_secret_known_is_refused() -> None:
    """X = w0*M leaves nothing of the device's own, and so does Y = w0*N of the box's."""
    with pytest.raises(BadShare):
        Verifying(BOX, verifier(CODE), _encoded(M * CODE.w0))
    with pytest.raises(BadShare):
        Proving(BOX, CODE).finish(_encoded(N * CODE.w0), b"")


@given(st.binary(max_size=80))
def test_any_bytes_are_a_wrong_code_or_no_share(share: bytes) -> None:
    device = Proving(BOX, CODE)
    with pytest.raises((BadShare, WrongCode)):
        device.finish(share, share)


@given(st.integers(1, ORDER - 1), st.integers(1, ORDER - 1), st.integers(1, ORDER - 1), st.integers(1, ORDER - 1))
def test_whoever_knows_the_same_code_agrees(w0: int, w1: int, x: int, y: int) -> None:
    device = Proving(BOX, Scalars(w0, w1), lambda: x)
    box = Verifying(BOX, verifier(Scalars(w0, w1)), device.share, lambda: y)
    confirmation, shared = device.finish(box.share, box.confirmation)
    assert box.finish(confirmation) == shared


def test_the_generator_is_the_curves() -> None:
    one: Verifier = verifier(Scalars(1, 1))
    assert _encoded(P) == one.point
