"""The factory partition of a disk that is not running: found, looked at, written. For the computer that flashes boxes.

The partition is the one of the GPT that is labelled `factory`; on it is an ext4 file system with a few small files.
Nothing is mounted: sfdisk reads the table, debugfs and mke2fs read and make the file system in a file in memory.

A file system is written with its first block last. Until then the partition is blank to everybody, so that whatever
stops the writing leaves nothing that could be taken for factory data.

Source: sfdisk(8), debugfs(8), mke2fs(8); Linux, block/bdev.c for what O_EXCL means for a device.
"""

import errno
import fcntl
import json
import os
import re
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pairing.errors import DiskError, PartitionDamaged

LABEL = "factory"
IN_MEMORY = Path("/dev/shm")  # noqa: S108  Files there have their own folder, for us alone.
BLOCK_DEVICES = Path("/sys/block")
SYSTEM_FOLDERS = "/usr/sbin:/sbin"
PACKAGES = {"sfdisk": "fdisk", "debugfs": "e2fsprogs", "mke2fs": "e2fsprogs"}
MIB = 1024 * 1024
LEAST_BYTES, MOST_BYTES = 1 * MIB, 256 * MIB
"""Of a partition that can be one of ours."""
MOST_FILES, MOST_FILE_BYTES = 32, 64 * 1024
FIRST_BLOCK = 4096
"""The superblock is in it."""
CHUNK = 1 * MIB
NAME = re.compile(r"[\w.-]+", re.ASCII)
ENTRY = re.compile(r"/(?P<inode>\d+)/(?P<mode>[0-7]{6})/\d*/\d*/(?P<name>[^/]+)/(?P<size>\d*)/", re.ASCII)


@dataclass(frozen=True)
class File:
    """A file's content and its permissions."""

    content: bytes
    mode: int = 0o600


@dataclass(frozen=True)
class FactoryPartition:
    """The partition: `size` bytes from `offset` on in the open disk `handle`."""

    handle: int
    offset: int
    size: int

    def files(self) -> dict[str, File]:
        """The files in its uppermost folder; none where it is blank. Raises PartitionDamaged, DiskError."""
        with _scratch() as scratch:
            if not any(self._read(0, FIRST_BLOCK)):
                return {}
            image = scratch / "image"
            with image.open("wb") as copy:
                for position in range(0, self.size, CHUNK):
                    copy.write(self._read(position, min(CHUNK, self.size - position)))
            return _files(image, scratch)

    def replace(self, files: Mapping[str, File]) -> None:
        """It holds a new file system with exactly these files, and each byte was read back. Raises DiskError."""
        with _scratch() as scratch:
            image = _file_system(files, self.size, scratch)
            if _files(image, scratch) != files:
                raise DiskError("The new file system does not hold what was put into it.")
            try:
                with image.open("rb") as source:
                    self._write(0, bytes(FIRST_BLOCK))
                    os.fsync(self.handle)
                    source.seek(FIRST_BLOCK)
                    while chunk := source.read(CHUNK):
                        self._write(source.tell() - len(chunk), chunk)
                    os.fsync(self.handle)
                    source.seek(0)
                    self._write(0, source.read(FIRST_BLOCK))
                    os.fsync(self.handle)
                    self._compare(image)
            except OSError as error:
                raise DiskError(f"The disk can't be written: {error.strerror}.") from error

    def _compare(self, image: Path) -> None:
        os.posix_fadvise(self.handle, self.offset, self.size, os.POSIX_FADV_DONTNEED)
        with image.open("rb") as source:
            while chunk := source.read(CHUNK):
                if self._read(source.tell() - len(chunk), len(chunk)) != chunk:
                    raise DiskError("The disk does not keep what is written to it.")

    def _read(self, position: int, count: int) -> bytes:
        try:
            found = os.pread(self.handle, count, self.offset + position)
        except OSError as error:
            raise DiskError(f"The disk can't be read: {error.strerror}.") from error
        if len(found) != count:
            raise DiskError("The disk ends in the middle of its factory partition.")
        return found

    def _write(self, position: int, content: bytes) -> None:
        view = memoryview(content)
        while view:
            written = os.pwrite(self.handle, view, self.offset + position)
            view, position = view[written:], position + written


@contextmanager
def opened(disk: Path, devices: Path = BLOCK_DEVICES) -> Iterator[FactoryPartition]:
    """The factory partition of `disk`, a device or an image file, for this program alone.

    Raises:
        DiskError: there is none, it is in use, or it can't be opened.
    """
    handle = _open(disk)
    try:
        kind = os.fstat(handle).st_mode
        if stat.S_ISREG(kind):
            _take(handle, disk, devices)
        elif not stat.S_ISBLK(kind):
            raise DiskError(f"{disk} is neither a disk nor the image of one.")
        offset, size = _find(disk)
        yield FactoryPartition(handle, offset, size)
    finally:
        os.close(handle)


def _open(disk: Path) -> int:
    try:
        # On a device O_EXCL fails while it, or a partition of it, is mounted or held otherwise.
        exclusive = os.O_EXCL if disk.is_block_device() else 0
        return os.open(disk, os.O_RDWR | os.O_CLOEXEC | exclusive)
    except IsADirectoryError:
        raise DiskError(f"{disk} is neither a disk nor the image of one.") from None
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise DiskError(f"{disk} is in use: unmount its partitions first.") from error
        raise DiskError(f"{disk} can't be opened: {error.strerror}.") from error


def _take(handle: int, disk: Path, devices: Path) -> None:
    """Raises DiskError: a loop device has the image, or another program locked it, as QEMU does."""
    for backing in devices.glob("loop*/loop/backing_file"):
        if backing.read_text().rstrip("\n") == str(disk.resolve()):
            raise DiskError(f"{disk} is in use as /dev/{backing.parent.parent.name}: unmount it, then losetup -d it.")
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise DiskError(f"{disk} is in use by another program.") from error


def _find(disk: Path) -> tuple[int, int]:
    """Where the partition begins and how long it is, in bytes."""
    told = _run("sfdisk", "--json", str(disk), fails=f"The partitions of {disk} can't be read")
    table = json.loads(told)["partitiontable"]
    sector = int(table.get("sectorsize", 512))
    ours = [each for each in table.get("partitions", ()) if each.get("name") == LABEL]
    if table["label"] != "gpt" or not ours:
        raise DiskError(f"{disk} has no partition labelled “{LABEL}”. Write a Spoq image to it first.")
    if len(ours) > 1:
        raise DiskError(f"{disk} has more than one partition labelled “{LABEL}”.")
    size = int(ours[0]["size"]) * sector
    if not LEAST_BYTES <= size <= MOST_BYTES:
        raise DiskError(f"The partition “{LABEL}” of {disk} has {size // MIB} MiB and is none of ours.")
    return int(ours[0]["start"]) * sector, size


# --- file systems in a file -------------------------------------------------------------------------


def _files(image: Path, scratch: Path) -> dict[str, File]:
    """Raises PartitionDamaged: no ext4, or not what we put on one."""
    listed = _run("debugfs", "-R", "ls -p /", str(image), fails="The factory partition can't be read")
    entries = [match for line in listed.splitlines() if (match := ENTRY.fullmatch(line.strip()))]
    if not entries:
        raise PartitionDamaged("There is something on the factory partition that can't be read.")
    regular = [each for each in entries if stat.S_ISREG(int(each["mode"], 8))]
    ours = [each for each in regular if NAME.fullmatch(each["name"]) and int(each["size"]) <= MOST_FILE_BYTES]
    if len(regular) > MOST_FILES or ours != regular:
        raise PartitionDamaged("There are files on the factory partition that we never put there.")
    return {each["name"]: File(_dump(image, each, scratch), int(each["mode"], 8) & 0o777) for each in regular}


def _dump(image: Path, entry: "re.Match[str]", scratch: Path) -> bytes:
    out = scratch / "content"
    out.unlink(missing_ok=True)
    _run("debugfs", "-R", f"dump <{entry['inode']}> {out}", str(image), fails="The factory partition can't be read")
    content = out.read_bytes() if out.exists() else None
    if content is None or len(content) != int(entry["size"]):
        raise PartitionDamaged(f"“{entry['name']}” on the factory partition can't be read.")
    return content


def _file_system(files: Mapping[str, File], size: int, scratch: Path) -> Path:
    """A file of `size` bytes with an ext4 of these files, all of them root's."""
    folder, image = scratch / "files", scratch / "new-image"
    folder.mkdir(mode=0o700)
    for name, file in files.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_bytes(file.content)
        path.chmod(file.mode)
    with image.open("wb") as new:
        new.truncate(size)
    how = ("-q", "-F", "-t", "ext4", "-L", LABEL, "-m", "0", "-E", "root_owner=0:0")
    _run("mke2fs", *how, "-d", str(folder), str(image), fails="The new file system can't be made")
    owned = "".join(f'set_inode_field "/{name}" {field} 0\n' for name in files for field in ("uid", "gid"))
    script = scratch / "owners"
    script.write_text(owned)
    _run("debugfs", "-w", "-f", str(script), str(image), fails="The new file system can't be made")
    return image


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for us alone, in memory where there is such a place: secrets pass through it. Raises DiskError."""
    try:
        with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
            yield Path(folder)
    except OSError as error:
        raise DiskError(f"This computer has no room to work on the factory partition: {error.strerror}.") from error


def _run(program: str, *arguments: str, fails: str) -> str:
    """What a program prints. Raises DiskError, beginning with `fails`."""
    path = os.pathsep.join([os.environ.get("PATH", ""), SYSTEM_FOLDERS])
    environment = {"PATH": path, "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run((program, *arguments), capture_output=True, text=True, check=False, env=environment)
    except FileNotFoundError as error:
        raise DiskError(f"{program} is not on this computer: install {PACKAGES[program]}.") from error
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DiskError(f"{fails}: {reason}")
    return done.stdout
