"""The programs of this machine that a build needs, and the packages of Debian and Ubuntu that have them."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from builder.errors import MissingTools
from builder.target import Target

ANY = {
    "apt-get": "apt",
    "cert-to-efi-sig-list": "efitools",
    "depmod": "kmod",
    "dpkg-deb": "dpkg",
    "mcopy": "mtools",
    "mkfs.erofs": "erofs-utils",
    "mkfs.ext4": "e2fsprogs",
    "mkfs.vfat": "dosfstools",
    "mmdebstrap": "mmdebstrap",
    "objcopy": "binutils",
    "openssl": "openssl",
    "sbsign": "sbsigntool",
    "sgdisk": "gdisk",
    "veritysetup": "cryptsetup-bin",
    "zstd": "zstd",
}
FOREIGN = {"arch-test": "arch-test", "qemu-aarch64-static": "qemu-user-static"}
"""For another processor than this machine's."""
BOOT_FILES = {"amd64": ("/usr/lib/systemd/boot/efi/linuxx64.efi.stub", "systemd-boot-efi")}
BOOT = {"qemu-system-x86_64": "qemu-system-x86", "qemu-img": "qemu-utils", "swtpm": "swtpm"}
BOOT_ARM64 = {"qemu-system-aarch64": "qemu-system-arm"}
FIRMWARE = {
    "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd": "ovmf",
    "/usr/lib/systemd/boot/efi/linuxx64.efi.stub": "systemd-boot-efi",
}
SYSTEM_FOLDERS = ("/usr/sbin", "/sbin")


def missing(target: Target) -> tuple[str, ...]:
    """The packages to install before `target` can be built, sorted."""
    wanted = dict(ANY)
    if target.machine != os.uname().machine:
        wanted |= FOREIGN
    return tuple(sorted({package for program, package in wanted.items() if not _found(program)}))


def check(target: Target) -> None:
    """Raises MissingTools, with all of them in one message."""
    packages = missing(target)
    if packages:
        raise MissingTools(f"Missing on this machine: {', '.join(packages)}. Install them: {_command(packages)}")


def _command(packages: Iterable[str]) -> str:
    return f"{'' if os.geteuid() == 0 else 'sudo '}apt-get install --no-install-recommends {' '.join(packages)}"


def _found(program: str) -> bool:
    path = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_FOLDERS])
    return Path(program).exists() if program.startswith("/") else shutil.which(program, path=path) is not None
