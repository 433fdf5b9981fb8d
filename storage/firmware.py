"""What the firmware vouches for, whether it has a TPM, and what that is told once the data is open.

Source: UEFI 2.10, 3.3 (SecureBoot, SetupMode); systemd-pcrphase(8); TCG ACPI Specification 1.4, 7 (TPM2).
"""

import logging
import subprocess
from collections.abc import Callable
from pathlib import Path

from storage.errors import StorageError

log = logging.getLogger(__name__)

Completed = subprocess.CompletedProcess[bytes]

VARIABLES = Path("/sys/firmware/efi/efivars")
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
ATTRIBUTES = 4
"""Bytes before a variable's content."""
TPM_TABLE = Path("/sys/firmware/acpi/tables/TPM2")
TPM_S = 60
WAIT_FOR_TPM = ("udevadm", "wait", f"--timeout={TPM_S}", "/dev/tpmrm0")
MEASURE = ("/usr/lib/systemd/systemd-pcrphase", "--graceful", "spoq-data")


def vouches(variables: Path = VARIABLES) -> bool:
    """Whether it starts only what is signed, by keys that nobody can replace. Else a sealed key is sealed to naught."""
    return _byte(variables, "SecureBoot") == 1 and _byte(variables, "SetupMode") == 0


def wait_for_tpm(table: Path = TPM_TABLE, run: Callable[..., Completed] = subprocess.run) -> None:
    """Until the kernel has found the TPM that the firmware tells of; at once where it tells of none."""
    # A device tree may tell of one, too: on such boards nothing is sealed yet (docs/decisions/0010).
    if table.exists() and run(WAIT_FOR_TPM, check=False).returncode:
        log.warning("the firmware tells of a TPM, and the kernel has not found it in %d s", TPM_S)


def measure_data_phase() -> None:
    """From here to the next start the TPM gives the data's key to nobody (PCR 11). Raises StorageError."""
    done = subprocess.run(MEASURE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StorageError(f"The TPM can't be told that the data is open: {done.stderr.strip()[-200:]}")


def _byte(variables: Path, name: str) -> int | None:
    try:
        content = (variables / f"{name}-{GLOBAL}").read_bytes()
    except OSError:
        return None
    return content[ATTRIBUTES] if len(content) == ATTRIBUTES + 1 else None
