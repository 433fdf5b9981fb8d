"""Numbers in UEFI variables, over files; the real efivarfs is in tests/image."""

from pathlib import Path

import pytest

from ota.efivars import EfiVariables
from ota.errors import BootControlError
from ota.nvbootctrl import GUID, PowerController
from ota.slots import Slot


def test_a_number_is_read_as_it_was_written(tmp_path: Path) -> None:
    variables = EfiVariables(GUID, tmp_path)
    assert variables.get("BootChainFwNext") is None
    variables.set("BootChainFwNext", 1)
    assert variables.get("BootChainFwNext") == 1
    assert (tmp_path / f"BootChainFwNext-{GUID}").read_bytes() == bytes.fromhex("07000000 01000000")
    variables.delete("BootChainFwNext")
    variables.delete("BootChainFwNext")
    assert variables.get("BootChainFwNext") is None


@pytest.mark.parametrize("content", [b"", b"\x07\0\0\0", b"\x07\0\0\0\1\0\0\0\0"])
def test_a_variable_of_another_size_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"BootChainFwNext-{GUID}").write_bytes(content)
    with pytest.raises(BootControlError, match="bytes"):
        EfiVariables(GUID, tmp_path).get("BootChainFwNext")


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(BootControlError, match="can't be written"):
        EfiVariables(GUID, tmp_path / "nowhere").set("BootChainFwNext", 1)


def test_the_register_counts_by_slot(tmp_path: Path) -> None:
    register = PowerController(tmp_path)
    assert register.get(Slot.A) is None
    (tmp_path / "rootfs_retry_count_a").write_text("0x3\n")
    assert register.get(Slot.A) == 3
    register.set(Slot.A, 2)
    assert register.get(Slot.A) == 2


def test_a_register_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rootfs_retry_count_b").write_text("three")
    with pytest.raises(BootControlError, match="slot b"):
        PowerController(tmp_path).get(Slot.B)
