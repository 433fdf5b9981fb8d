"""The alarm clock with a real household: what rings, when, and what makes it look again. Hours pass at once."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from conductor.alarmclock import SAVE_TIME_S, AlarmClock
from conductor.effects import AlarmSet, Dismiss, HouseholdEffect, Snooze, TimerCancel, TimerSet
from conductor.household import Household
from conductor.timers import EVERY_DAY, LATE_S, MOST_AT_ONCE, RING_LONGEST_S, SNOOZE_S
from tests.fakes.clock import BoxClock
from tests.fakes.fast_time import settled
from tests.fakes.ringer import Ringer

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2027, 1, 11)
HOUR, DAY = 3600, 86_400


def local(day: date, hour: int, minute: int = 0) -> float:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN).timestamp()


@dataclass
class Home:
    clock: BoxClock
    household: Household
    ringer: Ringer
    alarms: AlarmClock

    async def does(self, *effects: HouseholdEffect) -> None:
        await self.household.perform(effects)
        await settled()

    @property
    def rang(self) -> list[str]:
        return [entry_id for entry_id, _ in self.ringer.rung]


@asynccontextmanager
async def home(folder: Path, clock: BoxClock) -> AsyncIterator[Home]:
    """A box that is on; leaving it is a power cut without a warning to the alarm clock."""
    ids = itertools.count(1)
    new_id: Callable[[], str] = lambda: f"{clock.boot} {next(ids)}"  # noqa: E731 - the type is what matters
    async with Household.opened(folder, clock, new_id) as household:
        ringer = Ringer()
        alarms = AlarmClock(household, clock, ringer, BERLIN)
        running = asyncio.create_task(alarms.run())
        try:
            yield Home(clock, household, ringer, alarms)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_timer_rings_to_the_second_and_until_it_is_dismissed(tmp_path: Path) -> None:
    async with home(tmp_path, BoxClock(local(MONDAY, 8))) as box:
        begun = asyncio.get_running_loop().time()
        await box.does(TimerSet(300))
        await asyncio.sleep(299)
        assert box.rang == []
        await asyncio.sleep(1)
        [(timer, second)] = box.ringer.rung
        assert abs(second - begun - 300) < 0.01
        await box.does(Dismiss((timer,)))
        assert box.ringer.sounds == set()


async def test_between_two_due_times_nothing_runs_but_the_hourly_note_of_the_time(tmp_path: Path) -> None:
    clock = BoxClock(local(MONDAY, 8))
    async with home(tmp_path, clock) as box:
        await box.does(TimerSet(6 * HOUR))
        clock.asked_s.clear()
        await asyncio.sleep(6 * HOUR - 60)
        assert len(clock.asked_s) <= 6 * 2
        assert 0 <= clock.now().wall - box.household.records.saved_wall <= SAVE_TIME_S


async def test_setting_the_clock_makes_it_look_at_once(tmp_path: Path) -> None:
    clock = BoxClock(local(MONDAY, 6))
    async with home(tmp_path, clock) as box:
        await box.does(AlarmSet(7, 0, date(2027, 1, 10), on=MONDAY), TimerSet(2 * HOUR))
        clock.set_to(local(MONDAY, 7, 1))
        await settled()
        assert len(box.rang) == 1
        clock.set_to(local(MONDAY, 3))
        await asyncio.sleep(HOUR)
        assert len(box.rang) == 1
        await asyncio.sleep(HOUR)
        assert len(box.rang) == 2


async def test_a_clock_set_back_moves_the_alarm_with_it(tmp_path: Path) -> None:
    clock = BoxClock(local(MONDAY, 6, 59))
    async with home(tmp_path, clock) as box:
        await box.does(AlarmSet(7, 0, date(2027, 1, 10), on=MONDAY))
        clock.set_to(local(MONDAY, 5))
        await asyncio.sleep(2 * HOUR - 1)
        assert box.rang == []
        await asyncio.sleep(2)
        assert len(box.rang) == 1


async def test_nobody_comes_and_it_falls_silent_and_is_noted(tmp_path: Path) -> None:
    async with home(tmp_path, BoxClock(local(MONDAY, 8))) as box:
        await box.does(TimerSet(60))
        await asyncio.sleep(60 + RING_LONGEST_S - 1)
        assert len(box.ringer.sounds) == 1
        await asyncio.sleep(2)
        assert box.ringer.sounds == set()
        assert [missed.unanswered for missed in box.household.records.missed] == [True]


async def test_a_snooze_silences_and_rings_again(tmp_path: Path) -> None:
    async with home(tmp_path, BoxClock(local(MONDAY, 6))) as box:
        await box.does(AlarmSet(7, 0, date(2027, 1, 10), EVERY_DAY))
        await asyncio.sleep(HOUR)
        await box.does(Snooze((box.rang[0],), SNOOZE_S))
        assert box.ringer.sounds == set()
        await asyncio.sleep(SNOOZE_S)
        assert len(box.ringer.sounds) == 1
        await box.does(Dismiss((box.rang[0],)))
        await asyncio.sleep(DAY)
        assert len(box.rang) == 3


async def test_what_is_cancelled_while_it_rings_falls_silent(tmp_path: Path) -> None:
    async with home(tmp_path, BoxClock(local(MONDAY, 8))) as box:
        await box.does(TimerSet(60))
        await asyncio.sleep(61)
        await box.does(TimerCancel(tuple(box.rang)))
        assert box.ringer.sounds == set()


async def test_a_timer_goes_on_over_a_restart_and_one_that_rang_rings_again(tmp_path: Path) -> None:
    clock = BoxClock(local(MONDAY, 8))
    async with home(tmp_path, clock) as box:
        await box.does(TimerSet(60), TimerSet(600))
        await asyncio.sleep(90)
        assert len(box.rang) == 1
    await asyncio.sleep(110)
    clock.boot = "second boot"
    async with home(tmp_path, clock) as box:
        await settled()
        assert len(box.rang) == 1
        await asyncio.sleep(395)
        assert len(box.rang) == 1
        await asyncio.sleep(10)
        assert len(set(box.rang)) == 2


async def test_what_was_due_while_the_box_was_off_for_long_is_kept_to_be_told(tmp_path: Path) -> None:
    clock = BoxClock(local(MONDAY, 8))
    async with home(tmp_path, clock) as box:
        await box.does(TimerSet(60))
    await asyncio.sleep(61 + LATE_S)
    clock.boot = "second boot"
    async with home(tmp_path, clock) as box:
        await settled()
        assert box.rang == []
        assert [(missed.kind, missed.seconds) for missed in box.household.records.missed] == [("timer", 60)]


async def test_the_saved_time_is_the_floor_after_a_restart(tmp_path: Path) -> None:
    clock = BoxClock(local(MONDAY, 8))
    async with home(tmp_path, clock):
        await asyncio.sleep(HOUR + 1)
    second = BoxClock(0.0, known=False)
    async with home(tmp_path, second) as box:
        await settled()
        assert local(MONDAY, 9) <= second.floor <= local(MONDAY, 9, 1)
        assert box.household.records.saved_wall == second.floor


async def test_a_household_that_moves_is_woken_by_its_new_zone(tmp_path: Path) -> None:
    async with home(tmp_path, BoxClock(local(MONDAY, 6))) as box:
        await box.does(AlarmSet(7, 0, date(2027, 1, 10), on=MONDAY))
        box.alarms.move_to(ZoneInfo("America/New_York"))
        await asyncio.sleep(7 * HOUR - 1)
        assert box.rang == []
        await asyncio.sleep(2)
        assert len(box.rang) == 1


async def test_a_speaker_that_was_away_is_told_again(tmp_path: Path) -> None:
    async with home(tmp_path, BoxClock(local(MONDAY, 8))) as box:
        await box.does(TimerSet(60), TimerSet(6000))
        await asyncio.sleep(61)
        await box.alarms.ring_again()
        assert len(box.rang) == 2
        assert len(box.ringer.sounds) == 1


async def test_as_many_as_a_household_may_have_ring_at_once(tmp_path: Path) -> None:
    async with home(tmp_path, BoxClock(local(MONDAY, 8))) as box:
        await box.does(*(TimerSet(60, f"number {n}") for n in range(MOST_AT_ONCE)))
        await asyncio.sleep(60)
        assert len(box.ringer.sounds) == MOST_AT_ONCE
