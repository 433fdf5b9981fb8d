"""`python -m storage open` opens the data partition and binds the writable places; `reset` wants it erased.

A box whose data does not open must still start, say so, and take the recovery key: its places are in memory then, and
`FAULT` holds the sentence.
"""

import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage import factory, places
from storage.errors import StorageError
from storage.factory import mount
from storage.luks import Vault

DATA_DEVICE = Path("/dev/disk/by-partlabel/data")
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
        mount("-t", "tmpfs", "-o", IN_MEMORY, "data", str(DATA))
    for place in places.parse(WRITABLE.read_text()):
        source = DATA / place.on_data
        if not source.exists():
            source.mkdir(parents=True)
            source.chmod(place.mode)
        mount("--bind", str(source), str(place.path))


@contextmanager
def _vault() -> Iterator[Vault]:
    """The vault, with the factory partition writable for as long as it is needed."""
    with factory.mounted() as kept, tempfile.TemporaryDirectory(dir="/run") as scratch:
        yield Vault(DATA_DEVICE, kept, Path(scratch))


if __name__ == "__main__":
    sys.exit(main())
