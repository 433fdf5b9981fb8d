"""Stories of the conductor run on time that passes at once; a module with `REAL_TIME = True` keeps the real one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from conductor.config import Config
from tests.fakes.fast_time import FastLoop
from tests.fakes.room import Room, room


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Which event loop the test runs on."""
    module = item.getparent(pytest.Module)
    real = module is not None and getattr(module.obj, "REAL_TIME", False)
    return {"real": asyncio.new_event_loop} if real else {"fast": FastLoop}


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Room]:
    """A conductor in a room, without a language model."""
    async with room(tmp_path) as here:
        yield here


@pytest.fixture
async def box_with_model(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path, Config(open_questions=True)) as here:
        yield here
