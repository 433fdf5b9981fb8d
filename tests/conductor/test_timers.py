"""Timers and alarms through restarts, daylight saving and clocks that are set: stories told to `judge`."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

import pytest

from conductor.clock import Instant
from conductor.timers import (
    EVERY_DAY,
    LATE_S,
    MOST_AT_ONCE,
    RING_LONGEST_S,
    SNOOZE_S,
    WEEKDAYS,
    Alarm,
    Entry,
    Missed,
    Moment,
    State,
    Timer,
    Verdict,
    at,
    dismissed,
    judge,
    local_date,
    snooze,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
SPRING = date(2027, 3, 28)
"""Berlin's clocks go from 2 to 3."""
AUTUMN = date(2026, 10, 25)
"""Berlin's clocks go from 3 to 2."""
MINUTE, HOUR, DAY = 60, 3600, 86_400


def local(day: date, hour: int, minute: int = 0, fold: int = 0) -> float:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN, fold=fold).timestamp()


class Box:
    """A box that looks at its timers whenever one is due, as `AlarmClock` does."""

    def __init__(self, wall: float, *entries: Entry, known: bool = True, zone: ZoneInfo = BERLIN) -> None:
        self.now = Instant(wall, 100.0, "boot 1", known)
        self.zone = zone
        self.entries: Sequence[Entry] = entries
        self.sounding: frozenset[str] = frozenset()
        self.rang: list[tuple[str, float]] = []
        self.missed: list[Missed] = []

    def look(self) -> Verdict:
        verdict = judge(self.entries, self.now, self.zone, self.sounding)
        self.entries = verdict.entries
        self.sounding = self.sounding - set(verdict.ends) | set(verdict.begins)
        self.rang += [(entry_id, self.now.wall) for entry_id in verdict.begins]
        self.missed += verdict.missed
        return verdict

    def runs(self, seconds: float) -> "Box":
        """Time passes; what comes due on the way rings at its second."""
        end = self.now.elapsed + seconds
        while self.now.elapsed + (wait := self.look().wait_s) <= end:
            self.now = self.now.ahead(max(wait, 0.001))
        self.now = self.now.ahead(end - self.now.elapsed)
        self.look()
        return self

    def is_set_to(self, wall: float, known: bool = True) -> "Box":
        self.now = Instant(wall, self.now.elapsed, self.now.boot, known)
        self.look()
        return self

    def is_off(self, seconds: float, wall: float | None = None, known: bool = True) -> "Box":
        """A power cut; `wall` is what the clock says afterwards, the truth where it is left out."""
        after = self.now.wall + seconds if wall is None else wall
        self.now = Instant(after, 5.0, self.now.boot + "+", known)
        self.sounding = frozenset()
        self.look()
        return self

    @property
    def states(self) -> list[State]:
        return [entry.state for entry in self.entries]


def box_with_timer(seconds: int, known: bool = True) -> Box:
    box = Box(local(date(2027, 1, 11), 8), known=known)
    box.entries = (Timer("t", seconds, Moment.after(seconds, box.now)),)
    return box


def left_s(box: Box) -> float:
    timer = box.entries[0]
    assert isinstance(timer, Timer)
    return timer.remaining_s(box.now)


def weekly(hour: int, minute: int, days: tuple[int, ...], done_until: date) -> Alarm:
    return Alarm("a", hour, minute, done_until, days)


def once(day: date, hour: int, minute: int = 0, entry_id: str = "a") -> Alarm:
    return Alarm(entry_id, hour, minute, day - timedelta(days=1), on=day)


# --- timers ---------------------------------------------------------------------------------------


def test_a_timer_rings_to_the_second() -> None:
    box = box_with_timer(300)
    begun = box.now.wall
    box.runs(299)
    assert box.rang == []
    box.runs(1)
    assert box.rang == [("t", begun + 300)]


@pytest.mark.parametrize("step", [3 * HOUR, -3 * HOUR, 400 * DAY, -400 * DAY])
def test_setting_the_clock_never_moves_a_timer(step: float) -> None:
    box = box_with_timer(300).runs(100)
    box.is_set_to(box.now.wall + step)
    assert left_s(box) == pytest.approx(200)
    box.runs(199)
    assert box.rang == []
    box.runs(1)
    assert len(box.rang) == 1


def test_a_timer_goes_on_over_a_power_cut() -> None:
    box = box_with_timer(600).runs(60).is_off(120)
    assert left_s(box) == pytest.approx(420)


def test_a_timer_goes_on_over_a_power_cut_after_the_clock_was_set() -> None:
    box = box_with_timer(600).runs(60)
    box.is_set_to(box.now.wall - 5 * HOUR).is_off(120)
    assert left_s(box) == pytest.approx(420)


def test_a_timer_that_came_due_a_little_while_ago_rings_now() -> None:
    box = box_with_timer(600).runs(60).is_off(540 + LATE_S - 1)
    assert [entry_id for entry_id, _ in box.rang] == ["t"]
    assert box.missed == []


def test_a_timer_that_came_due_long_ago_was_missed() -> None:
    box = box_with_timer(600)
    due = box.now.wall + 600
    box.runs(60).is_off(540 + LATE_S + 1)
    assert box.rang == []
    assert box.missed == [Missed("t", "timer", due, seconds=600)]
    assert box.entries == ()


def test_while_the_time_is_not_known_a_timer_comes_late_never_early_and_is_put_right() -> None:
    box = box_with_timer(600).runs(300)
    truth = box.now.wall + 60
    box.is_off(60, wall=box.now.wall - 100, known=False)
    assert left_s(box) >= 240
    box.is_set_to(truth)
    assert left_s(box) == pytest.approx(240)


def test_a_timer_rings_after_a_power_cut_though_nobody_ever_tells_the_time() -> None:
    """A box without a battery for its clock and without a network: the clock says when it was built."""
    box = box_with_timer(600).runs(300).is_off(60, wall=1_790_000_000.0, known=False)
    box.runs(600)
    assert [entry_id for entry_id, _ in box.rang] == ["t"]


def test_the_time_becoming_known_later_puts_a_guessed_timer_right() -> None:
    box = box_with_timer(600).runs(60)
    truth = box.now.wall + 60 + 100
    box.is_off(60, wall=1_790_000_000.0, known=False).runs(100)
    assert left_s(box) == pytest.approx(500)
    box.is_set_to(truth)
    assert left_s(box) == pytest.approx(380)


def test_a_guess_survives_a_second_power_cut() -> None:
    box = box_with_timer(600).runs(60)
    truth = box.now.wall + 60 + 100 + 30
    box.is_off(60, wall=1_790_000_000.0, known=False).runs(100).is_off(30, wall=1_790_000_000.0, known=False)
    box.is_set_to(truth)
    assert left_s(box) == pytest.approx(350)


def test_a_timer_of_a_box_that_learns_the_time_keeps_its_length() -> None:
    box = box_with_timer(600, known=False).runs(200)
    box.is_set_to(local(date(2027, 6, 1), 12))
    assert left_s(box) == pytest.approx(400)
    box.is_off(100)
    assert left_s(box) == pytest.approx(300)


def test_how_long_a_box_that_knew_no_time_was_off_cannot_be_told_so_its_timer_begins_again() -> None:
    box = box_with_timer(600, known=False).runs(200).is_off(60, wall=local(date(2027, 6, 1), 12))
    assert box.missed == []
    assert left_s(box) == pytest.approx(600)


def test_a_timer_that_nobody_stops_gives_up_and_is_told_of() -> None:
    box = box_with_timer(60)
    due = box.now.wall + 60
    box.runs(60 + RING_LONGEST_S - 1)
    assert box.states == [State.RINGING]
    box.runs(1)
    assert box.entries == ()
    assert box.sounding == frozenset()
    assert box.missed == [Missed("t", "timer", due, seconds=60, unanswered=True)]


def test_a_ringing_timer_rings_again_after_a_restart() -> None:
    box = box_with_timer(60).runs(61).is_off(20)
    assert [entry_id for entry_id, _ in box.rang] == ["t", "t"]


def test_a_ringing_timer_is_not_begun_twice() -> None:
    box = box_with_timer(60).runs(120)
    assert len(box.rang) == 1


def test_setting_the_clock_does_not_stop_what_rings() -> None:
    box = box_with_timer(60).runs(61)
    box.is_set_to(box.now.wall + 2 * DAY).is_set_to(box.now.wall - 4 * DAY)
    assert box.states == [State.RINGING]
    box.runs(RING_LONGEST_S)
    assert box.entries == ()


def test_a_snoozed_timer_rings_again() -> None:
    box = box_with_timer(60).runs(61)
    box.entries = tuple(snooze(entry, SNOOZE_S, box.now) for entry in box.entries)
    box.look()
    assert box.sounding == frozenset()
    box.runs(SNOOZE_S)
    assert len(box.rang) == 2


def test_a_snoozed_timer_survives_a_power_cut() -> None:
    box = box_with_timer(60).runs(61)
    box.entries = tuple(snooze(entry, SNOOZE_S, box.now) for entry in box.entries)
    box.is_off(40)
    assert left_s(box) == pytest.approx(SNOOZE_S - 40)


# --- alarms ---------------------------------------------------------------------------------------


def test_an_alarm_rings_at_its_time_and_is_gone_once_dismissed() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 6), once(day, 7)).runs(HOUR)
    assert box.rang == [("a", local(day, 7))]
    assert dismissed(box.entries[0]) is None


def test_a_daily_alarm_keeps_its_time_of_the_day_over_the_change_in_spring() -> None:
    before = SPRING - timedelta(days=1)
    box = Box(local(before, 0), weekly(7, 0, EVERY_DAY, before - timedelta(days=1)))
    box.runs(3 * DAY - HOUR)
    assert [wall for _, wall in box.rang] == [local(before, 7), local(SPRING, 7), local(SPRING + timedelta(days=1), 7)]
    assert box.rang[1][1] - box.rang[0][1] == 23 * HOUR


def test_a_daily_alarm_keeps_its_time_of_the_day_over_the_change_in_autumn() -> None:
    before = AUTUMN - timedelta(days=1)
    box = Box(local(before, 0), weekly(7, 0, EVERY_DAY, before - timedelta(days=1))).runs(2 * DAY)
    assert [wall for _, wall in box.rang] == [local(before, 7), local(AUTUMN, 7)]
    assert box.rang[1][1] - box.rang[0][1] == 25 * HOUR


def test_a_time_that_the_clock_skips_rings_as_long_after_the_change_as_it_was_meant() -> None:
    box = Box(local(SPRING, 0), once(SPRING, 2, 30)).runs(DAY)
    assert box.rang == [("a", local(SPRING, 3, 30))]


@pytest.mark.parametrize("day", [AUTUMN, date(2027, 10, 31)])
def test_a_time_that_the_clock_shows_twice_rings_at_the_first(day: date) -> None:
    before = day - timedelta(days=1)
    box = Box(local(day, 0), weekly(2, 30, EVERY_DAY, before)).runs(6 * HOUR)
    assert box.rang == [("a", local(day, 2, 30, fold=0))]


def test_a_clock_set_a_little_past_the_alarm_lets_it_ring_now() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 6), once(day, 7)).is_set_to(local(day, 7) + LATE_S - 1)
    assert [entry_id for entry_id, _ in box.rang] == ["a"]


def test_a_clock_set_far_past_the_alarm_means_that_it_was_missed() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 6), once(day, 7)).is_set_to(local(day, 7) + LATE_S + 1)
    assert box.rang == []
    assert box.missed == [Missed("a", "alarm", local(day, 7))]


def test_an_alarm_that_has_rung_does_not_ring_again_when_the_clock_is_set_back() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 6), weekly(7, 0, EVERY_DAY, day - timedelta(days=1))).runs(HOUR + 60)
    box.entries = tuple(left for entry in box.entries if (left := dismissed(entry)) is not None)
    box.look()
    box.is_set_to(local(day, 6, 50)).runs(HOUR)
    assert box.rang == [("a", local(day, 7))]
    box.runs(DAY)
    assert box.rang[1:] == [("a", local(day + timedelta(days=1), 7))]


def test_a_clock_that_was_days_ahead_does_not_silence_the_days_between() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 8), weekly(7, 0, EVERY_DAY, day))
    box.is_set_to(local(day + timedelta(days=10), 8)).is_set_to(local(day, 8))
    box.runs(DAY)
    assert box.rang == [("a", local(day + timedelta(days=1), 7))]


def test_an_alarm_of_weekdays_leaves_the_weekend_out() -> None:
    friday = date(2027, 1, 15)
    box = Box(local(friday, 0), weekly(6, 30, WEEKDAYS, friday - timedelta(days=1))).runs(5 * DAY)
    rang = [local_date(wall, BERLIN).strftime("%a") for _, wall in box.rang]
    assert rang == ["Fri", "Mon", "Tue"]


def test_a_box_that_was_off_for_days_tells_of_the_last_alarm_only() -> None:
    monday = date(2027, 1, 11)
    box = Box(local(monday, 8), weekly(7, 0, EVERY_DAY, monday)).is_off(3 * DAY)
    assert [missed.due for missed in box.missed] == [local(date(2027, 1, 14), 7)]
    assert box.states == [State.WAITING]


def test_a_snoozed_alarm_rings_again_whatever_the_clock_is_set_to() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 6), once(day, 7)).runs(HOUR + 60)
    box.entries = (snooze(box.entries[0], SNOOZE_S, box.now),)
    box.look()
    assert box.sounding == frozenset()
    box.is_set_to(box.now.wall + 2 * HOUR).runs(SNOOZE_S - 1)
    assert len(box.rang) == 1
    box.runs(1)
    assert len(box.rang) == 2


def test_an_alarm_snoozed_over_a_long_power_cut_was_missed() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 6), once(day, 7)).runs(HOUR + 60)
    box.entries = (snooze(box.entries[0], SNOOZE_S, box.now),)
    box.is_off(2 * HOUR)
    assert [missed.kind for missed in box.missed] == ["alarm"]
    assert box.states == []


def test_a_daily_alarm_that_nobody_stops_rings_again_tomorrow() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 6), weekly(7, 0, EVERY_DAY, day - timedelta(days=1))).runs(HOUR + RING_LONGEST_S)
    assert [missed.unanswered for missed in box.missed] == [True]
    assert box.states == [State.WAITING]
    box.runs(DAY - RING_LONGEST_S)
    assert box.rang[1:] == [("a", local(day + timedelta(days=1), 7))]


def test_a_household_that_moves_keeps_its_time_of_the_day() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 6), once(day, 7))
    box.zone = NEW_YORK
    box.runs(DAY)
    assert box.rang == [("a", at(day, 7, 0, NEW_YORK))]


def test_an_alarm_that_rang_before_a_journey_west_does_not_ring_twice_for_that_date() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 6), weekly(7, 0, EVERY_DAY, day - timedelta(days=1))).runs(HOUR + RING_LONGEST_S)
    box.zone = NEW_YORK
    box.runs(2 * DAY)
    assert box.rang == [("a", local(day, 7)), ("a", at(day + timedelta(days=1), 7, 0, NEW_YORK))]


def test_while_the_time_is_not_known_an_alarm_waits_and_rings_as_soon_as_it_is() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 6), once(day, 7)).is_off(HOUR, wall=local(day, 6), known=False)
    assert box.rang == []
    box.is_set_to(local(day, 7, 1))
    assert [entry_id for entry_id, _ in box.rang] == ["a"]


def test_as_many_as_a_household_may_have_ring_at_once() -> None:
    day = date(2027, 1, 11)
    box = Box(local(day, 6), *(once(day, 7, entry_id=f"a{n}") for n in range(MOST_AT_ONCE))).runs(HOUR)
    assert len(box.rang) == MOST_AT_ONCE
    assert {wall for _, wall in box.rang} == {local(day, 7)}


def test_with_nothing_to_wait_for_nobody_waits() -> None:
    assert judge((), Instant(0.0, 0.0, "boot"), BERLIN).wait_s == inf
