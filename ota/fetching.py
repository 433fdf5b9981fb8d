"""A release's bundle comes here, in the smallest way that there is: a delta, the whole one packed, or as it is.

Which way was taken, and why no smaller one, is in the log and in the report. Whatever way it is, the bundle's own hash
has the last word.
"""

import asyncio
import logging
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from files import durable
from ota import download, packed
from ota.download import File
from ota.errors import KeeperFailed, Unfit
from ota.means import Offers
from ota.packed import Earlier
from ota.release import Release
from ota.source import Source
from ota.version import Version

log = logging.getLogger(__name__)

BUNDLE, DELTA, WHOLE, UNPACKING = "bundle.raucb", "delta", "whole", ".unpacking"


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
        self._offers, self._source, self._lend, self.bundle = offers, source, lend, folder / BUNDLE
        self._config = download.Config(most_rate=most_rate or None)
        self._unfit: dict[str, str] = {}

    async def fetch(
        self, release: Release, bundle: File, running: Version, now: datetime | None, told: download.Told
    ) -> Fetched:
        """The bundle is here, every byte of it. `told` hears how many bytes of what comes are there, and of how many.

        Raises as `download.fetch` and `Repository.file`; it goes on where it was.
        """
        why, came = f"no delta is from {running}", 0
        for kind, offered in ((DELTA, release.deltas.get(running)), (WHOLE, release.packed)):
            if offered is None:
                continue
            here = self._here(kind)
            if offered.name not in self._unfit and (file := await self._offers.file(offered.name, now)):
                await download.fetch(self._source, file, here, self._config, told, bundle.length)
                came += file.length
                try:
                    await self._unpack(here, bundle, kind)
                    here.unlink()
                    return Fetched(DELTA if kind == DELTA else _whole(why), came)
                except (Unfit, KeeperFailed) as error:
                    self._unfit[offered.name] = str(error)
                    log.error("The %s of version %s does not help: %s", kind, release.version, error)
                    here.unlink()
                    self._unpacking.unlink(missing_ok=True)
            why = self._unfit.get(offered.name, f"{offered.name} is not offered any more")
        log.info("Version %s comes whole: %s", release.version, why)
        await download.fetch(self._source, bundle, self.bundle, self._config, told)
        return Fetched(_whole(why), came + bundle.length)

    def forget(self) -> None:
        """Nothing of it stays."""
        for path in (self.bundle, self._here(DELTA), self._here(WHOLE)):
            path.unlink(missing_ok=True)
            download.part_of(path).unlink(missing_ok=True)
        self._unpacking.unlink(missing_ok=True)

    @property
    def _unpacking(self) -> Path:
        return self.bundle.with_name(f"{self.bundle.name}{UNPACKING}")

    def _here(self, kind: str) -> Path:
        return self.bundle.with_name(f"{kind}.packed")

    async def _unpack(self, here: Path, bundle: File, kind: str) -> None:
        """Raises Unfit, KeeperFailed, OSError."""
        lent = self._lend() if kind == DELTA else nullcontext(Earlier())
        steps = _steps(here, lent, self._unpacking, bundle.length)
        try:
            while await _in_a_thread(steps):
                pass
        finally:
            steps.close()
        if not await asyncio.to_thread(download.is_whole, self._unpacking, bundle):
            raise Unfit("What it makes is not the bundle that was signed.")
        self._unpacking.replace(self.bundle)
        durable.sync(self.bundle.parent)


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


def _whole(why: str) -> str:
    return f"{WHOLE}: {why}"
