"""Targets, suites and the package table say what is meant, or say what is wrong."""

from pathlib import Path

import pytest

from builder import target as targets
from builder.errors import BuildError, UnknownTarget, WrongContent

TARGET = """
description = "a box"
suite = "bookworm"
architecture = "amd64"
board = "qemu"
kernel = "linux-image-amd64"
console = "ttyS0"
[partitions]
esp_mib = 1
root_mib = 1
factory_mib = 1
data_mib = 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one target, “box”."""
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets/box.toml").write_text(TARGET)
    return tmp_path


@pytest.mark.parametrize("name", targets.names())
def test_every_target_names_a_suite_and_packages(name: str) -> None:
    target = targets.read(name)
    assert targets.suite(target.suite).pockets
    assert "systemd" in targets.packages(target, release=True)


def test_a_release_has_nothing_for_developers(folder: Path) -> None:
    (folder / "packages.toml").write_text(
        '[dev]\nx = { bookworm = ["strace"] }\n[common]\ny = { bookworm = ["udev"] }\n'
    )
    box = targets.read("box", folder)
    assert targets.packages(box, True, folder) == ("udev",)
    assert targets.packages(box, False, folder) == ("strace", "udev")


def test_an_unknown_target_is_told_with_those_there_are(folder: Path) -> None:
    with pytest.raises(UnknownTarget, match="box"):
        targets.read("../box", folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"amd64"', '"sparc"', "sparc"),
        ('"amd64"', "64", "architecture"),
        ("esp_mib = 1", "esp_gib = 1", "esp_gib"),
        ("esp_mib = 1", "", "missing"),
        ("[partitions]", "[partitions", "TOML"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(folder: Path, old: str, new: str, said: str) -> None:
    (folder / "targets/box.toml").write_text(TARGET.replace(old, new))
    with pytest.raises(BuildError, match=said):
        targets.read("box", folder)


def test_a_row_without_a_column_of_the_suite_is_refused(folder: Path) -> None:
    (folder / "packages.toml").write_text('[common]\n"the clock" = { noble = ["systemd-timesyncd"] }\n')
    with pytest.raises(WrongContent, match="the clock"):
        targets.packages(targets.read("box", folder), True, folder)
