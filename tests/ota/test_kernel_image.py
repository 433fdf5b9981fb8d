"""A slot gets the kernel image of the bundle whole, or keeps the one that it had."""

from pathlib import Path

import pytest

from ota.errors import BootControlError
from ota.kernel_image import NAME, take, written_to
from ota.slots import Slot

TOLD = {"RAUC_TARGET_SLOTS": "2", "RAUC_SLOT_BOOTNAME_1": "a", "RAUC_SLOT_BOOTNAME_2": "b"}


@pytest.fixture
def esp(tmp_path: Path) -> Path:
    folder = tmp_path / "esp/EFI/spoq"
    folder.mkdir(parents=True)
    for slot in Slot:
        (folder / f"{slot}.efi").write_bytes(b"MZ before")
    return tmp_path / "esp"


def images(esp: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (esp / "EFI/spoq").iterdir()}


def test_the_slot_that_was_written_gets_it(tmp_path: Path, esp: Path) -> None:
    (tmp_path / NAME).write_bytes(b"MZ new")
    take(tmp_path, esp, written_to(TOLD, Slot.A))
    assert images(esp) == {"a.efi": b"MZ before", "b.efi": b"MZ new"}


@pytest.mark.parametrize("content", [None, b"", b"ELF"])
def test_what_is_no_kernel_image_changes_nothing(content: bytes | None, tmp_path: Path, esp: Path) -> None:
    if content is not None:
        (tmp_path / NAME).write_bytes(content)
    with pytest.raises(BootControlError):
        take(tmp_path, esp, Slot.B)
    assert images(esp) == {"a.efi": b"MZ before", "b.efi": b"MZ before"}


@pytest.mark.parametrize(
    "told",
    [
        {},
        TOLD | {"RAUC_TARGET_SLOTS": "1"},
        TOLD | {"RAUC_TARGET_SLOTS": "1 2"},
        TOLD | {"RAUC_TARGET_SLOTS": "3"},
        TOLD | {"RAUC_SLOT_BOOTNAME_2": "c"},
    ],
)
def test_where_rauc_wrote_anything_else_nothing_is_done(told: dict[str, str]) -> None:
    with pytest.raises(BootControlError):
        written_to(told, Slot.A)
