"""Readiness, watchdog, status, health and configuration of a daemon, as a real process tells them."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context, Received
from daemons import runtime
from tests.conftest import Connect
from tests.daemons.conftest import Start
from tests.fakes.bus_server import BusServer

Healths = Callable[[str], Awaitable[pb.Health]]


async def healths(cli: Bus) -> Healths:
    """A function that returns when a health in that state has come."""
    queue: asyncio.Queue[pb.Health] = asyncio.Queue()

    def keep(message: Received[pb.Health]) -> None:
        queue.put_nowait(message.body)

    async def until(state: str) -> pb.Health:
        while True:
            health = await queue.get()
            if health.state == state:
                return health

    await cli.subscribe(s.NODE_HEALTH, keep)
    await cli.flush()
    return until


def test_systemd_is_told_that_it_is_ready_and_how_it_is(start: Start) -> None:
    with start("good") as unit:
        unit.until_told("STATUS=all is well")
        assert unit.told[:2] == ["READY=1", "STATUS=all is well"]
        unit.until_logged("ready: all is well")


def test_the_watchdog_is_fed_again_and_again(start: Start) -> None:
    with start("good", WATCHDOG_USEC="20000") as unit:
        for _ in range(5):
            unit.told.clear()
            unit.until_told("WATCHDOG=1")


def test_a_blocked_loop_feeds_no_watchdog(start: Start) -> None:
    """Everything that was told before the process is killed is looked at; an unblocked loop tells hundreds."""
    with start("blocked_loop", WATCHDOG_USEC="2000") as unit:
        unit.until_told("READY=1")
        assert unit.terminate() == 1
        assert unit.told.count("WATCHDOG=1") <= 2


def test_without_systemd_the_same_is_logged(start: Start) -> None:
    with start("good", NOTIFY_SOCKET="", WATCHDOG_USEC="") as unit:
        unit.until_logged("ready: all is well")
        assert unit.terminate() == 0
        assert unit.told == []


def test_a_daemon_may_start_with_less_than_it_wants(start: Start) -> None:
    with start("without_a_microphone") as unit:
        unit.until_told("STATUS=There is no microphone.")
        assert unit.told[0] == "READY=1"
        unit.until_logged("degraded: There is no microphone.")
        assert unit.terminate() == 0


async def test_health_is_told_when_asked_for_and_at_the_end(
    bus_server: BusServer, connect: Connect, start: Start
) -> None:
    async with connect("cli") as cli:
        health_of = await healths(cli)
        with start("on_the_bus", bus_server.home) as unit:
            ready = await health_of("ready")
            assert (ready.unit, ready.status, ready.version) == ("hardwared", "all is well", runtime.version())
            await cli.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
            assert (await health_of("ready")).status == "all is well"
            unit.process.send_signal(signal.SIGTERM)
            assert (await health_of("stopping")).unit == "hardwared"
            assert await asyncio.to_thread(unit.ended) == 0


async def test_a_new_status_is_told_once(bus_server: BusServer, connect: Connect, start: Start) -> None:
    async with connect("cli") as cli, connect("conductord") as conductord:
        health_of = await healths(cli)
        with start("on_the_bus", bus_server.home) as unit:
            await health_of("ready")
            for generation in (1, 2):
                await conductord.publish(s.TURN_STATE, pb.TurnState(), Context(generation=generation))
            await conductord.flush()
            assert (await health_of("ready")).status == "a turn is open"
            await asyncio.to_thread(unit.terminate)
            assert unit.told.count("STATUS=a turn is open") == 1


async def test_a_daemon_outlives_the_bus_and_says_so(own_bus_server: BusServer, start: Start) -> None:
    with start("on_the_bus", own_bus_server.home) as unit:
        await asyncio.to_thread(unit.until_told, "READY=1")
        await asyncio.to_thread(own_bus_server.kill)
        await asyncio.to_thread(unit.until_told, "STATUS=without the bus")
        await asyncio.to_thread(own_bus_server.start)
        await asyncio.to_thread(unit.until_told, "STATUS=on the bus again")
        async with Bus.connected(own_bus_server.config("cli")) as cli:
            health_of = await healths(cli)
            await cli.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
            assert (await health_of("ready")).status == "on the bus again"
        assert await asyncio.to_thread(unit.terminate) == 0


async def test_a_daemon_ends_while_the_bus_is_away(own_bus_server: BusServer, start: Start) -> None:
    with start("on_the_bus", own_bus_server.home) as unit:
        await asyncio.to_thread(unit.until_told, "READY=1")
        await asyncio.to_thread(own_bus_server.kill)
        await asyncio.to_thread(unit.until_told, "STATUS=without the bus")
        assert await asyncio.to_thread(unit.terminate) == 0
        assert unit.output.split()[:2] == ["closed", "returned"]


def test_a_connection_that_is_refused_for_good_ends_the_daemon(bus_server: BusServer, start: Start) -> None:
    with start("refused_by_the_bus", bus_server.home) as unit:
        assert unit.ended() == 1
        assert "The message bus can't be reached" in unit.log
        assert "closed" in unit.output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[hardware]\nbrightness = 0.25\n", "STATUS=brightness 0.25"),
        ("[hardware]\nbrightness = 1\n", "STATUS=brightness 1"),
        ("[audio]\nsomebody = 'elses'\n", "STATUS=brightness 0.4"),
    ],
)
def test_the_owners_settings(start: Start, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "spoq.toml").write_text(text)
    with start("configured") as unit:
        unit.until_told(told)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[hardware]\nbrigthness = 1\n", "Unknown setting hardware.brigthness. Known here: brightness."),
        ("[hardware]\nbrightness = 'hidden'\n", "The setting hardware.brightness should be a number, and is text"),
        ("[hardware\n", "is not valid TOML"),
        ("hardware = 3\n", "The setting hardware should be a table, and is a whole number"),
    ],
)
def test_settings_that_cannot_be_used_are_told_in_a_sentence(
    start: Start, tmp_path: Path, text: str, sentence: str
) -> None:
    (tmp_path / "spoq.toml").write_text(text)
    with start("configured") as unit:
        assert unit.ended() == 1
        assert sentence in unit.log
        assert "Traceback" not in unit.log
        assert "hidden" not in unit.log
