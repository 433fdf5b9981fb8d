"""The data partition of this box: opened with the writable places, wished erased, recovered.

A box whose data does not open must still start, say so, and take the recovery key: its places are in memory then, and
`storage/fault.py` keeps the sentence.
"""

import logging
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from storage import factory, fault, places
from storage.errors import Locked, NoRecovery, StorageError
from storage.factory import mount
from storage.firmware import measure_data_phase, wait_for_tpm
from storage.luks import Vault
from storage.recovery_key import RecoveryKey

DEVICE = Path("/dev/spoq/data")
DATA = Path("/data")
WRITABLE = Path("/usr/lib/spoq/writable")
IN_MEMORY = "size=128m,mode=0755,nosuid,nodev,noexec"

log = logging.getLogger("storage")


def open_and_bind() -> None:
    """At every start. Raises StorageError: the writable places are not there."""
    wrong = _wrong_with(_open)
    if not isinstance(wrong, Locked):
        # Locked data the TPM gives to nobody, and whoever recovers it has to try.
        wrong = _wrong_with(measure_data_phase) or wrong
    if wrong := wrong or _wrong_with(_mount):
        log.error("%s", wrong)
        fault.leave(wrong)
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


def _open() -> None:
    wait_for_tpm()
    with _vault() as vault:
        vault.open()


def _mount() -> None:
    # The factory partition has said what it had to.
    Vault(DEVICE, None, Path("/run")).mount(DATA)


def _wrong_with(act: Callable[[], None]) -> StorageError | None:
    """What does not work about it, whatever that is: a box starts without its data, too."""
    try:
        act()
    except StorageError as error:
        return error
    except (OSError, subprocess.SubprocessError) as error:
        return StorageError(f"The data can't be opened: {error}.")
    return None


@contextmanager
def _vault() -> Iterator[Vault]:
    """The vault, with the factory partition writable for as long as it is needed; without it where it is damaged."""
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(dir="/run"))
        kept: Path | None = None
        try:
            kept = stack.enter_context(factory.mounted())
        except (StorageError, OSError) as error:
            log.error("%s", error)
        yield Vault(DEVICE, kept, Path(scratch))
