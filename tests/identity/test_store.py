"""Who belongs here survives, is not half written, and is nobody when it can't be read."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from identity import store as stores
from identity.errors import RecordsDamaged, RecordsError, RecordsFull, RecordsNewer
from identity.household import Household, Limits
from identity.records import Deed, Entry, Profile, Service
from identity.store import Store
from tests.identity.test_household import ANNA, BEN, HOME

ROOT = Path(__file__).parents[2]
REMOVED = Entry(Deed.REMOVED, ANNA.id, BEN.id, "Ben's phone", 1_700_000_000_000)
KILLED = """
import sys
from pathlib import Path
from identity.household import Household, Limits
from identity.records import Deed, Entry
from identity.store import Store
from tests.identity.test_household import let_in
store = Store(Path(sys.argv[1]))
household = store.load(Limits(24, 10))
for number in range(1, 200):
    household = let_in(household, number) if len(household.devices) < 10 else Household(limits=household.limits)
    store.save(household, Entry(Deed.LET_IN, "button", str(len(household.devices))))
    print(len(household.devices), flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "identity.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    assert opened.load(Limits()) == Household()
    yield opened
    opened.close()


def loaded(path: Path) -> tuple[Household, tuple[Entry, ...]]:
    opened = Store(path)
    try:
        return opened.load(Limits()), opened.entries(100)
    finally:
        opened.close()


def test_what_was_saved_is_there_after_a_restart_with_its_line_in_the_log(store: Store, path: Path) -> None:
    store.save(HOME, Entry(Deed.LET_IN, "button", ANNA.id))
    store.save(HOME.without_device(BEN.id, by=ANNA), REMOVED)
    store.close()
    household, entries = loaded(path)
    assert household == HOME.without_device(BEN.id, by=ANNA)
    assert entries == (REMOVED, Entry(Deed.LET_IN, "button", ANNA.id))


def test_what_is_withheld_is_kept_also_what_only_a_later_release_knows(store: Store, path: Path) -> None:
    number = HOME.profiles[1].number
    profiles = (HOME.profiles[0], Profile(number, "Ben", frozenset({"ask", "what a later release has"})))
    store.save(replace(HOME, profiles=profiles))
    store.close()
    assert loaded(path)[0].profile(number).withheld == {"ask", "what a later release has"}


def test_records_of_the_release_before_are_read_and_it_reads_ours(store: Store, path: Path) -> None:
    store.save(HOME)
    store.close()
    with sqlite3.connect(path) as earlier:
        earlier.execute("DROP TABLE withheld")
    earlier.close()
    written = path.read_bytes()
    assert loaded(path)[0] == HOME
    # Reading needs no room on the disk.
    assert path.read_bytes() == written
    ours = Store(path)
    ours.save(ours.load(Limits()).with_grant(HOME.profiles[1].number, Service.ASK, False, ANNA))
    ours.close()
    with sqlite3.connect(path) as earlier:
        # As that one saves.
        earlier.executescript(
            "PRAGMA foreign_keys=ON; BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM profiles; DELETE FROM devices; "
            "DELETE FROM profiles; INSERT INTO profiles SELECT * FROM kept; COMMIT"
        )
    earlier.close()
    assert loaded(path)[0].profile(HOME.profiles[1].number).withheld == {"ask"}


def test_a_line_that_only_a_later_release_knows_hides_no_other(store: Store, path: Path) -> None:
    store.note(Entry("dreamt", "somebody", "", "of sheep"), REMOVED)
    assert store.entries(10) == (REMOVED, Entry("dreamt", "somebody", "", "of sheep"))


def test_a_refusal_is_noted_and_changes_nothing(store: Store, path: Path) -> None:
    store.save(HOME)
    store.note(Entry(Deed.REFUSED, BEN.id, ANNA.id))
    store.close()
    assert loaded(path) == (HOME, (Entry(Deed.REFUSED, BEN.id, ANNA.id),))


@pytest.mark.parametrize("change", ["UPDATE log SET by = 'nobody'", "DELETE FROM log"])
def test_no_slip_changes_the_log_or_takes_from_it(store: Store, path: Path, change: str) -> None:
    store.save(HOME, REMOVED)
    store.close()
    with closing(sqlite3.connect(path)) as stranger, pytest.raises(sqlite3.IntegrityError, match="only grows"):
        stranger.execute(change)
    assert loaded(path)[1] == (REMOVED,)


def test_the_log_does_not_fill_the_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for start in range(0, stores.LOG_KEEPS + 500, 500):
        store.note(*(Entry(Deed.REFUSED, "", str(number)) for number in range(start, start + 500)))
    entries = store.entries(2 * stores.LOG_KEEPS)
    assert (len(entries), entries[0].whom, entries[-1].whom) == (stores.LOG_KEEPS, "10499", "500")


def test_what_can_not_be_saved_whole_is_not_saved(store: Store, path: Path) -> None:
    store.save(HOME)
    torn = Household(HOME.profiles[:1], HOME.devices)
    with pytest.raises(RecordsError):
        store.save(torn, REMOVED)
    store.close()
    assert loaded(path) == (HOME, ())


def test_on_a_full_disk_nobody_is_let_in_and_everybody_stays(store: Store, path: Path) -> None:
    store.save(HOME)
    assert store._opened is not None
    pages = store._opened.execute("PRAGMA page_count").fetchone()[0]
    store._opened.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(RecordsFull, match="disk is full"):
        store.note(*(Entry(Deed.REFUSED, "x" * 200, str(number)) for number in range(2000)))
    store.close()
    assert loaded(path) == (HOME, ())


@pytest.mark.parametrize("damage", ["nonsense", "a page", "cut"])
def test_damaged_records_are_put_aside_and_let_nobody_in(store: Store, path: Path, damage: str) -> None:
    store.save(HOME, *(Entry(Deed.REFUSED, "x" * 50, str(number)) for number in range(500)))
    store.close()
    content = path.read_bytes()
    match damage:
        case "nonsense":
            path.write_bytes(os.urandom(len(content)))
        case "a page":
            path.write_bytes(content[:4096] + os.urandom(4096) + content[8192:])
        case "cut":
            path.write_bytes(content[: len(content) // 2])
    for _ in range(2):
        with pytest.raises(RecordsDamaged, match="until the box is reset"):
            Store(path).load(Limits())
    assert len(list(path.parent.glob("identity.db.damaged-*"))) >= 1


@pytest.mark.parametrize("loss", ["gone", "empty", "without its people"])
def test_a_box_that_had_an_owner_does_not_forget_it(store: Store, path: Path, loss: str) -> None:
    store.save(HOME)
    store.close()
    match loss:
        case "gone":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "without its people":
            with closing(sqlite3.connect(path)) as rotten:
                rotten.executescript("DELETE FROM devices; DELETE FROM profiles;")
    with pytest.raises(RecordsDamaged):
        Store(path).load(Limits())


def test_what_is_confirmed_is_in_the_file_and_in_none_beside_it(store: Store, path: Path) -> None:
    store.save(HOME)
    assert {each.name for each in path.parent.iterdir() if each.stat().st_size} == {"identity.db"}


def test_what_a_later_version_wrote_is_left_alone(store: Store, path: Path) -> None:
    store.close()
    with closing(sqlite3.connect(path)) as later:
        later.execute(f"PRAGMA user_version = {stores.VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(RecordsNewer):
        Store(path).load(Limits())
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordsError):
        Store(tmp_path / "none" / "identity.db").load(Limits())
    with pytest.raises(RecordsError):
        Store(tmp_path / "identity.db").note(REMOVED)


def test_a_box_that_is_killed_while_it_writes_has_each_change_with_its_line(path: Path) -> None:
    with subprocess.Popen((sys.executable, "-c", KILLED, str(path)), cwd=ROOT, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        said = [program.stdout.readline().decode().strip() for _ in range(25)]
        program.send_signal(signal.SIGKILL)
    household, entries = loaded(path)
    assert str(len(household.devices)) == entries[0].whom
    assert [each.whom for each in reversed(entries)][:25] == said
