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
from builder.errors import WrongContent
from builder.programs import run
from builder.target import FOLDER
from hardware import leds, ring
from ota.systemd_boot import first_entries

NEEDED = re.compile(r"^\s+NEEDED\s+(\S+)$", re.MULTILINE)
INTERPRETERS = {"x86_64": "lib64/ld-linux-x86-64.so.2", "aarch64": "lib/ld-linux-aarch64.so.1"}
FOLDERS = ("bin", "sbin", "dev", "proc", "sys", "run", "sysroot", "factory", "modules", "lib", "lib64")
APPLETS = (
    *("sh", "cat", "cp", "grep", "mkdir", "mount", "mv", "rm", "sleep", "switch_root", "sync", "tail", "tr", "umount"),
    *("usleep", "wc"),
)
RESCUE_LOOK, RESCUE_BRIGHTNESS = "recovery", 0.4
MODULE_LISTS = ("watchdog", "start", "rescue")
"""Files of a board, in the order in which they are loaded; the last only by `rescue.efi`."""
PROGRAMS = ("usr/bin/busybox", "usr/sbin/veritysetup")


def build(root: Path, machine: str, board: str, scratch: Path, to: Path) -> None:
    """The compressed initrd for the kernel and the programs in `root`. Raises BuildError."""
    tree = scratch / "initrd"
    for folder in FOLDERS:
        (tree / folder).mkdir(parents=True)
    _programs(root, machine, tree)
    _modules(root, machine, board, tree)
    for script in (FOLDER / "initrd").iterdir():
        shutil.copy(script, tree / script.name)
        (tree / script.name).chmod(0o755)
    # What a system from a USB stick is started by.
    (tree / "entries").mkdir()
    for entry in first_entries():
        (tree / "entries" / entry.slot).write_text(entry.text)
    (tree / "ring").mkdir()
    for number, at_s in enumerate((0.0, ring.LOOKS[RESCUE_LOOK].period_s / 2)):
        (tree / f"ring/{number}").write_bytes(leds.encoded(ring.picture(RESCUE_LOOK, at_s), RESCUE_BRIGHTNESS))
    plain = scratch / "initrd.cpio"
    with plain.open("wb") as archive:
        for part in newc(tree):
            archive.write(part)
    run("zstd", "-q", "-19", "-f", str(plain), "-o", str(to))


def files(root: Path, machine: str) -> tuple[str, ...]:
    """The programs that come from the distribution, and their libraries, below `root`. Raises BuildError."""
    libraries = f"usr/lib/{machine}-linux-gnu"
    found = [*PROGRAMS, f"{libraries}/{Path(INTERPRETERS[machine]).name}"]
    waiting = list(PROGRAMS)
    while waiting:
        for name in NEEDED.findall(run("objdump", "-p", str(root / waiting.pop()))):
            library = f"{libraries}/{name}"
            if library not in found and (root / library).exists():
                found.append(library)
                waiting.append(library)
    return tuple(found)


def _programs(root: Path, machine: str, tree: Path) -> None:
    interpreter = INTERPRETERS[machine]
    for path in files(root, machine):
        name = Path(path).name
        if path in PROGRAMS:
            place = path.removeprefix("usr/")
        else:
            place = interpreter if name == Path(interpreter).name else f"lib/{name}"
        shutil.copy(root / path, tree / place)
    for applet in APPLETS:
        (tree / "bin" / applet).symlink_to("busybox")


def _modules(root: Path, machine: str, board: str, tree: Path) -> None:
    release = kernel.version(root)
    for each in MODULE_LISTS:
        order: list[str] = []
        for name in kernel.listed((FOLDER / "boards" / board / f"{each}-modules").read_text(), machine):
            for path in kernel.needed(root, release, name):
                module = f"{path.name.partition('.ko')[0]}.ko"
                if module not in order:
                    (tree / "modules" / module).write_bytes(kernel.plain(path))
                    order.append(module)
        (tree / f"modules/{each}.order").write_text("".join(f"{name}\n" for name in order))


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
