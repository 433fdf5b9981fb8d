"""The kernel image of a bundle goes to the slot whose root RAUC has just written.

The firmware refuses one that is not signed; this only sees to it that it is there whole, or the one of before is.
"""

from collections.abc import Mapping
from pathlib import Path

from files import durable
from ota.errors import BootControlError
from ota.slots import Slot

NAME = "kernel.efi"
MOUNT, TARGETS, BOOTNAME = "RAUC_BUNDLE_MOUNT_POINT", "RAUC_TARGET_SLOTS", "RAUC_SLOT_BOOTNAME_{}"
"""What RAUC tells who it calls: one number of a slot, and what slots are called."""
MAGIC = b"MZ"
MOST_BYTES = 128 * 1024 * 1024


def written_to(told: Mapping[str, str], running: Slot) -> Slot:
    """The slot that RAUC has written. Raises BootControlError: it is not the one that it should be."""
    try:
        [number] = told[TARGETS].split()
        slot = Slot(told[BOOTNAME.format(number)])
    except (KeyError, ValueError) as error:
        raise BootControlError("RAUC does not say which slot it has written.") from error
    if slot is running:
        raise BootControlError("RAUC has written the slot that runs.")
    return slot


def take(bundle: Path, esp: Path, slot: Slot) -> None:
    """From the mounted `bundle`. Raises BootControlError."""
    try:
        with (bundle / NAME).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES or not content.startswith(MAGIC):
            raise BootControlError("The bundle's kernel image is none.")
        durable.write(esp / f"EFI/spoq/{slot}.efi", content)
    except OSError as error:
        raise BootControlError(f"The kernel image can't be put in its place: {error.strerror}.") from error
