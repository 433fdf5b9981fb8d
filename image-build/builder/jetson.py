"""The folder that a Jetson is flashed from: images, NVIDIA's partition layout, settings, a script and the guide.

boot.img          for APP and APP_b: extlinux.conf, its signature, the signed kernel image
root.img          for root-a and root-b
factory.img       for factory
layout.xml        the partitions, for l4t_initrd_flash
flash.conf        board, disk, tries, environment
uefi_keys.conf    which keys the firmware gets
flash             checks all of it and calls NVIDIA's tool
guide.md          docs/jetson.md
SHA256SUMS
Nothing of NVIDIA's is in it.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from builder import disk, flash
from builder.errors import TooLarge
from builder.target import FOLDER, Flash, Target
from builder.uki import Keys, run_at

GUIDE = FOLDER.parent / "docs/jetson.md"
SCRIPT = FOLDER / "boards/jetson/flash"
EXT4 = "none,filetype,extents,sparse_super,large_file,64bit,flex_bg,extra_isize,ext_attr,resize_inode,metadata_csum"
"""What the firmware's driver reads. Newer versions of mkfs add more by themselves."""


@dataclass(frozen=True)
class Made:
    """What the build has made: the signed kernel image, its command line, the sealed root, the factory partition."""

    kernel: Path
    command_line: str
    root: Path
    factory: Path


def write(target: Target, to: Flash, made: Made, keys: Keys, release: bool, epoch: int, scratch: Path) -> Path:
    """Such a folder, in `scratch`; every time in it is `epoch`. Raises BuildError."""
    folder = scratch / "flash"
    folder.mkdir()
    boot(made, keys, to.boot_mib, epoch, scratch, folder / flash.BOOT_FILE)
    os.link(made.root, folder / "root.img")
    os.link(made.factory, folder / "factory.img")
    (folder / "layout.xml").write_text(flash.layout(target, to))
    (folder / "flash.conf").write_text(flash.settings(to, release))
    (folder / "uefi_keys.conf").write_text(flash.uefi_keys())
    shutil.copy(SCRIPT, folder / "flash")
    shutil.copy(GUIDE, folder / "guide.md")
    (folder / "SHA256SUMS").write_text(sums(folder))
    return folder


def boot(made: Made, keys: Keys, size_mib: int, epoch: int, scratch: Path, to: Path) -> None:
    """The start-up partition of a slot. Raises TooLarge, BuildError."""
    needed = -(-made.kernel.stat().st_size // disk.MIB) + 8
    if needed > size_mib:
        raise TooLarge(f"The start-up partition of a slot would need {needed} MiB and has {size_mib}.")
    tree = scratch / "boot"
    kernel, conf = tree / flash.KERNEL, tree / flash.CONF
    conf.parent.mkdir(parents=True)
    shutil.copy(made.kernel, kernel)
    conf.write_text(flash.extlinux(made.command_line))
    sign(conf, keys, epoch)
    disk.ext4("boot", size_mib, to, tree, EXT4)


def sign(path: Path, keys: Keys, epoch: int) -> None:
    """`path` with “.sig” behind its name: a detached signature, as the launcher reads it under Secure Boot."""
    run_at(
        epoch,
        *("openssl", "cms", "-sign", "-binary", "-outform", "der", "-in", str(path), "-out", f"{path}.sig"),
        *("-signer", str(keys.boot_certificate), "-inkey", str(keys.boot_key)),
    )


def sums(folder: Path) -> str:
    """Every file's SHA-256, as sha256sum reads it."""
    lines = []
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
    return "".join(lines)
