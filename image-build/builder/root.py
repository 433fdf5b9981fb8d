"""The root file system from its layers: the distribution's part, our environment, the overlays, the users, the units.

The result must not depend on when or where it was made: what scripts of packages leave behind by chance goes, and
every time stamp becomes `epoch` when the image is written (`builder/verity.py`).
"""

import shutil
from pathlib import Path

from builder import kernel
from builder.disk import run
from builder.target import FOLDER
from storage import places

PROJECT = FOLDER.parent
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
MODES = {"tmp": 0o1777}


def unpack(tar: Path, root: Path) -> None:
    """The distribution's part."""
    root.mkdir(parents=True)
    run("tar", "--extract", "--file", str(tar), "--directory", str(root), "--numeric-owner", "--exclude=./dev/*")


def unpack_kernel(package: Path, root: Path, scratch: Path) -> None:
    """Its modules go into the root; the kernel itself is `vmlinuz` in `scratch`, for the signed image."""
    run("dpkg-deb", "--extract", str(package), str(scratch / "kernel"))
    shutil.copytree(scratch / "kernel/lib/modules", root / "usr/lib/modules", symlinks=True)
    shutil.copy(next((scratch / "kernel/boot").glob("vmlinuz-*")), scratch / "vmlinuz")


def trim_modules(root: Path, board: str) -> int:
    """Only the modules of this board's list stay; how many."""
    return kernel.trim(root, kernel.listed((FOLDER / "boards" / board / "modules").read_text()))


def overlay(root: Path, board: str) -> None:
    """Our files over the distribution's, then the board's over ours."""
    for source in (PROJECT / "rootfs", FOLDER / "boards" / board / "rootfs"):
        if source.is_dir():
            run("cp", "--archive", "--no-preserve=ownership", f"{source}/.", str(root))


def settle(root: Path, version: str) -> None:
    """Users, enabled units, places for mounts, the system's name; nothing that is left by chance."""
    run("systemd-sysusers", f"--root={root}")
    for path in BY_CHANCE:
        _remove(root / path)
    shutil.move(root / "var/lib/dpkg", root / "usr/lib/dpkg")
    _remove(root / "var")
    for place in places.parse((root / "usr/lib/spoq/writable").read_text()):
        (root / place.on_data).mkdir(parents=True, exist_ok=True)
    for path in EMPTY:
        (root / path).mkdir(exist_ok=True)
        (root / path).chmod(MODES.get(path, 0o755))
    (root / "etc/machine-id").touch()
    (root / "etc/hostname").write_text("spoq\n")
    (root / "etc/resolv.conf").symlink_to("../run/NetworkManager/resolv.conf")
    run("systemctl", f"--root={root}", "preset-all")
    run("systemctl", f"--root={root}", "mask", *MASKED)
    for caches in root.rglob("__pycache__"):
        shutil.rmtree(caches)
    _name(root, version)


def compile_python(root: Path) -> None:
    """Compiled Python beside its source, which nothing compares at run time: the root can't change. Grammars, too."""
    inside(root, "/usr/lib/spoq/environment/bin/python3", "-I", "-m", "conductor.compiled", "build")
    command = ("/usr/bin/python3", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")
    inside(root, *command, "/usr/lib/python3", "/usr/lib/spoq", f"/usr/lib/{_python(root)}")


def inside(root: Path, *command: str) -> str:
    """What a program of the root prints, run in it, with this machine's devices and processes. Raises BuildError."""
    script = 'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
    return run("unshare", "--mount", "--propagation", "private", "sh", "-c", script, str(root), *command)


def _python(root: Path) -> str:
    return next(path.name for path in sorted((root / "usr/lib").glob("python3.*")))


def _name(root: Path, version: str) -> None:
    """`IMAGE_ID` and `IMAGE_VERSION` for systemd, updates and `spoq status`."""
    path = root / "usr/lib/os-release"
    lines = [line for line in path.read_text().splitlines() if not line.startswith(("IMAGE_", "PRETTY_NAME="))]
    lines += [f'PRETTY_NAME="Spoq {version}"', "IMAGE_ID=spoq", f"IMAGE_VERSION={version}"]
    path.write_text("\n".join(lines) + "\n")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
