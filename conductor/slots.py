"""From the pieces that templates name to the typed slots of an intent (docs/intents.md). Pure.

A template names pieces: {hours}, {minutes}, {base}; an intent wants `seconds`. Pieces that make no sense together
("twenty five o'clock") make the whole request None: a wrong match is worse than none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Value = str | int | float | bool
Slots = dict[str, Value]


@dataclass(frozen=True)
class Piece:
    """A value and the words that it came from."""

    value: Value
    text: str = ""


Pieces = Mapping[str, Piece]
_DURATION = frozenset({"hours", "minutes", "seconds", "base", "plus"})
LONGEST_TIMER_S = 25 * 3600
DEFAULT_LIST = "shopping"


def typed(intent: str, pieces: Pieces) -> Slots | None:
    """The slots of `intent`, or None where the pieces make no sense, or only as a reply to our own question."""
    if "reply" in pieces:
        return None
    make = _MAKERS.get(intent)
    return make(pieces) if make is not None else {}


def _number(pieces: Pieces, name: str) -> int | float:
    value = pieces[name].value if name in pieces else 0
    if isinstance(value, str):
        value = float(value)
    if f"{name}_point" in pieces:
        value += float(f"0.{pieces[f'{name}_point'].value}")
    return int(value) if float(value).is_integer() else float(value)


def _seconds(pieces: Pieces) -> int:
    total = 3600 * _number(pieces, "hours") + 60 * _number(pieces, "minutes") + _number(pieces, "seconds")
    return round(total + _number(pieces, "base") + _number(pieces, "plus"))


def _name(pieces: Pieces) -> Slots:
    return {"name": str(pieces["timer_name"].value)} if "timer_name" in pieces else {}


def _place(pieces: Pieces) -> Slots | None:
    if "place" not in pieces:
        return _as_they_are("part")(pieces)
    return {"place": pieces["place"].text.strip() or str(pieces["place"].value), "zone": str(pieces["place"].value)}


def _timer_set(pieces: Pieces) -> Slots | None:
    seconds = _seconds(pieces)
    if not _DURATION & pieces.keys():
        return _name(pieces)
    return {"seconds": seconds, **_name(pieces)} if 0 < seconds <= LONGEST_TIMER_S else None


def _timer_cancel(pieces: Pieces) -> Slots | None:
    slots = _name(pieces)
    if "all" in pieces:
        slots["all"] = True
    if _seconds(pieces):
        slots["seconds"] = _seconds(pieces)
    return slots


def _timer_add(pieces: Pieces) -> Slots | None:
    seconds = _seconds(pieces)
    sign = -1 if "sign" in pieces else 1
    return {"seconds": sign * seconds, **_name(pieces)} if seconds else None


def _clock(pieces: Pieces) -> Slots | None:
    """{hour, minute, meridiem}; "half past six", "quarter to eight", "noon". None for a time that no clock shows."""
    if "clock_word" in pieces:
        return {"hour": 12 if pieces["clock_word"].value == "noon" else 0, "minute": 0, "meridiem": ""}
    if "hour" not in pieces:
        return {}
    hour, minute = int(_number(pieces, "hour")), int(_number(pieces, "minute"))
    if "past" in pieces:
        minute = int(_number(pieces, "past"))
    if "to" in pieces:
        minute, hour = 60 - int(_number(pieces, "to")), (hour - 1) % 24 if hour != 1 else 12
    meridiem = str(pieces["meridiem"].value) if "meridiem" in pieces else ""
    if meridiem and not 1 <= hour <= 12:
        meridiem = ""
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return None
    return {"hour": hour % 24, "minute": minute, "meridiem": meridiem}


def _alarm_set(pieces: Pieces) -> Slots | None:
    clock = _clock(pieces)
    if clock is None:
        return None
    if "day" in pieces:
        clock["day"] = str(pieces["day"].value)
        # "Tomorrow morning at seven" is said of the morning.
        if pieces["day"].text.strip().endswith("morning") and not clock.get("meridiem"):
            clock["meridiem"] = "am"
    return clock


def _alarm_cancel(pieces: Pieces) -> Slots | None:
    if "all" in pieces:
        return {"all": True}
    clock = _clock(pieces)
    return None if clock is None else {**clock, **_as_they_are("day")(pieces)}


def _snooze(pieces: Pieces) -> Slots | None:
    return {"seconds": _seconds(pieces)} if _seconds(pieces) else {}


def _calculate(pieces: Pieces) -> Slots | None:
    slots: Slots = {"left": _number(pieces, "left"), "operator": str(pieces["operator"].value)}
    if "right" in pieces:
        slots["right"] = _number(pieces, "right")
    return slots


def _convert(pieces: Pieces) -> Slots | None:
    amount = _number(pieces, "amount") if "amount" in pieces else 1
    return {"amount": amount, "from": str(pieces["from"].value), "to": str(pieces["to"].value)}


def _list_item(pieces: Pieces) -> Slots | None:
    more: Slots = {"more": str(pieces["more"].value)} if "more" in pieces else {}
    return {"item": str(pieces["item"].value), **more, **_list(pieces)}


def _list(pieces: Pieces) -> Slots:
    return {"list": str(pieces["list"].value) if "list" in pieces else DEFAULT_LIST}


def _volume(pieces: Pieces) -> Slots | None:
    percent = int(_number(pieces, "percent"))
    return {"percent": percent} if 0 <= percent <= 100 else None


def _as_they_are(*names: str) -> Callable[[Pieces], Slots]:
    return lambda pieces: {name: str(pieces[name].value) for name in names if name in pieces}


_MAKERS: Mapping[str, Callable[[Pieces], Slots | None]] = {
    "TimeNow": _place,
    "DateToday": _place,
    "TimerSet": _timer_set,
    "TimerCancel": _timer_cancel,
    "TimerLeft": _timer_cancel,
    "TimerAdd": _timer_add,
    "AlarmSet": _alarm_set,
    "AlarmCancel": _alarm_cancel,
    "Snooze": _snooze,
    "VolumeSet": _volume,
    "VolumeChange": _as_they_are("direction"),
    "Calculate": _calculate,
    "Convert": _convert,
    "ListAdd": _list_item,
    "ListRemove": _list_item,
    "ListRead": _list,
    "ListClear": _list,
    "BoxStatus": _as_they_are("topic"),
    "Update": _as_they_are("action"),
    "Emergency": _as_they_are("kind"),
}
