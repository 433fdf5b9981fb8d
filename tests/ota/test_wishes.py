"""What its owner said about updates is there after a power cut; what can't be read is no wish."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from files.reserved import Reserved
from ota.version import Version
from ota.wishes import MOST_SKIPPED, Wishes, WishesFile

ONE, TWO = Version(1, 1, 0), Version(1, 2, 0)
THEN = datetime(2031, 5, 20, 4, 0, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wishes"


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(),
        Wishes(frozenset({ONE, TWO})),
        Wishes(not_before=THEN),
        Wishes(told="kept 1.1.0 1800000000"),
        Wishes(frozenset({ONE}), datetime(2031, 5, 20, 4, 0, tzinfo=UTC)),
    ],
)
def test_what_was_said_is_read_as_it_was(wishes: Wishes, path: Path) -> None:
    WishesFile(path).keep(Wishes(frozenset({TWO}), THEN))
    WishesFile(path).keep(wishes)
    assert WishesFile(path).read() == wishes


def test_nobody_said_anything(path: Path) -> None:
    assert WishesFile(path).read() == Wishes()


def test_the_highest_that_are_skipped_are_kept(path: Path) -> None:
    wishes = Wishes(not_before=THEN)
    for number in range(2 * MOST_SKIPPED):
        wishes = wishes.skipping(Version(1, number, 0))
    assert wishes == Wishes(frozenset(Version(1, MOST_SKIPPED + each, 0) for each in range(MOST_SKIPPED)), THEN)
    assert wishes.skipping(TWO) == wishes
    WishesFile(path).keep(wishes)
    assert WishesFile(path).read() == wishes


GOOD = {"skipped": ["1.1.0"], "not_before": THEN.isoformat()}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 60_000,
        json.dumps(GOOD | {"skipped": ["1.1"]}).encode(),
        json.dumps(GOOD | {"skipped": None}).encode(),
        json.dumps(GOOD | {"not_before": "2031-05-20T04:00:00"}).encode(),
        json.dumps(GOOD | {"not_before": "tomorrow"}).encode(),
        json.dumps(GOOD | {"not_before": 0}).encode(),
    ],
)
def test_what_makes_no_sense_is_no_wish(content: bytes, path: Path) -> None:
    Reserved(path).write(content)
    assert WishesFile(path).read() == Wishes()


def test_what_an_older_release_has_written_holds(path: Path) -> None:
    Reserved(path).write(json.dumps(GOOD).encode())
    assert WishesFile(path).read() == Wishes(frozenset({ONE}), THEN)


def test_a_file_that_is_cut_short_is_no_wish(path: Path) -> None:
    WishesFile(path).keep(Wishes(frozenset({ONE})))
    path.write_bytes(path.read_bytes()[:40])
    assert WishesFile(path).read() == Wishes()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
)


@given(changed=st.dictionaries(st.sampled_from([*GOOD, "told"]), JSON, min_size=1))
@example(changed={"not_before": "9999-12-31T23:59:59-14:00"})
def test_whatever_is_on_the_disk_is_read(changed: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("box") / "wishes"
    Reserved(path).write(json.dumps(GOOD | changed).encode())
    wishes = WishesFile(path).read()
    assert wishes.not_before is None or wishes.not_before.tzinfo is not None
