"""The household's file: what was confirmed is there after any death, and what is damaged costs only itself."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conductor.effects import HouseholdEffect
from conductor.errors import StorageFailed, StorageNewer
from conductor.records import Item, Record, Records, differences, reverted
from conductor.storage import VERSION, Loaded, Storage
from files.database import MAX_DAMAGED_FILES
from tests.fakes.records import after, effects

ROOT = Path(__file__).parents[2]
MILK = Item("1", "shopping", "milk", 1)
BREAD = Item("2", "shopping", "bread", 2)
CONFIRMED = 40


def program(folder: Path, what: str) -> subprocess.Popen[str]:
    command = (sys.executable, "-m", "tests.fakes.household_program", str(folder), what)
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def told(folder: Path, what: str) -> dict[str, object]:
    with program(folder, what) as process:
        assert process.stdout is not None
        answer: dict[str, object] = json.loads(process.stdout.read())
    assert process.returncode == 0
    return answer


def loaded(path: Path) -> Loaded:
    storage = Storage(path)
    try:
        return storage.load()
    finally:
        storage.close()


def save(path: Path, *records: Record) -> None:
    storage = Storage(path)
    before = storage.load().records
    storage.save(differences(before, before.with_(*records)))
    storage.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "household.db"


def test_a_box_that_is_killed_while_it_writes_keeps_everything_it_has_confirmed(tmp_path: Path, path: Path) -> None:
    with program(tmp_path, "set") as process:
        assert process.stdout is not None
        confirmed = [json.loads(process.stdout.readline())["confirmed"] for _ in range(CONFIRMED)]
        process.send_signal(signal.SIGKILL)
        confirmed += [json.loads(line)["confirmed"] for line in process.stdout if line.endswith("\n")]
    assert process.returncode == -signal.SIGKILL
    kept = loaded(path)
    assert not kept.damaged
    assert set(confirmed) <= {timer.name for timer in kept.records.timers}
    assert len(kept.records.timers) - len(confirmed) in (0, 1)


def test_on_a_full_disk_a_timer_runs_from_memory_a_list_stays_and_both_are_said(tmp_path: Path) -> None:
    answer = told(tmp_path, "fill")
    assert answer["timer"] == "It's running, but my storage is full: if I lose power, it's gone."
    assert answer["milk"] == "I couldn't save that: my storage is full."
    assert answer["clear"] == "Das konnte ich nicht speichern: Mein Speicher ist voll."
    assert answer["cancel"] == "It's cancelled, but my storage is full: if I lose power, it comes back."
    assert answer["timers"] == ["after"]
    assert answer["items"] == ["bread"]


def test_a_box_that_starts_on_a_full_disk_still_has_what_was_saved(tmp_path: Path) -> None:
    told(tmp_path, "fill")
    assert told(tmp_path, "read") == {"timers": ["before"], "items": ["bread"], "missed": []}


def test_a_file_that_is_no_database_is_put_aside_and_a_new_one_begun(path: Path) -> None:
    path.write_bytes(b"coffee" * 1000)
    first = loaded(path)
    assert first == Loaded(Records(), damaged=True)
    assert path.with_name("household.db.damaged-1").read_bytes() == b"coffee" * 1000
    save(path, MILK)
    assert loaded(path) == Loaded(Records().with_(MILK), damaged=False)


def test_a_file_whose_pages_have_rotted_is_put_aside(path: Path) -> None:
    save(path, *(Item(str(n), "shopping", "x" * 200, n) for n in range(200)))
    data = bytearray(path.read_bytes())
    data[4096 * 2 :] = b"\xff" * (len(data) - 4096 * 2)
    path.write_bytes(data)
    assert loaded(path).damaged
    assert path.with_name("household.db.damaged-1").read_bytes() == data


def test_what_only_the_log_of_a_damaged_file_held_is_put_aside_with_it(tmp_path: Path) -> None:
    """The state after a power cut: the newest pages are in the log; then the file itself rots."""
    before, cut = tmp_path / "before", tmp_path / "cut"
    before.mkdir()
    storage = Storage(before / "household.db")
    empty = storage.load().records
    for n in range(100):
        storage.save(differences(empty, empty.with_(Item(str(n), "shopping", "x" * 3000, n))))
    storage.save(differences(empty, empty.with_(Item("last", "shopping", "the very last thing", 99))))
    shutil.copytree(before, cut)
    storage.close()
    assert b"the very last thing" not in (cut / "household.db").read_bytes()
    (cut / "household.db").write_bytes(b"\xff" * (cut / "household.db").stat().st_size)
    assert loaded(cut / "household.db").damaged
    assert any(b"the very last thing" in path.read_bytes() for path in cut.glob("household.db.damaged-1*"))


def test_only_the_last_few_damaged_files_are_kept(path: Path) -> None:
    for number in range(12):
        path.write_bytes(b"coffee %d " % number * 1000)
        loaded(path)
    kept = sorted(path.parent.glob("household.db.damaged-*"), key=lambda each: int(each.name.rpartition("-")[2]))
    assert [each.read_bytes()[:9].strip() for each in kept] == [b"coffee 9", b"coffee 10", b"coffee 11"]
    assert len(kept) == MAX_DAMAGED_FILES


@pytest.mark.parametrize(
    "body",
    ["'{}'", "'not json'", "NULL", "17", "x'00ff'", "CAST(x'ff22' AS TEXT)", '\'{"id":"3","list":"l"}\''],
)
def test_a_damaged_row_costs_only_itself_and_is_told_once(path: Path, body: str) -> None:
    save(path, MILK)
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE records")
        database.execute("CREATE TABLE records (kind TEXT, id TEXT, body TEXT)")
        database.execute("INSERT INTO records VALUES ('item', '1', ?)", (_json(MILK),))
        database.execute(f"INSERT INTO records VALUES ('item', '3', {body})")
    database.close()
    assert loaded(path) == Loaded(Records().with_(MILK), damaged=True)
    assert loaded(path) == Loaded(Records().with_(MILK), damaged=False)


def test_a_row_under_another_name_than_its_record_is_damaged(path: Path) -> None:
    save(path, MILK)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE records SET id = '7'")
    database.close()
    assert loaded(path) == Loaded(Records(), damaged=True)


def test_what_a_later_version_wrote_is_refused_with_a_sentence_and_left_alone(path: Path) -> None:
    save(path, MILK)
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version={VERSION + 1}")
    database.close()
    before = path.read_bytes()
    with pytest.raises(StorageNewer, match="saved by a later version of Spoq"):
        loaded(path)
    assert path.read_bytes() == before


def test_a_disk_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="can't be read or written"):
        loaded(tmp_path / "no such folder" / "household.db")


def test_nothing_can_be_saved_into_a_file_that_is_not_open(path: Path) -> None:
    with pytest.raises(StorageFailed):
        Storage(path).save(())


def test_a_start_that_was_cut_off_while_it_made_the_file_does_no_harm(path: Path) -> None:
    save(path)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version=0")
    database.close()
    assert loaded(path) == Loaded(Records(), damaged=False)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    return lambda: tmp_path_factory.mktemp("household") / "household.db"


@settings(max_examples=25)
@given(first=st.lists(effects, max_size=6), second=st.lists(effects, max_size=6))
def test_any_effects_and_their_undoing_are_on_the_disk_as_in_memory(
    fresh: Callable[[], Path], first: list[HouseholdEffect], second: list[HouseholdEffect]
) -> None:
    path = fresh()
    storage = Storage(path)
    empty = storage.load().records
    before = after(empty, first)
    then = after(before, second, first_id=50)
    storage.save(differences(empty, before))
    changes = differences(before, then)
    storage.save(changes)
    storage.close()
    assert loaded(path).records == then
    storage = Storage(path)
    storage.load()
    storage.save(differences(then, reverted(then, changes)))
    storage.close()
    assert loaded(path).records == before


def _json(item: Item) -> str:
    return json.dumps({"id": item.id, "list": item.list, "text": item.text, "place": item.place})
