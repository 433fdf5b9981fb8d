"""The firmware starts the loader first and our rescue image second; its list is written only where it differs."""

import uuid
from pathlib import Path

import pytest

from ota.boot_options import GUID, Partition, ensure, found, wanted
from ota.efivars import EfiVariables
from ota.errors import BootControlError

PARTITION = Partition(1, uuid.UUID("01234567-89ab-cdef-0123-456789abcdef"), 2048, 327680)
OPTIONS = wanted(PARTITION, "x86_64")
BY_THE_BOOK = (
    "01000000 5e00 53007000 6f007100 0000"  # active, the bytes of the paths, the title
    "04 01 2a00 01000000 0008000000000000 0000050000000000 67452301ab89efcd0123456789abcdef 02 02"  # GPT, by its id
    "04 04 3000" + "\\EFI\\BOOT\\BOOTX64.EFI\0".encode("utf-16-le").hex() + "7fff0400"
)
"""Written by hand from the specification's tables."""


class Store:
    """Variables in memory; `written` counts."""

    def __init__(self, variables: dict[str, bytes]) -> None:
        self.variables = variables
        self.written = 0

    def read(self, name: str) -> bytes | None:
        return self.variables.get(name)

    def write(self, name: str, content: bytes) -> None:
        self.variables[name] = content
        self.written += 1


@pytest.fixture
def firmware() -> Store:
    """As a virtual machine's: its own choices, the disk first."""
    own = {f"Boot000{n}": b"of the firmware %d" % n for n in range(3)}
    return Store({"BootOrder": bytes.fromhex("0100 0000 0200"), **own})


def test_a_load_option_is_as_the_specification_says() -> None:
    assert OPTIONS[0] == bytes.fromhex(BY_THE_BOOK)


def test_ours_lead_and_the_firmwares_own_follow(firmware: Store) -> None:
    assert ensure(firmware, OPTIONS)
    assert firmware.variables["BootOrder"] == bytes.fromhex("0300 0400 0100 0000 0200")
    assert (firmware.variables["Boot0003"], firmware.variables["Boot0004"]) == OPTIONS


def test_the_second_time_nothing_is_written(firmware: Store) -> None:
    ensure(firmware, OPTIONS)
    written = firmware.written
    assert not ensure(firmware, OPTIONS)
    assert firmware.written == written


def test_firmware_that_moved_them_back_is_told_again(firmware: Store) -> None:
    ensure(firmware, OPTIONS)
    firmware.variables["BootOrder"] = bytes.fromhex("0100 0300 0400")
    assert ensure(firmware, OPTIONS)
    assert firmware.variables["BootOrder"] == bytes.fromhex("0300 0400 0100")
    assert sorted(firmware.variables) == ["Boot0000", "Boot0001", "Boot0002", "Boot0003", "Boot0004", "BootOrder"]


def test_power_lost_after_the_options_leaves_no_second_ones(firmware: Store) -> None:
    ensure(firmware, OPTIONS)
    firmware.variables["BootOrder"] = bytes.fromhex("0100 0000 0200")
    ensure(firmware, OPTIONS)
    assert firmware.variables["BootOrder"] == bytes.fromhex("0300 0400 0100 0000 0200")
    assert "Boot0005" not in firmware.variables


def test_a_list_that_is_no_list_is_replaced() -> None:
    firmware = Store({"BootOrder": b"\1"})
    assert ensure(firmware, OPTIONS)
    assert firmware.variables["BootOrder"] == bytes.fromhex("0000 0100")


def test_the_files_are_the_kernels(tmp_path: Path) -> None:
    variables = EfiVariables(GUID, tmp_path)
    ensure(variables, OPTIONS)
    assert (tmp_path / f"BootOrder-{GUID}").read_bytes() == bytes.fromhex("07000000 0000 0100")


def test_the_partition_is_found_by_its_link(tmp_path: Path) -> None:
    sys, dev = tmp_path / "sys", tmp_path / "dev"
    block = sys / "vda/vda1"
    block.mkdir(parents=True)
    (sys / "vda/queue").mkdir()
    (sys / "vda/queue/logical_block_size").write_text("512\n")
    (sys / "vda1").symlink_to("vda/vda1")
    for name, text in {"partition": "1", "start": "2048", "size": "327680", "uevent": "PARTNAME=esp\n"}.items():
        (block / name).write_text(text)
    for folder, name in (("spoq", "esp"), ("by-partuuid", str(PARTITION.identity))):
        (dev / folder).mkdir(parents=True)
        (dev / folder / name).symlink_to(dev / "vda1")
    (dev / "vda1").touch()
    assert found(dev / "spoq/esp", sys, dev / "by-partuuid") == PARTITION


def test_without_the_partition_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(BootControlError, match="start-up partition"):
        found(tmp_path / "esp", tmp_path, tmp_path)
