"""A page's session: begun by whoever has the key, once for each challenge, for a while."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.errors import BadRequest, NotPaired
from gateway.sessions import CHALLENGE_S, MOST_OF_ONE, SESSION_S, Session, Sessions, signed

BOX_KEY, OTHER_BOX = bytes(32), bytes(31) + b"\1"
PRIVATE = ec.generate_private_key(ec.SECP256R1())
KEY = PRIVATE.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def counted() -> Callable[[int], bytes]:
    numbers = iter(range(1, 10_000))
    return lambda count: next(numbers).to_bytes(count, "big")


@pytest.fixture
def sessions() -> Sessions:
    return Sessions(BOX_KEY, counted())


def begin(sessions: Sessions, challenge: bytes, key: bytes, made: bytes, now_s: float) -> Session:
    """As the gateway does, of a device that is let in."""
    sessions.check(challenge, key, made, now_s)
    return sessions.begin(challenge, key, now_s)


def signature(challenge: bytes, box_key: bytes = BOX_KEY) -> bytes:
    numbers = decode_dss_signature(PRIVATE.sign(signed(challenge, box_key), ec.ECDSA(hashes.SHA256())))
    return b"".join(each.to_bytes(32, "big") for each in numbers)


def test_who_has_the_key_has_a_session_for_a_while(sessions: Sessions) -> None:
    challenge = sessions.challenge(0.0)
    session = begin(sessions, challenge, KEY, signature(challenge), CHALLENGE_S - 1)
    assert sessions.key(session.token, CHALLENGE_S) == KEY
    with pytest.raises(NotPaired, match="over"):
        sessions.key(session.token, CHALLENGE_S - 1 + SESSION_S)
    assert session.token not in repr(session)


def test_a_challenge_is_signed_once_in_time_for_this_box(sessions: Sessions) -> None:
    late, twice, others = (sessions.challenge(0.0) for _ in range(3))
    with pytest.raises(NotPaired, match="too long ago"):
        begin(sessions, late, KEY, signature(late), CHALLENGE_S)
    begin(sessions, twice, KEY, signature(twice), 1.0)
    with pytest.raises(NotPaired, match="too long ago"):
        begin(sessions, twice, KEY, signature(twice), 1.0)
    with pytest.raises(NotPaired, match="not paired"):
        begin(sessions, others, KEY, signature(others, OTHER_BOX), 1.0)


@pytest.mark.parametrize(
    ("key", "made"),
    [
        (b"", bytes(64)),
        (KEY, b""),
        (KEY, bytes(63)),
        (KEY + b"\0", bytes(64)),
    ],
)
def test_what_is_too_short_or_too_long_makes_no_sense(sessions: Sessions, key: bytes, made: bytes) -> None:
    with pytest.raises(BadRequest):
        begin(sessions, sessions.challenge(0.0), key, made, 1.0)


@pytest.mark.parametrize("made", [bytes(64), b"\xff" * 64], ids=["zeros", "ones"])
@pytest.mark.parametrize("key", [KEY, bytes(65), b"\x04" + bytes(64)], ids=["key", "zeros", "no point"])
def test_what_nobody_signed_is_nobodys(sessions: Sessions, key: bytes, made: bytes) -> None:
    with pytest.raises(NotPaired):
        begin(sessions, sessions.challenge(0.0), key, made, 1.0)


def test_strangers_push_nobody_out(sessions: Sessions) -> None:
    first = sessions.challenge(0.0)
    for _ in range(1000):
        sessions.challenge(0.0)
    token = begin(sessions, first, KEY, signature(first), 1.0).token
    for number in range(1000):
        sessions.begin(sessions.challenge(0.0), b"%d" % (number // 10), 1.0)
    assert sessions.key(token, 1.0) == KEY


def test_of_one_device_there_are_only_so_many(sessions: Sessions) -> None:
    tokens = [sessions.begin(sessions.challenge(0.0), KEY, 1.0).token for _ in range(MOST_OF_ONE + 1)]
    with pytest.raises(NotPaired):
        sessions.key(tokens[0], 1.0)
    assert [sessions.key(each, 1.0) for each in tokens[1:]] == [KEY] * MOST_OF_ONE


def test_a_challenge_is_the_boxs_own_and_not_changed(sessions: Sessions) -> None:
    made = sessions.challenge(0.0)
    others = Sessions(BOX_KEY, lambda count: bytes(count)).challenge(0.0)
    changed = [made[:place] + bytes((made[place] ^ 1,)) + made[place + 1 :] for place in range(len(made))]
    for each in (others, b"", made[:-1], made + b"\0", made[1:], *changed):
        with pytest.raises(NotPaired, match="too long ago"):
            begin(sessions, each, KEY, signature(each), 1.0)
    begin(sessions, made, KEY, signature(made), 1.0)
