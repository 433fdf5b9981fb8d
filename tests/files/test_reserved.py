"""A reserved record is read as it was written, whole or as before, also where the disk has no room."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files import durable, reserved
from files.reserved import AREA, MOST_BYTES, Reserved, TooLong


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record"


def test_what_was_written_last_is_read(path: Path) -> None:
    record = Reserved(path)
    assert record.read() is None
    for content in (b"one", b"", b"x" * MOST_BYTES, b"four"):
        record.write(content)
        assert Reserved(path).read() == content
    assert (path.stat().st_size, path.stat().st_mode & 0o777) == (2 * AREA, 0o600)
    with pytest.raises(TooLong):
        record.write(bytes(MOST_BYTES + 1))
    assert record.read() == b"four"


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_write_that_is_cut_anywhere_leaves_what_was_there(
    path: Path, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Reserved(path)
    for number in range(times):
        record.write(b"before %d" % number)
    whole = path.read_bytes()
    record.write(b"after")
    after = path.read_bytes()
    start = min(place for place in range(len(whole)) if whole[place] != after[place])
    end = 1 + max(place for place in range(len(whole)) if whole[place] != after[place])
    for cut in range(start, end):
        path.write_bytes(after[:cut] + whole[cut:])
        assert record.read() == b"before %d" % (times - 1), cut
        path.write_bytes(whole[:cut] + after[cut:])
        assert record.read() in (b"before %d" % (times - 1), b"after"), cut


@given(garbage=st.binary(max_size=200), place=st.integers(0, 2 * AREA))
def test_whatever_is_in_the_file_is_a_record_or_none(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes, place: int
) -> None:
    path = tmp_path_factory.mktemp("record") / "record"
    record = Reserved(path)
    record.write(b"one")
    record.write(b"two")
    content = path.read_bytes()
    path.write_bytes((content[:place] + garbage + content[place + len(garbage) :])[: 2 * AREA])
    assert record.read() in (b"one", b"two", None)
    record.write(b"three")
    assert record.read() == b"three"


def test_a_file_that_was_cut_short_is_begun_anew(path: Path) -> None:
    path.write_bytes(b"short")
    record = Reserved(path)
    assert record.read() is None
    record.write(b"one")
    assert record.read() == b"one"


def test_what_may_not_be_on_the_disk_is_not_believed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Reserved(path)
    record.write(b"before")
    synced: list[int] = []

    def sync(handle: int) -> None:
        synced.append(handle)
        if len(synced) == 2:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", sync)
    with pytest.raises(OSError, match="Input/output"):
        record.write(b"after")
    assert record.read() == b"before"
    record.write(b"again")
    assert record.read() == b"again"


def test_a_file_of_another_size_keeps_what_it_says_until_it_says_something_else(path: Path) -> None:
    record = Reserved(path)
    record.write(b"one")
    path.write_bytes(path.read_bytes() + b"more")
    assert record.read() == b"one"
    record.write(b"two")
    assert (record.read(), path.stat().st_size) == (b"two", 2 * AREA)


def test_a_power_cut_while_the_room_is_reserved_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "write", full)
    with pytest.raises(OSError, match="No space"):
        Reserved(path).write(b"one")
    assert Reserved(path).read() is None


WITHOUT_ROOM = f"""
import resource, sys
from pathlib import Path
from files.reserved import Reserved
record = Reserved(Path(sys.argv[1]))
record.write(b"before")
# Like a full disk: no file grows, and none can be made.
resource.setrlimit(resource.RLIMIT_FSIZE, ({2 * AREA}, {2 * AREA}))
try:
    Path(sys.argv[1] + ".other").write_bytes(bytes({2 * AREA + 1}))
except OSError:
    record.write(b"after")
"""


def test_without_room_it_is_written(path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(reserved.__file__).parents[1])}
    subprocess.run((sys.executable, "-c", WITHOUT_ROOM, str(path)), check=True, env=environment)
    assert Reserved(path).read() == b"after"
