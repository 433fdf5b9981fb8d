"""The development runner: the bus and the daemons as ordinary processes, kept well.

    async with Box(home) as box:      # returns when every daemon says it is ready
        …

A daemon that dies is restarted with a growing delay, and nobody else is touched; after `START_LIMIT` deaths in a row it
stays down and says so. One box at a time runs in a folder. Nothing outlives the runner, not even when it is killed:
every child asks the kernel for a signal at its parent's death. In the image systemd does all this.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from bus import messages_pb2 as pb
from bus import server
from bus import subjects as s
from bus.client import Bus, Config
from bus.errors import BusUnreachable
from daemons.children import dying_with_parent, ended

log = logging.getLogger(__name__)

UNITS = ("hardwared", "conductord", "inferenced", "audiod")
START_WAIT_S = 30.0
END_WAIT_S = 3.0
RESTART_DELAYS_S = (0.1, 0.5, 1.0, 2.0, 5.0)
START_LIMIT = 8
GOOD_RUN_S = 10.0
"""A process that ran for so long was started well: its deaths are counted anew."""
MAX_LOG_BYTES = 4 * 1024 * 1024
NATS_PLACES = ("nats-server", "/usr/sbin/nats-server", "/usr/bin/nats-server")


class RunnerError(Exception):
    """The box could not be started; the message says what is missing."""


@dataclass
class Child:
    """One process that is kept running."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log_file: Path
    process: asyncio.subprocess.Process | None = None
    deaths: int = 0
    restarts: int = 0
    given_up: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int:
        return self.process.pid if self.process is not None else 0

    async def keep(self) -> None:
        """Run it, and run it again when it dies, until cancelled; then it has ended."""
        try:
            while not self.given_up:
                started = time.monotonic()
                await self._start()
                assert self.process is not None
                code = await self.process.wait()
                await self._mourn(code, time.monotonic() - started)
        finally:
            await self.end()

    async def _start(self) -> None:
        _cap(self.log_file)
        with self.log_file.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *dying_with_parent(*self.command),
                env=dict(self.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.changed.set()

    async def _mourn(self, code: int, ran_s: float) -> None:
        self.deaths = 1 if ran_s >= GOOD_RUN_S else self.deaths + 1
        self.restarts += 1
        if self.deaths >= START_LIMIT:
            self.given_up = True
            log.error("%s has died %d times in a row and stays down: see %s", self.name, self.deaths, self.log_file)
            return
        delay_s = RESTART_DELAYS_S[min(self.deaths, len(RESTART_DELAYS_S)) - 1]
        log.warning("%s ended with %d; again in %g s (%s)", self.name, code, delay_s, self.log_file)
        await asyncio.sleep(delay_s)

    async def end(self) -> None:
        process = self.process
        if process is None or process.returncode is not None:
            return
        if not await ended(process, END_WAIT_S):
            log.error("%s did not end in time and was killed", self.name)


class Box:
    """The whole box in `home`. `environment` is added to every daemon's (a virtual sound card, for example)."""

    def __init__(
        self, home: Path, environment: Mapping[str, str] | None = None, units: tuple[str, ...] = UNITS, port: int = 0
    ) -> None:
        self.home = home
        self.port = port or free_port()
        self.children: dict[str, Child] = {}
        self.started_in_s = 0.0
        self._units = units
        self._environment = {**os.environ, **(environment or {}), "SPOQ_HOME": str(home), "PYTHONUNBUFFERED": "1"}
        self._tasks: list[asyncio.Task[None]] = []
        self._lock = contextlib.ExitStack()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def bus_config(self, role: str = "cli") -> Config:
        return Config(role, self.url, self.home / "credentials" / f"{role}.nk")

    async def __aenter__(self) -> Self:
        started = time.monotonic()
        try:
            self._start()
            await self._until_ready()
        except BaseException:
            await self.close()
            raise
        self.started_in_s = time.monotonic() - started
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the daemons first, then the bus."""
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks[1:], return_exceptions=True)
        for task in self._tasks[:1]:
            task.cancel()
        await asyncio.gather(*self._tasks[:1], return_exceptions=True)
        self._tasks = []
        self._lock.close()

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """What a crash does. The child is started again by itself."""
        os.kill(self.children[name].pid, number)

    def _start(self) -> None:
        bus = (_nats_server(), "-c", str(self.home / "nats.conf"))
        self._prepare()
        self._keep("bus", bus)
        for unit in self._units:
            self._keep(unit, (sys.executable, "-m", f"daemons.{unit}"))

    def _prepare(self) -> None:
        for folder in ("state", "logs"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        lock = self._lock.enter_context((self.home / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunnerError(f"Spoq is already running in {self.home}.") from error
        keys = server.write_keys(self.home / "credentials")
        (self.home / "nats.conf").write_text(server.configuration(keys, self.port))
        (self.home / "port").write_text(str(self.port))

    def _keep(self, name: str, command: tuple[str, ...]) -> None:
        child = Child(name, command, self._environment, self.home / "logs" / f"{name}.log")
        self.children[name] = child
        self._tasks.append(asyncio.create_task(child.keep(), name=name))

    async def _until_ready(self) -> None:
        waiting = set(self._units)
        all_ready = asyncio.Event()

        def on_health(health: pb.Health) -> None:
            if health.state in ("ready", "degraded"):
                waiting.discard(health.unit)
            if not waiting:
                all_ready.set()

        if not waiting:
            return
        try:
            async with asyncio.timeout(START_WAIT_S), Bus.connected(self.bus_config(), wait_s=START_WAIT_S) as bus:
                await bus.subscribe(s.NODE_HEALTH, lambda m: on_health(m.body))
                await bus.flush()
                await bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
                await all_ready.wait()
        except (TimeoutError, BusUnreachable) as error:
            names = ", ".join(sorted(waiting)) or "bus"
            raise RunnerError(f"Not ready after {START_WAIT_S:g} s: {names}. See {self.home / 'logs'}.") from error


def _nats_server() -> str:
    for place in NATS_PLACES:
        found = shutil.which(place)
        if found:
            return found
    raise RunnerError("nats-server is not installed. `make setup` installs what is missing.")


def free_port() -> int:
    """A port that nobody has on this computer, just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _cap(log_file: Path) -> None:
    """Keep one older file, so that logs never fill the disk."""
    if log_file.exists() and log_file.stat().st_size > MAX_LOG_BYTES:
        log_file.replace(log_file.with_suffix(".old.log"))
