"""The initrd: busybox, `veritysetup` with its libraries, a few modules, and `image-build/initrd/init`.

Written as a newc archive by hand, so that order, owners and times are the same in every build.

Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
"""

import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from builder import kernel
from builder.disk import run
from builder.errors import WrongContent
from builder.target import FOLDER

NEEDED = re.compile(r"^\s+NEEDED\s+(\S+)$", re.MULTILINE)
INTERPRETERS = {"x86_64": "lib64/ld-linux-x86-64.so.2", "aarch64": "lib/ld-linux-aarch64.so.1"}
FOLDERS = ("bin", "sbin", "dev", "proc", "sys", "run", "sysroot", "factory", "modules", "lib", "lib64")
APPLETS = ("sh", "cat", "cp", "grep", "mkdir", "switch_root", "tail", "tr", "usleep", "insmod", "mount", "umount")
PROGRAMS = ("usr/bin/busybox", "usr/sbin/veritysetup")


def build(root: Path, machine: str, board: str, scratch: Path, to: Path) -> None:
    """The compressed initrd for the kernel and the programs in `root`. Raises BuildError."""
    tree = scratch / "initrd"
    for folder in FOLDERS:
        (tree / folder).mkdir(parents=True)
    _programs(root, machine, tree)
    _modules(root, board, tree)
    for script in (FOLDER / "initrd").iterdir():
        shutil.copy(script, tree / script.name)
        (tree / script.name).chmod(0o755)
    plain = scratch / "initrd.cpio"
    with plain.open("wb") as archive:
        for part in newc(tree):
            archive.write(part)
    run("zstd", "-q", "-19", "-f", str(plain), "-o", str(to))


def _programs(root: Path, machine: str, tree: Path) -> None:
    for program in PROGRAMS:
        shutil.copy(root / program, tree / program.removeprefix("usr/"))
    for applet in APPLETS:
        (tree / "bin" / applet).symlink_to("busybox")
    libraries = root / f"usr/lib/{machine}-linux-gnu"
    waiting = [root / "usr/sbin/veritysetup"]
    while waiting:
        for name in NEEDED.findall(run("objdump", "-p", str(waiting.pop()))):
            place = tree / "lib" / name
            if not place.exists() and (libraries / name).exists():
                shutil.copy(libraries / name, place)
                waiting.append(libraries / name)
    interpreter = tree / INTERPRETERS[machine]
    shutil.copy(libraries / interpreter.name, interpreter)


def _modules(root: Path, board: str, tree: Path) -> None:
    release = kernel.version(root)
    order: list[str] = []
    for name in kernel.listed((FOLDER / "boards" / board / "initrd-modules").read_text()):
        for path in kernel.needed(root, release, name):
            if path.name not in order:
                shutil.copy(path, tree / "modules" / path.name)
                order.append(path.name)
    (tree / "modules/order").write_text("".join(f"{name}\n" for name in order))


def newc(tree: Path) -> Iterator[bytes]:
    """The archive of `tree`, everything owned by root and without a time. Raises WrongContent: a device or socket."""
    for inode, path in enumerate(sorted(tree.rglob("*")), 1):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            content = str(path.readlink()).encode()
        elif stat.S_ISREG(mode):
            content = path.read_bytes()
        elif stat.S_ISDIR(mode):
            content = b""
        else:
            raise WrongContent(f"{path} can't be in an initrd.")
        yield from _entry(str(path.relative_to(tree)), inode, mode, content)
    yield from _entry("TRAILER!!!", 0, 0, b"")


def _entry(name: str, inode: int, mode: int, content: bytes) -> Iterator[bytes]:
    named = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(named), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + named
    yield header + b"\0" * (-len(header) % 4)
    yield content + b"\0" * (-len(content) % 4)
