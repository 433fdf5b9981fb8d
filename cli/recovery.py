"""`spoq recover`: the recovery key opens data that another main board has sealed, and the box restarts with it."""

import os
import subprocess

from cli.errors import CommandError
from storage import asking, partition


def recover() -> None:
    """Raises CommandError and StorageError: everything is as it was, or can be done again."""
    if os.geteuid() != 0:
        raise CommandError("Only root may give orders to this box: sudo spoq …")
    partition.recover(asking.ask)
    done = subprocess.run(("systemctl", "reboot", "--no-block"), capture_output=True, check=False)
    if done.returncode:
        raise CommandError("The data opens by itself at the next start, but the box does not restart: do it yourself.")
