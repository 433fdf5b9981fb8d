"""KVM or software emulation. A /dev/kvm may be there and hang, so a tiny machine has to say a word first."""

import functools
import os
import subprocess
import tempfile
import time
from pathlib import Path

from builder.target import Target

EMULATION = "tcg,thread=multi"
KVM_DEVICE = Path("/dev/kvm")
TRIAL_S = 8.0
POLL_S = 0.05
SAYS_A_WORD = bytes.fromhex("baf803 b04b ee f4 ebfd").ljust(510, b"\0") + b"\x55\xaa"
"""A boot sector: mov dx, 0x3f8; mov al, 'K'; out dx, al; hlt, for ever."""
DISK_BYTES = 1024 * 1024
"""The firmware starts nothing from a disk that has not one whole cylinder."""


def best(target: Target) -> str:
    """QEMU's name of the quickest that works here for this target; only x86-64 on x86-64 is tried."""
    native = target.architecture == "amd64" and os.uname().machine == target.machine
    return "kvm" if native and _kvm_works() else EMULATION


@functools.cache
def _kvm_works() -> bool:
    return os.access(KVM_DEVICE, os.R_OK | os.W_OK) and works("kvm")


def works(name: str, program: str = "qemu-system-x86_64", within_s: float = TRIAL_S) -> bool:
    """Whether a machine like ours (with the memory that Secure Boot hides) runs a program in time."""
    with tempfile.TemporaryDirectory() as folder:
        disk, word = Path(folder, "disk"), Path(folder, "word")
        disk.write_bytes(SAYS_A_WORD.ljust(DISK_BYTES, b"\0"))
        command = (
            *(program, "-machine", "q35,smm=on", "-accel", name, "-cpu", "host" if name == "kvm" else "max"),
            *("-m", "64", "-nodefaults", "-display", "none", "-serial", f"file:{word}"),
            *("-drive", f"if=ide,format=raw,file={disk}"),
        )
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as trial:
            end = time.monotonic() + within_s
            while not (spoke := _has_spoken(word)) and time.monotonic() < end and trial.poll() is None:
                time.sleep(POLL_S)
            trial.kill()
        return spoke


def _has_spoken(word: Path) -> bool:
    return word.exists() and word.stat().st_size > 0
