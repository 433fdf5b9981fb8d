"""The boxes of the image benchmark: a first start, copies of it, and the peer."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench import costs
from builder import kernel_image
from builder.box import Box, booted, copied
from builder.machine import Machine

SAVED = "up"
INSTALL = (
    "mkdir -p /run/esp; mount /dev/disk/by-partlabel/esp /run/esp; cp /run/new.efi /run/esp/EFI/spoq/a.efi; "
    "umount /run/esp; sync"
)
OUR_UNITS = " ".join(f"'{name}*'" for name in costs.OURS)


class Lab:
    """One machine after its first start, and boxes that are copies of it."""

    def __init__(self, target: str, first: Machine) -> None:
        self._target, self._first = target, first
        self._latest = first

    async def start_first(self) -> None:
        """Its first start, saved when it was well, and ended in order."""
        async with self.booted(self._first) as box:
            await box.until_well()
            await box.save(SAVED)
            await box.switch_off()

    @asynccontextmanager
    async def copy(self, of: Machine | None = None) -> AsyncIterator[Machine]:
        """The first machine, or another, as it was left; gone at the end."""
        original = of or self._first
        with tempfile.TemporaryDirectory(dir=self._first.folder.parent) as folder:
            yield await asyncio.to_thread(copied, original, Path(folder, "box"))

    @asynccontextmanager
    async def booted(self, machine: Machine, *more: str) -> AsyncIterator[Box]:
        """A box that is up; `more` are arguments of QEMU. Off at the end."""
        self._latest = machine
        async with booted(machine, *more) as box:
            yield box

    async def masked(self) -> Machine:
        """A copy whose kernel command line masks our units."""
        peer = await asyncio.to_thread(copied, self._first, self._first.folder.parent / "masked")
        async with self.booted(peer) as box:
            line = costs.without_us(await box.guest.run(f"systemctl list-unit-files --no-legend --plain {OUR_UNITS}"))
            await box.guest.put(await asyncio.to_thread(kernel_image.altered, self._target, None, line), "/run/new.efi")
            await box.guest.run(INSTALL)
            await box.switch_off()
        return peer

    def command(self) -> list[str]:
        """How QEMU was started last."""
        return self._latest.command(f"file:{self._latest.folder / 'console'}")

    def last_words(self) -> str:
        """The end of the console that was written last."""
        console = self._latest.folder / "console"
        return console.read_text(errors="replace")[-1000:] if console.exists() else ""
