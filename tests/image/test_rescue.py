"""With both slots used up: a USB stick brings a system back, and the data are still there."""

import asyncio
from pathlib import Path

import pytest

from builder import order as orders
from builder.box import Box
from builder.programs import run

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.matrix, pytest.mark.timeout(1800)]

TARGET = "qemu-x86-64"
SUPERBLOCK = 1024
STICK_MIB = 512
USED_UP = (
    "mkdir -p /run/esp; mount /dev/disk/by-partlabel/esp /run/esp; cd /run/esp/loader/entries; "
    "for slot in a b; do mv spoq-$slot+*.conf spoq-$slot+0-3.conf; done; cd /; umount /run/esp; sync"
)
SAYS_SO, WRITES_S = "Neither of the two systems starts", 600.0


def stick(folder: Path) -> Path:
    """FAT32, with the two files that docs/rescue.md names."""
    image = folder / "stick.img"
    with image.open("wb") as file:
        file.truncate(STICK_MIB * 1024 * 1024)
    run("mkfs.vfat", "-F", "32", str(image))
    for ending in ("efi", "root"):
        run("mcopy", "-i", str(image), str(orders.OUT / f"spoq-{TARGET}.{ending}"), "::")
    return image


async def test_a_stick_brings_the_box_back_with_its_data(box: Box, tmp_path: Path) -> None:
    await box.guest.run(f"echo kept > /var/lib/spoq/proof; sync; {USED_UP}")
    await box.cut_power()
    box.flip_byte("root-a", SUPERBLOCK)
    await box.power_on()
    await box.until_console_says(SAYS_SO)
    await box.plug_in_a_stick(await asyncio.to_thread(stick, tmp_path))
    await box.until_console_says("The system is written", WRITES_S)
    await box.until_up()
    assert await box.guest.run("cat /var/lib/spoq/proof /run/spoq/slot") == "kept\nSPOQ_SLOT=a\n"
