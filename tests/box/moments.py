"""The moments of a spoken turn at which something may happen to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import StrEnum
from typing import Any

from bus import messages_pb2 as pb
from bus import subjects as s
from tests.box.room import Room, said


class Moment(StrEnum):
    OPENED = "opened"
    WORDS = "words"
    """Some words were understood, and others are waited for."""
    ANSWERING = "answering"


MOMENTS = tuple(Moment)
WAKE_WORDS = frozenset({"hey", "jarvis"})
SAID = {
    Moment.OPENED: "hey jarvis, turn the volume",
    Moment.WORDS: "hey jarvis, turn the volume",
    Moment.ANSWERING: "hey jarvis, what can you do",
}


@asynccontextmanager
async def at(room: Room, moment: Moment) -> AsyncIterator[Callable[[], Awaitable[pb.Turn]]]:
    """Somebody speaks to the box, and the turn has come to this moment. What is given returns the turn once it is over.

    What is said may not be heard to its end, for the box may be broken meanwhile.
    """
    async with (
        room.told(s.TURN_STATE, lambda state: state.phase in (pb.CLOSED, pb.CANCELLED)) as closes,
        _comes(room, moment) as has_come,
    ):

        async def over() -> pb.Turn:
            await closes()
            return (await room.bus.request(s.TURNS_LIST, pb.TurnsRequest(limit=1))).turns[0]

        coming = asyncio.ensure_future(has_come())

        async def speak() -> None:
            """On a busy computer a wake word is missed now and then: it is said once more then, as people do."""
            if not await room.hear(said(SAID[moment])) and not coming.done():
                await room.hear(said(SAID[moment]))

        speaking = asyncio.create_task(speak())
        try:
            await asyncio.wait({coming, speaking}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                await speaking
            await coming
            yield over
        finally:
            coming.cancel()
            await asyncio.gather(coming, speaking, return_exceptions=True)


def _comes(room: Room, moment: Moment) -> AbstractAsyncContextManager[Callable[[], Awaitable[Any]]]:
    match moment:
        case Moment.OPENED:
            return room.told(s.TURN_STATE, lambda state: state.phase == pb.OPENED)
        case Moment.WORDS:
            return room.told(s.STT_PARTIAL, lambda partial: bool(set(partial.text.split()) - WAKE_WORDS))
        case Moment.ANSWERING:
            return room.told(s.PLAYBACK_STATE, lambda state: state.phase == pb.STARTED)
