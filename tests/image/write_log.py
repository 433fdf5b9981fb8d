"""What a box wrote to its disk, one write after the other, and the disk as it was after any of them.

QEMU's `blklogwrites` notes it in the format of Linux's dm-log-writes, below the guest: what the firmware and the loader
write is in it, too.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SUPER, ENTRY = struct.Struct("<QQQL"), struct.Struct("<QQQQ")
MAGIC, VERSION, SECTOR = 0x6A736677736872, 1, 512
FLUSH, DISCARD = 1, 4
PIECE = 1 << 20


@dataclass(frozen=True)
class Entry:
    """`length` bytes of the disk from `at` on; their content is in the log from `content` on, None where they were
    given up. A flush may have no bytes."""

    at: int
    length: int
    content: int | None
    is_flush: bool


def read(log: Path) -> Sequence[Entry]:
    """All of it, the first one first."""
    with log.open("rb") as file:
        return tuple(_entries(file.fileno()))


def _entries(log: int) -> Iterator[Entry]:
    magic, version, count, sector = SUPER.unpack(os.pread(log, SUPER.size, 0))
    assert (magic, version, sector) == (MAGIC, VERSION, SECTOR), "this is no log of writes"
    place = SECTOR
    for _ in range(count):
        first, sectors, flags, _ = ENTRY.unpack(os.pread(log, ENTRY.size, place))
        place += SECTOR
        given_up, length = bool(flags & DISCARD), sectors * SECTOR
        yield Entry(first * SECTOR, length, None if given_up else place, bool(flags & FLUSH))
        place += 0 if given_up else length


class Replay:
    """`disk`, a raw image as it was before the first entry, becomes what it was after `done` of them."""

    def __init__(self, disk: Path, log: Path, entries: Sequence[Entry]) -> None:
        self.done = 0
        self._disk, self._log, self._entries = disk, log, entries

    def to(self, count: int) -> Sequence[Entry]:
        """On to where so many were written; those that were new."""
        new = self._entries[self.done : count]
        with self._log.open("rb") as log, self._disk.open("r+b") as disk:
            for entry in new:
                for offset in range(0, entry.length, PIECE):
                    length = min(PIECE, entry.length - offset)
                    content = (
                        bytes(length)
                        if entry.content is None
                        else os.pread(log.fileno(), length, entry.content + offset)
                    )
                    os.pwrite(disk.fileno(), content, entry.at + offset)
        self.done = count
        return new
