"""One set of factory data for all tests that only look at it: making one takes a tenth of a second. A module with
`FAST_TIME = True` runs on time that passes at once."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from pairing import factory, label
from pairing.factory import New
from pairing.label import Label
from tests.fakes.fast_time import FastLoop
from tests.pairing.room import Room


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Which event loop the test runs on."""
    module = item.getparent(pytest.Module)
    fast = module is not None and getattr(module.obj, "FAST_TIME", False)
    return {"fast": FastLoop} if fast else {"real": asyncio.new_event_loop}


@pytest.fixture(scope="session")
def new() -> New:
    """As a factory makes them."""
    return factory.make(random.Random(7).randbytes, keep_code=False)


@pytest.fixture(scope="session")
def printed(new: New) -> Label:
    """Their label."""
    return label.of(new.data, new.code)


@pytest_asyncio.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    room = Room(tmp_path)
    yield room
    assert room.running is not None
    room.running.cancel()
    await asyncio.gather(room.running, return_exceptions=True)
