"""`make boot`: an image in QEMU, its console in this terminal; what it writes is kept in build/machines/."""

import os
import sys
from pathlib import Path

from builder import image, machine, tools
from builder import target as targets
from builder.errors import BuildError
from builder.machine import Machine
from builder.root import PROJECT

FOLDER = PROJECT / "build/machines"


def boot(name: str, anew: bool) -> None:
    """Becomes QEMU. Raises BuildError. `anew`: forget what this machine has written."""
    target = targets.read(name)
    tools.check(tools.to_boot(target))
    disk = image.OUT / f"spoq-{name}.img"
    if not disk.exists():
        raise BuildError(f"There is no image yet: make image TARGET={name}")
    box = Machine(target, FOLDER / name)
    if anew or not box.disk.exists() or box.disk.stat().st_mtime < disk.stat().st_mtime:
        box.make(disk)
    accelerator = machine.accelerator(target)
    _say(accelerator, box.folder)
    box.start_tpm()
    command = box.command(accelerator, "mon:stdio")
    sys.stdout.flush()
    os.execvp(command[0], command)  # noqa: S606 - it becomes QEMU


def _say(accelerator: str, folder: Path) -> None:
    how = "KVM" if accelerator == "kvm" else "software emulation (no KVM that works): it takes about a minute"
    print(f"Starting with {how}. Ctrl-A X ends it. Its disk and TPM are kept in {folder}.")
