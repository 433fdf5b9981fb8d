"""The floor never sinks, whatever becomes of one of its places."""

from pathlib import Path

import pytest

from files.reserved import Reserved
from ota.errors import FloorNotKept
from ota.floor import MOST_IN_VAIN, Floor, Memory
from ota.version import Version

ONE, TWO, THREE = (Version(1, number, 0) for number in (1, 2, 3))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """What a reset erases."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def factory(tmp_path: Path) -> Path:
    folder = tmp_path / "factory"
    folder.mkdir()
    return folder


def floor(*folders: Path) -> Floor:
    return Floor([Reserved(folder / "floor") for folder in folders])


def test_a_new_box_has_none_and_gets_one(data: Path, factory: Path) -> None:
    assert floor(data, factory).read() == Memory()
    assert floor(data, factory).raised(TWO) == Memory(TWO)
    assert floor(data, factory).read() == Memory(TWO)


def test_it_never_sinks_and_forgets_nothing(data: Path, factory: Path) -> None:
    box = floor(data, factory)
    box.noted([THREE])
    box.raised(TWO)
    assert box.raised(ONE) == Memory(TWO, frozenset({THREE}))
    assert box.noted([ONE]) == Memory(TWO, frozenset({ONE, THREE}))


def test_after_a_reset_it_is_where_it_was_and_is_in_both_again(data: Path, factory: Path) -> None:
    box = floor(data, factory)
    box.raised(TWO)
    (data / "floor").unlink()
    assert box.read().floor == TWO
    box.noted([THREE])
    assert floor(data).read() == Memory(TWO, frozenset({THREE}))


def test_what_one_place_knows_is_spread(data: Path, factory: Path) -> None:
    floor(factory).raised(TWO)
    written = (factory / "floor").read_bytes()
    floor(data, factory).spread()
    assert floor(data).read() == Memory(TWO)
    # Who knows it already is not written again.
    assert (factory / "floor").read_bytes() == written


def test_the_higher_one_counts(data: Path, factory: Path) -> None:
    floor(data).raised(ONE)
    floor(factory).raised(THREE)
    assert floor(data, factory).read().floor == THREE


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"floor": "x", "in_vain": []}', b'{"floor": "1.0.0", "in_vain": "1.0.0"}', b"\xff"]
)
def test_a_damaged_place_knows_nothing_and_the_other_does(data: Path, factory: Path, content: bytes) -> None:
    box = floor(data, factory)
    box.raised(TWO)
    Reserved(data / "floor").write(content)
    assert box.read() == Memory(TWO)
    # It may be of a later release, and know of a higher one.
    box.raised(THREE)
    assert Reserved(data / "floor").read() == content


def test_a_place_that_can_not_be_read_just_now_does_not_sink(data: Path, factory: Path) -> None:
    box = floor(data, factory)
    box.raised(TWO)
    (data / "floor").unlink()
    hidden = factory / "hidden"
    (factory / "floor").rename(hidden)
    (factory / "floor").mkdir()
    box.noted([THREE])
    (factory / "floor").rmdir()
    hidden.rename(factory / "floor")
    assert box.read() == Memory(TWO, frozenset({THREE}))


def test_one_place_that_can_be_written_is_enough_and_none_is_not(data: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert floor(gone, data).raised(TWO) == Memory(TWO)
    with pytest.raises(FloorNotKept):
        floor(gone).raised(TWO)


def test_it_does_not_grow_for_ever(data: Path) -> None:
    box = floor(data)
    box.noted(Version(2, number, 0) for number in range(3 * MOST_IN_VAIN))
    assert box.read().in_vain == {Version(2, number, 0) for number in range(2 * MOST_IN_VAIN, 3 * MOST_IN_VAIN)}
