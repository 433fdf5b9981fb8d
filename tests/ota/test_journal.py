"""The journal of updates is read as it was kept, and says nothing where it is damaged."""

from dataclasses import asdict
from pathlib import Path

import pytest

from files.reserved import MOST_BYTES, Reserved
from ota.journal import MOST_ENTRIES, Entry, Journal
from ota.update import Outcome, Report, Update
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
    report = Report(Outcome.WENT_BACK, longest, longest, "x" * 20, 10**12, 1e9, "🏠" * 5000, outage=True)
    journal.keep(on_trial(), (Entry(report, 10**10),) * 200)
    update, entries = journal.read()
    assert (update, len(entries)) == (on_trial(), MOST_ENTRIES)
    assert entries[0].report.why == "🏠" * 300


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
