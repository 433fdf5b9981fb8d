"""What an update does to a box, as far as these tests need it."""

from builder.box import PYTHON, Box
from builder.target import PROJECT

TARGET = "qemu-x86-64"
ON_ESP = "mkdir -p /run/esp; mount /dev/disk/by-partlabel/esp /run/esp; {}; umount /run/esp; sync"
STARTS = "\nload start\n"
BEFORE_IT_STARTS, AND_AFTER = (PROJECT / "image-build/initrd/init").read_text().split(STARTS)
HANGS = f"{BEFORE_IT_STARTS}\nwhile true; do sleep 1; done\n{AND_AFTER}"
"""The initrd's first program, once it has armed the watchdog."""
B_IS_NEXT = """
from ota.board import boot_control
from ota.slots import Slot, Slots
with boot_control() as control:
    Slots(control).activate(Slot.B)
"""


async def install(box: Box, slot: str, kernel_image: bytes) -> None:
    """A slot gets this kernel image."""
    await box.guest.put(kernel_image, "/run/new.efi")
    await box.guest.run(ON_ESP.format(f"cp /run/new.efi /run/esp/EFI/spoq/{slot}.efi"))


async def activate_b(box: Box) -> None:
    """Slot b is started next, on trial."""
    await box.guest.put(B_IS_NEXT.encode(), "/run/activate.py")
    await box.guest.run(f"{PYTHON} /run/activate.py")
