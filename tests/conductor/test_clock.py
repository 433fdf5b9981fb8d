"""This computer's clocks, waited for in earnest; and when what they say may be believed."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conductor import clock as clocks
from conductor.clock import BUILT_NO_EARLIER, SystemClock, built_at, is_known

REAL_TIME = True
BUILT = 1_000_000.0
DAY_S = 86_400.0


@pytest.fixture
def clock() -> Iterator[SystemClock]:
    with SystemClock(built=BUILT, synchronised=lambda: False) as system:
        yield system


@pytest.mark.parametrize(
    ("wall", "floor", "synchronised", "policy", "known"),
    [
        (BUILT - 1, BUILT, True, "system", False),
        (BUILT - 1, BUILT, False, "system", False),
        (BUILT, BUILT, True, "synchronised", True),
        (BUILT, BUILT + 10, True, "synchronised", True),
        (BUILT + 10, BUILT + 10, False, "system", True),
        (BUILT + 9, BUILT + 10, False, "system", False),
        (BUILT + 10, BUILT, False, "synchronised", False),
    ],
)
def test_when_the_wall_clock_may_be_believed(
    wall: float, floor: float, synchronised: bool, policy: str, known: bool
) -> None:
    assert is_known(wall, floor, BUILT, synchronised, policy) is known


def test_the_build_is_no_earlier_than_this_was_written() -> None:
    assert built_at() >= BUILT_NO_EARLIER


def test_a_clock_below_the_last_saved_time_is_not_believed(clock: SystemClock) -> None:
    assert clock.now().known
    clock.believe(time.time() + DAY_S)
    assert not clock.now().known
    clock.believe(time.time() - DAY_S)
    assert clock.now().known


def test_a_synchronised_clock_is_believed_even_below_the_last_saved_time() -> None:
    with SystemClock(built=BUILT, synchronised=lambda: True) as clock:
        clock.believe(time.time() + DAY_S)
        assert clock.now().known


def test_a_reading_names_this_boot_and_both_clocks(clock: SystemClock) -> None:
    first, second = clock.now(), clock.now()
    assert first.boot == second.boot != ""
    assert first.elapsed <= second.elapsed
    assert abs(first.wall - time.time()) < DAY_S


async def test_a_wait_ends_after_so_many_seconds_and_not_before(clock: SystemClock) -> None:
    for seconds in (0.03, 0.0, -5.0, 0.01):
        before = clock.now().elapsed
        await clock.wait(seconds)
        assert clock.now().elapsed - before >= max(0.0, seconds)


async def test_a_wait_that_is_given_up_leaves_nothing_behind(clock: SystemClock) -> None:
    waiting = asyncio.create_task(clock.wait(3600))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await clock.wait(0.01)


async def test_setting_the_clock_wakes_whoever_waits_and_what_it_says_then_is_believed(
    monkeypatch: pytest.MonkeyPatch, clock: SystemClock
) -> None:
    """Only the kernel's word that the clock was set is put in its place: nobody may set a test machine's clock."""
    step = _Step()
    clock._steps.close()
    monkeypatch.setattr(clock, "_steps", step)
    clock.believe(time.time() + 400 * DAY_S)
    assert not clock.now().known
    waiting = asyncio.create_task(clock.wait(3600))
    await asyncio.sleep(0)
    monkeypatch.setattr(clock, "_measure_offset", lambda: 0.0)
    step.happens()
    await waiting
    assert clock.now().known


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_everything_is_closed() -> None:
    before = open_files()
    with SystemClock():
        assert open_files() == before + 2
    assert open_files() == before


def test_a_refused_system_call_is_an_error() -> None:
    with pytest.raises(OSError, match="timerfd"):
        clocks._Timerfd(99)


class _Step:
    """Stands for the timerfd with TFD_TIMER_CANCEL_ON_SET."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK)

    def happens(self) -> None:
        os.eventfd_write(self.fd, 1)

    def read(self) -> bool:
        return os.eventfd_read(self.fd) > 0

    def close(self) -> None:
        os.close(self.fd)
