"""How `spoq` behaves towards a person at a terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def spoq(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "SPOQ_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [["status"], ["turns", "--json"], ["ask", "what", "time"], ["timers"], ["wakewords"], ["mute", "show"], ["talk"]],
)
def test_without_a_running_box_it_says_how_to_start_one(tmp_path: Path, command: list[str]) -> None:
    done = spoq(tmp_path, *command)
    assert done.returncode == 1
    assert "make run" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_box_that_has_gone_is_as_good_as_none(tmp_path: Path) -> None:
    from bus.server import write_keys

    write_keys(tmp_path / "credentials")
    (tmp_path / "port").write_text("1")
    done = spoq(tmp_path, "turns")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize("arguments", [[], ["dance"], ["hear"], ["volume", "200"], ["mute", "maybe"]])
def test_wrong_usage_is_exit_code_two(tmp_path: Path, arguments: list[str]) -> None:
    assert spoq(tmp_path, *arguments).returncode == 2


def test_a_recording_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    done = spoq(tmp_path, "hear", str(tmp_path / "missing.wav"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "missing.wav" in done.stderr


def test_help_says_whose_voice_say_is(tmp_path: Path) -> None:
    assert "through its microphone" in spoq(tmp_path, "say", "--help").stdout


def test_where_there_is_no_box_nothing_is_recovered(tmp_path: Path) -> None:
    done = spoq(tmp_path, "recover")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_a_recovery_key_is_no_argument(tmp_path: Path) -> None:
    assert spoq(tmp_path, "recover", "cbdefghi").returncode == 2
