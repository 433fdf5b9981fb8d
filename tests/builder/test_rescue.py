"""What the rescue system makes of start-up entries: its functions, in this machine's shell."""

import re
import subprocess
from pathlib import Path

import pytest

from builder.target import PROJECT
from ota.systemd_boot import first_entries

SCRIPT = (PROJECT / "image-build/initrd/rescue").read_text()
TEXTS = {str(entry.slot): entry.text for entry in first_entries()}
A, B = TEXTS["a"], TEXTS["b"]


@pytest.fixture
def esp(tmp_path: Path) -> Path:
    (tmp_path / "esp/loader/entries").mkdir(parents=True)
    (tmp_path / "esp/EFI/spoq").mkdir(parents=True)
    (tmp_path / "entries").mkdir()
    for slot, text in TEXTS.items():
        (tmp_path / "esp/EFI/spoq" / f"{slot}.efi").write_text("kernel")
        (tmp_path / "entries" / slot).write_text(text)
    return tmp_path / "esp"


def does(esp: Path, name: str) -> bool:
    """Whether that function of the script succeeds there."""
    functions = "\n".join(re.findall(r"^\w+\(\) \{.*?^\}$", SCRIPT, re.MULTILINE | re.DOTALL))
    script = f"ESP={esp}; ENTRIES={esp.parent}/entries\n{functions}\n{name}"
    return subprocess.run(["sh", "-c", script], check=False).returncode == 0


def put(esp: Path, **entries: str) -> None:
    for name, text in entries.items():
        slot, tries = name.split("_", 1)
        (esp / "loader/entries" / f"spoq-{slot}+{tries.replace('_', '-')}.conf").write_text(text)


def found(esp: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (esp / "loader/entries").iterdir()}


@pytest.mark.parametrize(
    ("entries", "has"),
    [
        ({"a_3": A, "b_0_3": B}, True),
        ({"a_0_3": A, "b_1": B}, True),
        ({"a_0_3": A, "b_0_3": B}, False),
        ({"a_3": "", "b_0": B}, False),
        ({}, False),
    ],
    ids=["a", "b", "neither", "an entry without content", "none"],
)
def test_only_an_entry_with_content_has_a_try(esp: Path, entries: dict[str, str], has: bool) -> None:
    put(esp, **entries)
    assert does(esp, "with_tries") == has


@pytest.mark.parametrize(
    "entries",
    [{"a_0_3": A, "b_0_3": B}, {"a_3": "", "b_0": B}, {"b_0": B}, {"a_3": "", "a_0_1": A}, {}],
    ids=["used up", "without content", "lost", "half renamed", "none"],
)
def test_each_system_gets_one_more_try_whatever_a_power_cut_has_left(esp: Path, entries: dict[str, str]) -> None:
    put(esp, **entries)
    does(esp, "one_more_try")
    left = {name: text for name, text in found(esp).items() if text}
    assert left == {"spoq-a+1.conf": A, "spoq-b+1.conf": B}
    assert does(esp, "with_tries")


def test_a_system_that_is_not_there_gets_none_and_one_that_has_tries_keeps_them(esp: Path) -> None:
    (esp / "EFI/spoq/b.efi").unlink()
    put(esp, a_3=A)
    does(esp, "one_more_try")
    assert found(esp) == {"spoq-a+3.conf": A}
