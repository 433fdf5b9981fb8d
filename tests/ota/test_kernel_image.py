"""A slot gets the kernel image of the bundle whole, or keeps the one that it had."""

import struct
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota.errors import BootControlError
from ota.kernel_image import NAME, take, version_of, written_to
from ota.slots import Slot
from ota.version import Version

FLOOR = Version(1, 0, 10)

TOLD = {"RAUC_TARGET_SLOTS": "2", "RAUC_SLOT_BOOTNAME_1": "a", "RAUC_SLOT_BOOTNAME_2": "b"}


@pytest.fixture
def esp(tmp_path: Path) -> Path:
    folder = tmp_path / "esp/EFI/spoq"
    folder.mkdir(parents=True)
    for slot in Slot:
        (folder / f"{slot}.efi").write_bytes(b"MZ before")
    return tmp_path / "esp"


def kernel_image(version: str) -> bytes:
    """As much of one as says which version it is."""
    about = f'NAME=x\nIMAGE_VERSION="{version}"\n'.encode()
    sections = [(b".text", b"code"), (b".osrel", about)]
    head = 0x80 + 24 + 16 + 40 * len(sections)
    content, table, at = b"", b"", head
    for name, body in sections:
        table += struct.pack("<8sIIII16x", name, len(body), 0x1000, len(body), at)
        content, at = content + body, at + len(body)
    stub = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80)
    header = b"PE\0\0" + struct.pack("<HH12xHH", 0x8664, len(sections), 16, 0)
    return stub.ljust(0x80, b"\0") + header + bytes(16) + table + content


def images(esp: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (esp / "EFI/spoq").iterdir()}


def test_the_slot_that_was_written_gets_it(tmp_path: Path, esp: Path) -> None:
    new = kernel_image("1.1.0")
    (tmp_path / NAME).write_bytes(new)
    take(tmp_path, esp, written_to(TOLD, Slot.A), Version(1, 0, 0))
    assert images(esp) == {"a.efi": b"MZ before", "b.efi": new}


@pytest.mark.parametrize(
    ("version", "floor", "taken"), [("1.0.9", FLOOR, False), ("1.1.0-dev.1", FLOOR, True), ("1.0.9", None, True)]
)
def test_an_old_one_of_ours_is_refused(
    version: str, floor: Version | None, taken: bool, tmp_path: Path, esp: Path
) -> None:
    """Its signatures are as good as they were."""
    (tmp_path / NAME).write_bytes(kernel_image(version))
    with nullcontext() if taken else pytest.raises(BootControlError, match="older"):
        take(tmp_path, esp, Slot.B, floor)
    assert (images(esp)["b.efi"] == b"MZ before") != taken


def says_a_version_or_nothing(content: bytes) -> None:
    with suppress(BootControlError):
        assert isinstance(version_of(content), Version)


@given(content=st.binary(max_size=400))
def test_whatever_it_is_it_has_a_version_or_is_none(content: bytes) -> None:
    says_a_version_or_nothing(content)


@given(cut=st.integers(0, 300), flip=st.integers(0, 299))
def test_a_damaged_one_has_a_version_or_is_none(cut: int, flip: int) -> None:
    whole = bytearray(kernel_image("1.0.0"))
    whole[flip % len(whole)] ^= 0xFF
    says_a_version_or_nothing(bytes(whole[:cut]))


@pytest.mark.parametrize("content", [None, b"", b"ELF", b"MZ new"])
def test_what_is_no_kernel_image_changes_nothing(content: bytes | None, tmp_path: Path, esp: Path) -> None:
    if content is not None:
        (tmp_path / NAME).write_bytes(content)
    with pytest.raises(BootControlError):
        take(tmp_path, esp, Slot.B, None)
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
