"""A tar file of what `spoq-release` publishes, as a source: one file to carry to a box."""

import asyncio
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ota.errors import NotThere, SourceFailed
from ota.source import PIECE, Stream

FIRST = "metadata/timestamp.json"
"""Whoever looks for releases begins with it; what is above it is above everything."""
MOST_FILES = 10_000


class Archive:
    """The files in a tar file that is not packed. Raises SourceFailed: it is none, or has no releases."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._places: dict[str, tuple[int, int]] = {}
        try:
            with tarfile.open(archive, "r:") as tar:
                for _ in range(MOST_FILES):
                    if (member := tar.next()) is None:
                        break
                    if member.isreg():
                        self._places[member.name.removeprefix("./")] = member.offset_data, member.size
        except (OSError, tarfile.TarError) as error:
            raise SourceFailed(f"{archive} is no tar file that can be read: {error}.") from error
        first = next((name for name in self._places if f"/{name}".endswith(f"/{FIRST}")), None)
        if first is None:
            raise SourceFailed(f"{archive} has no releases in it.")
        self._above = first.removesuffix(FIRST)

    async def read(self, path: str, most: int) -> bytes:
        begins, length = self._place(path)
        if length > most:
            raise SourceFailed(f"{path} is longer than it may be.")
        return await asyncio.to_thread(self._part, begins, length)

    @asynccontextmanager
    async def opened(self, path: str, offset: int) -> AsyncIterator[Stream]:
        begins, length = self._place(path)
        yield Stream(offset, self._pieces(begins + offset, begins + length), length)

    async def _pieces(self, at: int, end: int) -> AsyncIterator[bytes]:
        while at < end and (piece := await asyncio.to_thread(self._part, at, min(PIECE, end - at))):
            yield piece
            at += len(piece)

    def _place(self, path: str) -> tuple[int, int]:
        try:
            return self._places[self._above + path]
        except KeyError as error:
            raise NotThere(f"{self._archive} does not have {path}.") from error

    def _part(self, at: int, length: int) -> bytes:
        try:
            with self._archive.open("rb") as file:
                file.seek(at)
                return file.read(length)
        except OSError as error:
            raise SourceFailed(f"{self._archive} can't be read: {error}.") from error
