"""What any test may ask for: a real bus with a box's permissions, and a connection to it as one of its clients."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager

import pytest

from bus.client import Bus
from tests.fakes.bus_server import BusServer

Connect = Callable[[str], AbstractAsyncContextManager[Bus]]


@pytest.fixture(scope="session")
def bus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusServer]:
    """One real nats-server for all tests that leave it running."""
    with BusServer(tmp_path_factory.mktemp("bus")) as server:
        yield server


@pytest.fixture
def own_bus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusServer]:
    """A real nats-server of the test's own, which it may kill and start again."""
    with BusServer(tmp_path_factory.mktemp("bus")) as server:
        yield server


@pytest.fixture
def connect(bus_server: BusServer) -> Connect:
    """`async with connect("audiod") as bus`: a connection as that role."""
    return lambda role: Bus.connected(bus_server.config(role))
