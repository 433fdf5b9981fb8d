"""SIGTERM ends a daemon, by itself, with what it has opened closed, whatever hangs.

The bound is not measured here: a process that did not end by itself would be there until the test's patience is over.
"""

import pytest

from tests.daemons.conftest import Start


def test_an_ordinary_end(start: Start) -> None:
    with start("good") as unit:
        unit.until_told("READY=1")
        assert unit.terminate() == 0
        assert unit.output.split()[:2] == ["closed", "returned"]
        assert unit.told[-1] == "STOPPING=1"
        assert "did not end in time" not in unit.log


def test_a_unit_that_never_asks_is_cancelled_and_closes(start: Start) -> None:
    with start("deaf") as unit:
        unit.until_told("READY=1")
        assert unit.terminate() == 0
        assert unit.output.split()[:2] == ["closed", "returned"]


def test_a_task_that_will_not_be_cancelled_is_named(start: Start) -> None:
    with start("stubborn_task") as unit:
        unit.until_told("READY=1")
        assert unit.terminate() == 1
        assert "did not end in time: task stubborn (_never_ends)" in unit.log
        assert "unit.py:" in unit.log


def test_a_blocked_thread_is_named_after_all_else_is_closed(start: Start) -> None:
    with start("blocked_thread") as unit:
        unit.until_told("READY=1")
        assert unit.terminate() == 1
        assert unit.output.split() == ["closed"]
        assert "did not end in time: thread asyncio_0" in unit.log


def test_a_blocked_loop_is_named(start: Start) -> None:
    with start("blocked_loop") as unit:
        unit.until_told("READY=1")
        assert unit.terminate() == 1
        assert "did not end in time: thread MainThread" in unit.log
        assert "unit.py:" in unit.log


def test_a_log_that_nobody_reads_holds_nobody_up(start: Start) -> None:
    with start("unread_log", UNREAD="1") as unit:
        unit.until_told("READY=1")
        assert unit.terminate() == 1


def test_a_second_signal_changes_nothing(start: Start) -> None:
    with start("deaf") as unit:
        unit.until_told("READY=1")
        unit.process.terminate()
        unit.until_told("STOPPING=1")
        assert unit.terminate() == 0
        assert "closed" in unit.output


@pytest.mark.parametrize("behaviour", ["crash", "crash_while_ending"])
def test_a_crash_is_an_exit_code(start: Start, behaviour: str) -> None:
    with start(behaviour) as unit:
        if behaviour == "crash_while_ending":
            unit.until_told("READY=1")
            unit.process.terminate()
        assert unit.ended() == 1
        assert "closed" in unit.output
