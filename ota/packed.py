"""A bundle, packed for the way: alone, or as what makes the bundle of an earlier version into it (a delta).

    b"spoq-1\\n\\0"   u32: how many frames   a head of 32 bytes for each   the frames, one after the other

Each frame is Zstandard's and gives one piece of the bundle. What it may repeat, besides itself, is a stretch of the
earlier root and one of the earlier kernel image; a delta that repeats nothing is the bundle alone. So neither end needs
much memory, however large a system is. All numbers are big-endian.

What it is made into has to be checked: Zstandard tells most wrong sources, and the bundle's hash all of them.
Source: RFC 8878, with raw content as its dictionary. The other end is `ota/packing.py`.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from ota.errors import Unfit

MAGIC = b"spoq-1\n\0"
COUNT, HEAD = struct.Struct(">I"), struct.Struct(">QIQIII")
PIECE = 16 * 1024 * 1024
"""Bytes of the bundle that a frame has, at most."""
MOST_REPEATED = 48 * 1024 * 1024
"""Bytes of each earlier file that a frame may repeat."""
MOST_FRAMES = 1024


@dataclass(frozen=True)
class Stretch:
    """Bytes of a file."""

    start: int = 0
    length: int = 0


@dataclass(frozen=True)
class Frame:
    """What it may repeat; `length`: bytes of the bundle; `packed`: its own."""

    root: Stretch
    kernel: Stretch
    length: int
    packed: int


@dataclass(frozen=True)
class Earlier:
    """Files of the system that runs, by their descriptors, to be read only; None: there is none."""

    root: int | None = None
    kernel: int | None = None


def parse(packed: BinaryIO, length: int) -> tuple[Frame, ...]:
    """The frames of the bundle with this length; `packed` is where the first of them begins. Raises Unfit."""
    if packed.read(len(MAGIC)) != MAGIC:
        raise Unfit("It is packed in a way that this box does not know.")
    (count,) = COUNT.unpack(_exactly(packed, COUNT.size))
    if count > MOST_FRAMES:
        raise Unfit("It has too many parts.")
    frames = tuple(_frame(*HEAD.unpack(_exactly(packed, HEAD.size))) for _ in range(count))
    if sum(frame.length for frame in frames) != length:
        raise Unfit("It makes another bundle.")
    return frames


def written(frames: Iterable[Frame]) -> bytes:
    """Their heads."""
    heads = [
        HEAD.pack(each.root.start, each.root.length, each.kernel.start, each.kernel.length, each.length, each.packed)
        for each in frames
    ]
    return MAGIC + COUNT.pack(len(heads)) + b"".join(heads)


def unpacked(packed: Path, earlier: Earlier, to: Path, length: int) -> Iterator[int]:
    """Writes the bundle of this length into `to`, a step each time; how many bytes it has. Raises Unfit, OSError."""
    with packed.open("rb") as source, to.open("wb") as out:
        for frame in parse(source, length):
            out.write(_piece(frame, _exactly(source, frame.packed), earlier))
            yield out.tell()
        out.flush()
        os.fsync(out.fileno())


def dictionary(frame: Frame, earlier: Earlier) -> zstandard.ZstdCompressionDict | None:
    """What the frame may repeat. Raises Unfit: it is not there; OSError."""
    content = bytearray(frame.root.length + frame.kernel.length)
    if not content:
        return None
    with memoryview(content) as whole:
        _fill(whole[: frame.root.length], earlier.root, frame.root.start)
        _fill(whole[frame.root.length :], earlier.kernel, frame.kernel.start)
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _piece(frame: Frame, content: bytes, earlier: Earlier) -> bytes:
    try:
        found = zstandard.frame_content_size(content)
        if found != frame.length:
            raise Unfit("A part of it is not as long as it says.")
        unpacker = zstandard.ZstdDecompressor(dict_data=dictionary(frame, earlier))
        return unpacker.decompress(content, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise Unfit("It is not for the system that runs, or damaged.") from error


def _frame(root: int, root_length: int, kernel: int, kernel_length: int, length: int, packed: int) -> Frame:
    if not 0 < length <= PIECE or not 0 < packed <= 2 * PIECE or max(root_length, kernel_length) > MOST_REPEATED:
        raise Unfit("A part of it is too large.")
    return Frame(Stretch(root, root_length), Stretch(kernel, kernel_length), length, packed)


def _exactly(source: BinaryIO, length: int) -> bytes:
    content = source.read(length)
    if len(content) != length:
        raise Unfit("It ends in the middle.")
    return content


def _fill(stretch: memoryview, descriptor: int | None, start: int) -> None:
    here = 0
    while here < len(stretch):
        if descriptor is None or start >= 1 << 62:
            raise Unfit("What it would be made of is not there.")
        try:
            read = os.preadv(descriptor, [stretch[here:]], start + here)
        except OSError as error:
            raise Unfit(f"What it would be made of can't be read: {error.strerror}.") from error
        if not read:
            raise Unfit("What it would be made of ends before.")
        here += read
