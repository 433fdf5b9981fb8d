"""The data partition gets ready from anywhere, and nothing but a wish for a reset ever erases what is finished."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.vault import Seen, Step, next_step

AFTER = {
    Step.ERASE: lambda seen: replace(seen, header=False, finished=False, opened=False),
    Step.FORGET_WISH: lambda seen: replace(seen, reset_wanted=False),
    Step.MAKE: lambda seen: replace(seen, header=True, finished=True, opened=False),
    Step.OPEN: lambda seen: replace(seen, opened=True),
}
"""What is seen once a step was done."""

anything = st.builds(Seen, *[st.booleans()] * 4).filter(lambda seen: seen.header or not (seen.finished or seen.opened))


def steps(seen: Seen) -> list[Step]:
    """All of them until the partition is ready."""
    done: list[Step] = []
    while (step := next_step(seen)) is not Step.READY:
        done.append(step)
        seen = AFTER[step](seen)
        assert len(done) < 10
    return done


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Seen(), [Step.MAKE, Step.OPEN]),
        (Seen(header=True), [Step.MAKE, Step.OPEN]),
        (Seen(header=True, finished=True), [Step.OPEN]),
        (Seen(header=True, finished=True, opened=True), []),
        (Seen(reset_wanted=True, header=True, finished=True), [Step.ERASE, Step.FORGET_WISH, Step.MAKE, Step.OPEN]),
        (Seen(reset_wanted=True), [Step.FORGET_WISH, Step.MAKE, Step.OPEN]),
    ],
)
def test_the_way_from_each_state(seen: Seen, expected: list[Step]) -> None:
    assert steps(seen) == expected


@given(anything)
def test_it_gets_ready_from_anywhere(seen: Seen) -> None:
    steps(seen)


@given(anything)
def test_what_is_finished_is_erased_by_a_wish_only(seen: Seen) -> None:
    if seen.finished and not seen.reset_wanted:
        assert next_step(seen) in (Step.OPEN, Step.READY)


@given(anything, st.integers(0, 3))
def test_a_reset_that_was_cut_short_is_finished(seen: Seen, done: int) -> None:
    seen = replace(seen, reset_wanted=True)
    for _ in range(done):
        if not seen.reset_wanted:
            break
        seen = AFTER[next_step(seen)](seen)
    # The power goes: nothing is open any more, and what was written is seen again.
    seen = replace(seen, opened=False)
    assert (Step.ERASE in steps(seen)) == (seen.reset_wanted and seen.header)
