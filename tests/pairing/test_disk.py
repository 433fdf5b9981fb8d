"""The factory partition of a disk that is not running, made and read by the real tools."""

import errno
import fcntl
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from pairing import disk
from pairing.disk import File
from pairing.errors import DiskError, PartitionDamaged
from tests.fakes.new_disk import FACTORY_AT, FACTORY_MIB, MIB, factory_image, new_disk, run

FILES = {"factory.json": File(b"{}\n"), "machine-id": File(b"0123\n", 0o444), "reset-wanted": File(b"", 0o644)}


def held(path: Path) -> dict[str, File]:
    """What is on its factory partition."""
    with disk.opened(path) as partition:
        return partition.files()


def write(path: Path, files: dict[str, File]) -> None:
    with disk.opened(path) as partition:
        partition.replace(files)


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    return new_disk(tmp_path / "disk.img")


def test_a_new_disk_holds_nothing(blank: Path) -> None:
    assert held(blank) == {}


def test_what_was_written_is_read(blank: Path) -> None:
    write(blank, FILES)
    assert held(blank) == FILES


def test_the_file_system_is_whole_and_roots(blank: Path) -> None:
    write(blank, FILES)
    image = str(factory_image(blank))
    run("e2fsck", "-f", "-n", image)
    # /inode/mode/user/group/name/size/
    listed = [line.split("/") for line in run("debugfs", "-R", "ls -p /", image).splitlines() if line]
    assert {fields[5] for fields in listed} >= set(FILES)
    assert {tuple(fields[3:5]) for fields in listed} == {("0", "0")}
    assert run("blkid", "-p", "-o", "value", "-s", "LABEL", image).strip() == "factory"


def test_a_file_system_that_the_builder_makes_is_read(blank: Path, tmp_path: Path) -> None:
    from builder.disk import copy, ext4

    ext4("factory", FACTORY_MIB, tmp_path / "factory.img")
    copy(tmp_path / "factory.img", blank, FACTORY_AT)
    assert held(blank) == {}
    write(blank, FILES)
    assert held(blank) == FILES


def test_the_rest_of_the_disk_stays_as_it_is(blank: Path) -> None:
    with blank.open("r+b") as image:
        image.seek(FACTORY_AT - 1)
        image.write(b"E")
        image.seek(FACTORY_AT + FACTORY_MIB * MIB)
        image.write(b"D")
    before = blank.read_bytes()
    write(blank, FILES)
    after = blank.read_bytes()
    end = FACTORY_AT + FACTORY_MIB * MIB
    assert (after[:FACTORY_AT], after[end:]) == (before[:FACTORY_AT], before[end:])


def test_nothing_is_left_of_what_was_there(blank: Path) -> None:
    write(blank, {"factory.json": File(b"an old verifier" * 100)})
    write(blank, FILES)
    assert b"an old verifier" not in blank.read_bytes()


@pytest.mark.parametrize("after", [0, 1, 2, 4, 5, 6])
def test_power_lost_at_any_write_leaves_the_old_the_new_or_nothing(
    blank: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    old = {"factory.json": File(b"old")}
    write(blank, old)
    left, real = after, os.pwrite

    def cut(handle: int, content: bytes, offset: int) -> int:
        nonlocal left
        if not left:
            raise OSError(errno.EIO, "Input/output error")
        left -= 1
        return real(handle, content, offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", cut)
        with suppress(DiskError):
            write(blank, FILES)
    # The first write blanks, one for each MiB follows, the last one makes it whole.
    expected = old if not after else FILES if after == 2 + FACTORY_MIB else {}
    assert held(blank) == expected
    write(blank, FILES)
    assert held(blank) == FILES


def test_a_disk_that_forgets_is_noticed(blank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "pwrite", lambda handle, content, offset: len(content))
    with pytest.raises(DiskError, match="does not keep"):
        write(blank, FILES)


def test_what_is_no_file_system_is_not_taken_for_a_blank_one(blank: Path) -> None:
    with blank.open("r+b") as image:
        image.seek(FACTORY_AT)
        image.write(b"LUKS\xba\xbe")
    with pytest.raises(PartitionDamaged, match="can't be read"):
        held(blank)


@pytest.mark.parametrize(
    "files",
    [
        {"holiday.jpg": File(bytes(disk.MOST_FILE_BYTES + 1))},
        {f"note-{number}": File(b"") for number in range(disk.MOST_FILES + 1)},
        {"my notes": File(b"")},
    ],
    ids=["too large", "too many", "a strange name"],
)
def test_files_that_we_never_put_there_are_noticed(blank: Path, tmp_path: Path, files: dict[str, File]) -> None:
    folder, image = tmp_path / "files", tmp_path / "image"
    folder.mkdir()
    for name, file in files.items():
        (folder / name).write_bytes(file.content)
    run("mke2fs", "-q", "-t", "ext4", "-d", str(folder), str(image), f"{FACTORY_MIB}M")
    with blank.open("r+b") as target:
        target.seek(FACTORY_AT)
        target.write(image.read_bytes())
    with pytest.raises(PartitionDamaged, match="never put there"):
        held(blank)


@pytest.mark.parametrize(
    ("labels", "said"),
    [(("esp", "data"), "no partition labelled"), (("factory", "factory"), "more than one")],
)
def test_another_disk_is_refused(tmp_path: Path, labels: tuple[str, ...], said: str) -> None:
    with pytest.raises(DiskError, match=said):
        held(new_disk(tmp_path / "disk.img", labels))


def test_a_partition_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="none of ours"):
        held(new_disk(tmp_path / "disk.img", factory_mib=300))


def test_what_is_no_disk_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    for path, said in (
        (tmp_path, "neither"),
        (tmp_path / "notes.txt", "partitions"),
        (tmp_path / "no", "No such file"),
    ):
        with pytest.raises(DiskError, match=said):
            held(path)
    with pytest.raises(DiskError, match="neither"):
        held(Path("/dev/null"))


def test_a_missing_tool_is_named_with_its_package(blank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(disk, "SYSTEM_FOLDERS", "")
    with pytest.raises(DiskError, match="sfdisk is not on this computer: install fdisk"):
        held(blank)


def test_a_computer_without_room_says_so(blank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(blank, FILES)
    monkeypatch.setattr(disk, "IN_MEMORY", Path("/proc/self"))
    with pytest.raises(DiskError, match="no room to work"):
        held(blank)


# --- in use -----------------------------------------------------------------------------------------


def test_an_image_with_a_loop_device_is_refused(blank: Path, tmp_path: Path) -> None:
    backing = tmp_path / "block/loop7/loop/backing_file"
    backing.parent.mkdir(parents=True)
    backing.write_text(f"{blank}\n")
    with pytest.raises(DiskError, match="in use as /dev/loop7"), disk.opened(blank, tmp_path / "block"):
        pass


def test_an_image_that_a_virtual_machine_runs_from_is_refused(blank: Path) -> None:
    """QEMU holds read locks on bytes of its image, in a process of its own."""
    holder = (
        "import fcntl, sys\n"
        f"disk = open({str(blank)!r}, 'r+b')\n"
        f"fcntl.lockf(disk, {fcntl.LOCK_SH}, 1, 100)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = subprocess.Popen((sys.executable, "-c", holder), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    with process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(DiskError, match="in use by another program"):
            held(blank)
        process.stdin.close()
    assert held(blank) == {}


def test_a_device_that_is_mounted_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel answers an exclusive opening of a device so, while any partition of it is mounted."""
    device = tmp_path / "sdx"
    asked: list[int] = []

    def busy(path: Path, flags: int) -> int:
        asked.append(flags & os.O_EXCL)
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(Path, "is_block_device", lambda _: True)
    monkeypatch.setattr(os, "open", busy)
    with pytest.raises(DiskError, match="unmount its partitions"):
        held(device)
    assert asked == [os.O_EXCL]
