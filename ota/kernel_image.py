"""The kernel image of a bundle goes to the slot whose root RAUC has just written.

The firmware refuses one that is not signed, and takes any that is: so an old one of ours is refused here, by what its
signature covers. It is there whole, or the one of before is.

Source: Microsoft's PE format; the UAPI group's Unified Kernel Image specification.
"""

import struct
from collections.abc import Mapping
from pathlib import Path

from files import durable
from ota.errors import BootControlError, NoVersion
from ota.slots import Slot
from ota.version import Version, of_system

NAME = "kernel.efi"
MOUNT, TARGETS, BOOTNAME = "RAUC_BUNDLE_MOUNT_POINT", "RAUC_TARGET_SLOTS", "RAUC_SLOT_BOOTNAME_{}"
"""What RAUC tells who it calls: one number of a slot, and what slots are called."""
MAGIC, PE = b"MZ", b"PE\0\0"
PE_AT, SECTIONS_AT, OPTIONAL_AT, HEADER = 0x3C, 6, 20, 24
SECTION = struct.Struct("<8sII II 16x")
"""Name, size in memory, address, size in the file, and where that is."""
ABOUT = b".osrel"
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


def version_of(content: bytes) -> Version:
    """Of the system that this kernel image says it belongs to. Raises BootControlError."""
    try:
        (header,) = struct.unpack_from("<I", content, PE_AT)
        (sections,) = struct.unpack_from("<H", content, header + SECTIONS_AT)
        (optional,) = struct.unpack_from("<H", content, header + OPTIONAL_AT)
        if not content.startswith(MAGIC) or content[header : header + len(PE)] != PE:
            raise ValueError
        for number in range(sections):
            at = header + HEADER + optional + number * SECTION.size
            name, size, _, in_file, place = SECTION.unpack_from(content, at)
            if name.rstrip(b"\0") == ABOUT:
                return of_system(content[place : place + min(size, in_file)].rstrip(b"\0").decode())
        raise ValueError
    except (struct.error, ValueError, NoVersion) as error:
        raise BootControlError("The bundle's kernel image is none.") from error


def take(bundle: Path, esp: Path, slot: Slot, floor: Version | None) -> None:
    """From the mounted `bundle`. Raises BootControlError."""
    try:
        with (bundle / NAME).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BootControlError("The bundle's kernel image is too large.")
        version = version_of(content)
        if floor is not None and version < floor:
            raise BootControlError(f"Version {version} is older than one that this box had already, {floor}.")
        durable.write(esp / f"EFI/spoq/{slot}.efi", content)
    except OSError as error:
        raise BootControlError(f"The kernel image can't be put in its place: {error.strerror}.") from error
