"""Of what went wrong a log tells the type and the place, never the message: it may hold what somebody said."""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemons import logs
from daemons.logs import DiscreetFormatter, JournalHandler
from tests.daemons.conftest import Start
from tests.daemons.unit import SPOKEN


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("crash", ["RuntimeError"]),
        ("crash_twice_in_a_group", ["ValueError", "KeyError"]),
        ("crash_in_a_thread", ["thread worker", "RuntimeError"]),
        ("crash_in_a_callback", ["RuntimeError"]),
        ("crash_where_nobody_waits", ["never retrieved orphan", "RuntimeError"]),
        ("crash_while_ending", ["RuntimeError"]),
    ],
)
def test_a_crash_is_told_without_its_message(start: Start, behaviour: str, told: list[str]) -> None:
    with start(behaviour) as unit:
        if behaviour == "crash_while_ending":
            unit.until_told("READY=1")
            unit.process.terminate()
        unit.ended()
        assert all(words in unit.log for words in (*told, "unit.py", "line"))
        assert SPOKEN not in unit.log


def test_a_line_that_cannot_be_formatted_is_not_printed_instead(start: Start) -> None:
    with start("line_that_cannot_be_formatted") as unit:
        assert unit.ended() == 0
        assert SPOKEN not in unit.log


def record(error: BaseException | None = None, level: int = logging.ERROR) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error is not None else None
    return logging.LogRecord("audio.ear", level, "ear.py", 7, "it %s", ("failed",), info, "hear")


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except Exception as caught:
        return caught


def test_causes_are_told_by_type() -> None:
    error = raised(RuntimeError(SPOKEN), raised(ValueError(SPOKEN)))
    text = DiscreetFormatter().format(record(error))
    assert text.startswith("it failed\n")
    assert text.index("ValueError") < text.index("which led to") < text.index("RuntimeError")
    assert SPOKEN not in text


def test_the_systems_own_words_are_told() -> None:
    error = raised(FileNotFoundError(2, "whatever", SPOKEN))
    text = DiscreetFormatter().format(record(error))
    assert "FileNotFoundError: No such file or directory" in text
    assert SPOKEN not in text


class Journal:
    """Takes what systemd's journal would, in the form that systemd-python gives it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []

    def sendv(self, *fields: str) -> None:
        self.sent.append(dict(field.split("=", 1) for field in fields))


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Journal:
    journal = Journal()
    monkeypatch.setattr("systemd.journal.sendv", journal.sendv)
    return journal


def test_the_journal_gets_priority_and_place_and_no_message_of_an_exception(journal: Journal) -> None:
    handler = JournalHandler("spoq-audiod")
    handler.setFormatter(DiscreetFormatter())
    handler.emit(record(raised(RuntimeError(SPOKEN)), logging.WARNING))
    (fields,) = journal.sent
    assert (fields["PRIORITY"], fields["SYSLOG_IDENTIFIER"], fields["LOGGER"]) == ("4", "spoq-audiod", "audio.ear")
    assert (fields["CODE_FILE"], fields["CODE_LINE"], fields["CODE_FUNC"]) == ("ear.py", "7", "hear")
    assert SPOKEN not in repr(fields)


@pytest.fixture
def process_wide() -> Iterator[None]:
    """`begin` changes what belongs to the whole process; put back afterwards."""
    root = logging.getLogger()
    kept = (root.handlers[:], root.level, logging.raiseExceptions, sys.excepthook, sys.unraisablehook)
    thread_hook = threading.excepthook
    yield
    root.handlers[:], root.level, logging.raiseExceptions, sys.excepthook, sys.unraisablehook = kept
    threading.excepthook = thread_hook


@pytest.mark.usefixtures("process_wide")
def test_lines_go_to_the_journal_only_where_stderr_does(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "stderr").open("w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        status = os.fstat(stderr.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        logs.begin("audiod")
        logging.getLogger("x").info("to the journal")
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino + 1}")
        logs.begin("audiod")
        logging.getLogger("x").info("to stderr")
    assert [fields["MESSAGE"] for fields in journal.sent] == ["to the journal"]
    assert "to stderr" in (tmp_path / "stderr").read_text()
