"""A part dies in the middle of a turn: that turn ends audibly, nobody else is taken down, and the next turn works."""

import os
import signal

import pytest

from bench.idle import family
from tests.box.moments import MOMENTS, Moment, at
from tests.box.room import Room, have_ended

pytestmark = pytest.mark.asyncio(loop_scope="session")

MATRIX = pytest.mark.matrix


def moments(*every_time: Moment) -> pytest.MarkDecorator:
    """All moments in the whole matrix, and these every time."""
    each = [pytest.param(moment, marks=() if moment in every_time else MATRIX) for moment in MOMENTS]
    return pytest.mark.parametrize("moment", each)


def others(room: Room, name: str) -> dict[str, int]:
    """The process ids of all but one."""
    return {each: child.pid for each, child in room.box.children.items() if each != name}


async def is_well_again(room: Room, name: str, before: dict[str, int]) -> None:
    await room.until_well()
    assert others(room, name) == before
    await room.answers()


@moments(Moment.WORDS)
@pytest.mark.parametrize("name", ["inferenced", "conductord", "bus"])
async def test_a_part_dies_and_somebody_says_so(room: Room, name: str, moment: Moment) -> None:
    before = others(room, name)
    async with at(room, moment):
        room.box.kill(name)
        async with room.listening() as listened:
            await listened.until_sound()
    await is_well_again(room, name, before)


@moments(Moment.WORDS)
async def test_the_sound_card_daemon_dies(room: Room, moment: Moment) -> None:
    """Nothing can be heard then; but the turn ends."""
    before = others(room, "audiod")
    async with at(room, moment) as over:
        room.box.kill("audiod")
        assert (await over()).end_reason
    await is_well_again(room, "audiod", before)


@moments(Moment.WORDS)
async def test_the_ring_dies_and_the_turn_goes_on(room: Room, moment: Moment) -> None:
    before = others(room, "hardwared")
    async with at(room, moment) as over:
        room.box.kill("hardwared")
        turn = await over()
    have_ended([turn])
    assert turn.answer
    await is_well_again(room, "hardwared", before)


async def test_the_voice_dies_while_answering(room: Room) -> None:
    async with at(room, Moment.ANSWERING) as over:
        for pid in family(room.box.children["inferenced"].pid)[1:]:
            os.kill(pid, signal.SIGKILL)
        assert (await over()).end_reason
    await is_well_again(room, "", others(room, ""))
