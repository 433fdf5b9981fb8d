"""What the firmware vouches for, and what the TPM is told once the data is open.

Source: UEFI 2.10, 3.3 (SecureBoot, SetupMode); systemd-pcrphase(8).
"""

import subprocess
from pathlib import Path

from storage.errors import StorageError

VARIABLES = Path("/sys/firmware/efi/efivars")
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
ATTRIBUTES = 4
"""Bytes before a variable's content."""
MEASURE = ("/usr/lib/systemd/systemd-pcrphase", "--graceful", "spoq-data")


def vouches(variables: Path = VARIABLES) -> bool:
    """Whether it starts only what is signed, by keys that nobody can replace. Else a sealed key is sealed to naught."""
    return _byte(variables, "SecureBoot") == 1 and _byte(variables, "SetupMode") == 0


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
