"""What a household has in its box: timers, alarms, lists, and what it has not been told yet. Frozen, no I/O.

`Records` is one state of all of it, `differences` what lies between two states. Both what is written to disk and what
undoes an effect are differences, so that neither can forget a part. The JSON of a record is read strictly: what is not
exactly a record is `DamagedRecord`, never a guess.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from conductor.errors import DamagedRecord
from conductor.timers import Alarm, Entry, Missed, Moment, State, Timer

MAX_RECORD_CHARACTERS = 4096
MISSED_KINDS = ("timer", "alarm", "damaged")
FIRST_YEAR, LAST_YEAR = 1970, 8000
LAST_SECOND = 2e11
"""Beyond every date that a record holds; further on calendars end, and with them whoever reckons with it."""


@dataclass(frozen=True)
class Item:
    """One thing on a list. `place` grows with each item, and keeps their order."""

    id: str
    list: str
    text: str
    place: int


@dataclass(frozen=True)
class SavedTime:
    """The last time at which the clock was known, in Unix seconds: the clock's floor after a restart."""

    wall: float
    id: str = "saved"


Record = Timer | Alarm | Item | Missed | SavedTime
KINDS: Mapping[str, type[Record]] = {
    "timer": Timer,
    "alarm": Alarm,
    "item": Item,
    "missed": Missed,
    "time": SavedTime,
}


def kind_of(record: Record) -> str:
    return next(name for name, kind in KINDS.items() if type(record) is kind)


@dataclass(frozen=True)
class Records:
    """Everything, by kind and id."""

    by_key: Mapping[tuple[str, str], Record] = field(default_factory=dict)

    def _of(self, kind: str) -> list[Any]:
        return [record for (name, _), record in self.by_key.items() if name == kind]

    @property
    def timers(self) -> tuple[Timer, ...]:
        """The soonest due first."""
        return tuple(sorted(self._of("timer"), key=lambda timer: timer.due.wall))

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """By the time of the day."""
        return tuple(sorted(self._of("alarm"), key=lambda alarm: (alarm.hour, alarm.minute)))

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (*self.timers, *self.alarms)

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(sorted(self._of("item"), key=lambda item: item.place))

    @property
    def missed(self) -> tuple[Missed, ...]:
        return tuple(sorted(self._of("missed"), key=lambda missed: missed.due))

    @property
    def saved_wall(self) -> float:
        return max((saved.wall for saved in self._of("time")), default=0.0)

    def find(self, entry_id: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.id == entry_id), None)

    def with_(self, *records: Record) -> "Records":
        return Records({**self.by_key, **{(kind_of(record), record.id): record for record in records}})

    def without(self, *records: Record) -> "Records":
        gone = {(kind_of(record), record.id) for record in records}
        return Records({key: record for key, record in self.by_key.items() if key not in gone})


@dataclass(frozen=True)
class Difference:
    """One record before and after; None where there is none."""

    kind: str
    id: str
    before: Record | None
    after: Record | None


def differences(before: Records, after: Records) -> tuple[Difference, ...]:
    keys = {**before.by_key, **after.by_key}
    changed = [key for key in keys if before.by_key.get(key) != after.by_key.get(key)]
    return tuple(Difference(*key, before.by_key.get(key), after.by_key.get(key)) for key in changed)


def reverted(now: Records, changes: tuple[Difference, ...]) -> Records:
    """`now` with what `changes` touched as it was before; everything else stays."""
    kept = dict(now.by_key)
    for change in changes:
        if change.before is None:
            kept.pop((change.kind, change.id), None)
        else:
            kept[change.kind, change.id] = change.before
    return Records(kept)


def to_json(record: Record) -> str:
    return json.dumps(asdict(record), default=date.isoformat, ensure_ascii=False, separators=(",", ":"))


def from_json(kind: str, text: str) -> Record:
    """The record that `to_json` wrote.

    Raises:
        DamagedRecord: anything else.
    """
    if kind not in KINDS or len(text) > MAX_RECORD_CHARACTERS:
        raise DamagedRecord(DamagedRecord.__doc__)
    try:
        fields = json.loads(text)
        record: Record = _READERS[kind](fields)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise DamagedRecord(DamagedRecord.__doc__) from error
    return record


def _moment(fields: dict[str, Any] | None) -> Moment | None:
    if fields is None:
        return None
    known, guessed = fields["known"], fields["guessed"]
    _demand(isinstance(known, bool), isinstance(guessed, bool))
    return Moment(_seconds(fields["wall"]), _seconds(fields["elapsed"]), _text(fields["boot"]), known, guessed)


def _timer(fields: dict[str, Any]) -> Timer:
    due = _moment(fields["due"])
    if due is None:
        raise ValueError("a timer is due at some time")
    timer = Timer(**{**fields, "due": due, "rang": _moment(fields["rang"]), "state": State(fields["state"])})
    _demand(type(timer.seconds) is int, _seconds(timer.seconds) > 0)
    _demand_text(timer.id, timer.name)
    return timer


def _alarm(fields: dict[str, Any]) -> Alarm:
    alarm = Alarm(
        **{
            **fields,
            "done_until": _date(fields["done_until"]),
            "on": None if fields["on"] is None else _date(fields["on"]),
            "days": tuple(fields["days"]),
            "state": State(fields["state"]),
            "rang": _moment(fields["rang"]),
            "snoozed": _moment(fields["snoozed"]),
        }
    )
    _demand(*(type(number) is int for number in (alarm.hour, alarm.minute, *alarm.days)))
    _demand(alarm.hour in range(24), alarm.minute in range(60), all(day in range(7) for day in alarm.days))
    _demand(bool(alarm.days) or alarm.on is not None)
    _demand_text(alarm.id)
    return alarm


def _item(fields: dict[str, Any]) -> Item:
    item = Item(**fields)
    _demand(type(item.place) is int)
    _demand_text(item.id, item.list, item.text)
    return item


def _missed(fields: dict[str, Any]) -> Missed:
    missed = replace(Missed(**fields), due=_seconds(fields["due"]))
    _demand(missed.kind in MISSED_KINDS, type(missed.seconds) is int, isinstance(missed.unanswered, bool))
    _seconds(missed.seconds)
    _demand_text(missed.id, missed.name)
    return missed


def _saved_time(fields: dict[str, Any]) -> SavedTime:
    saved = replace(SavedTime(**fields), wall=_seconds(fields["wall"]))
    _demand_text(saved.id)
    return saved


def _demand(*conditions: bool) -> None:
    if not all(conditions):
        raise ValueError("not what a record holds")


def _demand_text(*values: object) -> None:
    for value in values:
        _text(value)


def _text(value: object) -> str:
    """Words that can be written again: JSON may hold halves of characters."""
    if not isinstance(value, str):
        raise TypeError("not words")
    value.encode()
    return value


def _seconds(value: object) -> float:
    """A time that calendars can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a number")
    _demand(abs(value) < LAST_SECOND)
    return float(value)


def _date(value: object) -> date:
    day = date.fromisoformat(_text(value))
    _demand(FIRST_YEAR <= day.year <= LAST_YEAR)
    return day


_READERS: Mapping[str, Any] = {
    "timer": _timer,
    "alarm": _alarm,
    "item": _item,
    "missed": _missed,
    "time": _saved_time,
}
