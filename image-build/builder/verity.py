"""A root file system as an image that can't be changed without being noticed: EROFS, and its verity tree behind it.

dm-verity checks each block against the tree, and the tree against the root hash, which is in the signed kernel image.
Salt and identifiers are always the same: the same root gives the same image bit for bit, and what one release leaves as
it was has the same hashes in the next.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from builder.errors import BuildError
from builder.programs import run

ROOT_HASH = re.compile(r"^Root hash:\s+([0-9a-f]{64})$", re.MULTILINE)
UUID = "3d5a7c1e-6f1b-4a53-9a51-0c9e5f2b7d11"
SALT = "93c1f9a8a5d5a5d0b2e9bd1f4f4ad3ab4c9c93dd1e24f1c06b9ccb0c8f6be2d7"
BLOCK = 4096
COMPRESSION, CLUSTER = "lz4hc,9", 65536
"""The last three levels take twice as long, for three parts in a thousand."""


@dataclass(frozen=True)
class Sealed:
    """The image in `path`: the tree begins at `hash_offset`, and `root_hash` vouches for all of it."""

    path: Path
    root_hash: str
    hash_offset: int

    @property
    def size(self) -> int:
        """Of image and tree, in bytes."""
        return self.path.stat().st_size


def seal(root: Path, epoch: int, to: Path, compression: str = COMPRESSION) -> Sealed:
    """The folder `root` as such an image. Raises BuildError."""
    # mkfs.erofs 1.5 leaves times alone that are older than the one it is given.
    for path in (root, *root.rglob("*")):
        os.utime(path, (epoch, epoch), follow_symlinks=False)
    run("mkfs.erofs", f"-z{compression}", f"-C{CLUSTER}", f"-T{epoch}", f"-U{UUID}", "--quiet", str(to), str(root))
    offset = -(-to.stat().st_size // BLOCK) * BLOCK
    with to.open("r+b") as image:
        image.truncate(offset)
    printed = run(
        *("veritysetup", "format", f"--salt={SALT}", f"--uuid={UUID}", f"--hash-offset={offset}"),
        *(f"--data-blocks={offset // BLOCK}", str(to), str(to)),
    )
    match = ROOT_HASH.search(printed)
    if match is None:
        raise BuildError("veritysetup gave no root hash.")
    return Sealed(to, match[1], offset)
