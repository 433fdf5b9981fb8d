"""What an answer does beside being said, as data; and what each effect makes of the household's records. No I/O.

The household's effects are performed and undone by `conductor.household`. The service's effects (`ServiceEffect`)
concern other daemons, which it asks over the bus; each carries what undoing it needs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from conductor.clock import Instant
from conductor.records import Item, Records
from conductor.timers import Alarm, Entry, Moment, State, Timer, dismissed, snooze


@dataclass(frozen=True)
class TimerSet:
    """A new timer, running from the moment this is performed."""

    seconds: int
    name: str = ""


@dataclass(frozen=True)
class TimerCancel:
    ids: tuple[str, ...]


@dataclass(frozen=True)
class TimerAdd:
    """`seconds` more, or fewer where negative."""

    id: str
    seconds: int


@dataclass(frozen=True)
class AlarmSet:
    """A new alarm on one date (`on`) or on days of the week; `done_until` is the day before its first."""

    hour: int
    minute: int
    done_until: date
    days: tuple[int, ...] = ()
    on: date | None = None


@dataclass(frozen=True)
class AlarmCancel:
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Snooze:
    """What rings is silent, and rings again after `seconds`."""

    ids: tuple[str, ...]
    seconds: int


@dataclass(frozen=True)
class Dismiss:
    """What rings, or snoozes, is done with; an alarm of several days rings again on the next."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class ListAdd:
    list: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class ListRemove:
    """By the items' ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class ListClear:
    list: str


@dataclass(frozen=True)
class MissedTold:
    """The household has been told of these."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class VolumeSet:
    """`before`: the volume that undoing goes back to."""

    percent: int
    before: int


@dataclass(frozen=True)
class MicrophoneMute:
    """The microphone off. Not undone by voice: nothing listens any more."""


@dataclass(frozen=True)
class Silence:
    """Whatever sounds, stops."""


@dataclass(frozen=True)
class UpdateWish:
    """One of the actions of `update.wish` on the bus; `undone` is the one that takes it back, empty where none does."""

    action: str
    undone: str = ""


@dataclass(frozen=True)
class UpdateTold:
    """People have heard these news of an update, by their id."""

    id: str


HouseholdEffect = (
    TimerSet
    | TimerCancel
    | TimerAdd
    | AlarmSet
    | AlarmCancel
    | Snooze
    | Dismiss
    | ListAdd
    | ListRemove
    | ListClear
    | MissedTold
)
ServiceEffect = VolumeSet | MicrophoneMute | Silence | UpdateWish | UpdateTold
Effect = HouseholdEffect | ServiceEffect


def applied(records: Records, effect: HouseholdEffect, now: Instant, new_id: Callable[[], str]) -> Records:
    """The records once this is done. What is no longer there is left out silently: somebody was quicker."""
    match effect:
        case TimerSet(seconds, name):
            return records.with_(Timer(new_id(), seconds, Moment.after(seconds, now), name))
        case TimerAdd(timer_id, seconds):
            return _with_longer_timer(records, timer_id, seconds, now)
        case TimerCancel(ids) | AlarmCancel(ids):
            return records.without(*_entries(records, ids))
        case AlarmSet(hour, minute, done_until, days, on):
            return records.with_(Alarm(new_id(), hour, minute, done_until, days, on))
        case Snooze(ids, seconds):
            return records.with_(*(snooze(entry, seconds, now) for entry in _entries(records, ids)))
        case Dismiss(ids):
            return _with_dismissed(records, ids)
        case ListAdd(name, texts):
            place = max((item.place for item in records.items), default=0) + 1
            return records.with_(*(Item(new_id(), name, text, place + n) for n, text in enumerate(texts)))
        case ListRemove(ids):
            return records.without(*(item for item in records.items if item.id in ids))
        case ListClear(name):
            return records.without(*(item for item in records.items if item.list == name))
        case MissedTold(ids):
            return records.without(*(missed for missed in records.missed if missed.id in ids))


def _entries(records: Records, ids: tuple[str, ...]) -> tuple[Entry, ...]:
    return tuple(entry for entry in records.entries if entry.id in ids)


def _with_longer_timer(records: Records, timer_id: str, seconds: int, now: Instant) -> Records:
    timer = records.find(timer_id)
    if not isinstance(timer, Timer):
        return records
    remaining = max(0.0, timer.remaining_s(now)) + seconds
    due = Moment.after(remaining, now)
    seconds = max(1, timer.seconds + seconds)
    return records.with_(replace(timer, seconds=seconds, due=due, state=State.WAITING, rang=None))


def _with_dismissed(records: Records, ids: tuple[str, ...]) -> Records:
    for entry in _entries(records, ids):
        left = dismissed(entry)
        records = records.without(entry) if left is None else records.with_(left)
    return records
