"""Messages that arrive in pieces, at any size, and what is no piece of one."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairing.errors import Malformed
from pairing.fragments import FIRST, LAST, Joined, split
from pairing.messages import MOST_BYTES


def joined(fragments: list[bytes]) -> list[bytes]:
    together = Joined()
    return [message for each in fragments if (message := together.take(each)) is not None]


@given(st.lists(st.binary(max_size=3000), max_size=4), st.integers(20, 512))
def test_what_was_split_comes_together_at_any_size(messages: list[bytes], most: int) -> None:
    fragments = [each for message in messages for each in split(message, most)]
    assert all(1 <= len(each) <= most for each in fragments)
    assert joined(fragments) == messages


def test_the_longest_message_fits_the_smallest_pieces() -> None:
    message = bytes(range(256)) * (MOST_BYTES // 256)
    fragments = list(split(message, 20))
    assert len(fragments) == 432
    assert joined(fragments) == [message]


def test_no_way_is_narrower_than_bluetooths() -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        list(split(b"x", 19))


@pytest.mark.parametrize("number", range(1, 4))
@pytest.mark.parametrize("fault", ["left out", "repeated"])
def test_a_piece_that_is_left_out_or_repeated_is_noticed(number: int, fault: str) -> None:
    pieces = list(split(bytes(90), 20))
    pieces[number : number + 1] = [] if fault == "left out" else [pieces[number]] * 2
    with pytest.raises(Malformed):
        joined(pieces)


def test_a_message_may_begin_anew_at_any_time() -> None:
    pieces = list(split(b"begun" * 20, 20))
    assert joined([*pieces[:3], *split(b"whole", 20)]) == [b"whole"]


def test_after_a_fault_the_next_message_is_heard() -> None:
    together = Joined()
    with pytest.raises(Malformed):
        together.take(b"\x05never begun")
    assert together.take(bytes((FIRST | LAST,)) + b"whole") == b"whole"


def test_nobody_fills_the_memory() -> None:
    together = Joined()
    together.take(bytes((FIRST,)) + bytes(500))
    fits = MOST_BYTES // 500
    for number in range(1, fits):
        assert together.take(bytes((number,)) + bytes(500)) is None
    with pytest.raises(Malformed):
        together.take(bytes((fits,)) + bytes(500))


@given(st.lists(st.binary(max_size=30), max_size=30))
def test_any_bytes_are_pieces_or_malformed(pieces: list[bytes]) -> None:
    together = Joined()
    for piece in pieces:
        with suppress(Malformed):
            message = together.take(piece)
            assert message is None or len(message) <= MOST_BYTES
