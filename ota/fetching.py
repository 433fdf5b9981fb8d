"""A release's bundle comes here, in the smallest way that there is: a delta, the whole one packed, or as it is.

Which way was taken, and why no smaller one, is in the log and in the report. Whatever way it is, the bundle's own hash
has the last word.

    bundle.raucb          all of it, right
    WAY-HASH.packed       what came for it, and its .part
    WAY-HASH.unpacking    the bundle as far as it was unpacked; left behind, it says that the daemon was cut off there
"""

import asyncio
import logging
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ota import download, packed
from ota.download import File, check_room
from ota.errors import Damaged, KeeperFailed, NoRoom, NotThere, Unfit
from ota.means import Offers
from ota.packed import Earlier
from ota.release import Packed, Release
from ota.source import Source
from ota.version import Version

log = logging.getLogger(__name__)

BUNDLE, DELTA, WHOLE, PACKED, UNPACKING = "bundle.raucb", "delta", "whole", ".packed", ".unpacking"
DIED = "Unpacking it was cut off once."


@dataclass(frozen=True)
class Fetched:
    """How it came, as words for its report; bytes that came for it."""

    way: str
    length: int


class Fetching:
    """Into `bundle`, in `folder`; `lend` gives what a delta is from, and raises KeeperFailed."""

    def __init__(
        self,
        offers: Offers,
        source: Source,
        lend: Callable[[], AbstractContextManager[Earlier]],
        folder: Path,
        most_rate: float = 0.0,
    ) -> None:
        self._offers, self._source, self._lend, self._folder = offers, source, lend, folder
        self.bundle = folder / BUNDLE
        self._config = download.Config(most_rate=most_rate or None)
        self._unfit: dict[str, str] = {}
        self._came = 0

    async def fetch(
        self, release: Release, bundle: File, running: Version, now: datetime | None, told: download.Told
    ) -> Fetched:
        """The bundle is here, every byte of it. `told` hears how many bytes of what comes are there, and of how many.

        Raises as `download.fetch` and `Repository.file`; it goes on where it was.
        """
        if await asyncio.to_thread(download.is_whole, self.bundle, bundle):
            return Fetched("before the daemon was started anew", 0)
        why = f"no delta is from {running}"
        for kind, offered in ((DELTA, release.deltas.get(running)), (WHOLE, release.packed)):
            if offered is None:
                continue
            try:
                await self._by(kind, offered, bundle, now, told)
            except (Unfit, KeeperFailed, NoRoom, NotThere, Damaged) as error:
                why = str(error)
                log.error("The %s of version %s does not help: %s", kind, release.version, why)
            else:
                return self._ended(DELTA if kind == DELTA else _whole(why))
        log.info("Version %s comes whole: %s", release.version, why)
        self._keep_only()
        await download.fetch(self._source, bundle, self.bundle, self._config, told)
        self._came += bundle.length
        return self._ended(_whole(why))

    def forget(self) -> None:
        """Nothing of it stays."""
        for path in (self.bundle, download.part_of(self.bundle), *self._packed(), *self._folder.glob(f"*{UNPACKING}")):
            path.unlink(missing_ok=True)

    def _ended(self, way: str) -> Fetched:
        came, self._came = self._came, 0
        return Fetched(way, came)

    async def _by(self, kind: str, offered: Packed, bundle: File, now: datetime | None, told: download.Told) -> None:
        """Raises as `fetch`, and Unfit, KeeperFailed."""
        file = await self._offers.file(offered.name, now)
        if file is None:
            raise Unfit(f"{offered.name} is not offered any more.")
        if not file.length == offered.size < bundle.length:
            raise Unfit(f"{offered.name} is not as large as it should be.")
        here = self._folder / f"{kind}-{file.sha256[:16]}{PACKED}"
        unpacking = here.with_suffix(UNPACKING)
        if unpacking.exists():
            self._unfit[file.sha256] = DIED
            os.truncate(unpacking, 0)
        self._keep_only(here, download.part_of(here))
        if file.sha256 in self._unfit:
            raise Unfit(self._unfit[file.sha256])
        try:
            await download.fetch(self._source, file, here, self._config, told, bundle.length)
            self._came += file.length
            check_room(self._folder, bundle.length)
            await self._unpack(here, unpacking, bundle, kind)
        except (Unfit, Damaged) as error:
            self._unfit[file.sha256] = str(error)
            here.unlink(missing_ok=True)
            raise
        here.unlink()

    async def _unpack(self, here: Path, to: Path, bundle: File, kind: str) -> None:
        """Raises Unfit, KeeperFailed, OSError."""
        steps = _steps(here, self._lend() if kind == DELTA else nullcontext(Earlier()), to, bundle.length)
        try:
            while await _in_a_thread(steps):
                pass
            if not await asyncio.to_thread(download.is_whole, to, bundle):
                raise Unfit("What it makes is not the bundle that was signed.")
            await asyncio.to_thread(download.settle, to, self.bundle)
        finally:
            # The thread has ended, or another cancellation did not wait for it.
            with suppress(ValueError):
                steps.close()
            _drop(to)

    def _keep_only(self, *wanted: Path) -> None:
        for path in self._packed():
            if path not in wanted:
                path.unlink(missing_ok=True)

    def _packed(self) -> Iterator[Path]:
        for pattern in (f"*{PACKED}", f"*{PACKED}{download.PART}"):
            yield from self._folder.glob(pattern)


def _steps(here: Path, lent: AbstractContextManager[Earlier], to: Path, length: int) -> Generator[int, None, None]:
    with lent as earlier:
        yield from packed.unpacked(here, earlier, to, length)


async def _in_a_thread(steps: Generator[int, None, None]) -> int:
    """The next step; 0 behind the last. Who is cancelled waits for its end, which has files open."""
    step = asyncio.ensure_future(asyncio.to_thread(next, steps, 0))
    try:
        return await asyncio.shield(step)
    except asyncio.CancelledError:
        await asyncio.wait((step,))
        raise


def _drop(path: Path) -> None:
    path.unlink(missing_ok=True)


def _whole(why: str) -> str:
    return f"{WHOLE}: {why}"
