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
    return Moment(float(fields["wall"]), float(fields["elapsed"]), str(fields["boot"]), bool(fields["known"]))


def _timer(fields: dict[str, Any]) -> Timer:
    due = _moment(fields["due"])
    if due is None:
        raise ValueError("a timer is due at some time")
    timer = Timer(**{**fields, "due": due, "rang": _moment(fields["rang"]), "state": State(fields["state"])})
    _demand(isinstance(timer.seconds, int), isinstance(timer.name, str), isinstance(timer.id, str))
    return timer


def _alarm(fields: dict[str, Any]) -> Alarm:
    alarm = Alarm(
        **{
            **fields,
            "done_until": date.fromisoformat(fields["done_until"]),
            "on": None if fields["on"] is None else date.fromisoformat(fields["on"]),
            "days": tuple(int(day) for day in fields["days"]),
            "state": State(fields["state"]),
            "rang": _moment(fields["rang"]),
            "snoozed": _moment(fields["snoozed"]),
        }
    )
    _demand(alarm.hour in range(24), alarm.minute in range(60), all(day in range(7) for day in alarm.days))
    _demand(isinstance(alarm.id, str), bool(alarm.days) or alarm.on is not None)
    return alarm


def _item(fields: dict[str, Any]) -> Item:
    item = Item(**fields)
    _demand(*(isinstance(value, str) for value in (item.id, item.list, item.text)), isinstance(item.place, int))
    return item


def _missed(fields: dict[str, Any]) -> Missed:
    missed = replace(Missed(**fields), due=float(fields["due"]))
    _demand(*(isinstance(value, str) for value in (missed.id, missed.kind, missed.name)))
    return missed


def _demand(*conditions: bool) -> None:
    if not all(conditions):
        raise ValueError("not what a record holds")


_READERS: Mapping[str, Any] = {
    "timer": _timer,
    "alarm": _alarm,
    "item": _item,
    "missed": _missed,
    "time": lambda fields: SavedTime(float(fields["wall"])),
}
