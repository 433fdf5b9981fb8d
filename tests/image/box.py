"""A box in QEMU: power, disk and saved states. What happens in it goes through `Guest`.

async with booted(machine) as box:
    await box.guest.run("…")
    await box.cut_power()
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from builder.disk import MIB, run
from builder.machine import Machine
from tests.image.guest import Guest

UP_S = 300.0
"""Two cores that emulate two cores, and other programs beside them."""
ENDS_S = 20.0


class Box:
    """One machine that can be switched on and off. `guest` is there while it is up."""

    def __init__(self, machine: Machine, accelerator: str) -> None:
        self.machine = machine
        self._accelerator = accelerator
        self._process: asyncio.subprocess.Process | None = None
        self._connection = AsyncExitStack()
        self._guest: Guest | None = None

    @property
    def guest(self) -> Guest:
        assert self._guest is not None, "the box is off"
        return self._guest

    @property
    def console(self) -> str:
        """Everything that the console has shown since it was switched on."""
        path = self.machine.folder / "console"
        return path.read_text(errors="replace") if path.exists() else ""

    async def switch_on(self, *more: str, wait_s: float = UP_S) -> None:
        """Returns when the agent answers. Raises TimeoutError."""
        self.machine.start_tpm()
        command = self.machine.command(self._accelerator, f"file:{self.machine.folder / 'console'}")
        self._process = await asyncio.create_subprocess_exec(*command, *more)
        self._guest = await self._connection.enter_async_context(Guest.connected(self.machine.agent, wait_s))

    async def cut_power(self) -> None:
        """At once, whatever it is doing."""
        await self._connection.aclose()
        self._connection, self._guest = AsyncExitStack(), None
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            async with asyncio.timeout(ENDS_S):
                await self._process.wait()

    async def save(self, name: str) -> None:
        """The state of the whole machine, on its disks; it goes on running."""
        await self._connection.aclose()
        self._connection = AsyncExitStack()
        await self._monitor("savevm", name)
        self._guest = await self._connection.enter_async_context(Guest.connected(self.machine.agent, UP_S))

    def flip_byte(self, partition: str, offset: int) -> None:
        """One byte of a partition becomes another. The box is off."""
        sizes = self.machine.target.partitions
        order = ("esp", "root-a", "root-b", "factory", "data")
        mib = (sizes.esp_mib, sizes.root_mib, sizes.root_mib, sizes.factory_mib, sizes.data_mib)
        start = (1 + sum(mib[: order.index(partition)])) * MIB + offset
        read = run("qemu-io", "-r", "-f", "qcow2", "-c", f"read -v {start} 1", str(self.machine.disk))
        byte = int(read.split(":", 1)[1].split()[0], 16)
        run("qemu-io", "-f", "qcow2", "-c", f"write -P {byte ^ 0xFF:#x} {start} 1", str(self.machine.disk))

    async def _monitor(self, *command: str) -> None:
        reader, writer = await asyncio.open_unix_connection(self.machine.monitor)
        try:
            await reader.readline()
            for name, arguments in (
                ("qmp_capabilities", {}),
                ("human-monitor-command", {"command-line": " ".join(command)}),
            ):
                writer.write(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
                answer: dict[str, Any] = {}
                while "return" not in answer and "error" not in answer:
                    answer = json.loads(await reader.readline())
                assert not answer.get("return"), answer
        finally:
            writer.close()


@asynccontextmanager
async def booted(machine: Machine, accelerator: str, *more: str) -> AsyncIterator[Box]:
    """A box that is up; off at the end."""
    box = Box(machine, accelerator)
    try:
        await box.switch_on(*more)
        yield box
    finally:
        await box.cut_power()


def copied(machine: Machine, folder: Path) -> Machine:
    """The same machine as it was left, in another folder."""
    shutil.copytree(machine.folder, folder, ignore=shutil.ignore_patterns("*.sock", "console", "tpm.log"))
    return Machine(machine.target, folder)
