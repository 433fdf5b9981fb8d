"""Spoken turns in real time: sound goes into the microphone, and what left the speaker is measured on the same clock.

One recording holds both what entered the room and what left the speaker, sample by sample, so the sound card's buffers
in and out are inside every figure and no two clocks are compared. Only what the bus says (states, the ring) is placed
on the recording's clock by its beginning, which is known to a few milliseconds.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.clips import Clip, clip
from bench.household import is_done, look, prepare
from bench.speakers import RATE
from bench.trials import Trial
from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from daemons.virtual_sound import Recording, VirtualSound

AUDIBLE = 33
"""A sample of at least -60 dBFS is no silence."""
GAP = RATE // 20
"""Silence that tells two sounds apart."""
TURN_S = 9.0
AFTER_ANSWER_S = 0.45
"""How much of an answer is listened to; it is cut short then, so that the next turn can begin."""
KEPT_TO_THE_END = ("Repeat",)
QUIET_S = 0.25
NOT_WOKEN_S = 1.0
"""No turn so long after the speech: there will be none."""


@dataclass(frozen=True)
class Said:
    """Something the bus told during a turn. `at_s`: CLOCK_MONOTONIC when it was sent."""

    at_s: float
    kind: str
    reason: str = ""


@dataclass
class Timing:
    """One turn on the recording's clock. Times in ms after the last sample of speech; None: it did not happen."""

    heard: str = ""
    intent: str = ""
    answer: str = ""
    end_reason: str = ""
    answer_ms: float | None = None
    commit_ms: float | None = None
    early: bool = False
    false_starts: int = 0
    ring_ms: float | None = None
    hops_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """One measured trial. `done`: exactly what was asked for has happened; `answered`: and the right thing was said."""

    trial: Trial
    timing: Timing
    done: bool
    answered: bool

    @property
    def right(self) -> bool:
        return self.done and self.answered


class Listener:
    """What the bus says during one turn."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.sessions: list[str] = []
        self.sounded = asyncio.Event()
        self.over = asyncio.Event()

    def on_state(self, message: Received[pb.TurnState]) -> None:
        state = message.body
        if state.phase == pb.OPENED:
            self.sessions.append(message.context.session_id)
        if state.phase in (pb.CLOSED, pb.CANCELLED):
            self.over.set()
        self._note(message, pb.TurnPhase.Name(state.phase).lower(), state.reason)

    def on_ring(self, message: Received[pb.RingShown]) -> None:
        self.said.append(Said(message.body.shown_monotonic_ns / 1e9, f"ring {message.body.state}"))

    def on_playback(self, message: Received[pb.PlaybackState]) -> None:
        if message.body.phase == pb.STARTED:
            self.sounded.set()

    def _note(self, message: Received[pb.TurnState], kind: str, reason: str) -> None:
        self.said.append(Said(message.sent_ns / 1e9, kind, reason))

    def first(self, kind: str, after_s: float = 0.0) -> Said | None:
        return next((said for said in self.said if said.kind == kind and said.at_s >= after_s), None)


@dataclass(frozen=True)
class Heard:
    """What came of one clip. `turn` is None where none was opened."""

    listener: Listener
    turn: pb.Turn | None
    recording: Recording


async def measure(trial: Trial, sound: VirtualSound, bus: Bus, seed: int) -> Outcome:
    """One turn, alone in its household."""
    request = trial.request
    made = clip(request, trial.speaker, trial.snr_db, trial.pause, random.Random(f"{seed} {trial.number}"))
    before = await prepare(bus, request)
    heard = await hear(made, sound, bus, to_the_end=request.intent in KEPT_TO_THE_END)
    after = await look(bus, request)
    timing = timed(made, heard)
    done = timing.intent == request.intent and is_done(request, before, after)
    return Outcome(trial, timing, done, request.is_answered_by(timing.answer))


async def hear(made: Clip, sound: VirtualSound, bus: Bus, *, to_the_end: bool) -> Heard:
    """Play a clip to the microphone. Unless `to_the_end`, an answer is cut short once it was heard for a moment."""
    listener = Listener()
    ends = [
        await bus.subscribe(s.TURN_STATE, listener.on_state),
        await bus.subscribe(s.HARDWARE_RING, listener.on_ring),
        await bus.subscribe(s.PLAYBACK_STATE, listener.on_playback),
    ]
    await bus.flush()
    try:
        async with sound.record() as recording:
            await _play(sound, made, listener, to_the_end)
            await bus.request(s.TURN_STOP, pb.StopTurn())
    finally:
        for end in ends:
            await end()
    turns = await bus.request(s.TURNS_LIST, pb.TurnsRequest(limit=20))
    mine = [turn for turn in turns.turns if turn.session in listener.sessions[:1]]
    return Heard(listener, mine[0] if mine else None, recording)


async def _play(sound: VirtualSound, made: Clip, listener: Listener, to_the_end: bool) -> None:
    """Until the answer was heard for a moment, or nothing comes of it."""
    playing = asyncio.create_task(sound.play_into_microphone(made.sound, RATE))
    try:
        async with asyncio.timeout(len(made.sound) / RATE + TURN_S):
            await asyncio.sleep(made.speech_end / RATE + QUIET_S)
            if not listener.sessions:
                await asyncio.sleep(NOT_WOKEN_S)
            if not listener.sessions:
                return
            await _either(listener.sounded, listener.over, TURN_S)
            if listener.sounded.is_set() and not to_the_end:
                await asyncio.sleep(AFTER_ANSWER_S)
            elif listener.sessions:
                await listener.over.wait()
    except TimeoutError:
        pass
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


async def _either(one: asyncio.Event, other: asyncio.Event, longest_s: float) -> None:
    waits = [asyncio.create_task(one.wait()), asyncio.create_task(other.wait())]
    await asyncio.wait(waits, timeout=longest_s, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


def timed(made: Clip, heard: Heard) -> Timing:
    """When it was answered, by the recording; what was understood, by the box's own account."""
    timing, listener, turn = Timing(), heard.listener, heard.turn
    start = _first_sound(heard.recording.room, least=1)
    if start is None:
        return timing
    end_of_speech, wake_end = start + made.speech_end, start + made.wake_end
    began_s = heard.recording.began_monotonic_s
    end_s = began_s + end_of_speech / RATE
    onsets = sounds(heard.recording.speaker)
    later = [onset for onset in onsets if onset >= end_of_speech]
    timing.answer_ms = (later[0] - end_of_speech) / RATE * 1000 if later else None
    executed = [said for said in listener.said if said.kind == "committed" and said.reason in ("complete", "open")]
    if executed:
        timing.commit_ms = (executed[-1].at_s - end_s) * 1000
    timing.early = any(onset < end_of_speech for onset in onsets) or any(said.at_s < end_s for said in executed)
    ring = listener.first("ring listening")
    timing.ring_ms = (ring.at_s - began_s - wake_end / RATE) * 1000 if ring else None
    if turn is not None:
        timing.heard, timing.intent, timing.answer = turn.heard, turn.intent, turn.answer
        timing.end_reason, timing.false_starts = turn.end_reason, int(turn.marks["false_starts"])
        timing.hops_ms = dict(turn.ms)
    return timing


def sounds(channel: NDArray[np.int16]) -> Sequence[int]:
    """Where each sound begins that follows a silence of `GAP`."""
    loud = np.flatnonzero(np.abs(channel.astype(np.int32)) >= AUDIBLE)
    if not loud.size:
        return []
    starts = np.flatnonzero(np.diff(loud, prepend=-GAP - 1) > GAP)
    return [int(loud[at]) for at in starts]


def _first_sound(channel: NDArray[np.int16], least: int = AUDIBLE) -> int | None:
    loud = np.flatnonzero(np.abs(channel.astype(np.int32)) >= least)
    return int(loud[0]) if loud.size else None
