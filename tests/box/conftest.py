"""The whole box in a virtual room, shared by all stories here: started once, and well again after each of them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from daemons.runner import Box
from daemons.virtual_sound import VirtualSound
from tests.box.room import Room


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sound() -> AsyncIterator[VirtualSound]:
    async with VirtualSound.started() as sound:
        yield sound


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def box(sound: VirtualSound, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Box]:
    async with Box(tmp_path_factory.mktemp("box"), sound.environment) as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def room(box: Box, sound: VirtualSound) -> AsyncIterator[Room]:
    """A quiet room with a box in it that has nothing to do."""
    async with Room.entered(box, sound) as room:
        yield room
