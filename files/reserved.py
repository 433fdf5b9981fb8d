"""A record whose room on the disk was reserved: it can be written when nothing else can, and is whole after a cut.

Two areas of one file take turns, each with a number that grows and a hash over it and its content. What is written
goes over the older one, in its place; the newest whole one counts.
"""

import hashlib
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from files import durable

AREA = 64 * 1024
"""Bytes of each, with what goes before the content."""
BEFORE = struct.Struct(">QI32s")
"""The number, the content's length, SHA-256 over both and the content."""
MOST_BYTES = AREA - BEFORE.size
MODE = 0o600


class TooLong(ValueError):
    """More than was reserved."""


@dataclass(frozen=True)
class _Area:
    number: int
    content: bytes


class Reserved:
    """One file. Both methods may block on the disk, and raise OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes | None:
        """What was written last; None where nothing whole is there."""
        newest = self._read()
        return newest.content if newest else None

    def write(self, content: bytes) -> None:
        """On the disk when this returns. Raises TooLong. The first time it needs room, and never again."""
        if len(content) > MOST_BYTES:
            raise TooLong
        if not self._path.exists() or self._path.stat().st_size != 2 * AREA:
            before = self._read()
            area = _encoded(before.number + 1 if before else 1, content)
            durable.write(self._path, area + bytes(2 * AREA - len(area)), MODE)
            return
        # Nothing may cut it short: what is not overwritten stays as it was.
        handle = os.open(self._path, os.O_RDWR)
        try:
            # What is read here is on the disk, also where whoever wrote it was killed before it was.
            os.fsync(handle)
            newest = _newest(os.pread(handle, 2 * AREA, 0))
            place, number = (1 - newest[0], newest[1].number + 1) if newest else (0, 1)
            try:
                _put(handle, _encoded(number, content), place * AREA)
                os.fsync(handle)
            except OSError:
                # It can be read and may not be on the disk: it is not to be believed.
                with suppress(OSError):
                    _put(handle, bytes(BEFORE.size), place * AREA)
                raise
        finally:
            os.close(handle)

    def _read(self) -> _Area | None:
        try:
            with self._path.open("rb") as file:
                newest = _newest(file.read(2 * AREA))
        except FileNotFoundError:
            return None
        return newest[1] if newest else None


def _put(handle: int, content: bytes, offset: int) -> None:
    while content:
        written = os.pwrite(handle, content, offset)
        content, offset = content[written:], offset + written


def _encoded(number: int, content: bytes) -> bytes:
    return BEFORE.pack(number, len(content), _hash(number, content)) + content


def _newest(file: bytes) -> tuple[int, _Area] | None:
    """The place of the newest whole area, and what is in it."""
    areas = [(place, area) for place in (0, 1) if (area := _decoded(file[place * AREA : (place + 1) * AREA]))]
    return max(areas, key=lambda each: each[1].number, default=None)


def _decoded(area: bytes) -> _Area | None:
    """None: it is not whole."""
    if len(area) < BEFORE.size:
        return None
    number, length, found = BEFORE.unpack_from(area)
    content = area[BEFORE.size : BEFORE.size + length]
    if not number or len(content) != length or found != _hash(number, content):
        return None
    return _Area(number, content)


def _hash(number: int, content: bytes) -> bytes:
    return hashlib.sha256(struct.pack(">QI", number, len(content)) + content).digest()
