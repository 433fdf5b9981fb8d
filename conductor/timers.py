"""Timers and alarms: when each is due, by which clock, and what a restart or a clock that is set does to them. No I/O.

A *timer* counts elapsed time: setting the wall clock never moves it. Over a restart only the wall clock can tell how
long the box was off, so its due time is kept in both (`Moment`).
An *alarm* follows the wall clock of the household's zone, daylight saving included, and rings once for each of its
dates, however often the clock passes that time:

    the clock skips the time (spring)        it rings as long after the change as it was meant to be (RFC 5545, 3.3.5)
    the clock shows the time twice (autumn)  it rings at the first
    the clock is set past it, or the box was off: by less than `LATE_S`   it rings now
                                                  by more                 it was missed, and that is said later
    the clock is set back after it rang      it does not ring again for that date

While the time is not known the wall clock stands at or below the truth, so what depends on it comes late, never early.

Left to others: keeping (`conductor.household`), waiting (`conductor.alarmclock`), sounding (the service).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import inf
from zoneinfo import ZoneInfo

from conductor.clock import Instant

LATE_S = 600.0
"""What was due no longer ago than this still rings."""
RING_LONGEST_S = 600.0
"""Nobody is there: a ringing timer or alarm gives up after this."""
LONGEST_TIMER_S = 7 * 86_400
SNOOZE_S = 540
MOST_AT_ONCE = 32
"""Timers and alarms that one household may have running."""
DRIFT_S = 1.0
"""A due time on the wall clock is written anew when it is off by more than this."""
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
WEEKDAYS = (0, 1, 2, 3, 4)


class State(StrEnum):
    WAITING = "waiting"
    RINGING = "ringing"
    SNOOZED = "snoozed"


@dataclass(frozen=True)
class Moment:
    """A point in time by both clocks; `elapsed` holds during the boot named `boot` only. `known`: `wall` was sure.

    `guessed`: after a restart without the time `elapsed` is the latest it can be, and `wall` alone is sure.
    """

    wall: float
    elapsed: float
    boot: str
    known: bool
    guessed: bool = False

    @staticmethod
    def after(seconds: float, now: Instant) -> "Moment":
        return Moment(now.wall + seconds, now.elapsed + seconds, now.boot, now.known)

    def remaining_s(self, now: Instant) -> float:
        """Seconds until then, negative once it is past."""
        return self.elapsed - now.elapsed if self.boot == now.boot else self.wall - now.wall

    def carried(self, now: Instant, longest_s: float) -> "Moment":
        """The same point, as well as it can be said now.

        In its own boot elapsed time rules and the wall time follows the clock. From an earlier boot wall time rules,
        and as soon as it can be relied on elapsed time takes over; it is never further away than `longest_s`, and just
        that far where nothing tells how long the box was off.
        """
        if self.boot == now.boot and not self.guessed:
            drifted = abs(now.wall + self.remaining_s(now) - self.wall) > DRIFT_S
            return self.after(self.remaining_s(now), now) if drifted or now.known != self.known else self
        if self.known and not now.known:
            return self if self.boot == now.boot else self._guess(now, longest_s)
        if now.known and not self.known:
            return self.after(longest_s, now)
        return self.after(min(self.wall - now.wall, longest_s), now)

    def _guess(self, now: Instant, longest_s: float) -> "Moment":
        """It comes without the time, too: late rather than early, and put right once the time is known."""
        return Moment(self.wall, now.elapsed + min(self.wall - now.wall, longest_s), now.boot, True, guessed=True)


@dataclass(frozen=True)
class Timer:
    """`seconds` is what it was set to, for "the five-minute timer". `rang`: when it began to ring."""

    id: str
    seconds: int
    due: Moment
    name: str = ""
    state: State = State.WAITING
    rang: Moment | None = None

    def remaining_s(self, now: Instant) -> float:
        return self.due.remaining_s(now)


@dataclass(frozen=True)
class Alarm:
    """A time of the day, on one date or on some days of every week (Monday is 0).

    `done_until`: the dates up to here are dealt with. `rings_for`: the date it rings or snoozes for.
    """

    id: str
    hour: int
    minute: int
    done_until: date
    days: tuple[int, ...] = ()
    on: date | None = None
    state: State = State.WAITING
    rang: Moment | None = None
    snoozed: Moment | None = None

    @property
    def repeats(self) -> bool:
        return bool(self.days)

    def next_date(self, today: date) -> date | None:
        """The first date that is not dealt with; None when there is none left."""
        if self.on is not None:
            return self.on if self.on > self.done_until else None
        first = max(self.done_until, today - timedelta(days=1)) + timedelta(days=1)
        return next(day for day in (first + timedelta(days=n) for n in range(7)) if day.weekday() in self.days)

    def next_due(self, now: Instant, zone: ZoneInfo) -> float | None:
        """Unix seconds of the next time it rings, a snooze not counted."""
        day = self.next_date(local_date(now.wall, zone))
        return None if day is None else at(day, self.hour, self.minute, zone)


Entry = Timer | Alarm


@dataclass(frozen=True)
class Missed:
    """Something that was due while nobody could hear it. `unanswered`: it rang, and nobody came."""

    id: str
    kind: str
    due: float
    name: str = ""
    seconds: int = 0
    unanswered: bool = False


@dataclass(frozen=True)
class Verdict:
    """What is the case now. `entries`: all that are left, as they are now; `begins`: ids that begin to ring; `ends`:
    ids that give up ringing; `wait_s`: when to look again."""

    entries: tuple[Entry, ...]
    begins: tuple[str, ...]
    ends: tuple[str, ...]
    missed: tuple[Missed, ...]
    wait_s: float


def local_date(wall: float, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(wall, zone).date()


def at(day: date, hour: int, minute: int, zone: ZoneInfo) -> float:
    """Unix seconds of a wall-clock time: the first of two, and in a gap by the offset before it."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=0).timestamp()


def judge(entries: Iterable[Entry], now: Instant, zone: ZoneInfo, sounding: frozenset[str] = frozenset()) -> Verdict:
    """What rings, what was missed, and when to look again. `sounding`: ids that this process has let ring already."""
    left: list[Entry] = []
    missed: list[Missed] = []
    for entry in entries:
        after, lost = _step_timer(entry, now) if isinstance(entry, Timer) else _step_alarm(entry, now, zone)
        missed += lost
        if after is not None:
            left.append(after)
    ringing = [entry.id for entry in left if entry.state is State.RINGING]
    begins = tuple(name for name in ringing if name not in sounding)
    ends = tuple(sorted(sounding.difference(ringing)))
    waits = [wait for entry in left if (wait := _wait_s(entry, now, zone)) is not None]
    return Verdict(tuple(left), begins, ends, tuple(missed), max(0.0, min(waits, default=inf)))


def snooze(entry: Entry, seconds: int, now: Instant) -> Entry:
    """Silent for a while, then again."""
    later = Moment.after(seconds, now)
    if isinstance(entry, Timer):
        return replace(entry, due=later, seconds=max(entry.seconds, seconds), state=State.SNOOZED, rang=None)
    return replace(entry, snoozed=later, state=State.SNOOZED, rang=None)


def dismissed(entry: Entry) -> Entry | None:
    """What is left of it once somebody has stopped it: an alarm of other days, or nothing."""
    if isinstance(entry, Timer) or not entry.repeats:
        return None
    return replace(entry, state=State.WAITING, rang=None, snoozed=None)


def _step_timer(timer: Timer, now: Instant) -> tuple[Entry | None, list[Missed]]:
    timer = replace(timer, due=timer.due.carried(now, timer.seconds))
    late_s = -timer.due.remaining_s(now)
    if timer.rang is not None:
        return _keep_ringing(timer, now, Missed(timer.id, "timer", timer.due.wall, timer.name, timer.seconds, True))
    if late_s < 0:
        return timer, []
    if late_s > LATE_S:
        return None, [Missed(timer.id, "timer", timer.due.wall, timer.name, timer.seconds)]
    return replace(timer, state=State.RINGING, rang=Moment.after(0, now)), []


def _step_alarm(alarm: Alarm, now: Instant, zone: ZoneInfo) -> tuple[Entry | None, list[Missed]]:
    if alarm.rang is not None:
        return _keep_ringing(alarm, now, Missed(alarm.id, "alarm", alarm.rang.wall, unanswered=True))
    if alarm.snoozed is not None:
        longest_s = LONGEST_TIMER_S if alarm.snoozed.known else SNOOZE_S
        return _wait_for_snooze(alarm, alarm.snoozed.carried(now, longest_s), now)
    alarm = _freed_from_wrong_future(alarm, now, zone)
    latest = _latest_due(alarm, now, zone)
    if latest is None:
        return (alarm, []) if alarm.next_due(now, zone) is not None else (None, [])
    alarm = replace(alarm, done_until=latest)
    due = at(latest, alarm.hour, alarm.minute, zone)
    if now.wall - due > LATE_S:
        return dismissed(alarm), [Missed(alarm.id, "alarm", due)]
    return replace(alarm, state=State.RINGING, rang=Moment.after(0, now)), []


def _wait_for_snooze(alarm: Alarm, until: Moment, now: Instant) -> tuple[Entry | None, list[Missed]]:
    late_s = -until.remaining_s(now)
    if late_s < 0:
        return replace(alarm, snoozed=until), []
    if late_s > LATE_S:
        return dismissed(alarm), [Missed(alarm.id, "alarm", until.wall)]
    return replace(alarm, state=State.RINGING, snoozed=None, rang=Moment.after(0, now)), []


def _keep_ringing(entry: Entry, now: Instant, unanswered: Missed) -> tuple[Entry | None, list[Missed]]:
    assert entry.rang is not None
    rang = entry.rang.carried(now, 0)
    if -rang.remaining_s(now) >= RING_LONGEST_S:
        return dismissed(entry), [unanswered]
    return replace(entry, rang=rang), []


def _freed_from_wrong_future(alarm: Alarm, now: Instant, zone: ZoneInfo) -> Alarm:
    """A clock that was days ahead when the alarm rang must not keep it silent until then.

    One day ahead is no mistake: that is a journey west, or a clock set back across midnight.
    """
    today = local_date(now.wall, zone)
    if not alarm.repeats or alarm.done_until <= today + timedelta(days=1):
        return alarm
    past = at(today, alarm.hour, alarm.minute, zone) <= now.wall
    return replace(alarm, done_until=today if past else today - timedelta(days=1))


def _latest_due(alarm: Alarm, now: Instant, zone: ZoneInfo) -> date | None:
    """The latest date whose time has come and is not dealt with."""
    today = local_date(now.wall, zone)
    days = [alarm.on] if alarm.on is not None else [today - timedelta(days=n) for n in range(8)]
    for day in days:
        applies = alarm.on is not None or day.weekday() in alarm.days
        if applies and day > alarm.done_until and at(day, alarm.hour, alarm.minute, zone) <= now.wall:
            return day
    return None


def _wait_s(entry: Entry, now: Instant, zone: ZoneInfo) -> float | None:
    if entry.rang is not None:
        return RING_LONGEST_S + entry.rang.remaining_s(now)
    if isinstance(entry, Timer):
        return entry.due.remaining_s(now)
    if entry.snoozed is not None:
        return entry.snoozed.remaining_s(now)
    due = entry.next_due(now, zone)
    return None if due is None else due - now.wall
