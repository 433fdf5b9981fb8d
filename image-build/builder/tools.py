"""The programs of this machine that building and booting need, and the packages of Debian and Ubuntu that have them."""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from builder.errors import MissingTools
from builder.target import Suite, Target

BUILD = {
    "apt-get": "apt",
    "cert-to-efi-sig-list": "efitools",
    "depmod": "kmod",
    "dpkg-deb": "dpkg",
    "faketime": "faketime",
    "git": "git",
    "mcopy": "mtools",
    "mkfs.erofs": "erofs-utils",
    "mkfs.ext4": "e2fsprogs",
    "mkfs.vfat": "dosfstools",
    "mmdebstrap": "mmdebstrap",
    "objcopy": "binutils",
    "openssl": "openssl",
    "sbsign": "sbsigntool",
    "sgdisk": "gdisk",
    "systemd-analyze": "systemd",
    "systemd-sysusers": "systemd",
    "veritysetup": "cryptsetup-bin",
    "zstd": "zstd",
}
FOREIGN = {
    machine: {
        f"{machine}-linux-gnu-objcopy": f"binutils-{machine.replace('_', '-')}-linux-gnu",
        "arch-test": "arch-test",
        f"qemu-{machine}-static": "qemu-user-static",
    }
    for machine in ("aarch64", "x86_64")
}
"""For another processor than this machine's."""
BOOT = {
    "amd64": {"qemu-system-x86_64": "qemu-system-x86", "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd": "ovmf"},
    "arm64": {"qemu-system-aarch64": "qemu-system-arm", "/usr/share/AAVMF/AAVMF_CODE.fd": "qemu-efi-aarch64"},
}
BOOT_ANY = {"qemu-img": "qemu-utils", "swtpm": "swtpm"}
RELEASE = {name: BUILD[name] for name in ("cert-to-efi-sig-list", "openssl")} | {
    "mksquashfs": "squashfs-tools",
    "rauc": "rauc",
    "unsquashfs": "squashfs-tools",
}
"""To publish what was built."""
PEERS = {"xdelta3": "xdelta3", "zstd": "zstd"}
"""What our deltas are measured against."""
SYSTEM_FOLDERS = ("/usr/sbin", "/sbin")


def to_build(target: Target) -> dict[str, str]:
    """Programs and their packages."""
    return BUILD if target.machine == os.uname().machine else BUILD | FOREIGN[target.machine]


def to_lock(suite: Suite) -> dict[str, str]:
    """Programs, files and their packages."""
    return {"apt-get": "apt", suite.keyring: suite.keyring_package}


def to_boot(target: Target) -> dict[str, str]:
    """Programs, files and their packages; none for what is flashed."""
    return {} if target.flash else BOOT_ANY | BOOT[target.architecture]


def path() -> str:
    """Where programs are: PATH, and the folders of the system's own, which an ordinary user's lacks."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS])


def missing(wanted: Mapping[str, str]) -> tuple[str, ...]:
    """The packages to install before these are all there, sorted."""
    return tuple(sorted({package for program, package in wanted.items() if not _found(program)}))


def check(wanted: Mapping[str, str]) -> None:
    """Raises MissingTools, with all of them in one message."""
    packages = missing(wanted)
    if packages:
        raise MissingTools(f"Missing on this machine: {', '.join(packages)}. Install them: {_command(packages)}")


def _command(packages: Iterable[str]) -> str:
    return f"{'' if os.geteuid() == 0 else 'sudo '}apt-get install --no-install-recommends {' '.join(packages)}"


def _found(program: str) -> bool:
    return Path(program).exists() if program.startswith("/") else shutil.which(program, path=path()) is not None
