"""What is the newest release, by TUF: python-tuf's client, over a source of ours.

A repository is a folder of files, with everything in it signed by keys of four roles. What this box believed last
stays in `folder`, so that nobody can offer it less later. The first root comes with the system. Leaves to others: which
of the releases is for this box, and fetching it.

Source: the TUF specification 1.0.34; python-tuf 7, `ngclient`.
"""

import asyncio
import json
import logging
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from tuf.api import exceptions as tuf
from tuf.api.metadata import Metadata, TargetFile, Targets
from tuf.ngclient import FetcherInterface, Updater

from files import durable
from ota.download import File
from ota.errors import NoRelease, NotBelieved, NoTime, NotThere, SourceFailed
from ota.release import Release, parse
from ota.source import Source

log = logging.getLogger(__name__)

REFRESH_S = 600.0
"""All files of a refresh: a server that gives each one slowly, and another root after each, keeps nobody longer."""
MOST_BYTES = 5_000_000
"""Of one file; python-tuf has lower limits for most."""
METADATA, TARGETS = "metadata/", "targets/"
HASH = "sha256"
GONE = 404

T = TypeVar("T")


class Repository:
    """One repository in `source`, as this box knows it. `root`: the first one that is believed; None: what is in
    `folder`."""

    def __init__(
        self, folder: Path, source: Source, root: bytes | None, metadata: str = METADATA, targets: str = TARGETS
    ) -> None:
        self._folder, self._source, self._root = folder, source, root
        self._metadata, self._targets = metadata, targets
        self._using = asyncio.Lock()

    async def releases(self, now: datetime | None) -> tuple[Release, ...]:
        """What is offered, the latest last. `now` is only asked whether it is known.

        Raises:
            NoTime: nobody knows what time it is.
            SourceFailed: the source does not answer, or stops in the middle.
            NotBelieved: it is not signed as it has to be, older than what was here, mixed up, or has expired.
            OSError: the disk.
        """

        def refreshed(updater: Updater) -> Metadata[Targets]:
            updater.refresh()
            return Metadata[Targets].from_file(str(self._folder / "targets.json"))

        targets = await self._with_updater(now, refreshed)
        return tuple(sorted(_releases(targets.signed), key=lambda release: release.version))

    async def file(self, name: str, now: datetime | None) -> File | None:
        """The file that is signed by this name, looked for in all roles that may; None where none is. Raises as
        `releases`, which may have been asked long ago."""
        found = await self._with_updater(now, lambda updater: updater.get_targetinfo(name))
        return _file(self._targets, found) if found is not None else None

    async def _with_updater(self, now: datetime | None, use: Callable[[Updater], T]) -> T:
        if now is None:
            raise NoTime
        try:
            async with self._using:
                fetcher = _Fetcher(self._source, asyncio.get_running_loop())
                using = asyncio.ensure_future(asyncio.to_thread(self._used, fetcher, use))
                try:
                    return await asyncio.shield(using)
                except asyncio.CancelledError:
                    # The thread is at our files: the next one begins when it has ended.
                    fetcher.stop()
                    await asyncio.wait((using,))
                    # Nobody wants to know any more what became of it.
                    using.exception()
                    raise
        except tuf.DownloadError as error:
            raise SourceFailed(f"What is offered can't be read: {error.__cause__ or error}") from error
        except tuf.ExpiredMetadataError as error:
            raise NotBelieved(f"What is offered has expired: {error}.") from error
        except tuf.RepositoryError as error:
            raise NotBelieved(f"What is offered is not believed: {error}.") from error

    def _used(self, fetcher: "_Fetcher", use: Callable[[Updater], T]) -> T:
        updater = Updater(str(self._folder), self._metadata, fetcher=fetcher, bootstrap=self._root)
        try:
            return use(updater)
        finally:
            self._settle()

    def _settle(self) -> None:
        """What is believed now is on the disk, which python-tuf leaves to chance: a power cut must not forget it."""
        for folder in (self._folder, self._folder / "root_history"):
            for path in folder.glob("*.json"):
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            durable.sync(folder)


class _Fetcher(FetcherInterface):
    """What python-tuf, in a thread, asks for; the event loop fetches it."""

    def __init__(self, source: Source, loop: asyncio.AbstractEventLoop) -> None:
        self._source, self._loop = source, loop
        self._until = loop.time() + REFRESH_S
        self._reading: set[asyncio.Task[Any]] = set()

    def _fetch(self, url: str) -> Iterator[bytes]:
        return iter((asyncio.run_coroutine_threadsafe(self._read(url), self._loop).result(),))

    def stop(self) -> None:
        """Nothing is fetched any more."""
        self._until = 0.0
        for reading in self._reading:
            reading.cancel()

    async def _read(self, path: str) -> bytes:
        reading = asyncio.current_task()
        assert reading is not None
        self._reading.add(reading)
        try:
            async with asyncio.timeout_at(self._until):
                return await self._source.read(path, MOST_BYTES)
        except TimeoutError as error:
            raise SourceFailed("The server takes too long over it all.") from error
        except NotThere as error:
            raise tuf.DownloadHTTPError(str(error), GONE) from error
        finally:
            self._reading.discard(reading)


def _releases(targets: Targets) -> Iterator[Release]:
    for name, target in targets.targets.items():
        custom = target.custom
        # What says nothing of itself belongs to a release, as a delta does.
        if custom is None:
            continue
        try:
            yield parse(name, target.length, json.dumps(custom).encode())
        except NoRelease as error:
            log.warning("%s is offered and no release: %s", ascii(name), error)


def _file(folder: str, target: TargetFile) -> File:
    """Raises NotBelieved."""
    if HASH not in target.hashes:
        raise NotBelieved(f"{target.path} is signed without a hash that this box knows.")
    # The same name may mean something else tomorrow; a hash does not.
    parent, slash, name = target.path.rpartition("/")
    return File(f"{folder}{parent}{slash}{target.hashes[HASH]}.{name}", target.length, target.hashes[HASH])
