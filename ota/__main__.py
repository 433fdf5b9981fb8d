"""What root does for updates, `python -m ota …`:

confirm             the running system, once it is well
ended               the box ends in order
take-kernel-image   for RAUC, which has written a root
"""

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ota import boot_options, kernel_image
from ota.confirming import Config, Mark, Unwell, until_well
from ota.efivars import EfiVariables
from ota.errors import BootControlError, OtaError
from ota.nvbootctrl import GUID, NvBootControl, PowerController
from ota.slots import BootControl, Slot, Slots
from ota.systemd_boot import SystemdBoot

UNITS = ("bus", "audiod", "inferenced", "conductord", "hardwared", "pairingd")
WITH_DATA = "identityd"
"""It does not run where the data did not open."""
MARK = Path("/var/lib/spoq/ota/running")
SLOT = Path("/run/spoq/slot")
ESP = Path("/dev/spoq/esp")
ROOT = Path("/dev/mapper/root")
FAULT, LOCKED = Path("/run/spoq/data-fault"), "locked"
"""What storage leaves where the data did not open, and its line for data that another system may open."""

log = logging.getLogger("ota")


def main() -> int:
    """The program; its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        if sys.argv[1:] == ["confirm"]:
            _confirm()
        elif sys.argv[1:] == ["ended"]:
            Mark(MARK).clear()
        elif sys.argv[1:] == ["take-kernel-image"]:
            _take_kernel_image()
        else:
            log.error("Usage: python -m ota confirm | ended | take-kernel-image")
            return 2
    except OtaError as error:
        log.error("%s", error)
        return 1
    return 0


def _confirm() -> None:
    if FAULT.exists() and LOCKED in FAULT.read_text().splitlines():
        _doubt()
    try:
        asyncio.run(until_well(Mark(MARK), _daemons_are_up, ROOT, Config()))
    except Unwell:
        with _boot_control() as control:
            restart_helps = Slots(control).status().next_boot is not None
        # Without a try in either slot a restart would end in the rescue system: a box that half works is more.
        if restart_helps:
            _run("systemctl", "reboot", "--no-block")
        raise
    with _boot_control() as control:
        slots = Slots(control)
        slots.confirm()
        log.info("Slot %s is confirmed.", slots.status().running)
        if isinstance(control, SystemdBoot) and boot_options.ensure(
            EfiVariables(boot_options.GUID), boot_options.wanted(boot_options.found(ESP), os.uname().machine)
        ):
            log.info("The firmware starts our loader first and our rescue system second.")


def _doubt() -> None:
    """Raises Unwell: the other system is started, because it may open the data."""
    with _boot_control() as control:
        # On a Jetson nothing is sealed, and its count of tries may not outlive the way to the other slot.
        restart_helps = isinstance(control, SystemdBoot) and Slots(control).doubt()
    if restart_helps:
        _run("systemctl", "reboot", "--no-block")
        raise Unwell("The data is locked under this system: the other one is tried.")
    log.info("The data is locked under either system: this one is not to blame.")


def _take_kernel_image() -> None:
    slot = kernel_image.written_to(os.environ, _started())
    with _start_up_partition() as esp:
        kernel_image.take(Path(os.environ[kernel_image.MOUNT]), esp, slot)
    log.info("Slot %s has its kernel image.", slot)


def _wanted() -> list[str]:
    return [f"spoq-{unit}.service" for unit in (UNITS if FAULT.exists() else (*UNITS, WITH_DATA))]


async def _daemons_are_up() -> bool:
    asked = await asyncio.create_subprocess_exec("systemctl", "is-active", "--quiet", *_wanted())
    return await asked.wait() == 0


@contextmanager
def _boot_control() -> Iterator[BootControl]:
    """What this board's firmware keeps; the start-up partition is mounted for as long as it is asked."""
    variables = EfiVariables(GUID)
    if variables.get("RootfsRedundancyLevel") is not None:
        yield NvBootControl(variables, PowerController())
        return
    with _start_up_partition() as esp:
        yield SystemdBoot(esp, _started())


@contextmanager
def _start_up_partition() -> Iterator[Path]:
    """Mounted meanwhile."""
    # Never one that is emptied at the end: what is mounted there would be.
    folder = Path(tempfile.mkdtemp(dir=os.environ.get("RUNTIME_DIRECTORY", "/run")))
    try:
        _run("mount", "-t", "vfat", "-o", "nosuid,nodev,noexec,umask=0077", str(ESP), str(folder))
        try:
            yield folder
        finally:
            _run("umount", str(folder))
    finally:
        with suppress(OSError):
            folder.rmdir()


def _started() -> Slot:
    """The slot that the initrd found."""
    try:
        return Slot(SLOT.read_text().strip().removeprefix("SPOQ_SLOT="))
    except (OSError, ValueError) as error:
        raise BootControlError("Nobody says which slot this system was started from.") from error


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BootControlError(f"{command[0]} failed: {done.stderr.strip()[-200:]}")


if __name__ == "__main__":
    sys.exit(main())
