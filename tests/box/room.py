"""Somebody in a room with the box: speaks to it, listens to it, and breaks it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from bench.clips import CLEAN_FLOOR_DBFS, as_int16, pink
from bench.demo import recorded
from bench.speakers import RATE, Speaker
from bench.turns import AUDIBLE, sounds
from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from cli import speech
from daemons.runner import Box
from daemons.virtual_sound import VirtualSound

HEARD_RATE = 16_000
RECORDINGS = Path(__file__).parents[2] / "bench" / "recordings"
SPEAKER = Speaker("flite slt", "flite", "slt", 165)
WELL_S = 15.0
LONGEST_TURN_S = 15.0

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
        await self.bus.request(s.TURN_STOP, pb.StopTurn())
        await self.type("cancel all timers")
        await self.type("cancel all alarms")

    async def type(self, text: str) -> pb.Answer:
        return await self.bus.request(s.NLU_REQUEST, pb.Ask(text=text))

    async def hear(self, sound: Pcm) -> list[pb.Turn]:
        """What became of this sound (16 kHz) at the microphone."""
        return await speech.hear(self.bus, sound, open_turn=False)

    async def say(self, text: str) -> list[pb.Turn]:
        return await self.hear(said(text))

    async def speak(self, text: str) -> list[pb.Turn]:
        """Say it aloud in the room, where the box hears itself, too; what became of it."""
        async with speech.watched(self.bus) as watch:
            await self.sound.play_into_microphone(aloud(text), RATE)
            async with asyncio.timeout(LONGEST_TURN_S):
                while watch.open:
                    watch.changed.clear()
                    await watch.changed.wait()
        return await speech.turns_of(self.bus, watch.sessions)

    async def answers(self) -> None:
        """The next turn works."""
        turns = await self.hear(recording("time"))
        assert [turn.intent for turn in turns] == ["TimeNow"], turns
        assert turns[0].answer.startswith("It's "), turns

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Listened"]:
        """What the speaker plays meanwhile."""
        listened = Listened()
        async with self.sound.record() as heard:
            yield listened
        listened.samples = heard.speaker

    async def until_well(self) -> None:
        """Every daemon says that it is ready."""
        async with asyncio.timeout(WELL_S):
            while not await self._all_ready():
                await asyncio.sleep(0.1)

    async def _all_ready(self) -> bool:
        states: dict[str, str] = {}
        all_told = asyncio.Event()

        def on_health(health: pb.Health) -> None:
            states[health.unit] = health.state
            if len(states) == len(self.box.children) - 1:
                all_told.set()

        end = await self.bus.subscribe(s.NODE_HEALTH, lambda message: on_health(message.body))
        await self.bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
        try:
            async with asyncio.timeout(0.5):
                await all_told.wait()
        except TimeoutError:
            return False
        finally:
            await end()
        return set(states.values()) == {"ready"}


class Listened:
    """What the speaker played; empty until the listening has ended."""

    samples: Pcm = np.zeros(0, np.int16)

    @property
    def anything(self) -> bool:
        return bool(len(sounds(self.samples)))

    @property
    def loud_s(self) -> float:
        """How long there was sound."""
        return float(np.count_nonzero(np.abs(self.samples.astype(np.int32)) >= AUDIBLE)) / RATE


def recording(name: str) -> Pcm:
    """One of the recordings of the demo, at 16 kHz, without the silence behind it."""
    made = recorded(RECORDINGS / f"{name}.wav")
    return at_16k(made.sound[: made.speech_end])


def said(text: str) -> Pcm:
    """The text as a synthetic speaker says it, at 16 kHz."""
    return at_16k(aloud(text, tail_s=0.0))


def aloud(text: str, tail_s: float = 1.0) -> Pcm:
    """The text as a synthetic speaker says it, at 48 kHz, in a quiet room."""
    lead, tail = np.zeros(RATE // 3, np.float32), np.zeros(int(tail_s * RATE), np.float32)
    whole = np.concatenate([lead, SPEAKER.say(text), tail])
    return as_int16(whole + pink(len(whole), CLEAN_FLOOR_DBFS, 1))


def at_16k(sound: Pcm) -> Pcm:
    resampled: Pcm = soxr.resample(sound, RATE, HEARD_RATE)
    return resampled
