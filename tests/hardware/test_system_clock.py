"""A device that has just paired sets the clock, where nothing else does and it says something sensible."""

import time
from pathlib import Path
from typing import cast

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from hardware import set_clock
from hardware.system_clock import LEAST_S, LONGEST_S, NOT_A_TIME, NOT_HERE, NOT_NOW, WISH, SystemClock
from tests.fakes.local_bus import LocalBus

BUILT_S, NOW_S = 1_790_000_000.0, 1_790_100_000.0
SOON_S = 60.0


async def told(unix_s: float, runtime: Path | None, *, synchronised: bool = False) -> tuple[str, bool]:
    """What is answered, and whether the clock is to be set to that."""
    bus = LocalBus(lambda: 0)
    await SystemClock(runtime, BUILT_S, lambda: synchronised, lambda: NOW_S).serve(cast(Bus, bus))
    reply = await bus.request(s.HARDWARE_CLOCK, pb.SetClock(unix_ms=round(unix_s * 1000)))
    wish = runtime / WISH if runtime else None
    if wish is None or not wish.exists():
        return reply.refusal, False
    set_to = set_clock.read(wish.read_bytes(), time.clock_gettime(time.CLOCK_BOOTTIME))
    return reply.refusal, unix_s <= set_to < unix_s + SOON_S


@pytest.mark.parametrize("unix_s", [NOW_S + LEAST_S, NOW_S - LEAST_S, BUILT_S, BUILT_S + LONGEST_S])
async def test_a_clock_that_nothing_keeps_is_set(tmp_path: Path, unix_s: float) -> None:
    assert await told(unix_s, tmp_path) == ("", True)


async def test_it_is_set_once(tmp_path: Path) -> None:
    bus = LocalBus(lambda: 0)
    await SystemClock(tmp_path, BUILT_S, lambda: False, lambda: NOW_S).serve(cast(Bus, bus))
    asked = pb.SetClock(unix_ms=round((NOW_S + 3600) * 1000))
    assert [(await bus.request(s.HARDWARE_CLOCK, asked)).refusal for _ in range(2)] == ["", NOT_NOW]


async def test_one_that_is_near_enough_is_left_alone(tmp_path: Path) -> None:
    assert await told(NOW_S + LEAST_S - 1, tmp_path) == ("", False)


async def test_the_networks_time_is_better(tmp_path: Path) -> None:
    assert await told(NOW_S + 3600, tmp_path, synchronised=True) == (NOT_NOW, False)


@pytest.mark.parametrize("unix_s", [0, -1e12, BUILT_S - 1, BUILT_S + LONGEST_S + 1, 9e15])
async def test_what_can_not_be_is_not_believed(tmp_path: Path, unix_s: float) -> None:
    assert await told(unix_s, tmp_path) == (NOT_A_TIME, False)


async def test_a_computers_own_clock_is_left_alone() -> None:
    assert await told(NOW_S + 3600, None) == (NOT_HERE, False)


async def test_a_wish_that_can_not_be_left_is_told(tmp_path: Path) -> None:
    reply, _ = await told(NOW_S + 3600, tmp_path / "none")
    assert reply == "The box can't set its clock: No such file or directory."


def test_what_passed_since_the_wish_is_added() -> None:
    assert set_clock.read(set_clock.written(NOW_S, 100.0), 130.5) == NOW_S + 30.5


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1",
        b"1 2 3",
        b"now 5",
        b"1790000000 200",
        b"1790000000 nan",
        b"\xff 1",
        b"1 -inf",
        b"0 5",
        b"nan 5",
        b"9e9 5",
    ],
)
def test_nonsense_sets_no_clock(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    was_set: list[float] = []
    monkeypatch.setattr(set_clock, "set_to", was_set.append)
    monkeypatch.setattr(time, "clock_gettime", lambda _: 100.0)
    (tmp_path / WISH).write_bytes(content)
    monkeypatch.setattr("sys.argv", ["set_clock", str(tmp_path / WISH)])
    assert (set_clock.main(), was_set) == (1, [])
    assert "can't be set: ValueError." in caplog.text
    (tmp_path / WISH).write_bytes(b"1790000000 90")
    assert (set_clock.main(), was_set) == (0, [1_790_000_010.0])
