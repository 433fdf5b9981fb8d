"""A file that is written is whole, or what it was before."""

import os
import stat
from pathlib import Path

import pytest

from files import durable


class PowerLost(Exception):
    pass


@pytest.fixture
def there(tmp_path: Path) -> Path:
    path = tmp_path / "settings"
    path.write_bytes(b"before")
    return path


def test_what_is_written_takes_the_place_of_what_was_there(there: Path) -> None:
    durable.write(there, b"after", 0o600)
    assert there.read_bytes() == b"after"
    assert there.stat().st_mode & 0o777 == 0o600
    assert list(there.parent.iterdir()) == [there]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_power_lost_on_the_way_leaves_what_was_there(there: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def cut(*_: object) -> None:
        raise PowerLost

    with monkeypatch.context() as patch:
        patch.setattr(Path if call == "replace" else os, call, cut)
        with pytest.raises(PowerLost):
            durable.write(there, b"after")
    assert there.read_bytes() == b"before"
    durable.write(there, b"after")
    assert there.read_bytes() == b"after"


def test_a_disk_that_fails_leaves_what_was_there_and_nothing_else(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            durable.write(there, b"after")
    assert there.read_bytes() == b"before"
    assert list(there.parent.iterdir()) == [there]


def test_a_draft_that_others_can_read_is_not_written_to(there: Path) -> None:
    draft = there.with_name("settings.new")
    draft.touch(mode=0o644)
    with draft.open("rb") as stranger:
        durable.write(there, b"a secret", 0o600)
        assert stranger.read() == b""
    assert there.stat().st_mode & 0o777 == 0o600


def test_the_new_name_is_on_the_disk_with_its_content(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT writes a file's length with its name, and a rename leaves that for later."""
    calls = list[str]()
    replace, fsync = Path.replace, os.fsync

    def noted_replace(path: Path, target: Path) -> Path:
        calls.append("rename")
        return replace(path, target)

    def noted_fsync(handle: int) -> None:
        calls.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    monkeypatch.setattr(Path, "replace", noted_replace)
    monkeypatch.setattr(os, "fsync", noted_fsync)
    durable.write(there, b"after")
    assert calls == ["file", "rename", "file", "folder"]
