"""The journal of updates is read as it was kept, and says nothing where it is damaged."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from files.reserved import MOST_BYTES, Reserved
from ota.journal import MOST_ENTRIES, Entry, Journal
from ota.update import Outcome, Report, State, Update
from ota.version import Version
from tests.ota.test_update import NEW, OLD, on_trial

REPORT = Report(Outcome.WENT_BACK, OLD, NEW, "delta", 100, 12.5, "The new system did not start.", outage=True)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def test_what_was_kept_is_read(journal: Journal) -> None:
    assert journal.read() == (Update(), ())
    entries = (Entry(REPORT, 1_700_000_000), Entry(Report(Outcome.KEPT, OLD, NEW), 0))
    journal.keep(on_trial(), entries)
    assert journal.read() == (on_trial(), entries)


def test_the_longest_one_fits(journal: Journal) -> None:
    longest = Version(999_999, 999_999, 999_999)
    report = Report(Outcome.WENT_BACK, longest, longest, "x" * 20, 10**12, 1e9, "x" * 5000, outage=True)
    journal.keep(on_trial(), (Entry(report, 10**10),) * 200)
    update, entries = journal.read()
    assert (update, len(entries)) == (on_trial(), MOST_ENTRIES)
    assert entries[0].report.why == "x" * 300


@pytest.mark.parametrize("why", ["\0" * 9000, "🏠" * 9000, "\ud800" * 9000])
def test_whatever_the_reason_it_is_kept(journal: Journal, why: str) -> None:
    entries = (Entry(replace(REPORT, why=why), 1),) * 50
    journal.keep(replace(on_trial(), why=why), entries)
    update, kept = journal.read()
    assert (update.state, bool(kept)) == (State.TRIAL, True)


def test_what_a_later_release_wrote_is_read_as_far_as_it_is_known(journal: Journal, tmp_path: Path) -> None:
    """The box went back to this one."""
    journal.keep(on_trial(), (Entry(REPORT, 1),) * 3)
    record = Reserved(tmp_path / "journal")
    said = json.loads(record.read() or b"")
    said["more"], said["update"]["more"] = 1, {}
    said["entries"][0]["report"]["more"] = []
    said["entries"][1]["report"]["outcome"] = "dreamt"
    said["entries"] += [5, {}]
    record.write(json.dumps(said).encode())
    assert journal.read() == (on_trial(), (Entry(REPORT, 1),) * 2)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"update": {}, "entries": []}', b"\xff", b"[" * 60_000])
def test_what_is_damaged_says_nothing(journal: Journal, tmp_path: Path, content: bytes) -> None:
    assert len(content) <= MOST_BYTES
    Reserved(tmp_path / "journal").write(content)
    assert journal.read() == (Update(), ())
    journal.keep(on_trial(), ())
    assert journal.read() == (on_trial(), ())


def test_a_report_is_whole() -> None:
    """Whoever adds something to it has it kept, too."""
    assert set(asdict(REPORT)) == {"outcome", "before", "after", "way", "fetched", "seconds", "why", "outage"}
