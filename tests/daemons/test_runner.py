"""The development runner: who dies is started again, nobody else is touched, and nothing outlives it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import psutil
import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from daemons import runner
from daemons.runner import Box, Child, RunnerError

PATIENCE_S = 30


def child(folder: Path, *command: str) -> Child:
    return Child("unit", command, os.environ, folder / "unit.log")


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


@asynccontextmanager
async def kept(child: Child) -> AsyncIterator[asyncio.Task[None]]:
    """`child` while it is kept running; it has been started."""
    task = asyncio.create_task(child.keep())
    await changed(child)
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def changed(child: Child) -> None:
    """Returns when it has been started (again)."""
    await child.changed.wait()
    child.changed.clear()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restarts come at once."""
    monkeypatch.setattr(runner, "RESTART_DELAYS_S", (0.0,))


# --- one child ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
async def test_a_child_that_is_killed_is_started_again(tmp_path: Path) -> None:
    unit = child(tmp_path, "sleep", "1000")
    async with kept(unit):
        first = unit.pid
        os.kill(first, signal.SIGKILL)
        await changed(unit)
        assert unit.pid != first
        assert (unit.deaths, unit.restarts, unit.given_up) == (1, 1, False)
        last = unit.pid
    assert not psutil.pid_exists(last)


@pytest.mark.usefixtures("impatient")
async def test_a_child_that_keeps_dying_stays_down(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    unit = child(tmp_path, "false")
    await unit.keep()
    assert (unit.deaths, unit.given_up) == (runner.START_LIMIT, True)
    assert "stays down" in caplog.text
    assert str(unit.log_file) in caplog.text


@pytest.mark.usefixtures("impatient")
async def test_a_program_that_is_not_there_stays_down_too(tmp_path: Path) -> None:
    unit = child(tmp_path, "no-such-program")
    await unit.keep()
    assert unit.given_up
    assert "no-such-program" in unit.log_file.read_text()


@pytest.mark.usefixtures("impatient")
async def test_a_good_run_forgives_earlier_deaths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "GOOD_RUN_S", 0.0)
    unit = child(tmp_path, "false")
    async with kept(unit):
        while unit.restarts <= runner.START_LIMIT:
            await changed(unit)
        assert not unit.given_up


async def test_the_delay_grows_with_every_death(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delays: list[float] = []

    async def pass_at_once(delay_s: float) -> None:
        delays.append(delay_s)

    monkeypatch.setattr(asyncio, "sleep", pass_at_once)
    await child(tmp_path, "false").keep()
    assert delays == [*runner.RESTART_DELAYS_S, runner.RESTART_DELAYS_S[-1], runner.RESTART_DELAYS_S[-1]]


async def test_a_child_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "END_WAIT_S", 0.05)
    told = tmp_path / "told"
    os.mkfifo(told)
    program = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(told)!r}, 'w'); signal.pause()"
    unit = child(tmp_path, *python(program))
    async with kept(unit):
        assert await asyncio.to_thread(told.read_text) == ""
        pid = unit.pid
    assert not psutil.pid_exists(pid)
    assert unit.process is not None
    assert unit.process.returncode == -signal.SIGKILL


async def test_what_a_child_says_is_in_its_log_which_is_capped(tmp_path: Path) -> None:
    unit = child(tmp_path, "echo", "hello")
    unit.log_file.write_bytes(bytes(runner.MAX_LOG_BYTES + 1))
    await unit._start()
    assert unit.process is not None
    await unit.process.wait()
    assert unit.log_file.read_text() == "hello\n"
    assert unit.log_file.with_suffix(".old.log").stat().st_size == runner.MAX_LOG_BYTES + 1


# --- the box --------------------------------------------------------------------------------------


class Healths:
    """Asks the box how it is; asks again when the bus is back."""

    def __init__(self, box: Box) -> None:
        self._told: asyncio.Queue[str] = asyncio.Queue()
        self._back = asyncio.Event()
        self._connection = Bus.connected(box.bus_config(), on_back=self._back.set)

    @asynccontextmanager
    async def asked(self) -> AsyncIterator[Self]:
        async with self._connection as bus:
            await bus.subscribe(s.NODE_HEALTH, lambda message: self._told.put_nowait(message.body.state))
            await bus.flush()
            asking = asyncio.create_task(self._ask(bus))
            yield self
            asking.cancel()

    async def _ask(self, bus: Bus) -> None:
        while True:
            await bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
            await self._back.wait()
            self._back.clear()

    async def ready(self) -> None:
        """Returns when somebody has said so since the last time."""
        while await self._told.get() != "ready":
            pass

    def forget(self) -> None:
        self._told = asyncio.Queue()


async def test_a_box_starts_is_well_and_ends_without_a_rest(tmp_path: Path) -> None:
    async with Box(tmp_path, units=("hardwared",)) as box:
        pids = [child.pid for child in box.children.values()]
        assert list(box.children) == ["bus", "hardwared"]
        assert all(psutil.pid_exists(pid) for pid in pids)
        async with Healths(box).asked() as healths:
            await healths.ready()
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_killing_one_touches_nobody_else(tmp_path: Path) -> None:
    async with Box(tmp_path, units=("hardwared",)) as box, Healths(box).asked() as healths:
        await healths.ready()
        bus, unit = box.children["bus"], box.children["hardwared"]
        for killed, other in ((unit, bus), (bus, unit)):
            before, untouched = killed.pid, other.pid
            killed.changed.clear()
            healths.forget()
            box.kill(killed.name)
            await changed(killed)
            await healths.ready()
            assert (killed.pid != before, killed.restarts) == (True, 1)
            assert other.pid == untouched


async def test_only_one_box_in_a_folder(tmp_path: Path) -> None:
    async with Box(tmp_path, units=()):
        with pytest.raises(RunnerError, match="already running"):
            await Box(tmp_path, units=()).__aenter__()
    async with Box(tmp_path, units=()):
        pass


async def test_a_unit_that_does_not_get_ready_is_named_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "START_WAIT_S", 1.0)
    box = Box(tmp_path, units=("nothing",))
    with pytest.raises(RunnerError, match=r"Not ready after 1 s: nothing\. See .*logs"):
        await box.__aenter__()
    assert not psutil.pid_exists(box.children["bus"].pid)


async def test_without_nats_server_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "NATS_PLACES", ("no-such-nats-server",))
    with pytest.raises(RunnerError, match="make setup"):
        await Box(tmp_path).__aenter__()


def test_nothing_outlives_a_runner_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.daemons.box", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        children = [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]
        assert children[0].name() == "nats-server"
        assert len(children) == 2
        process.kill()
        _, alive = psutil.wait_procs(children, PATIENCE_S)
        assert alive == []
