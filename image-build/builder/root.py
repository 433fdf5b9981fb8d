"""The root file system from its layers: the distribution's part, our environment, the overlays, the users, the units.

The result must not depend on when or where it was made: what scripts of packages leave behind by chance goes, and
every time stamp becomes `epoch` when the image is written (`builder/verity.py`).
"""

import gzip
import shutil
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path

from builder import kernel, overlay, units
from builder.programs import run
from builder.target import FOLDER

BY_CHANCE = (
    *("var/cache", "var/lib/apt", "var/log", "var/lib/systemd", "var/tmp", "tmp", "run", "boot", "root/.bash_history"),
    *(
        "etc/machine-id",
        "var/lib/dbus",
        "etc/hostname",
        "etc/resolv.conf",
        "etc/.pwd.lock",
        "etc/passwd-",
        "etc/group-",
    ),
    *("etc/shadow-", "etc/gshadow-", "etc/ssl/certs/java", "usr/lib/python3/dist-packages/__pycache__"),
    *("var/lib/dpkg/status-old", "var/lib/dpkg/available-old", "var/backups", "etc/apt/sources.list"),
)
"""Left by the scripts of packages; ids, logs, caches and time stamps among them."""
EMPTY = ("tmp", "run", "boot", "var", "factory", "data", "efi", "proc", "sys", "dev")
"""Places for mounts: a read-only root can't make them later."""
MASKED = (
    # They measure how far the start has come, and the data partition opens at any time.
    *("systemd-pcrphase.service", "systemd-pcrphase-sysinit.service"),
    # The initrd brings the machine id.
    "systemd-machine-id-commit.service",
    *(
        "systemd-binfmt.service",
        "proc-sys-fs-binfmt_misc.automount",
        "e2scrub_reap.service",
        "systemd-fsck-root.service",
    ),
)
DATABASE = "usr/lib/dpkg/db"
"""What dpkg knows: a part of the root, which an empty /var is not."""
GZIP = b"\x1f\x8b"
MODES = {"tmp": 0o1777}


def unpack(tar: Path, root: Path) -> None:
    """The distribution's part."""
    root.mkdir(parents=True)
    run("tar", "--extract", "--file", str(tar), "--directory", str(root), "--numeric-owner", "--exclude=./dev/*")


def unpack_kernel(packages: Iterable[Path], root: Path, scratch: Path) -> None:
    """The modules go into the root; the kernel itself is `vmlinuz` in `scratch`, for the signed image."""
    for package in packages:
        run("dpkg-deb", "--extract", str(package), str(scratch / "kernel"))
    for modules in (scratch / "kernel/lib/modules", scratch / "kernel/usr/lib/modules"):
        if modules.is_dir():
            shutil.copytree(modules, root / "usr/lib/modules", symlinks=True, dirs_exist_ok=True)
    for told in (scratch / "kernel/usr/share/doc").glob("*/copyright"):
        (root / "usr/share/doc" / told.parent.name).mkdir()
        shutil.copy(told, root / "usr/share/doc" / told.parent.name)
    content = next((scratch / "kernel/boot").glob("vmlinuz-*")).read_bytes()
    # A kernel for arm64 may be packed, and nothing but a boot loader of its own would unpack it.
    (scratch / "vmlinuz").write_bytes(gzip.decompress(content) if content.startswith(GZIP) else content)


def trim_modules(root: Path, machine: str, board: str) -> int:
    """Only the modules of this board's lists stay, those of the initrd among them; how many."""
    lists = sorted((FOLDER / "boards" / board).glob("*modules"))
    return kernel.trim(root, tuple(name for each in lists for name in kernel.listed(each.read_text(), machine)))


def trim_firmware(root: Path, machine: str, board: str) -> None:
    """Of the package with the firmware of every device, only the files of this board's list stay, where it has one."""
    place = FOLDER / "boards" / board / "firmware"
    owned = root / "var/lib/dpkg/info/linux-firmware.list"
    if not place.exists() or not owned.exists():
        return
    wanted = kernel.listed(place.read_text(), machine)
    for line in owned.read_text().splitlines():
        inside_folder = line.partition("/lib/firmware/")[2]
        path = root / line.lstrip("/")
        if inside_folder and not path.is_dir() and not any(fnmatch(inside_folder, pattern) for pattern in wanted):
            path.unlink(missing_ok=True)


def masked(machine: str, board: str) -> tuple[str, ...]:
    """The units that must not run: everywhere, and on this board."""
    place = FOLDER / "boards" / board / "masked"
    return MASKED + (kernel.listed(place.read_text(), machine) if place.exists() else ())


def settle(root: Path, named: Mapping[str, str], off: Iterable[str] = MASKED) -> None:
    """Users, enabled units, places for mounts; nothing that is left by chance. `named` goes into os-release; the units
    `off` can't run."""
    units.make_users(root)
    for path in BY_CHANCE:
        _remove(root / path)
    shutil.move(root / "var/lib/dpkg", root / DATABASE)
    _remove(root / "var")
    for place in overlay.writable(root):
        (root / place.on_data).mkdir(exist_ok=True)
    for path in EMPTY:
        (root / path).mkdir(exist_ok=True)
        (root / path).chmod(MODES.get(path, 0o755))
    (root / "etc/machine-id").touch()
    (root / "etc/hostname").write_text("spoq\n")
    (root / "etc/resolv.conf").symlink_to("../run/NetworkManager/resolv.conf")
    units.choose(root, off)
    for caches in root.rglob("__pycache__"):
        shutil.rmtree(caches)
    name(root, named)


def compile_python(root: Path) -> None:
    """Compiled Python beside its source, which nothing compares at run time: the root can't change. Grammars, too."""
    inside(root, "/usr/lib/spoq/environment/bin/python3", "-I", "-B", "-m", "conductor.compiled", "build")
    command = ("/usr/bin/python3", "-I", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash")
    inside(root, *command, "/usr/lib/python3", "/usr/lib/spoq", f"/usr/lib/{_python(root)}")


def inside(root: Path, *command: str) -> str:
    """What a program of the root prints, run in it, with this machine's devices and processes. Raises BuildError."""
    script = 'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
    return run("unshare", "--mount", "--propagation", "private", "sh", "-c", script, str(root), *command)


def _python(root: Path) -> str:
    return next(path.name for path in sorted((root / "usr/lib").glob("python3.*")))


def name(root: Path, named: Mapping[str, str]) -> None:
    """In os-release, in the place of what it says there."""
    path = root / "usr/lib/os-release"
    lines = [line for line in path.read_text().splitlines() if line.split("=")[0] not in named]
    lines += [f'{name}="{value}"' if " " in value else f"{name}={value}" for name, value in named.items()]
    path.write_text("\n".join(lines) + "\n")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
