"""A bundle packed for the way (`ota/packed.py` has the format). Never on a box.

For each piece of the new bundle this looks for its blocks in the earlier files, wherever they have moved to, and lets
Zstandard repeat the stretch around them. Decision 0015 has what that was measured against.
"""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

import zstandard

from files import durable
from ota.packed import MOST_REPEATED, PIECE, Earlier, Frame, Stretch, dictionary, written

BLOCK = 4096
"""EROFS moves whole ones."""
MARGIN = 8 * 1024 * 1024
"""Around what was found: there lies what has changed."""
PROBES = 16
OUTLIERS = 20
"""One block in so many may lie anywhere: it does not count for the stretch."""
LEVEL, HASH_LOG, CHAIN_LOG = 9, 24, 25
"""As small as level 19 with a dictionary of this size, in an eighth of the time: what counts is that all of it is in
the tables."""


@dataclass(frozen=True)
class _Blocks:
    """Where each block of an earlier file lies; those of zeros are everywhere, and in none."""

    at: dict[int, int]
    size: int

    @staticmethod
    def of(file: Path) -> "_Blocks":
        at: dict[int, int] = {}
        nothing = hash(bytes(BLOCK))
        with file.open("rb") as content:
            while block := content.read(BLOCK):
                at.setdefault(hash(block), content.tell() - len(block))
        at.pop(nothing, None)
        return _Blocks(at, file.stat().st_size)

    def around(self, piece: bytes) -> Stretch:
        """What `piece` may repeat: nothing, where none of its blocks is here."""
        shift = self._shift(piece)
        if shift is None:
            return Stretch()
        found = sorted(self._found(piece, range(shift, len(piece) - BLOCK + 1, BLOCK)))
        cut = len(found) // OUTLIERS
        start = max(0, found[cut] - MARGIN)
        end = min(self.size, found[-1 - cut] + BLOCK + MARGIN)
        return Stretch(start, min(end - start, MOST_REPEATED))

    def _shift(self, piece: bytes) -> int | None:
        """How far the piece's blocks are from where its own would begin."""
        last = len(piece) - 2 * BLOCK
        votes: Counter[int] = Counter()
        for probe in range(PROBES):
            begin = max(0, last) * probe // PROBES
            for at in range(begin, min(begin + BLOCK, len(piece) - BLOCK + 1)):
                if hash(piece[at : at + BLOCK]) in self.at:
                    votes[at % BLOCK] += 1
        return votes.most_common(1)[0][0] if votes else None

    def _found(self, piece: bytes, places: range) -> Iterator[int]:
        for place in places:
            at = self.at.get(hash(piece[place : place + BLOCK]))
            if at is not None:
                yield at


def pack(bundle: Path, to: Path, root: Path | None = None, kernel: Path | None = None) -> None:
    """`to` has the bundle, packed: as what makes it of the earlier `root` and `kernel` image, or alone."""
    here = [_Blocks.of(each) if each else _Blocks({}, 0) for each in (root, kernel)]
    opened = [os.open(each, os.O_RDONLY) if each else None for each in (root, kernel)]
    try:
        with bundle.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:

            def packed(at: int) -> tuple[Frame, bytes]:
                piece = content[at : at + PIECE]
                frame = Frame(here[0].around(piece), here[1].around(piece), len(piece), 0)
                done = _packed(piece, dictionary(frame, Earlier(*opened)))
                return Frame(frame.root, frame.kernel, len(piece), len(done)), done

            with ThreadPoolExecutor(os.cpu_count()) as workers:
                frames = list(workers.map(packed, range(0, len(content), PIECE)))
    finally:
        for each in opened:
            if each is not None:
                os.close(each)
    durable.write(to, written(frame for frame, _ in frames) + b"".join(done for _, done in frames))


def _packed(piece: bytes, repeated: zstandard.ZstdCompressionDict | None) -> bytes:
    size = len(repeated) if repeated is not None else 0
    settings = zstandard.ZstdCompressionParameters.from_level(
        LEVEL,
        source_size=len(piece),
        dict_size=size,
        window_log=min(27, max(20, (size + len(piece)).bit_length())),
        hash_log=HASH_LOG,
        chain_log=CHAIN_LOG,
        write_checksum=True,
        write_content_size=True,
    )
    return zstandard.ZstdCompressor(dict_data=repeated, compression_params=settings).compress(piece)
