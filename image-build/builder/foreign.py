"""Programs of another processor, which packages bring and run while they are set up: the kernel has to know by what.

A machine that runs systemd knows it from the package qemu-user-static on; a container's kernel is told here.

Source: Linux, Documentation/admin-guide/binfmt-misc.rst; systemd-binfmt(8).
"""

import subprocess
from pathlib import Path

from builder.errors import MissingTools

KNOWN = Path("/proc/sys/fs/binfmt_misc")
TELL = "/usr/lib/systemd/systemd-binfmt"
INTERPRETERS = {"amd64": "qemu-x86_64.conf", "arm64": "qemu-aarch64.conf"}


def prepare(architecture: str) -> None:
    """Such programs run from here on. Raises MissingTools: they don't."""
    if _runs(architecture):
        return
    if not (KNOWN / "register").exists():
        subprocess.run(("mount", "-t", "binfmt_misc", "binfmt_misc", str(KNOWN)), capture_output=True, check=False)
    subprocess.run((TELL, INTERPRETERS[architecture]), capture_output=True, check=False)
    if not _runs(architecture):
        raise MissingTools(
            f"This machine's kernel does not run programs for {architecture}: binfmt_misc with qemu-user-static would."
        )


def _runs(architecture: str) -> bool:
    return subprocess.run(("arch-test", architecture), capture_output=True, check=False).returncode == 0
