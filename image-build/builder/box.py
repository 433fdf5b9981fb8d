"""A box in QEMU: power, disk and saved states. What happens in it goes through `Guest`.

async with booted(machine) as box:
    await box.guest.run("…")
    await box.cut_power()
"""

import asyncio
import json
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from builder import disk
from builder.guest import Guest
from builder.machine import Machine
from builder.programs import run

UP_S = 300.0
"""Two cores that emulate two cores, and other programs beside them."""
WELL_S = 600.0
WELL = "systemctl start box-confirm.service"
"""It is started already: this waits for the end of that, at no cost to the box."""
ENDS_S = 20.0
OFF_S = 120.0
GREETS_S = 2.0
PYTHON = "/usr/lib/spoq/environment/bin/python3"
FINGER = Path(__file__).parent / "finger.py"
POLL_S = 0.2
DUMPED = re.compile(r"^[0-9a-f]+: +((?:[0-9a-f]{2} )+)", re.MULTILINE)
"""A line of what qemu-io prints of what it read."""


class Box:
    """One machine that can be switched on and off. `guest` is there while it is up, `sound` as in Machine.command."""

    def __init__(self, machine: Machine, sound: str = "") -> None:
        self.machine = machine
        self._sound = sound
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

    async def power_on(self, *more: str) -> None:
        """Returns at once; `more` are arguments of QEMU."""
        self.machine.start_tpm()
        command = self.machine.command(f"file:{self.machine.folder / 'console'}", self._sound)
        self._process = await asyncio.create_subprocess_exec(*command, *more)

    async def switch_on(self, *more: str) -> None:
        """Returns when the agent answers. Raises TimeoutError."""
        await self.power_on(*more)
        await self.until_up()

    async def until_up(self) -> None:
        """The agent answers. Raises TimeoutError."""
        # It has one connection at a time, and that of before a restart is dead.
        await self._disconnect()
        self._guest = await self._connection.enter_async_context(Guest.connected(self.machine.agent, UP_S))

    async def until_console_says(self, words: str, timeout_s: float = UP_S, times: int = 1) -> None:
        """So often since it was switched on. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while self.console.count(words) < times:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(POLL_S)

    async def until_well(self) -> None:
        """All daemons are up and the slot is confirmed. Raises TimeoutError, CommandFailed."""
        await self.guest.run(WELL, WELL_S)

    async def press(self, key: int, seconds: float) -> None:
        """Somebody holds a button; returns as soon as the finger comes near it."""
        await self.guest.put(FINGER.read_bytes(), "/run/finger.py")
        await self.guest.run(f"modprobe uinput; {PYTHON} /run/finger.py {key} {seconds} >/run/finger.log 2>&1 &")

    async def plug_in_a_sound_card(self) -> None:
        """On USB, a speaker without a microphone; it plays to nobody."""
        await self._monitor("device_add", "usb-audio,id=card,audiodev=sound")

    async def unplug_the_sound_card(self) -> None:
        await self._monitor("device_del", "card")

    async def plug_in_a_stick(self, image: Path) -> None:
        """A USB stick with this content, which can't be written."""
        await self._monitor("drive_add", f"0 if=none,id=stick,file={image},format=raw,readonly=on")
        await self._monitor("device_add", "usb-storage,id=plugged,drive=stick")

    async def forward(self, port: int) -> int:
        """A port of this computer's, on its loopback interface, that leads to that one of the box's."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            here = int(probe.getsockname()[1])
        await self._monitor("hostfwd_add", f"net tcp:127.0.0.1:{here}-:{port}")
        return here

    @property
    def pid(self) -> int:
        """Of QEMU, while the box is on."""
        assert self._process is not None, "the box is off"
        return self._process.pid

    async def switch_off(self) -> None:
        """In order: what runs in it ends first. Raises TimeoutError."""
        assert self._process is not None, "the box is off"
        # The agent ends early in it, and has to answer before.
        await self.guest.run("(sleep 1; systemctl poweroff) >/dev/null 2>&1 &")
        async with asyncio.timeout(OFF_S):
            await self._process.wait()
        await self.cut_power()

    async def cut_power(self) -> None:
        """At once, whatever it is doing."""
        await self._disconnect()
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            async with asyncio.timeout(ENDS_S):
                await self._process.wait()

    def replace_tpm(self) -> None:
        """Another main board, as far as secrets go. The box is off."""
        (self.machine.folder / "tpm").rename(self.machine.folder / "replaced-tpm")

    async def save(self, name: str) -> None:
        """The state of the whole machine, on its disks; it goes on running."""
        await self._disconnect()
        await self._monitor("savevm", name)
        await self.until_up()

    def read(self, partition: str, offset: int, count: int) -> bytes:
        """What is on the disk. While the box is on that may be what was there a moment ago."""
        start = self._place(partition, offset)
        told = run("qemu-io", "-r", "-U", "-f", "qcow2", "-c", f"read -v {start} {count}", str(self.machine.disk))
        return b"".join(bytes.fromhex(each.replace(" ", "")) for each in DUMPED.findall(told))

    def flip_byte(self, partition: str, offset: int) -> None:
        """One byte of a partition becomes another. The box is off."""
        byte, start = self.read(partition, offset, 1)[0], self._place(partition, offset)
        run("qemu-io", "-f", "qcow2", "-c", f"write -P {byte ^ 0xFF:#x} {start} 1", str(self.machine.disk))

    def _place(self, partition: str, offset: int) -> int:
        return disk.start(self.machine.target.partitions, partition) + offset

    async def _disconnect(self) -> None:
        await self._connection.aclose()
        self._connection, self._guest = AsyncExitStack(), None

    async def _monitor(self, *command: str) -> None:
        reader, writer = await self._greeted()
        try:
            for name, arguments in (
                ("qmp_capabilities", {}),
                ("human-monitor-command", {"command-line": " ".join(command)}),
            ):
                writer.write(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
                answer: dict[str, Any] = {}
                while "return" not in answer and "error" not in answer:
                    answer = json.loads(await reader.readline())
                assert str(answer.get("return") or "").strip() in ("", "OK"), answer
        finally:
            writer.close()

    async def _greeted(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to QEMU, which has one at a time, and may still be at the one before."""
        while True:
            reader, writer = await asyncio.open_unix_connection(self.machine.monitor)
            with suppress(TimeoutError):
                async with asyncio.timeout(GREETS_S):
                    if await reader.readline():
                        return reader, writer
            writer.close()


@asynccontextmanager
async def booted(machine: Machine, *more: str, sound: str = "") -> AsyncIterator[Box]:
    """A box that is up; off at the end."""
    box = Box(machine, sound)
    try:
        await box.switch_on(*more)
        yield box
    finally:
        await box.cut_power()


def copied(machine: Machine, folder: Path) -> Machine:
    """The same machine as it was left, in another folder."""
    shutil.copytree(machine.folder, folder, ignore=shutil.ignore_patterns("*.sock", "console", "tpm.log"))
    return Machine(machine.target, folder)
