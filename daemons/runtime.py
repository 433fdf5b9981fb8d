"""What every daemon shares: readiness, watchdog, status, logs, configuration, its connection to the bus, and its end.

    def main() -> int:
        return run("audiod", serve)

    async def serve(daemon: Daemon) -> None:
        async with daemon.bus() as bus:
            …
            daemon.ready("listening")
            await daemon.stopped()

Where systemd runs, systemd is told (sd_notify) and logs go to the journal; elsewhere the same lines go to stderr.
SIGTERM ends a daemon within `END_S`: `stopped` returns, everything is closed on the way out, and a task that will not
end is named before the process leaves without it.
"""

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.client import Config as BusConfig
from bus.errors import BusError
from daemons import settings

try:
    from systemd import daemon as systemd_daemon
    from systemd import journal as systemd_journal
except ImportError:  # pragma: no cover - only where systemd-python could not be built
    systemd_daemon = systemd_journal = None

log = logging.getLogger(__name__)

C = TypeVar("C")
Serve = Callable[["Daemon"], Coroutine[None, None, None]]

END_S = 1.8
"""From SIGTERM to the end of the process at most."""
VENDOR_FILES = (Path("/usr/lib/spoq/spoq.toml"), Path(__file__).parent.parent / "rootfs/usr/lib/spoq/spoq.toml")
OWNER_FILE = Path("/etc/spoq/spoq.toml")
PLAIN_FORMAT = "%(asctime)s %(name)s %(levelname)s %(message)s"


def home() -> Path:
    """The development folder."""
    return Path(os.environ.get("SPOQ_HOME") or Path(__file__).parent.parent / ".run")


def version() -> str:
    try:
        return metadata.version("spoq")
    except metadata.PackageNotFoundError:
        return "development"


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

    def config(self, section: str, kind: type[C]) -> C:
        """The settings in `[section]` (dots reach into tables). Raises SettingsError."""
        table: Any = self._settings
        for part in section.split("."):
            table = table.get(part, {})
        return settings.fill(kind, table, section)

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
            try:
                yield bus
            finally:
                self._health.state = "stopping"
                await self._publish_health()
                self._bus = None

    def ready(self, status: str) -> None:
        """Everything this unit promises works from now on."""
        self._say("ready", status, "READY=1\n")
        # What lives until the end need not be looked through again and again: collections pause the audio path less.
        gc.collect()
        gc.freeze()

    def status(self, text: str, degraded: bool = False) -> None:
        """One sentence for `systemctl status` and `spoq status`."""
        self._say("degraded" if degraded else "ready", text)

    async def stopped(self) -> None:
        """Returns when this unit has been asked to end."""
        await self._stopping.wait()

    def stop(self) -> None:
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


def notify(text: str) -> None:
    """Tell systemd, where it listens."""
    if systemd_daemon is not None and os.environ.get("NOTIFY_SOCKET"):
        systemd_daemon.notify(text)


def run(name: str, serve: Serve) -> int:
    """Run one unit until it is asked to end; its exit code."""
    _log_to_the_right_place(name)
    try:
        return asyncio.run(_run(name, serve))
    except BaseExceptionGroup as group:
        return _told(list(_leaves(group)))
    except Exception as error:
        return _told([error])


def _told(errors: Sequence[BaseException]) -> int:
    """What ended the daemon: a sentence where it is one of ours, a traceback where nobody expected it."""
    for error in errors:
        if isinstance(error, settings.SettingsError | BusError):
            log.error("%s", error)
        else:
            log.critical("ended by what nobody expected", exc_info=error)
    return 1


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


async def _run(name: str, serve: Serve) -> int:
    daemon = Daemon(name)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, daemon.stop)
    serving = asyncio.create_task(serve(daemon), name=name)
    watching = asyncio.create_task(daemon._watch(), name="watchdog")
    asking = asyncio.create_task(daemon.stopped(), name="stop")
    await asyncio.wait({serving, asking}, return_when=asyncio.FIRST_COMPLETED)
    if not serving.done():
        notify("STOPPING=1")
        await _end(serving)
    watching.cancel()
    asking.cancel()
    if serving.cancelled():
        return 0
    await serving
    return 0


async def _end(serving: asyncio.Task[None]) -> None:
    """Let the unit close what it has opened; leave without what will not close."""
    await asyncio.wait({serving}, timeout=END_S / 2)
    if serving.done():
        return
    serving.cancel()
    await asyncio.wait({serving}, timeout=END_S / 2)
    if serving.done():
        return
    for task in asyncio.all_tasks():
        if task is not asyncio.current_task():
            log.error("did not end in time: %s at %s", task.get_name(), _place(task))
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(1)


def _place(task: asyncio.Task[None]) -> str:
    frames = task.get_stack(limit=1)
    return f"{frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else "an unknown place"


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


def _log_to_the_right_place(name: str) -> None:
    handler: logging.Handler
    if os.environ.get("JOURNAL_STREAM") and systemd_journal is not None:
        handler = systemd_journal.JournalHandler(SYSLOG_IDENTIFIER=f"spoq-{name}")
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter(PLAIN_FORMAT))
    logging.basicConfig(level=os.environ.get("SPOQ_LOG", "INFO"), handlers=[handler], force=True)
    logging.getLogger("nats").setLevel(logging.WARNING)
