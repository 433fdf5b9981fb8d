"""A part dies in the middle of a turn: that turn ends audibly, nobody else is taken down, and the next turn works."""

import asyncio
import os
import signal

import pytest

from bench.idle import family
from tests.box.room import Room, said

pytestmark = pytest.mark.asyncio(loop_scope="session")

HALF_A_REQUEST = "hey jarvis, set a timer for"
LONGEST_CLIP_S = 6.0


async def test_the_recogniser_dies_while_listening(room: Room) -> None:
    others = {name: child.pid for name, child in room.box.children.items() if name != "inferenced"}
    async with room.listening() as listened:
        speaking = asyncio.create_task(room.hear(said(HALF_A_REQUEST)))
        await asyncio.sleep(1.5)
        room.box.kill("inferenced")
        await asyncio.wait_for(speaking, 20)
    assert listened.anything
    assert {name: child.pid for name, child in room.box.children.items() if name != "inferenced"} == others
    await room.until_well()
    await room.answers()


async def test_the_voice_dies_while_answering(room: Room) -> None:
    inferenced = room.box.children["inferenced"].pid
    for pid in family(inferenced)[1:]:
        os.kill(pid, signal.SIGKILL)
    async with room.listening() as listened:
        await room.type("what can you do")
        turns = await room.say("hey jarvis, what time is it")
    assert listened.anything
    assert turns
    await room.until_well()
    await room.answers()


async def test_the_conductor_dies_while_listening(room: Room) -> None:
    async with room.listening() as listened:
        speaking = asyncio.create_task(room.hear(said(HALF_A_REQUEST)))
        await asyncio.sleep(1.2)
        room.box.kill("conductord")
        await asyncio.gather(speaking, return_exceptions=True)
        await asyncio.sleep(LONGEST_CLIP_S)
    assert listened.anything
    await room.until_well()
    await room.answers()


async def test_the_bus_dies_in_the_middle_of_a_turn(room: Room) -> None:
    async with room.listening() as listened:
        speaking = asyncio.create_task(room.hear(said(HALF_A_REQUEST)))
        await asyncio.sleep(1.2)
        room.box.kill("bus")
        await asyncio.gather(speaking, return_exceptions=True)
        await asyncio.sleep(LONGEST_CLIP_S)
    assert listened.anything
    await room.until_well()
    await room.answers()


async def test_the_sound_card_daemon_dies(room: Room) -> None:
    others = {name: child.pid for name, child in room.box.children.items() if name != "audiod"}
    room.box.kill("audiod")
    await asyncio.sleep(0.2)
    await room.until_well()
    await room.answers()
    assert {name: child.pid for name, child in room.box.children.items() if name != "audiod"} == others
