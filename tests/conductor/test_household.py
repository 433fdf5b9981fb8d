"""The household: effects performed and taken back, kept over restarts, and a disk that refuses."""

import itertools
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from conductor.effects import Dismiss, ListAdd, ListRemove, MissedTold, Snooze, TimerCancel, TimerSet
from conductor.errors import StorageFailed, StorageFull
from conductor.household import DAMAGED, FILE, Household
from conductor.records import Difference
from conductor.storage import VERSION, Storage
from conductor.timers import SNOOZE_S, Missed, State
from tests.fakes.clock import BoxClock

NOON = 1_800_000_000.0
UTC = ZoneInfo("UTC")


@asynccontextmanager
async def household(folder: Path, clock: BoxClock | None = None) -> AsyncIterator[Household]:
    ids = itertools.count(1)
    clock = clock or BoxClock(NOON)
    async with Household.opened(folder, clock, lambda: f"{clock.boot} {next(ids)}") as opened:
        yield opened


def names(home: Household) -> list[str]:
    return [timer.name for timer in home.records.timers]


def texts(home: Household) -> list[str]:
    return [item.text for item in home.records.items]


class Disk:
    """Says no to every write while `fault` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fault: StorageFailed | None = None
        real = Storage.save

        def save(storage: Storage, changes: Sequence[Difference]) -> None:
            if self.fault is not None:
                raise self.fault
            real(storage, changes)

        monkeypatch.setattr(Storage, "save", save)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


async def test_what_was_done_is_there_after_a_restart(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        await home.perform((TimerSet(600, "pasta"), ListAdd("shopping", ("milk", "bread"))))
    async with household(tmp_path) as home:
        assert names(home) == ["pasta"]
        assert texts(home) == ["milk", "bread"]


async def test_undoing_leaves_alone_what_was_done_since(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        first = await home.perform((TimerSet(600, "pasta"), ListAdd("shopping", ("milk",))))
        await home.perform((TimerSet(60, "egg"), ListAdd("shopping", ("bread",))))
        await first.undo()
        assert names(home) == ["egg"]
        assert texts(home) == ["bread"]
    async with household(tmp_path) as home:
        assert names(home) == ["egg"]


async def test_undoing_brings_back_what_was_cancelled_with_its_time(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        await home.perform((TimerSet(600, "pasta"),))
        before = home.records
        cancelled = await home.perform((TimerCancel((before.timers[0].id,)),))
        assert names(home) == []
        await cancelled.undo()
        assert home.records == before


async def test_nobody_has_to_undo_what_changed_nothing(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        done = await home.perform((TimerCancel(("gone",)), ListRemove(("gone",)), Dismiss(("gone",))))
        before = home.records
        await done.undo()
        assert home.records == before
        assert not home.changed.is_set()


async def test_a_change_wakes_whoever_waits_for_the_next_due_time(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        await home.perform((TimerSet(60),))
        assert home.changed.is_set()


async def test_a_full_disk_lets_a_timer_run_and_saves_it_with_the_next_change(tmp_path: Path, disk: Disk) -> None:
    async with household(tmp_path) as home:
        disk.fault = StorageFull()
        done = await home.perform((TimerSet(600, "pasta"),))
        assert done.problem == "It's running, but my storage is full: if I lose power, it's gone."
        assert names(home) == ["pasta"]
        disk.fault = None
        assert not (await home.perform((ListAdd("shopping", ("milk",)),))).problem
    async with household(tmp_path) as home:
        assert names(home) == ["pasta"]


async def test_a_timer_that_could_not_be_saved_can_be_undone(tmp_path: Path, disk: Disk) -> None:
    async with household(tmp_path) as home:
        disk.fault = StorageFull()
        done = await home.perform((TimerSet(600, "pasta"),))
        disk.fault = None
        await done.undo()
        assert names(home) == []
    async with household(tmp_path) as home:
        assert names(home) == []


async def test_a_full_disk_leaves_a_list_as_it_was(tmp_path: Path, disk: Disk) -> None:
    async with household(tmp_path) as home:
        disk.fault = StorageFull()
        done = await home.perform((ListAdd("shopping", ("milk",)),))
        assert done.problem == "I couldn't save that: my storage is full."
        assert texts(home) == []
        disk.fault = None
        await home.perform((TimerSet(60),))
    async with household(tmp_path) as home:
        assert texts(home) == []


async def test_a_broken_disk_says_so_in_the_language_asked_for(tmp_path: Path, disk: Disk) -> None:
    async with household(tmp_path) as home:
        disk.fault = StorageFailed()
        timer = await home.perform((TimerSet(600),), "de-DE")
        snooze = await home.perform((Snooze((home.records.timers[0].id,), SNOOZE_S),), "en")
        assert timer.problem == "Er läuft, aber ich konnte ihn nicht speichern: Ohne Strom ist er weg."
        assert snooze.problem == "It's running, but I couldn't save it: if I lose power, it's gone."


async def test_what_rings_can_be_dismissed_on_a_full_disk_without_a_word(tmp_path: Path, disk: Disk) -> None:
    clock = BoxClock(NOON)
    async with household(tmp_path, clock) as home:
        await home.perform((TimerSet(60),))
        await home.judge(clock.now().ahead(61), UTC, frozenset())
        assert [entry.state for entry in home.ringing] == [State.RINGING]
        disk.fault = StorageFull()
        done = await home.perform((Dismiss((home.ringing[0].id,)),))
        assert done.problem == ""
        assert home.ringing == ()


async def test_having_been_told_of_what_was_missed_is_no_news_on_a_full_disk(tmp_path: Path, disk: Disk) -> None:
    clock = BoxClock(NOON)
    async with household(tmp_path, clock) as home:
        await home.perform((TimerSet(60),))
        await home.judge(clock.now().ahead(3600), UTC, frozenset())
        [missed] = home.records.missed
        disk.fault = StorageFull()
        done = await home.perform((MissedTold((missed.id,)),))
        assert done.problem == ""
        assert home.records.missed == ()


async def test_a_damaged_file_is_told_once_and_the_box_goes_on(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"coffee" * 1000)
    async with household(tmp_path) as home:
        assert [missed.kind for missed in home.records.missed] == [DAMAGED]
        await home.perform((TimerSet(600, "pasta"), MissedTold((DAMAGED,))))
    async with household(tmp_path) as home:
        assert names(home) == ["pasta"]
        assert home.records.missed == ()


async def test_the_records_of_a_later_version_are_left_alone_and_timers_run_all_the_same(tmp_path: Path) -> None:
    async with household(tmp_path) as home:
        await home.perform((TimerSet(600, "pasta"),))
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute(f"PRAGMA user_version={VERSION + 1}")
    database.close()
    before = (tmp_path / FILE).read_bytes()
    async with household(tmp_path) as home:
        assert [missed.kind for missed in home.records.missed] == [DAMAGED]
        done = await home.perform((TimerSet(60, "egg"),))
        assert done.problem == "It's running, but I couldn't save it: if I lose power, it's gone."
        assert names(home) == ["egg"]
    assert (tmp_path / FILE).read_bytes() == before


async def test_the_time_is_saved_only_when_it_is_known(tmp_path: Path) -> None:
    clock = BoxClock(NOON, known=False)
    async with household(tmp_path, clock) as home:
        await home.save_time(clock.now())
        assert home.records.saved_wall == 0
        clock.set_to(NOON + 100)
        await home.save_time(clock.now())
    later = BoxClock(0.0, known=False)
    async with household(tmp_path, later):
        assert later.floor == pytest.approx(NOON + 100, abs=1)


async def test_what_was_missed_survives_until_it_is_told(tmp_path: Path) -> None:
    clock = BoxClock(NOON)
    async with household(tmp_path, clock) as home:
        await home.perform((TimerSet(60, "pasta"),))
        await home.judge(clock.now().ahead(3600), UTC, frozenset())
    async with household(tmp_path) as home:
        [missed] = home.records.missed
        assert isinstance(missed, Missed)
        assert (missed.name, missed.seconds, missed.unanswered) == ("pasta", 60, False)
