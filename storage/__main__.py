"""`python -m storage open` opens the data partition and binds the writable places; `reset` wants it erased.

A box whose data does not open must still start, say so, and take the recovery key: its places are in memory then, and
`FAULT` holds the sentence.
"""

import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage import places
from storage.errors import StorageError
from storage.luks import Vault

DEVICES = Path("/dev/disk/by-partlabel")
DATA = Path("/data")
WRITABLE = Path("/usr/lib/spoq/writable")
FAULT = Path("/run/spoq/data-fault")
IN_MEMORY = "size=128m,mode=0755,nosuid,nodev"

log = logging.getLogger("storage")


def main() -> int:
    """The program; its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    command = sys.argv[1:]
    try:
        if command == ["open"]:
            _open()
        elif command == ["reset"]:
            with _vault() as vault:
                vault.want_reset()
        else:
            log.error("Usage: python -m storage open | reset")
            return 2
    except StorageError as error:
        log.error("%s", error)
        return 1
    return 0


def _open() -> None:
    try:
        with _vault() as vault:
            vault.open()
            vault.mount(DATA)
    except StorageError as error:
        log.error("%s", error)
        FAULT.write_text(f"{error}\n")
        _mount("-t", "tmpfs", "-o", IN_MEMORY, "data", str(DATA))
    for place in places.parse(WRITABLE.read_text()):
        source = DATA / place.on_data
        if not source.exists():
            source.mkdir(parents=True)
            source.chmod(place.mode)
        _mount("--bind", str(source), str(place.path))


@contextmanager
def _vault() -> Iterator[Vault]:
    """The vault, with the factory partition writable for as long as it is needed."""
    with tempfile.TemporaryDirectory(dir="/run") as scratch:
        factory = Path(scratch, "factory")
        factory.mkdir()
        _mount("-t", "ext4", "-o", "rw,nosuid,nodev,noexec,sync", str(DEVICES / "factory"), str(factory))
        try:
            yield Vault(DEVICES / "data", factory, Path(scratch))
        finally:
            subprocess.run(("umount", str(factory)), check=True)


def _mount(*arguments: str) -> None:
    done = subprocess.run(("mount", *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise StorageError(f"{arguments[-1]} can't be mounted: {done.stderr.strip()[-200:]}")


if __name__ == "__main__":
    sys.exit(main())
