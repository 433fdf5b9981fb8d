"""A pytest plugin: what has passed at this commit is not run again. `python -m pytest -p tests.resuming`.

A run of hours may be interrupted and started again. Nothing is remembered of a tree with changes.
"""

import json
import subprocess
from pathlib import Path

import pytest

FILE = Path("build/passed.json")


class Passed:
    """The tests that have passed at `commit`, with their seconds, in a file."""

    def __init__(self, file: Path, commit: str) -> None:
        self._file, self.commit = file, commit
        self.seconds: dict[str, float] = {}
        if commit and file.exists():
            known = json.loads(file.read_text())
            self.seconds = known["seconds"] if known["commit"] == commit else {}

    def add(self, test: str, seconds: float) -> None:
        self.seconds[test] = round(seconds, 1)
        if self.commit:
            self._file.parent.mkdir(exist_ok=True)
            self._file.write_text(json.dumps({"commit": self.commit, "seconds": self.seconds}, indent=2) + "\n")


class Resuming:
    def __init__(self, passed: Passed) -> None:
        self._passed = passed
        self._took: dict[str, float] = {}

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        # A test that is asked for runs in any case.
        done = [] if config.args != config.getini("testpaths") else self._passed.seconds
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in done])
        items[:] = [item for item in items if item.nodeid not in done]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Each test has three: making ready, itself, clearing up."""
        self._took[report.nodeid] = self._took.get(report.nodeid, 0.0) + report.duration
        if not report.passed:
            self._took[report.nodeid] = float("-inf")
        elif report.when == "teardown" and self._took[report.nodeid] >= 0:
            self._passed.add(report.nodeid, self._took[report.nodeid])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        minutes, commit = sum(self._passed.seconds.values()) / 60, self._passed.commit[:7] or "a tree with changes"
        terminalreporter.write_line(f"At {commit}: {len(self._passed.seconds)} passed so far, in {minutes:.1f} min.")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Resuming(Passed(config.rootpath / FILE, _commit(config.rootpath))))


def _commit(tree: Path) -> str:
    """Empty where there are changes, or no git."""
    changes = subprocess.run(("git", "status", "--porcelain"), cwd=tree, capture_output=True, text=True, check=False)
    if changes.returncode or changes.stdout:
        return ""
    told = subprocess.run(("git", "rev-parse", "HEAD"), cwd=tree, capture_output=True, text=True, check=True)
    return told.stdout.strip()
