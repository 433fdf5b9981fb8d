"""The judge of cuts sees what would not start, and the log of writes is the disk at any moment."""

import shutil
import struct
from mmap import mmap
from pathlib import Path

import pytest

from builder import disk, order
from builder import target as targets
from builder.programs import run
from tests.image.judge import DeadError, Judge
from tests.image.slots import TARGET
from tests.image.write_log import Replay, read

KIB, MIB = 1024, 1024 * 1024
FREE_CLUSTER = 70_000
NOTED = "driver=blklogwrites,file.driver=file,file.filename={},log.driver=raw,log.file.driver=file,log.file.filename={}"


def flipped(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes((byte ^ 1,)))


def leads_nowhere(image: Path, esp: int) -> None:
    """The folder with the entries goes on in a cluster that is free, as where the power was cut while it grew."""
    with image.open("r+b") as file, mmap(file.fileno(), 0) as disk:
        folder = disk.rfind(b".          ", esp, disk.find(b"SPOQ-R~1CON", esp))
        low, high = (struct.unpack_from("<H", disk, folder + at)[0] for at in (26, 20))
        [reserved] = struct.unpack_from("<H", disk, esp + 14)
        struct.pack_into("<I", disk, esp + reserved * 512 + 4 * (high << 16 | low), FREE_CLUSTER)


def test_a_log_of_writes_is_the_disk_after_each_of_them(tmp_path: Path) -> None:
    before, written, log = (tmp_path / each for each in ("before", "written", "log"))
    before.write_bytes(bytes(MIB))
    shutil.copyfile(before, written)
    log.touch()
    commands = ("write -P 1 0 4k", "flush", "write -P 2 2k 4k", "discard 0 512", "write -z 3k 512", "flush")
    told = [word for each in commands for word in ("-c", each)]
    run("qemu-io", "--image-opts", NOTED.format(written, log), *told)
    entries = read(log)
    assert [each.is_flush for each in entries[:6]] == [False, True, False, False, False, True]
    replay = Replay(before, log, entries)
    assert replay.to(2) == entries[:2] and before.read_bytes()[: 8 * KIB] == b"\1" * 4 * KIB + bytes(4 * KIB)
    replay.to(3)
    assert before.read_bytes()[: 8 * KIB] == b"\1" * 2 * KIB + b"\2" * 4 * KIB + bytes(2 * KIB)
    replay.to(len(entries))
    # What was given up may be read as anything.
    assert before.read_bytes()[512:] == written.read_bytes()[512:]


def test_the_judge_sees_what_would_not_start(built: Path, tmp_path: Path) -> None:
    image, target = tmp_path / "disk.raw", targets.read(TARGET)
    run("cp", "--sparse=always", str(built), str(image))
    esp = disk.start(target.partitions, "esp")
    known = {"this": (order.OUT / f"spoq-{TARGET}.efi").read_bytes()}

    def verdict() -> tuple[str, str]:
        return Judge(target, image, known, tmp_path).verdict()

    def on_esp(tool: str, *names: str) -> None:
        run(tool, "-i", f"{image}@@{esp}", *(f"::{each}" for each in names))

    assert verdict() == ("a", "this")
    with image.open("rb") as whole:
        whole.seek(esp)
        first = whole.read(8 * MIB)
    leads_nowhere(image, esp)
    with pytest.raises(DeadError, match="LOADER/ENTRIES"):
        verdict()
    with image.open("r+b") as file:
        file.seek(esp)
        file.write(first)
    flipped(image, disk.start(target.partitions, "root-a") + 100 * MIB)
    with pytest.raises(DeadError, match="root of slot a"):
        verdict()
    on_esp("mren", "loader/entries/spoq-a+3.conf", "loader/entries/spoq-a+0-3.conf")
    assert verdict() == ("b", "this")
    on_esp("mdel", "EFI/spoq/b.efi")
    with pytest.raises(DeadError):
        verdict()
    on_esp("mdel", "loader/entries/spoq-b+3.conf")
    with pytest.raises(DeadError, match="no entry has a try"):
        verdict()
