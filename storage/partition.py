"""The data partition of this box: opened with the writable places, wished erased, recovered.

A box whose data does not open must still start, say so, and take the recovery key: its places are in memory then, and
`storage/fault.py` keeps the sentence.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from storage import factory, fault, places
from storage.errors import NoRecovery, StorageError
from storage.factory import mount
from storage.luks import Vault
from storage.recovery_key import RecoveryKey

DEVICE = Path("/dev/disk/by-partlabel/data")
DATA = Path("/data")
WRITABLE = Path("/usr/lib/spoq/writable")
IN_MEMORY = "size=128m,mode=0755,nosuid,nodev"

log = logging.getLogger("storage")


def open_and_bind() -> None:
    """At every start. Raises StorageError: the writable places are not there."""
    try:
        with _vault() as vault:
            vault.open()
            vault.mount(DATA)
    except StorageError as error:
        log.error("%s", error)
        fault.leave(error)
        mount("-t", "tmpfs", "-o", IN_MEMORY, "data", str(DATA))
    for place in places.parse(WRITABLE.read_text()):
        source = DATA / place.on_data
        if not source.exists():
            source.mkdir(parents=True)
            source.chmod(place.mode)
        mount("--bind", str(source), str(place.path))


def want_reset() -> None:
    """The next start erases. Raises StorageError."""
    with _vault() as vault:
        vault.want_reset()


def recover(ask: Callable[[], RecoveryKey]) -> None:
    """From the next start on the data opens by itself again. `ask` is called where a key can do something.

    Raises StorageError: NoRecovery, NoRecoveryKey and WrongRecoveryKey, and what does not work.
    """
    if not DEVICE.exists():
        raise NoRecovery("This is no box: there is no data here that could be recovered.")
    with _vault() as vault:
        vault.recover(ask)


@contextmanager
def _vault() -> Iterator[Vault]:
    """The vault, with the factory partition writable for as long as it is needed."""
    with factory.mounted() as kept, tempfile.TemporaryDirectory(dir="/run") as scratch:
        yield Vault(DEVICE, kept, Path(scratch))
