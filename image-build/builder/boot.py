"""`make boot`: an image in QEMU, its console in this terminal; what it writes is kept in build/machines/."""

import os
import shlex
import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from builder import accelerator, tools
from builder import target as targets
from builder.errors import BuildError
from builder.guest import Guest
from builder.machine import Machine
from builder.order import OUT
from builder.target import PROJECT
from gateway import config as gateway
from pairing import config as pairing

FOLDER = PROJECT / "build/machines"
ANSWERS_S, LONGEST_S = 10.0, 600.0
OF_A_BOX = 2
"""Ports: for pairing, and for who is paired."""
ALSA = "alsa,in.try-poll=off,out.try-poll=off"
"""QEMU loses most of what is played where it waits for the card by poll."""


def boot(name: str, anew: bool) -> None:
    """Becomes QEMU. Raises BuildError. `anew`: forget what this machine has written."""
    target = targets.read(name)
    if target.flash:
        raise BuildError("This image starts on its board only; docs/jetson.md says how it gets there.")
    tools.check(tools.to_boot(target))
    disk = OUT / f"spoq-{name}.img"
    if not disk.exists():
        raise BuildError(f"There is no image yet: make image TARGET={name}")
    box = Machine(target, FOLDER / name)
    about, started_with = disk.with_suffix(".json"), box.folder / "image.json"
    other = box.disk.exists() and not (started_with.exists() and started_with.read_text() == about.read_text())
    if other:
        # What it wrote lies over the old image, and over no other.
        print("The image is another one than before: it starts in a new machine, which remembers nothing.")
    if anew or other or not box.disk.exists():
        box.make(disk)
        shutil.copy(about, started_with)
    ports = [each for each in (pairing.PORT, gateway.PORT) if _is_free(each)]
    _say(accelerator.best(target), box.folder, ports)
    box.start_tpm()
    command = box.command("mon:stdio", _sound(), ports)
    sys.stdout.flush()
    os.execvp(command[0], command)  # noqa: S606 - it becomes QEMU


async def ask(name: str, command: Sequence[str]) -> int:
    """Runs a command in the box that `boot` has started, and prints what it says; its exit code. Raises BuildError."""
    box = Machine(targets.read(name), FOLDER / name)
    try:
        async with Guest.connected(box.agent, ANSWERS_S) as guest:
            code, said = await guest.outcome(shlex.join(command), LONGEST_S)
    except TimeoutError:
        raise BuildError("The box does not answer: it is off, not up yet, or no image for developers.") from None
    print(said, end="")
    return code


def _sound() -> str:
    """QEMU's name for the sound of this computer; "none" where it has none: the box hears silence then."""
    return ALSA if any(Path("/dev/snd").glob("pcm*")) else "none"


def _is_free(port: int) -> bool:
    """On this computer's loopback interface."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _say(by: str, folder: Path, ports: Sequence[int]) -> None:
    how = "KVM" if by == "kvm" else "software emulation (no KVM that works): it takes a minute or two"
    print(f"Starting with {how}. Ctrl-A X ends it. Its disk and TPM are kept in {folder}.")
    print(f"In another terminal: .venv/bin/python -m builder ask {folder.name} spoq status")
    if len(ports) == OF_A_BOX:
        print("Pair with it, by the code that its console shows: .venv/bin/spoq phone pair --at 127.0.0.1")
    else:
        print("Another program has the ports of pairing: this box can't be reached from this computer.")
