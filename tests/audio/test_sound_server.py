"""audiod with a real sound server that goes away and comes back: PipeWire with null sinks, and PortAudio."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context, Received
from daemons.runner import Box
from daemons.virtual_sound import RATE, VirtualSound

PICKED_UP_S = 3.0
"""What the box promises, and how long is waited here."""
PATIENCE_S = 20.0
ASKED_AGAIN_S = 0.1
FRAME_BYTES = 640
LOUD = 5000


class SoundServer:
    """PipeWire in `folder`, which can be switched off and on."""

    def __init__(self, folder: Path) -> None:
        self.sound = VirtualSound(folder)
        self._running = AsyncExitStack()

    async def switch_on(self) -> None:
        await self.sound._start(self._running)

    async def switch_off(self) -> None:
        await self._running.aclose()


class World:
    """What others on the bus see of a box with nothing but audiod."""

    def __init__(self, server: SoundServer, conductor: Bus) -> None:
        self.server = server
        self.levels: asyncio.Queue[pb.Level] = asyncio.Queue()
        self.frames: asyncio.Queue[Received[pb.AudioFrame]] = asyncio.Queue()
        self._conductor = conductor
        self._generation = 0

    async def until_fault(self, text: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while text not in (await self.levels.get()).fault:
                pass

    async def frame(self) -> pb.AudioFrame:
        """The first one of a turn that is opened now, and again and again: audiod may be starting just now."""
        while True:
            self._generation += 1
            context = Context(session_id="session", generation=self._generation)
            await self._conductor.publish(s.TURN_STATE, pb.TurnState(phase=pb.OPENED, frames_wanted=True), context)
            try:
                async with asyncio.timeout(ASKED_AGAIN_S):
                    while (frame := await self.frames.get()).context.generation != self._generation:
                        pass
            except TimeoutError:
                continue
            return frame.body

    async def hears_the_room(self) -> None:
        """What is played into the room comes in frames of 20 ms."""
        seconds = np.arange(RATE) / RATE
        tone = (2 * LOUD * np.sin(2 * np.pi * 700 * seconds)).astype(np.int16)
        playing = asyncio.create_task(self.server.sound.play_into_microphone(tone, RATE))
        async with asyncio.timeout(PATIENCE_S):
            while True:
                pcm = (await self.frames.get()).body.pcm
                assert len(pcm) == FRAME_BYTES
                if np.max(np.abs(np.frombuffer(pcm, "<i2"))) > LOUD:
                    break
        await playing


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    # Not below `tmp_path`: a socket's path may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="spoq-sound-") as folder:
        server = SoundServer(Path(folder))
        await server.switch_on()
        try:
            async with Box(tmp_path, server.sound.environment, units=("audiod",)) as box, around(box, server) as world:
                yield world
        finally:
            await server.switch_off()


@asynccontextmanager
async def around(box: Box, server: SoundServer) -> AsyncIterator[World]:
    async with (
        Bus.connected(box.bus_config("conductord")) as conductor,
        Bus.connected(box.bus_config("inferenced")) as inference,
        Bus.connected(box.bus_config("cli")) as cli,
    ):
        world = World(server, conductor)
        await inference.subscribe(s.AUDIO_FRAME, world.frames.put_nowait)
        await cli.subscribe(s.AUDIO_LEVEL, lambda m: world.levels.put_nowait(m.body))
        await inference.flush()
        await cli.flush()
        yield world


async def test_a_card_that_is_gone_for_a_moment_is_picked_up_again(world: World) -> None:
    await world.frame()
    await world.server.switch_off()
    await world.server.switch_on()
    async with asyncio.timeout(PICKED_UP_S):
        await world.frame()
    await world.hears_the_room()


async def test_a_card_that_was_missed_is_picked_up_again(world: World) -> None:
    await world.frame()
    await world.server.switch_off()
    await world.until_fault("There is no microphone.")
    await world.server.switch_on()
    async with asyncio.timeout(PICKED_UP_S):
        await world.frame()
    await world.hears_the_room()
