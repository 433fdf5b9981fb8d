"""A port for strangers: only so many are let in, all and of one address, and none for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from daemons.runner import free_port
from lan.listener import Limits, Listener

SOON_S = 10.0


class Echo(asyncio.Protocol):
    """Says hello."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"hello")


class World:
    def __init__(self) -> None:
        self.port = free_port()
        self.listener: Listener

    def open(self, limits: Limits) -> None:
        self.listener = Listener(self.port, Echo, limits)
        self.listener.open()

    async def come(self, address: str = "127.0.0.1") -> tuple[bytes, asyncio.StreamWriter]:
        """What is heard first."""
        reader, writer = await asyncio.open_connection(address, self.port)
        async with asyncio.timeout(SOON_S):
            try:
                return await reader.read(5), writer
            except ConnectionResetError:
                return b"", writer


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.listener.refuse()
    world.listener.close()


async def test_so_many_of_one_address_are_let_in_and_one_who_goes_makes_room(world: World) -> None:
    world.open(Limits(all=8, of_one=2))
    came = [await world.come() for _ in range(3)]
    assert [heard for heard, _ in came] == [b"hello", b"hello", b""]
    came[0][1].close()
    async with asyncio.timeout(SOON_S):
        while True:
            heard, writer = await world.come()
            came.append((heard, writer))
            if heard:
                break
    for _, writer in came:
        writer.close()


async def test_so_many_of_all_are_let_in(world: World) -> None:
    world.open(Limits(all=2, of_one=8))
    came = [await world.come(address) for address in ("127.0.0.1", "127.0.0.1", "127.0.0.1")]
    assert [heard for heard, _ in came] == [b"hello", b"hello", b""]
    for _, writer in came:
        writer.close()


async def test_nobody_stays_for_ever(world: World) -> None:
    world.open(Limits(stays_s=0.05))
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    async with asyncio.timeout(SOON_S):
        with suppress(ConnectionResetError):
            assert await reader.read() == b"hello"
    writer.close()


async def test_a_port_that_is_taken_is_told(world: World) -> None:
    world.open(Limits())
    with pytest.raises(OSError, match="in use"):
        Listener(world.port, Echo, Limits()).open()
