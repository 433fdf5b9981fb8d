"""The microphone's side over the real bus: mute, and a conductor that dies."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from audio.capture import Block
from audio.config import Config, InjectConfig
from audio.heads.trial import Trial
from audio.hearing import BEFORE_REQUEST, Hearing, World
from audio.mute import Mute
from audio.player import Player
from audio.preroll import FRAME
from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context, Received
from bus.errors import NoAnswer
from tests.conftest import Connect

RATE = 16_000
PATIENCE_S = 20.0
NO_MORE_S = 0.5
SAID_WHILE_MUTED = 7777
SAID_OTHERWISE = 99


class Card:
    """A thread that hands a block of `value` over every millisecond, as a card does every ten."""

    def __init__(self, hearing: Hearing) -> None:
        self.value = SAID_OTHERWISE
        self.blocks = 0
        self.hearing = hearing
        self.paused = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Card":
        self.hearing.microphone_opened(RATE)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.001):
            if not self.paused.is_set():
                self.hearing.block(Block(np.full(RATE // 100, self.value, np.int16), time.monotonic_ns()))
                self.blocks += 1

    async def says(self, value: int, blocks: int = 100) -> None:
        self.value = value
        until = self.blocks + blocks
        while self.blocks < until:
            await asyncio.sleep(0.001)


@dataclass
class Home:
    """audiod's microphone side, and what everybody else sees of it."""

    conductor: Bus
    hardware: Bus
    cli: Bus
    card: Card
    mute_states: "asyncio.Queue[bool]" = field(default_factory=asyncio.Queue)
    levels: "asyncio.Queue[pb.Level]" = field(default_factory=asyncio.Queue)
    frames: "asyncio.Queue[Received[pb.AudioFrame]]" = field(default_factory=asyncio.Queue)
    wishes: "asyncio.Queue[pb.RingWish]" = field(default_factory=asyncio.Queue)
    sorry: asyncio.Event = field(default_factory=asyncio.Event)

    async def turn(
        self,
        generation: int,
        phase: pb.TurnPhase = pb.OPENED,
        wanted: bool = True,
        stream: str = "",
        position: int = 0,
    ) -> None:
        state = pb.TurnState(phase=phase, frames_wanted=wanted, stream=stream, position=position)
        context = Context(session_id=f"session{generation}", generation=generation)
        await self.conductor.publish(s.TURN_STATE, state, context)
        await self.conductor.flush()

    async def set_mute(self, action: str) -> pb.MuteState:
        return await self.cli.request(s.AUDIO_MUTE, pb.SetMute(action=action))

    async def next_frame(self) -> Received[pb.AudioFrame]:
        async with asyncio.timeout(PATIENCE_S):
            return await self.frames.get()

    async def frame(self, generation: int) -> Received[pb.AudioFrame]:
        """The next one of that turn."""
        while (frame := await self.next_frame()).context.generation != generation:
            pass
        return frame

    async def last_frame(self) -> pb.AudioFrame:
        """The last one before no other comes."""
        frame = await self.next_frame()
        while True:
            try:
                async with asyncio.timeout(NO_MORE_S):
                    frame = await self.frames.get()
            except TimeoutError:
                return frame.body

    async def until_muted_level(self) -> pb.Level:
        async with asyncio.timeout(PATIENCE_S):
            while not (level := await self.levels.get()).muted:
                pass
        return level

    async def ring(self) -> str:
        """The next wish for the ring."""
        async with asyncio.timeout(PATIENCE_S):
            return (await self.wishes.get()).state


@pytest.fixture(scope="module")
def trial() -> Trial:
    return Trial(Config())


@asynccontextmanager
async def at_home(connect: Connect, trial: Trial, file: Path, silence_ms: int = 500) -> AsyncIterator[Home]:
    trial.begin()
    async with (
        connect("audiod") as audio,
        connect("conductord") as conductor,
        connect("inferenced") as inference,
        connect("hardwared") as hardware,
        connect("cli") as cli,
    ):
        sorry = asyncio.Event()
        config = Config(inject=InjectConfig(silence_ms=silence_ms))
        hearing = Hearing(audio, trial.ear, Mute(file), config, World(Player(), sorry.set))
        home = Home(conductor, hardware, cli, Card(hearing), sorry=sorry)
        await inference.subscribe(s.AUDIO_FRAME, home.frames.put_nowait)
        await hardware.subscribe(s.AUDIO_MUTE_STATE, lambda m: home.mute_states.put_nowait(m.body.muted))
        await hardware.subscribe(s.HARDWARE_RING_SET, lambda m: home.wishes.put_nowait(m.body))
        await cli.subscribe(s.AUDIO_LEVEL, lambda m: home.levels.put_nowait(m.body))
        for bus in (inference, hardware, cli):
            await bus.flush()
        running = asyncio.create_task(hearing.run())
        try:
            await until_served(cli)
            with home.card:
                yield home
            assert not running.done(), running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def until_served(cli: Bus) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await cli.request(s.AUDIO_WAKEWORDS, pb.WakeWordsRequest())
            except NoAnswer:
                continue
            return


def loudest(frame: Received[pb.AudioFrame]) -> int:
    return int(np.max(np.abs(np.frombuffer(frame.body.pcm, "<i2"))))


async def test_nothing_that_is_said_while_muted_leaves(connect: Connect, trial: Trial, tmp_path: Path) -> None:
    async with at_home(connect, trial, tmp_path / "mute") as home:
        await home.turn(1)
        first = await home.frame(1)
        assert (await home.set_mute("mute")).muted
        assert await home.mute_states.get()
        await home.card.says(SAID_WHILE_MUTED)
        await home.turn(2)
        await home.card.says(SAID_WHILE_MUTED)
        level = await home.until_muted_level()
        assert (level.stream, level.voice) == ("", False)
        await home.card.says(SAID_OTHERWISE)
        assert not (await home.set_mute("unmute")).muted
        assert not await home.mute_states.get()
        await home.turn(3)
        later = [await home.frame(3) for _ in range(20)]
        assert later[0].body.stream != first.body.stream
        assert {loudest(frame) for frame in (first, *later)} == {SAID_OTHERWISE}


async def test_it_is_kept_over_a_restart_and_the_ring_is_told(connect: Connect, trial: Trial, tmp_path: Path) -> None:
    async with at_home(connect, trial, tmp_path / "mute") as home:
        assert await home.ring() == ""
        await home.set_mute("mute")
        assert await home.ring() == "muted"
    async with at_home(connect, trial, tmp_path / "mute") as home:
        assert await home.ring() == "muted"
        assert (await home.set_mute("")).muted
        await home.until_muted_level()
        await home.turn(1)
        await home.card.says(SAID_WHILE_MUTED)
        await home.card.says(SAID_OTHERWISE)
        await home.set_mute("unmute")
        await home.turn(2)
        frame = await home.next_frame()
        assert (frame.context.generation, loudest(frame)) == (2, SAID_OTHERWISE)


async def test_the_button_is_the_same_switch(connect: Connect, trial: Trial, tmp_path: Path) -> None:
    async with at_home(connect, trial, tmp_path / "mute") as home:
        for muted in (True, False):
            for action in ("press", "release"):
                await home.hardware.publish(s.HARDWARE_BUTTON, pb.Button(button="mute", action=action))
            assert await home.mute_states.get() == muted
        assert not (await home.set_mute("")).muted


async def test_what_it_does_not_know_is_refused_and_changes_nothing(
    connect: Connect, trial: Trial, tmp_path: Path
) -> None:
    async with at_home(connect, trial, tmp_path / "mute") as home:
        await home.set_mute("mute")
        reply = await home.set_mute("louder")
        assert reply.muted
        assert "louder" in reply.refusal


async def test_sound_in_the_microphones_place_is_refused_while_muted(
    connect: Connect, trial: Trial, tmp_path: Path
) -> None:
    async with at_home(connect, trial, tmp_path / "mute") as home:
        sound = pb.Inject(injection="i", pcm=bytes(640))
        assert not (await home.cli.request(s.AUDIO_INJECT, sound)).refusal
        await home.set_mute("mute")
        assert "off" in (await home.cli.request(s.AUDIO_INJECT, sound)).refusal


async def test_who_spoke_in_the_microphones_place_is_gone_with_the_bus(
    connect: Connect, trial: Trial, tmp_path: Path
) -> None:
    async with at_home(connect, trial, tmp_path / "mute", silence_ms=60_000) as home:
        before = pb.Inject(injection="before", pcm=bytes(640))
        other = pb.Inject(injection="other", pcm=bytes(640))
        assert not (await home.cli.request(s.AUDIO_INJECT, before)).refusal
        assert "Somebody else" in (await home.cli.request(s.AUDIO_INJECT, other)).refusal
        home.card.hearing.on_bus_lost()
        assert not (await home.cli.request(s.AUDIO_INJECT, other)).refusal


async def test_a_conductor_that_was_started_anew_has_forgotten_the_turn(
    connect: Connect, trial: Trial, tmp_path: Path
) -> None:
    async with at_home(connect, trial, tmp_path / "mute") as home:
        await home.turn(7, pb.CANCELLED, wanted=False)
        await home.turn(8)
        await home.frame(8)
        assert not home.sorry.is_set()
        await home.turn(100, pb.CANCELLED, wanted=False)
        async with asyncio.timeout(PATIENCE_S):
            await home.sorry.wait()
        await home.turn(101)
        await home.frame(101)


async def test_what_was_heard_before_a_request_comes_along(connect: Connect, trial: Trial, tmp_path: Path) -> None:
    async with at_home(connect, trial, tmp_path / "mute") as home:
        await home.turn(1)
        assert (await home.frame(1)).body.request_position == 0
        await home.card.says(SAID_OTHERWISE, blocks=300)
        home.card.paused.set()
        last = await home.last_frame()
        await home.turn(1, pb.CLOSED, wanted=False)
        await home.turn(2, stream=last.stream, position=last.position)
        before = (await home.frame(2)).body
        assert 0 <= last.position - BEFORE_REQUEST - before.position < FRAME
        assert before.request_position == last.position
