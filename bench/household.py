"""The box's memory before and after a turn: made ready for a request, and looked at for what was done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.requests import Request
from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus

VOLUME = 50
CLEARING = ("cancel all timers", "cancel all alarms", "clear the shopping list", "clear my to do list")
TIMER_SLACK_S = 30


@dataclass(frozen=True)
class Snapshot:
    """What the box keeps."""

    entries: Sequence[pb.TimerEntry]
    shopping: str
    to_do: str
    volume: int
    muted: bool


async def type_to(bus: Bus, text: str) -> str:
    """The written answer to a written request."""
    return (await bus.request(s.NLU_REQUEST, pb.Ask(text=text))).text


async def prepare(bus: Bus, request: Request) -> Snapshot:
    """An empty household, then what the request needs."""
    await bus.request(s.TURN_STOP, pb.StopTurn())
    await bus.request(s.AUDIO_MUTE, pb.SetMute(action="unmute"))
    await bus.request(s.PLAYBACK_CONTROL, pb.PlaybackControl(volume_percent=VOLUME))
    for text in CLEARING:
        await type_to(bus, text)
    if request.needs:
        await type_to(bus, request.needs)
    return await look(bus, request)


async def look(bus: Bus, request: Request) -> Snapshot:
    """What the box keeps now; its lists only where the request is about them: asking is a conversation too."""
    timers = await bus.request(s.TIMERS_LIST, pb.TimersRequest())
    playback = await bus.request(s.PLAYBACK_CONTROL, pb.PlaybackControl(volume_percent=-1))
    mute = await bus.request(s.AUDIO_MUTE, pb.SetMute())
    shopping = to_do = ""
    if request.intent.startswith("List"):
        shopping, to_do = (
            await type_to(bus, "what's on the shopping list"),
            await type_to(bus, "what's on my to do list"),
        )
    return Snapshot(list(timers.timers), shopping, to_do, playback.volume_percent, mute.muted)


def is_done(request: Request, before: Snapshot, after: Snapshot) -> bool:
    """Whether exactly what the request asks for has happened; a question must change nothing."""
    match request.intent:
        case "TimerSet":
            return _new_timer_is(request, before, after)
        case "TimerAdd":
            return _timer_moved(request, before, after)
        case "TimerCancel" | "AlarmCancel":
            return len(after.entries) < len(before.entries)
        case "AlarmSet":
            return _new_alarm_is(request, before, after)
        case "VolumeSet":
            return after.volume == request.slots["percent"]
        case "VolumeChange":
            return (after.volume > before.volume) == (
                request.slots["direction"] == "up"
            ) and after.volume != before.volume
        case "MicrophoneMute":
            return after.muted
        case "ListAdd" | "ListRemove":
            return _holds(after, request) == (request.intent == "ListAdd")
        case "ListClear":
            return "empty" in _list(after, request)
        case _:
            return _same(before, after)


def _new_timer_is(request: Request, before: Snapshot, after: Snapshot) -> bool:
    fresh = _fresh(before, after)
    if "seconds" not in request.slots:
        return not fresh
    wanted, name = float(request.slots["seconds"]), request.slots.get("name", "")
    return (
        len(fresh) == 1
        and fresh[0].kind == "timer"
        and fresh[0].name == name
        and -TIMER_SLACK_S < fresh[0].remaining_ms / 1000 - wanted <= 0.5
    )


def _timer_moved(request: Request, before: Snapshot, after: Snapshot) -> bool:
    if len(before.entries) != 1 or len(after.entries) != 1:
        return False
    moved_s = (after.entries[0].due_unix_ms - before.entries[0].due_unix_ms) / 1000
    return abs(moved_s - float(request.slots["seconds"])) < 2


def _new_alarm_is(request: Request, before: Snapshot, after: Snapshot) -> bool:
    fresh = _fresh(before, after)
    if "hour" not in request.slots:
        return not fresh
    if len(fresh) != 1 or fresh[0].kind != "alarm":
        return False
    hour, minute = (int(part) for part in fresh[0].name.split(":"))
    wanted, meridiem = int(request.slots["hour"]), request.slots.get("meridiem", "")
    same_hour = hour % 12 == wanted % 12 and (not meridiem or (hour >= 12) == (meridiem == "pm"))
    return same_hour and minute == request.slots.get("minute", 0)


def _holds(snapshot: Snapshot, request: Request) -> bool:
    return re.search(rf"\b{re.escape(str(request.slots['item']))}\b", _list(snapshot, request)) is not None


def _list(snapshot: Snapshot, request: Request) -> str:
    return snapshot.to_do if request.slots.get("list") == "to do" else snapshot.shopping


def _fresh(before: Snapshot, after: Snapshot) -> list[pb.TimerEntry]:
    known = {entry.id for entry in before.entries}
    return [entry for entry in after.entries if entry.id not in known]


def _same(before: Snapshot, after: Snapshot) -> bool:
    def kept(snapshot: Snapshot) -> object:
        return (
            {entry.id for entry in snapshot.entries},
            snapshot.shopping,
            snapshot.to_do,
            snapshot.volume,
            snapshot.muted,
        )

    return kept(before) == kept(after)
