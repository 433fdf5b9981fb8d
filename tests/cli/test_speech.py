"""Speaking to the box from the command line: it waits until what came of the sound is over, and not for ever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context, Received
from cli import speech
from cli.errors import CommandError
from tests.conftest import Connect

SOUND = np.ones(2 * speech.CHUNK_SAMPLES, np.int16)
TURN = Context(session_id="session", generation=1)


class SlowBox:
    """A box whose turn opens with the first sound, and closes after so many pieces of silence."""

    def __init__(self, bus: Bus, silence: float) -> None:
        self._bus = bus
        self._left = silence
        self.opened = False
        self.finished = False

    async def tell(self, phase: pb.TurnPhase) -> None:
        await self._bus.publish(s.TURN_STATE, pb.TurnState(phase=phase), TURN)

    async def on_sound(self, message: Received[pb.Inject]) -> pb.InjectReply:
        self.finished = message.body.last
        if not self.opened:
            self.opened = True
            await self.tell(pb.OPENED)
        elif not any(message.body.pcm):
            self._left -= 1
            if self._left == 0:
                await self.tell(pb.CLOSED)
        return pb.InjectReply()


@asynccontextmanager
async def slow_box(connect: Connect, silence: float) -> AsyncIterator[tuple[SlowBox, Bus]]:
    async with connect("audiod") as audiod, connect("conductord") as conductord, connect("cli") as cli:
        box = SlowBox(conductord, silence)
        await audiod.serve(s.AUDIO_INJECT, box.on_sound)
        await conductord.serve(s.TURNS_LIST, lambda _m: pb.Turns(turns=[pb.Turn(session="session", answer="At last.")]))
        await audiod.flush()
        await conductord.flush()
        yield box, cli


async def test_a_slow_answer_is_waited_for(connect: Connect) -> None:
    async with slow_box(connect, silence=2 * speech.SETTLE_S / 0.04) as (box, bus):
        [turn] = await speech.hear(bus, SOUND, open_turn=True)
        assert (turn.answer, box.finished) == ("At last.", True)


async def test_a_turn_that_never_ends_is_given_up_with_a_sentence(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "TURN_S", 0.3)
    async with slow_box(connect, silence=float("inf")) as (box, bus):
        with pytest.raises(CommandError, match="not over"):
            await speech.hear(bus, SOUND, open_turn=True)
        assert box.opened
