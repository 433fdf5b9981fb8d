"""One file that TUF's metadata names, fetched: it goes on where it stopped, and is there only if every byte is right.

    NAME.part   what came so far, from the beginning on
    NAME        all of it, on the disk, with its hash

Whoever sends too slowly is as good as silent; whoever sends more than was said is cut off.
"""

import asyncio
import hashlib
import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from files import durable
from ota.errors import Damaged, NoRoom, SourceFailed
from ota.source import Source

log = logging.getLogger(__name__)

PART = ".part"
LEFT_FOR_OTHERS = 64 * 1024 * 1024
"""Bytes of the disk that nothing is fetched into."""
Told = Callable[[int, int], None]
"""How many bytes are there, and of how many."""


@dataclass(frozen=True)
class File:
    """`path` in its source; bytes; SHA-256 in hexadecimal."""

    path: str
    length: int
    sha256: str


@dataclass(frozen=True)
class Config:
    """Bytes a second: at least, over each `window_s`; at most, None without limit."""

    least_rate: float = 1024.0
    window_s: float = 60.0
    most_rate: float | None = None


async def fetch(
    source: Source, file: File, to: Path, config: Config, told: Told = lambda *_: None, beside: int = 0
) -> int:
    """`to` has the file, and so many bytes have room `beside` it. How many came for it this time; `told` hears how many
    are there, and of how many.

    Raises:
        NotThere, SourceFailed: it goes on later, with what is here already.
        Damaged: all of it came, and it is not the file; what came is thrown away.
        NoRoom: others would have none any more.
        OSError: the disk.
    """
    if await asyncio.to_thread(is_whole, to, file):
        return 0
    part = part_of(to)
    fetched = await _continue(source, file, part, config, told, beside)
    if not await asyncio.to_thread(is_whole, part, file):
        part.unlink()
        raise Damaged("What was fetched is not what was signed.")
    await asyncio.to_thread(settle, part, to)
    return fetched


def check_room(folder: Path, length: int) -> None:
    """Raises NoRoom: so many bytes more would leave others none."""
    if shutil.disk_usage(folder).free < length + LEFT_FOR_OTHERS:
        raise NoRoom


def part_of(to: Path) -> Path:
    """Where what came of it lies, until it is whole."""
    return to.with_name(f"{to.name}{PART}")


async def _continue(source: Source, file: File, part: Path, config: Config, told: Told, beside: int) -> int:
    here, fetched = _here(part, file.length), 0
    if here == file.length:
        return 0
    check_room(part.parent, file.length - here + beside)
    async with source.opened(file.path, here) as stream:
        if stream.length not in (None, file.length):
            # As the page of somebody who wants to be paid for the line first.
            raise SourceFailed(f"There is another file in its place, of {stream.length} bytes.")
        if stream.offset != here:
            log.info("The server begins anew: %d bytes are fetched once more.", here)
            here = stream.offset
        pace = _Pace(config)
        with part.open("r+b") as out:
            out.truncate(here)
            out.seek(here)
            while here < file.length:
                piece = await pace.next(stream.pieces)
                if not piece:
                    raise SourceFailed(f"It ended after {here} of {file.length} bytes.")
                fetched += len(piece)
                await asyncio.to_thread(out.write, piece[: file.length - here])
                here = min(here + len(piece), file.length)
                told(here, file.length)
    return fetched


class _Pace:
    """Neither too slow nor too fast."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._now = asyncio.get_running_loop().time
        self._began = self._window = self._now()
        self._total = self._in_window = 0

    async def next(self, pieces: AsyncIterator[bytes]) -> bytes:
        """The next piece, nothing at the end. Raises SourceFailed: it is too slow."""
        config = self._config
        if config.most_rate is not None:
            await asyncio.sleep(self._total / config.most_rate - (self._now() - self._began))
        try:
            async with asyncio.timeout(config.window_s):
                piece = await anext(pieces, b"")
        except TimeoutError as error:
            raise SourceFailed(f"Nothing came for {config.window_s:.0f} seconds.") from error
        self._total += len(piece)
        self._in_window += len(piece)
        if self._now() - self._window >= config.window_s:
            if self._in_window < config.least_rate * config.window_s:
                raise SourceFailed(f"It comes too slowly: {self._in_window} bytes in {config.window_s:.0f} seconds.")
            self._window, self._in_window = self._now(), 0
        return piece


def _here(part: Path, length: int) -> int:
    """How much of it came before; what is too long is none of it."""
    with part.open("ab") as file:
        size = file.tell()
    return size if size <= length else 0


def is_whole(path: Path, file: File) -> bool:
    """Whether every byte in `path` is right, as the disk has it."""
    try:
        if path.stat().st_size != file.length:
            return False
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256
    except (FileNotFoundError, PermissionError):
        # RAUC takes a bundle over that it writes, and nobody else may read it any more.
        return False


def settle(part: Path, to: Path) -> None:
    """What is in `part` is all of `to`, on the disk. Raises OSError."""
    with part.open("rb") as content:
        os.fsync(content.fileno())
    part.replace(to)
    durable.sync(to.parent)
