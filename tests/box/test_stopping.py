"""The stop button, at whatever moment and however often it is pressed: silence, and the next turn works."""

import asyncio

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from tests.box.moments import MOMENTS, Moment, at
from tests.box.room import Room

pytestmark = pytest.mark.asyncio(loop_scope="session")

PRESSES = 10
LONG_ENOUGH_S = 4.0
"""What still rang or spoke would sound within this."""


async def test_stop_ends_an_answer(room: Room) -> None:
    async with (
        room.told(s.PLAYBACK_STATE, lambda state: state.phase == pb.STARTED) as sounds,
        room.told(s.PLAYBACK_STATE, lambda state: state.phase in (pb.SILENCED, pb.FINISHED)) as over,
    ):
        await room.type("what can you do", aloud=True)
        started = await sounds()
        await room.stop()
        ended = await over()
    assert (ended.phase, ended.utterance) == (pb.SILENCED, started.utterance)
    await room.hears_nothing(LONG_ENOUGH_S)
    await room.answers()


@pytest.mark.matrix
@pytest.mark.parametrize("moment", MOMENTS)
async def test_stop_again_and_again(room: Room, moment: Moment) -> None:
    async with at(room, moment) as over:
        for _ in range(PRESSES):
            await room.stop()
        assert (await over()).end_reason == "stopped"
    await room.hears_nothing(LONG_ENOUGH_S)
    await room.answers()


@pytest.mark.matrix
async def test_stop_again_and_again_where_nothing_is(room: Room) -> None:
    for _ in range(PRESSES):
        await room.stop()
    await room.answers()


@pytest.mark.matrix
async def test_stop_again_and_again_at_an_alarm(room: Room) -> None:
    async with room.told(s.PLAYBACK_STATE, lambda state: state.phase == pb.STARTED) as rings:
        await room.type("set a timer for one second")
        await rings()
    await asyncio.gather(*(room.stop() for _ in range(PRESSES)))
    await room.until_timers_are()
    await room.hears_nothing(LONG_ENOUGH_S)
    await room.answers()
