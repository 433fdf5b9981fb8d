"""The microphone's switch: kept across restarts, and muted when unsure."""

from pathlib import Path

import pytest

from audio.errors import AudioError
from audio.mute import Mute

FULL = Path("/dev/full")
"""Whatever is written here meets a full disk."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mute"


def test_a_box_that_was_never_muted_listens(file: Path) -> None:
    assert not Mute(file).on


def test_one_that_cannot_know_is_muted_until_somebody_says_otherwise(file: Path) -> None:
    mute = Mute(file, unsure=True)
    assert mute.on
    mute.act("unmute")
    assert not Mute(file, unsure=True).on


@pytest.mark.parametrize("actions", [["mute"], ["mute", "unmute"], ["toggle"], ["toggle", "toggle"], ["mute", "mute"]])
def test_it_is_kept_across_a_restart(file: Path, actions: list[str]) -> None:
    mute = Mute(file)
    for action in actions:
        mute.act(action)
    assert Mute(file).on == mute.on == (actions[-1] == "mute" or actions == ["toggle"])


def test_it_says_whether_something_changed(file: Path) -> None:
    mute = Mute(file)
    assert [mute.act(action) for action in ("unmute", "mute", "mute", "", "toggle")] == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_an_unknown_action_changes_nothing(file: Path) -> None:
    mute = Mute(file)
    mute.act("mute")
    with pytest.raises(AudioError, match="mute, unmute, toggle"):
        mute.act("loud")
    assert mute.on and Mute(file).on


@pytest.mark.parametrize("content", [b"", b"open", b"muted", b"ope", b"\0" * 5, b"open\nmuted\n", b"x" * 10_000])
def test_a_file_that_says_something_else_means_muted(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert Mute(file).on


def test_a_file_that_cannot_be_read_means_muted(file: Path) -> None:
    file.mkdir()
    assert Mute(file).on


def test_the_switch_acts_where_it_cannot_be_written_down(tmp_path: Path) -> None:
    mute = Mute(tmp_path / "gone" / "mute")
    mute.act("mute")
    assert mute.on


def test_a_full_disk_never_leaves_it_open(file: Path) -> None:
    mute = Mute(file)
    mute.act("mute")
    file.unlink()
    file.symlink_to(FULL)
    mute.act("unmute")
    assert not mute.on
    assert Mute(file).on
