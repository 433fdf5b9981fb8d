"""This board's slots, on the machine itself: where its firmware keeps what `ota/slots.py` decides. Root's alone."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ota.efivars import EfiVariables
from ota.errors import BootControlError
from ota.nvbootctrl import GUID, NvBootControl, PowerController
from ota.slots import BootControl, Slot
from ota.systemd_boot import SystemdBoot

SLOT = Path("/run/spoq/slot")
ESP = Path("/dev/spoq/esp")


@contextmanager
def boot_control() -> Iterator[BootControl]:
    """What this board's firmware keeps; the start-up partition is mounted for as long as it is asked.

    Raises BootControlError.
    """
    variables = EfiVariables(GUID)
    if variables.get("RootfsRedundancyLevel") is not None:
        yield NvBootControl(variables, PowerController())
        return
    with start_up_partition() as esp:
        yield SystemdBoot(esp, started())


@contextmanager
def start_up_partition() -> Iterator[Path]:
    """Mounted meanwhile. Raises BootControlError."""
    # Never one that is emptied at the end: what is mounted there would be.
    folder = Path(tempfile.mkdtemp(dir=os.environ.get("RUNTIME_DIRECTORY", "/run")))
    try:
        run("mount", "-t", "vfat", "-o", "nosuid,nodev,noexec,umask=0077", str(ESP), str(folder))
        try:
            yield folder
        finally:
            run("umount", str(folder))
    finally:
        with suppress(OSError):
            folder.rmdir()


def started() -> Slot:
    """The slot that the initrd found. Raises BootControlError."""
    try:
        return Slot(SLOT.read_text().strip().removeprefix("SPOQ_SLOT="))
    except (OSError, ValueError) as error:
        raise BootControlError("Nobody says which slot this system was started from.") from error


def lent() -> list[BinaryIO]:
    """The running root and, where it lies apart, its kernel image, to be read. Raises BootControlError."""
    slot, found = started(), list[BinaryIO]()
    try:
        found.append(os.fdopen(os.open(f"/dev/spoq/root-{slot}", os.O_RDONLY), "rb", buffering=0))
        if ESP.exists():
            with start_up_partition() as esp:
                kernel = esp / f"EFI/spoq/{slot}.efi"
                if kernel.exists():
                    # A file that is open would hold the partition.
                    found.append(copy := os.fdopen(os.memfd_create(kernel.name), "w+b", buffering=0))
                    with kernel.open("rb") as content:
                        shutil.copyfileobj(content, copy)
    except OSError as error:
        raise BootControlError(f"What runs can't be read: {error.strerror}.") from error
    return found


def restart() -> None:
    """The box starts anew; returns before it does. Raises BootControlError."""
    run("systemctl", "reboot", "--no-block")


def run(*command: str) -> None:
    """Raises BootControlError."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BootControlError(f"{command[0]} failed: {done.stderr.strip()[-200:]}")
