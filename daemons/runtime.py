"""What every daemon shares: readiness, watchdog, status, logs, configuration, its connection to the bus, and its end.

    def main() -> int:
        return run("audiod", serve)

    async def serve(daemon: Daemon) -> None:
        async with daemon.bus() as bus:
            …
            daemon.ready("listening")
            await daemon.stopped()

Where systemd runs, systemd is told (sd_notify). `daemons/logs.py` says where log lines go, and `daemons/ending.py` how
SIGTERM ends a daemon in time: `stopped` returns, and everything is closed on the way out.
"""

import asyncio
import ctypes
import gc
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.client import Config as BusConfig
from bus.errors import BusError
from daemons import logs, settings
from daemons.ending import Ending

try:
    from systemd import daemon as systemd_daemon
except ImportError:  # pragma: no cover - only where systemd-python could not be built
    systemd_daemon = None

log = logging.getLogger(__name__)

C = TypeVar("C")
Serve = Callable[["Daemon"], Coroutine[None, None, None]]

VENDOR_FILES = (Path("/usr/lib/spoq/spoq.toml"), Path(__file__).parent.parent / "rootfs/usr/lib/spoq/spoq.toml")
OWNER_FILE = Path("/etc/spoq/spoq.toml")
SWITCH_INTERVAL_S = 0.0005
"""A sound card's thread, or a message, waits for Python's lock no longer than this behind a thread that computes."""


def home() -> Path:
    """The development folder."""
    return Path(os.environ.get("SPOQ_HOME") or Path(__file__).parent.parent / ".run")


def version() -> str:
    try:
        return metadata.version("spoq")
    except metadata.PackageNotFoundError:
        return "development"


class CannotServe(Exception):
    """A daemon can't do its work; the message says why."""


class Daemon:
    """One unit while it runs. Made by `run`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = Path(os.environ.get("STATE_DIRECTORY") or home() / "state" / name)
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._settings = _read_settings()
        self._stopping = asyncio.Event()
        self._bus: Bus | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._health = pb.Health(unit=name, state="starting", status="starting", version=version())

    @property
    def runtime(self) -> Path:
        """Its own folder for what others may read, for as long as it runs; in memory, where there is systemd."""
        folder = Path(os.environ.get("RUNTIME_DIRECTORY") or home() / "run" / self.name)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def config(self, section: str, kind: type[C]) -> C:
        """The settings in `[section]` (dots reach into tables). Raises SettingsError."""
        return settings.fill(kind, settings.section(self._settings, section), section)

    @asynccontextmanager
    async def bus(
        self, on_lost: Callable[[], None] = lambda: None, on_back: Callable[[], None] = lambda: None
    ) -> AsyncIterator[Bus]:
        """This daemon's connection, with its health published there."""

        def back() -> None:
            on_back()
            tasks.create_task(self._publish_health())

        async with asyncio.TaskGroup() as tasks, Bus.connected(_bus_config(self.name), on_lost, back) as bus:
            self._bus, self._tasks = bus, tasks
            await bus.subscribe(s.NODE_HEALTH_REQUEST, lambda _m: self._publish_health())
            ended = tasks.create_task(bus.ended(), name="bus ended")
            try:
                yield bus
            finally:
                ended.cancel()
                self._health.state = "stopping"
                await self._publish_health()
                self._bus = None

    def ready(self, status: str, degraded: bool = False) -> None:
        """What this unit promises works from now on; `degraded`: as far as it can."""
        self._say("degraded" if degraded else "ready", status, "READY=1\n")
        # What lives until the end need not be looked through again and again: collections pause the audio path less.
        gc.collect()
        gc.freeze()
        _give_back_memory()

    def status(self, text: str, degraded: bool = False) -> None:
        """One sentence for `systemctl status` and `spoq status`."""
        self._say("degraded" if degraded else "ready", text)

    async def stopped(self) -> None:
        """Returns when this unit has been asked to end."""
        await self._stopping.wait()

    def stop(self) -> None:
        notify("STOPPING=1")
        self._stopping.set()

    def _say(self, state: str, status: str, also: str = "") -> None:
        if (self._health.state, self._health.status) == (state, status) and not also:
            return
        self._health.state, self._health.status = state, status
        notify(f"{also}STATUS={status}")
        log.info("%s: %s", state, status)
        if self._bus is not None and self._tasks is not None:
            self._tasks.create_task(self._publish_health())

    async def _publish_health(self) -> None:
        if self._bus is not None:
            await self._bus.publish(s.NODE_HEALTH, self._health)

    async def _watch(self) -> None:
        """Ping systemd's watchdog at half its period; it comes from the event loop, so a blocked loop is noticed."""
        period_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 2e6
        while period_s:
            notify("WATCHDOG=1")
            await asyncio.sleep(period_s)


def _give_back_memory() -> None:
    """What starting took and nobody holds any more goes back to the system, where the C library can do that (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def notify(text: str) -> None:
    """Tell systemd, where it listens."""
    if systemd_daemon is not None and os.environ.get("NOTIFY_SOCKET"):
        systemd_daemon.notify(text)


def run(name: str, serve: Serve) -> int:
    """Run one unit until it is asked to end; its exit code."""
    logs.begin(name)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    ending = Ending()
    try:
        asyncio.run(_run(name, serve, ending))
    except Exception as error:
        for each in _leaves(error):
            _tell(each)
        return 1
    return 0


async def _run(name: str, serve: Serve, ending: Ending) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(logs.on_loop_error)
    daemon = Daemon(name)
    serving = loop.create_task(serve(daemon), name=name)
    watching = loop.create_task(daemon._watch(), name="watchdog")
    ending.attach(loop, ask=daemon.stop, insist=serving.cancel)
    await asyncio.wait({serving})
    ending.begin()
    watching.cancel()
    if not serving.cancelled():
        serving.result()


def _tell(error: BaseException) -> None:
    """What ended the daemon: a sentence where it is one of ours, its type and place where nobody expected it."""
    if isinstance(error, CannotServe | settings.SettingsError | BusError):
        log.error("%s", error)
    else:
        log.critical("ended by what nobody expected", exc_info=error)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


def _read_settings() -> dict[str, Any]:
    """The vendor's file with the owner's over it."""
    vendor = next((path for path in VENDOR_FILES if path.exists()), None)
    owner = home() / "spoq.toml" if os.environ.get("SPOQ_HOME") or not OWNER_FILE.exists() else OWNER_FILE
    tables = [settings.parse(path.read_bytes(), str(path)) for path in (vendor, owner) if path and path.exists()]
    result: dict[str, Any] = {}
    for table in tables:
        result = settings.merged(result, table)
    return result


def _bus_config(name: str) -> BusConfig:
    """Where the bus is: a systemd credential and the standard port on the box, the development folder elsewhere."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials:
        return BusConfig(name, seed_file=Path(credentials) / "bus.nk")
    port = (home() / "port").read_text().strip()
    return BusConfig(name, f"nats://127.0.0.1:{port}", home() / "credentials" / f"{name}.nk")
