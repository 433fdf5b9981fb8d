"""The firmware's list of what to start: the loader first, then our rescue image.

Firmware that starts a disk by itself tries its loader and then gives up, or waits for a key, when the loader comes back
because an image was refused. With the rescue image as the second choice it goes on: that restarts the box as long as a
slot has a try left. The list is looked at when a system is confirmed, and written only where it is another one.

Source: UEFI 2.10, sections 3.1.3 (load options) and 10.3 (device paths).
"""

import struct
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ota.errors import BootControlError
from ota.systemd_boot import LOADER_FOLDER, RESCUE_PATH

GUID = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
ORDER = "BootOrder"
ACTIVE = 1
LOAD_OPTION = struct.Struct("<IH")
HARD_DRIVE = struct.Struct("<BBHIQQ16sBB")
FILE_PATH = struct.Struct("<BBH")
END = bytes.fromhex("7fff0400")
NUMBERS = range(0x1000)
LOADERS = {"x86_64": "BOOTX64.EFI", "aarch64": "BOOTAA64.EFI"}
SYS, LINKS = Path("/sys/class/block"), Path("/dev/disk/by-partuuid")


class Store(Protocol):
    """Variables as bytes. Everything here raises BootControlError."""

    def read(self, name: str) -> bytes | None:
        """None where there is no such variable."""

    def write(self, name: str, content: bytes) -> None: ...


@dataclass(frozen=True)
class Partition:
    """Where the start-up partition is: its number, its unique id, and its place in blocks of the disk."""

    number: int
    identity: uuid.UUID
    first_block: int
    blocks: int


def wanted(partition: Partition, machine: str) -> tuple[bytes, ...]:
    """Our load options, first choice first."""
    choices = {"Spoq": f"{LOADER_FOLDER}/{LOADERS[machine]}", "Spoq rescue": RESCUE_PATH}
    return tuple(_load_option(title, partition, path) for title, path in choices.items())


def ensure(store: Store, options: tuple[bytes, ...]) -> bool:
    """These options lead the firmware's list, in this order; whether it had to be written. Raises BootControlError."""
    order = store.read(ORDER) or b""
    listed = [number for (number,) in struct.iter_unpack("<H", order[: len(order) // 2 * 2])]
    numbers = [_numbered(store, option, listed) for option in options]
    if listed[: len(numbers)] == numbers:
        return False
    rest = [number for number in listed if number not in numbers]
    store.write(ORDER, b"".join(struct.pack("<H", number) for number in (*numbers, *rest)))
    return True


def _numbered(store: Store, option: bytes, listed: list[int]) -> int:
    """The number under which the firmware keeps `option`; it is written where it is not there."""
    for number in listed:
        if store.read(_name(number)) == option:
            return number
    for number in NUMBERS:
        content = store.read(_name(number))
        if content is None:
            store.write(_name(number), option)
        if content in (None, option):
            return number
    raise BootControlError("The firmware has no room for another thing to start.")


def _name(number: int) -> str:
    return f"Boot{number:04X}"


def _load_option(title: str, partition: Partition, path: str) -> bytes:
    device = HARD_DRIVE.pack(
        *(4, 1, HARD_DRIVE.size, partition.number, partition.first_block, partition.blocks),
        *(partition.identity.bytes_le, 2, 2),
    )
    file = f"\\{path.replace('/', chr(92))}\0".encode("utf-16-le")
    paths = device + FILE_PATH.pack(4, 4, FILE_PATH.size + len(file)) + file + END
    return LOAD_OPTION.pack(ACTIVE, len(paths)) + f"{title}\0".encode("utf-16-le") + paths


def found(device: Path, folder: Path = SYS, links: Path = LINKS) -> Partition:
    """The partition behind `device`, a link of udev's. Raises BootControlError."""
    try:
        block = folder / device.resolve(strict=True).name
        disk = block.resolve().parent
        sectors = int((disk / "queue/logical_block_size").read_text()) // 512
        told = dict(line.split("=", 1) for line in (block / "uevent").read_text().splitlines() if "=" in line)
        return Partition(
            number=int((block / "partition").read_text()),
            identity=uuid.UUID(told["PARTUUID"] if "PARTUUID" in told else _identity(device, links)),
            first_block=int((block / "start").read_text()) // sectors,
            blocks=int((block / "size").read_text()) // sectors,
        )
    except (OSError, ValueError, KeyError) as error:
        raise BootControlError(f"The start-up partition can't be found: {error}.") from error


def _identity(device: Path, links: Path) -> str:
    """Kernels before 6.10 don't tell it; udev's links do."""
    real = device.resolve()
    for link in links.iterdir():
        if link.resolve() == real:
            return link.name
    raise KeyError("its unique id")
