"""A box that an updater runs on: two slots and their firmware, root's end, RAUC, and what the household is doing.

Its daemon is started anew where it dies, and the box where root is asked to; time is what a test says it is. Faults:
`sick` and `dies` are versions that are not well, or do not start; `refuses` is RAUC's word; `deaf` holds words that
root does not answer once. `when` has what happens at a moment, once: a state that is shown first, one of root's words
that was done, `install` when all of it is written, `seen` when somebody looks how the box is.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

from files.reserved import Reserved
from ota.errors import KeeperFailed, NotInstalled
from ota.fetching import BUNDLE
from ota.floor import Floor, Memory
from ota.gate import AS_BEFORE, MUST_WORK
from ota.gate import Config as GateConfig
from ota.keeper import Keeper
from ota.keeper_client import Told, parse
from ota.means import Config, Means
from ota.metadata import Repository
from ota.packed import Earlier
from ota.policy import Moment
from ota.slots import Slot, Slots
from ota.source import Source
from ota.update import Report
from ota.updater import Updater
from ota.version import Version
from tests.fakes.firmware import SystemdBootBoard

FIRST = Version(1, 0, 0)
NIGHT = datetime(2031, 5, 20, 3, 10, tzinfo=timezone(timedelta(hours=2)))
SOON_S = 30.0
CONFIG = Config(
    server="there is one",
    first_s=0.0,
    every_s=0.01,
    jitter=0.0,
    again_s=0.01,
    damaged_s=0.01,
    look_s=0.01,
    gate=GateConfig(every_s=0.001, wanted=3, most_bad=4),
)


class UpdatingBox:
    """It was flashed with version 1.0.0, which it has confirmed. A bundle's content is the version in it."""

    def __init__(self, folder: Path, source: Source, root: bytes, config: Config = CONFIG) -> None:
        self.folder, self.config = folder, config
        self.state.mkdir(parents=True)
        self.root.write_bytes(b"")
        (folder / "tuf").mkdir()
        self._source, self._root = source, root
        self._board = SystemdBootBoard(folder / "esp")
        self._floor = Floor([Reserved(folder / "floor")])
        self.systems: dict[Slot, Version | None] = dict.fromkeys(Slot, FIRST)
        self.doing, self.up_for_s = Moment(NIGHT), 0.0
        self.sick: dict[Version, Iterable[str]] = {}
        self.dies: set[Version] = set()
        self.refuses, self.deaf = "", list[str]()
        self.when: dict[str, Callable[[], None]] = {}
        self.asked, self.answers = Counter[str](), list[str]()
        self.starts = 0
        self.updater: Updater
        self._daemon: asyncio.Task[None]
        self._tasks: asyncio.TaskGroup
        self._changed, self._restarting = asyncio.Event(), asyncio.Event()
        self._power_on()

    # --- what a test sees -----------------------------------------------------------------------

    @property
    def state(self) -> Path:
        """The daemon's folder."""
        return self.folder / "state"

    @property
    def bundle(self) -> Path:
        return self.state / BUNDLE

    @property
    def root(self) -> Path:
        """The root that runs: a bundle is made of it."""
        return self.folder / "root"

    @property
    def version(self) -> Version:
        """That runs."""
        version = self.systems[self._slots.status().running]
        assert version is not None, "a slot that is half written was started"
        return version

    @property
    def memory(self) -> Memory:
        """The floor, and what was tried in vain."""
        return self._floor.read()

    @property
    def tries(self) -> Mapping[Slot, int]:
        return self._slots.status().tries_left

    @property
    def reports(self) -> list[Report]:
        return [each.report for each in self.updater.entries]

    # --- what a test does -----------------------------------------------------------------------

    @asynccontextmanager
    async def on(self) -> AsyncIterator[None]:
        """Its daemon runs meanwhile."""
        async with asyncio.TaskGroup() as self._tasks:
            life = self._tasks.create_task(self._live())
            await asyncio.sleep(0)
            yield
            life.cancel()

    async def until(self, seen: Callable[[], bool]) -> None:
        """That is so: looked at whenever something is another."""
        async with asyncio.timeout(SOON_S):
            while not seen():
                self._changed.clear()
                await self._changed.wait()

    async def shows(self, **wanted: object) -> None:
        """The updater does."""
        await self.until(lambda: all(getattr(self.updater.shown, name) == value for name, value in wanted.items()))

    def kill(self) -> None:
        """The daemon ends, wherever it is."""
        self._daemon.cancel()

    def cut_power(self) -> None:
        self._restarting.set()
        self._daemon.cancel()

    def wish(self, wish: Coroutine[None, None, str]) -> None:
        """Somebody has this wish; `answers` gets what is said to it."""

        async def wished() -> None:
            self.answers.append(await wish)
            self._changed.set()

        self._tasks.create_task(wished())

    def flash(self, slot: Slot, version: Version) -> None:
        """Somebody writes a slot from a stick, and the box starts it; the other one does not start any more."""
        self.systems[slot] = version
        self._slots.activate(slot)
        self._power_on()
        self._slots.retire(slot.other)

    # --- its life -------------------------------------------------------------------------------

    async def _live(self) -> None:
        while True:
            await self._live_with_one_daemon()
            if self._restarting.is_set():
                self._restarting.clear()
                self._power_on()

    async def _live_with_one_daemon(self) -> None:
        # Its threads end with it, as a process's do.
        with ThreadPoolExecutor() as threads:
            asyncio.get_running_loop().set_default_executor(threads)
            self.updater = Updater(self._means(), self.config, self._on_told)
            self._daemon = asyncio.create_task(self.updater.run())
            restarting = asyncio.create_task(self._restarting.wait())
            try:
                await asyncio.wait((self._daemon, restarting), return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not self._daemon.cancelling():
                    self._daemon.cancel()
                restarting.cancel()
                await asyncio.wait((self._daemon, restarting))
        if not self._daemon.cancelled():
            self._daemon.result()

    def _power_on(self) -> None:
        while True:
            self.starts += 1
            assert self._board.power_on() is not None, "nothing starts any more"
            if self.version not in self.dies:
                break
        # As box-confirm does.
        floor = self.memory.floor
        if floor is None or self.version <= floor:
            self._slots.confirm()
            self._floor.raised(self.version)

    def _means(self) -> Means:
        offers = Repository(self.folder / "tuf", self._source, self._root)
        boot = f"start {self.starts}"
        work = (self._ask, self._lend, self._install, offers, self._source, self)
        return Means(*work, self.state, "1", "spoq-qemu-x86-64", 2000, boot)

    @property
    def _slots(self) -> Slots:
        return Slots(self._board.control())

    async def _ask(self, *words: str) -> Told:
        if words[0] in self.deaf:
            self.deaf.remove(words[0])
            raise KeeperFailed("Nobody answers about the slots.")
        # Who was to end before it asked ends here.
        await asyncio.sleep(0)
        keeper = Keeper(self._slots, self._floor, self.version, self._restarting.set)
        told = parse(keeper.answer(" ".join(words).encode()))
        self.asked[words[0]] += 1
        await self._reached(words[0])
        return told

    @contextmanager
    def _lend(self) -> Iterator[Earlier]:
        if "lend" in self.deaf:
            raise KeeperFailed("Nobody lends what runs.")
        self.asked["lend"] += 1
        with self.root.open("rb") as root:
            yield Earlier(root.fileno())

    async def _install(self, bundle: Path, told: Callable[[int], None]) -> None:
        await asyncio.sleep(0)
        other = self._slots.status().running.other
        assert not self.tries[other], "a slot that would start is being written"
        self.systems[other] = None
        told(40)
        if self.refuses:
            raise NotInstalled(f"RAUC says: {self.refuses}")
        self.systems[other] = Version.parse(bundle.read_text())
        await self._reached("install")

    def _on_told(self) -> None:
        self._happens(self.updater.shown.state)

    async def _reached(self, moment: str) -> None:
        self._happens(moment)
        await asyncio.sleep(0)

    def _happens(self, moment: str) -> None:
        self._changed.set()
        if what := self.when.pop(moment, None):
            what()

    # --- as `ota.means.Box` ---------------------------------------------------------------------

    async def moment(self) -> Moment:
        self.asked["moment"] += 1
        return self.doing

    async def seen(self) -> Mapping[str, bool]:
        self.asked["seen"] += 1
        self._happens("seen")
        return {each: each not in self.sick.get(self.version, ()) for each in MUST_WORK | AS_BEFORE}

    def up_s(self) -> float:
        return self.up_for_s

    def unix_s(self) -> int:
        return int(self.doing.now.timestamp()) if self.doing.now is not None else 0
