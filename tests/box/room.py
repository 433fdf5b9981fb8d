"""Somebody in a room with the box: speaks to it, listens to it, and breaks it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import numpy as np
import soxr
from google.protobuf.message import Message
from numpy.typing import NDArray

from bench.clips import CLEAN_FLOOR_DBFS, as_int16, pink
from bench.speakers import RATE, SPEAKERS, Speaker
from bench.turns import AUDIBLE
from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.errors import BusError
from cli import speech
from daemons.runner import Box
from daemons.virtual_sound import Recording, VirtualSound

M = TypeVar("M", bound=Message)

HEARD_RATE = 16_000
SPEAKER, *OTHER_SPEAKERS = (
    next(each for each in SPEAKERS if each.name == name)
    for name in ("flite slt", "flite rms", "espeak us", "espeak us f2")
)
WELL_HEARD = "hey jarvis, what day is it today"
"""The steadiest of ten requests by this voice; its "what time is it" is taken for "time to sleep" now and then."""
PATIENCE_S = 60.0
"""So long what should come is waited for, so that a test fails and does not hang."""
POLL_S = 0.1
HEALTH_S = 0.5
LEAVING_S = 0.5
QUIET_S = 1.0
"""A sound that has not gone on for so long is over."""

UNANSWERED = ("no_speech", "woken_again")
"""Nobody said anything, or the wake word came again."""
ENDS = (
    *UNANSWERED,
    *("complete", "open", "silence", "unfinished", "no_words", "too_long", "not_understood", "no_model"),
)
Pcm = NDArray[np.int16]


class Room:
    """Made by `Room.entered`."""

    def __init__(self, box: Box, sound: VirtualSound, bus: Bus) -> None:
        self.box = box
        self.sound = sound
        self.bus = bus

    @staticmethod
    @asynccontextmanager
    async def entered(box: Box, sound: VirtualSound) -> AsyncIterator["Room"]:
        async with Bus.connected(box.bus_config()) as bus:
            room = Room(box, sound, bus)
            await room.quiet()
            yield room

    async def quiet(self) -> None:
        """Nothing sounds, runs or rings."""
        await self.bus.request(s.AUDIO_MUTE, pb.SetMute(action="unmute"))
        await self.stop()
        await self.type("cancel all timers")
        await self.type("cancel all alarms")

    # --- doing something ---

    async def type(self, text: str, aloud: bool = False) -> pb.Answer:
        return await self.bus.request(s.NLU_REQUEST, pb.Ask(text=text, aloud=aloud))

    async def stop(self) -> None:
        """The stop button."""
        reply = await self.bus.request(s.TURN_STOP, pb.StopTurn())
        assert not reply.refusal, reply.refusal

    async def hear(self, sound: Pcm) -> list[pb.Turn]:
        """What became of this sound (16 kHz) at the microphone."""
        return await speech.hear(self.bus, sound, open_turn=False)

    async def say(self, text: str, speaker: Speaker = SPEAKER) -> list[pb.Turn]:
        return await self.hear(said(text, speaker))

    async def understood(self, sound: Pcm, is_it: Callable[[pb.Turn], bool]) -> list[pb.Turn]:
        """What became of this sound, which is said once more if it was not understood: on a busy computer a wake word
        is missed now and then, and one in some dozens of synthetic requests is always misheard."""
        for _ in range(2):
            turns = await self.hear(sound)
            have_ended(turns)
            if turns and is_it(turns[0]):
                break
        return turns

    async def speak(self, text: str) -> list[pb.Turn]:
        """Say it aloud in the room, where the box hears itself, too; what became of it."""
        async with speech.watched(self.bus) as watch:
            await self.sound.play_into_microphone(aloud(text), RATE)
            async with asyncio.timeout(PATIENCE_S):
                while watch.open:
                    watch.changed.clear()
                    await watch.changed.wait()
        return await speech.turns_of(self.bus, watch.sessions)

    async def answers(self) -> None:
        """The next turn works. Who is not understood says it again, as people do, but not twice."""
        turns = await self.understood(said(WELL_HEARD), lambda turn: turn.intent == "DateToday")
        assert [turn.intent for turn in turns] == ["DateToday"], turns
        assert turns[0].answer.startswith("It's "), turns

    # --- waiting for something ---

    @asynccontextmanager
    async def told(
        self, subject: s.Subject[M], is_it: Callable[[M], bool]
    ) -> AsyncIterator[Callable[[], Awaitable[M]]]:
        """Called within it, what is given returns the first such message since the beginning."""
        first: asyncio.Future[M] = asyncio.get_running_loop().create_future()

        def on_message(body: M) -> None:
            if not first.done() and is_it(body):
                first.set_result(body)

        async def come() -> M:
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.shield(first)

        end = await self.bus.subscribe(subject, lambda message: on_message(message.body))
        await self.bus.flush()
        try:
            yield come
        finally:
            await end()

    async def until_timers_are(self, *states: str) -> None:
        """The timers and alarms are in these states."""

        async def are() -> bool:
            listed = await self.bus.request(s.TIMERS_LIST, pb.TimersRequest())
            return [timer.state for timer in listed.timers] == list(states)

        await until(are)

    async def until_well(self) -> None:
        """Every daemon says that it is ready."""
        await until(self._all_ready)

    async def _all_ready(self) -> bool:
        states: dict[str, str] = {}
        all_told = asyncio.Event()

        def on_health(health: pb.Health) -> None:
            states[health.unit] = health.state
            if len(states) == len(self.box.children) - 1:
                all_told.set()

        try:
            end = await self.bus.subscribe(s.NODE_HEALTH, lambda message: on_health(message.body))
            try:
                await self.bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
                async with asyncio.timeout(HEALTH_S):
                    await all_told.wait()
            finally:
                await end()
        except (TimeoutError, BusError):
            return False
        return set(states.values()) == {"ready"}

    # --- listening ---

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Listened"]:
        """What the speaker plays meanwhile."""
        async with self.sound.record() as recording:
            yield Listened(recording)

    async def hears_nothing(self, seconds: float) -> None:
        """For so long the speaker is silent, but for what had left for it already."""
        async with self.listening() as listened:
            await asyncio.sleep(LEAVING_S + seconds)
        assert not listened.anything_after(LEAVING_S)


class Listened:
    """What the speaker plays, also while the listening still goes on."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def anything_after(self, seconds: float) -> bool:
        return bool(_loud(self._recording.speaker_so_far()[round(seconds * RATE) :]).any())

    async def until_sound(self) -> None:
        """Something has sounded since the listening began."""

        async def sounded() -> bool:
            return self.anything_after(0)

        await until(sounded)

    async def until_silence(self) -> None:
        """It is over."""

        async def silent() -> bool:
            last = self._recording.speaker_so_far()[-int(QUIET_S * RATE) :]
            return len(last) == int(QUIET_S * RATE) and not _loud(last).any()

        await until(silent)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await true():
            await asyncio.sleep(POLL_S)


def have_ended(turns: Sequence[pb.Turn]) -> None:
    """Each has an end that the page on turns names and no part's failure; whoever said something was answered."""
    for turn in turns:
        assert turn.end_reason in ENDS, turn
        assert turn.answer or turn.end_reason in UNANSWERED, turn


def said(text: str, speaker: Speaker = SPEAKER) -> Pcm:
    """The text as a synthetic speaker says it, at 16 kHz."""
    return at_16k(aloud(text, speaker, tail_s=0.0))


def aloud(text: str, speaker: Speaker = SPEAKER, tail_s: float = 2.0) -> Pcm:
    """The text as a synthetic speaker says it, at 48 kHz, in a quiet room."""
    lead, tail = np.zeros(RATE // 3, np.float32), np.zeros(int(tail_s * RATE), np.float32)
    whole = np.concatenate([lead, speaker.say(text), tail])
    return as_int16(whole + pink(len(whole), CLEAN_FLOOR_DBFS, 1))


def at_16k(sound: Pcm) -> Pcm:
    resampled: Pcm = soxr.resample(sound, RATE, HEARD_RATE)
    return resampled


def _loud(sound: Pcm) -> NDArray[np.bool_]:
    loud: NDArray[np.bool_] = np.abs(sound.astype(np.int32)) >= AUDIBLE
    return loud
