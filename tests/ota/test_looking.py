"""What an updater sees of the box: over a real bus, with nobody, somebody, and everybody there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from ota import looking
from ota.looking import DAEMONS, Home
from tests.conftest import Connect

NOON = 1_900_000_000.0
Answer = Callable[[], Awaitable[bool]]


async def no() -> bool:
    return False


async def yes() -> bool:
    return True


@pytest.fixture(autouse=True)
def in_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for who is not there."""
    monkeypatch.setattr(looking, "ANSWER_S", 2.0)
    monkeypatch.setattr(looking, "BETWEEN_S", 0.01)


@asynccontextmanager
async def a_door() -> AsyncIterator[int]:
    """Somebody listens on this port."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


@asynccontextmanager
async def home(connect: Connect, well: Path, online: Answer = no, clock: float | None = NOON) -> AsyncIterator[Home]:
    async with connect("otad") as bus:
        found = Home(lambda: clock, no, online, "en", well)
        await found.follow(bus)
        await bus.flush()
        yield found


class Conductor:
    """As far as it is asked. `timers`: what it has."""

    def __init__(self) -> None:
        self.timers = pb.Timers()
        self.questions: list[pb.Ask] = []

    async def serve(self, bus: Bus) -> None:
        def on_ask(message: object) -> pb.Answer:
            self.questions.append(message.body)  # type: ignore[attr-defined]
            return pb.Answer(text="It is noon.")

        await bus.serve(s.NLU_REQUEST, on_ask)
        await bus.serve(s.TIMERS_LIST, lambda _: self.timers)
        await bus.serve(s.REGION, lambda _: pb.Region(zone="Europe/Berlin"))
        await bus.flush()


@asynccontextmanager
async def all_daemons(connect: Connect, but: str = "") -> AsyncIterator[Bus]:
    """They say that they are well, when they are asked; the conductor's connection."""
    async with AsyncExitStack() as stack:
        buses = {name: await stack.enter_async_context(connect(name)) for name in DAEMONS - {but}}
        for name, bus in buses.items():

            async def tell(_: object, bus: Bus = bus, name: str = name) -> None:
                await bus.publish(s.NODE_HEALTH, pb.Health(unit=name, state="ready"))

            await bus.subscribe(s.NODE_HEALTH_REQUEST, tell)
            await bus.flush()
        yield buses["conductord"]


async def test_where_all_is_well_it_is_seen(connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "well").touch()
    conductor = Conductor()
    async with all_daemons(connect) as bus, a_door() as gateway:
        await conductor.serve(bus)
        monkeypatch.setattr(looking, "GATEWAY", gateway)
        async with home(connect, tmp_path / "well", yes) as found:
            assert set((await found.seen()).items()) == {
                (each, True) for each in ("daemons", "bus", "turn", "system", "gateway", "network")
            }
    # Nobody hears what is asked there.
    assert [each.unheard for each in conductor.questions] == [True]


async def test_whoever_is_missing_is_missed(connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_door() as gone:
        pass
    monkeypatch.setattr(looking, "GATEWAY", gone)
    async with all_daemons(connect, but="hardwared"), home(connect, tmp_path / "well") as found:
        seen = dict(await found.seen())
    assert seen.pop("bus")
    assert seen == dict.fromkeys(("daemons", "turn", "system", "gateway", "network"), False)


async def test_a_moment_has_the_time_at_home_and_the_next_alarm(connect: Connect, tmp_path: Path) -> None:
    conductor = Conductor()
    async with connect("conductord") as bus, home(connect, tmp_path / "well") as found:
        await conductor.serve(bus)
        moment = await found.moment()
        assert moment.now is not None
        assert (str(moment.now.tzinfo), moment.now.timestamp()) == ("Europe/Berlin", NOON)
        assert (moment.turn, moment.metered, moment.alarm_in_s) == (False, False, None)
        conductor.timers.timers.add(state="running", remaining_ms=90_000)
        conductor.timers.timers.add(state="running", remaining_ms=60_000)
        assert (await found.moment()).alarm_in_s == 60.0
        conductor.timers.timers.add(state="ringing")
        assert (await found.moment()).alarm_in_s == 0.0


async def test_a_turn_is_one_until_it_is_over(connect: Connect, tmp_path: Path) -> None:
    conductor = Conductor()
    async with connect("conductord") as bus, home(connect, tmp_path / "well") as found:
        await conductor.serve(bus)
        for phase, turn in ((pb.OPENED, True), (pb.ANSWERING, True), (pb.CLOSED, False), (pb.CANCELLED, False)):
            await bus.publish(s.TURN_STATE, pb.TurnState(phase=phase))
            async with asyncio.timeout(10.0):
                while (await found.moment()).turn != turn:
                    await asyncio.sleep(0.01)


async def test_where_nobody_answers_nobody_rings_and_the_time_may_be_unknown(connect: Connect, tmp_path: Path) -> None:
    async with home(connect, tmp_path / "well", clock=None) as found:
        moment = await found.moment()
        assert (moment.now, moment.alarm_in_s, found.unix_s()) == (None, None, 0)
