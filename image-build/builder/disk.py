"""The disk: a GPT with the partitions of docs/boot.md, and the start-up partition. No root rights needed.

Identifiers come from names, so that two builds give the same disk; nothing in the system looks for them.
"""

import itertools
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from builder.errors import TooLarge
from builder.programs import run
from builder.target import Partitions

MIB = 1024 * 1024
NAMESPACE = uuid.UUID("6f9e6a5c-5b0e-4a7e-9d43-0f3a5d1c8e21")
ESP_TYPE, DATA_TYPE = "ef00", "8300"
CHUNK = 4 * MIB
SECTOR = 512
FAT32_CLUSTERS = 70_000
"""With fewer than 65 525 it would be FAT16; some sectors are the FAT's."""


@dataclass(frozen=True)
class Partition:
    """One of them; `content` is a file that is copied to its beginning."""

    label: str
    size_mib: int
    kind: str
    content: Path | None = None


def layout(
    sizes: Partitions, esp: Path | None = None, root: Path | None = None, factory: Path | None = None
) -> tuple[Partition, ...]:
    """All partitions in their order: a new disk has the same root in both slots, and no data yet."""
    return (
        Partition("esp", sizes.esp_mib, ESP_TYPE, esp),
        Partition("root-a", sizes.root_mib, DATA_TYPE, root),
        Partition("root-b", sizes.root_mib, DATA_TYPE, root),
        Partition("factory", sizes.factory_mib, DATA_TYPE, factory),
        Partition("data", sizes.data_mib, DATA_TYPE),
    )


def start(sizes: Partitions, label: str) -> int:
    """The first byte of the partition `label`."""
    before = itertools.takewhile(lambda each: each.label != label, layout(sizes))
    return (1 + sum(each.size_mib for each in before)) * MIB


def write(partitions: tuple[Partition, ...], to: Path) -> None:
    """The disk image, sparse, in `to`. Raises TooLarge: a content that does not fit."""
    for each in partitions:
        if each.content is not None and each.content.stat().st_size > each.size_mib * MIB:
            size = -(-each.content.stat().st_size // MIB)
            raise TooLarge(f"{each.label} would need {size} MiB and its partition has {each.size_mib}.")
    # One MiB at each end for the two tables.
    with to.open("wb") as disk:
        disk.truncate((sum(each.size_mib for each in partitions) + 2) * MIB)
    run("sgdisk", f"--disk-guid={_guid('disk')}", *_table(partitions), str(to))
    offset = MIB
    for each in partitions:
        if each.content is not None:
            copy(each.content, to, offset)
        offset += each.size_mib * MIB


def copy(content: Path, disk: Path, offset: int) -> None:
    """`content` into `disk` from `offset` on; blocks of zeros stay holes."""
    with content.open("rb") as source, disk.open("r+b") as target:
        position = offset
        while block := source.read(CHUNK):
            if block.strip(b"\0"):
                target.seek(position)
                target.write(block)
            position += len(block)


def esp(files: Mapping[str, Path], size_mib: int, epoch: int, to: Path) -> None:
    """A FAT image with `files` by their path in it. Raises TooLarge, BuildError."""
    needed = sum(path.stat().st_size for path in files.values())
    if needed > (size_mib - 4) * MIB:
        raise TooLarge(f"The start-up partition would need {-(-needed // MIB) + 4} MiB and has {size_mib}.")
    with to.open("wb") as image:
        image.truncate(size_mib * MIB)
    clusters = str(_sectors_a_cluster(size_mib))
    run("mkfs.vfat", "-F", "32", "-s", clusters, "-n", "ESP", "--invariant", "-i", _guid("esp")[:8], str(to))
    folders = sorted({str(parent) for path in files for parent in Path(path).parents if str(parent) != "."})
    clock = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch), "MTOOLS_SKIP_CHECK": "1"}
    run("mmd", "-i", str(to), *(f"::{folder}" for folder in folders), environment=clock)
    for path, source in sorted(files.items()):
        run("mcopy", "-i", str(to), str(source), f"::{path}", environment=clock)


def _sectors_a_cluster(size_mib: int) -> int:
    """As many as FAT32 may have: a folder that grows out of its cluster is lost to firmware until the FAT is written,
    and the names of tries change at each start."""
    most = size_mib * MIB // (FAT32_CLUSTERS * SECTOR)
    return max(1, 1 << (most.bit_length() - 1))


def ext4(label: str, size_mib: int, to: Path, content: Path | None = None, features: str = "") -> None:
    """A file system of this label, empty or with the files of the folder `content`. Raises BuildError: no room."""
    with to.open("wb") as image:
        image.truncate(size_mib * MIB)
    seed = f"hash_seed={_guid(f'{label} seed')}"
    more = (*(("-O", features) if features else ()), *(("-d", str(content)) if content else ()))
    run("mkfs.ext4", "-q", "-L", label, "-U", _guid(label), "-E", seed, "-m", "0", *more, str(to))


def _table(partitions: tuple[Partition, ...]) -> list[str]:
    arguments = []
    for number, each in enumerate(partitions, 1):
        arguments += [
            f"--new={number}:0:+{each.size_mib}M",
            f"--typecode={number}:{each.kind}",
            f"--change-name={number}:{each.label}",
            f"--partition-guid={number}:{_guid(each.label)}",
        ]
    return arguments


def _guid(name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, name))
