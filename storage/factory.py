"""The factory partition, mounted for as long as it is needed: what is on it survives a reset."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import StorageError

DEVICE = Path("/dev/spoq/factory")


@contextmanager
def mounted() -> Iterator[Path]:
    """Its folder, writable and for root only. Raises StorageError."""
    # After a power cut it may have to be put in order.
    subprocess.run(("e2fsck", "-p", str(DEVICE)), capture_output=True, check=False)
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        mount("-t", "ext4", "-o", "rw,nosuid,nodev,noexec,nosymfollow,sync", str(DEVICE), folder)
        try:
            yield Path(folder)
        finally:
            if subprocess.run(("umount", folder), capture_output=True, check=False).returncode:
                subprocess.run(("umount", "--lazy", folder), capture_output=True, check=False)


def mount(*arguments: str) -> None:
    """Raises StorageError."""
    done = subprocess.run(("mount", *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise StorageError(f"{arguments[-1]} can't be mounted: {done.stderr.strip()[-200:]}")
