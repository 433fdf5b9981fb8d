"""The initrd reads from the firmware's variables which slot was started."""

import subprocess
from pathlib import Path

import pytest

from builder.target import FOLDER
from ota import nvbootctrl

LOADER = "LoaderEntrySelected-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
LAUNCHER = f"BootChainOsCurrent-{nvbootctrl.GUID}"
ATTRIBUTES = b"\x06\0\0\0"


def started(variables: Path) -> str:
    """What the function of that name prints, with this machine's programs in the place of the initrd's."""
    functions = FOLDER / "initrd/functions"
    script = f". {functions}; VARIABLES={variables}; started"
    return subprocess.run(("sh", "-c", script), capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("variable", "value", "slot"),
    [
        (LOADER, "spoq-a+3-0.conf\0".encode("utf-16-le"), "a"),
        (LOADER, "SPOQ-B.conf\0".encode("utf-16-le"), "b"),
        (LOADER, "rescue.conf\0".encode("utf-16-le"), ""),
        (LAUNCHER, (0).to_bytes(4, "little"), "a"),
        (LAUNCHER, (1).to_bytes(4, "little"), "b"),
        (LAUNCHER, (2).to_bytes(4, "little"), ""),
        (LAUNCHER, (256).to_bytes(4, "little"), ""),
        (LAUNCHER, b"\1", ""),
    ],
)
def test_the_slot_is_the_one_that_was_started_or_none(tmp_path: Path, variable: str, value: bytes, slot: str) -> None:
    (tmp_path / variable).write_bytes(ATTRIBUTES + value)
    assert started(tmp_path) == slot


def test_firmware_that_says_nothing_names_no_slot(tmp_path: Path) -> None:
    assert started(tmp_path) == ""
