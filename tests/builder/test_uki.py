"""The programs that take a kernel image apart are those that know its processor."""

import os
import struct
from pathlib import Path

import pytest

from builder import uki

OTHER = {"x86_64": (0xAA64, "aarch64-linux-gnu-objcopy"), "aarch64": (0x8664, "x86_64-linux-gnu-objcopy")}
OWN = {"x86_64": 0x8664, "aarch64": 0xAA64}


def program(machine: int) -> bytes:
    """As little of an EFI program as tells its processor."""
    return b"MZ".ljust(uki.PE_HEADER, b"\0") + struct.pack("<I4sH", 0x40, b"PE\0\0", machine)


@pytest.mark.parametrize("content", [b"", b"no program", program(OWN[os.uname().machine]), program(0x1234)])
def test_this_machines_own_and_what_nobody_knows_are_for_the_plain_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "stub"
    path.write_bytes(content)
    assert uki.binutil("objcopy", path) == "objcopy"


def test_another_processors_is_for_that_of_its_name(tmp_path: Path) -> None:
    machine, name = OTHER[os.uname().machine]
    path = tmp_path / "stub"
    path.write_bytes(program(machine))
    assert uki.binutil("objcopy", path) == name
