"""What passed at a commit is not run again; what did not, is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.repository import ROOT

TESTS = """
import pathlib
import pytest

def test_good():
    pass

def test_good_once_it_is_mended():
    assert pathlib.Path("../mended").exists()

@pytest.fixture
def untidy():
    yield
    assert pathlib.Path("../mended").exists()

def test_that_leaves_a_mess(untidy):
    pass
"""


def git(tree: Path, *arguments: str) -> None:
    who = {f"GIT_{role}_{what}": "x@y" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(("git", *arguments), cwd=tree, check=True, capture_output=True, env={**os.environ, **who})


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "tests").mkdir(parents=True)
    (tree / "tests/test_it.py").write_text(TESTS)
    (tree / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    (tree / ".gitignore").write_text("build/\n__pycache__/\n.pytest_cache/\n")
    git(tree, "init", "-q")
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "first")
    return tree


def run(tree: Path, *arguments: str) -> str:
    command = (sys.executable, "-m", "pytest", "-q", "-p", "tests.resuming", *arguments)
    path = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        command, cwd=tree, env={**os.environ, **path}, capture_output=True, text=True, check=False
    ).stdout


def test_only_what_has_not_passed_runs_again(tree: Path) -> None:
    assert "1 failed, 2 passed, 1 error" in run(tree)
    (tree.parent / "mended").touch()
    second = run(tree)
    assert "2 passed, 1 deselected" in second
    assert "3 passed so far" in second


def test_another_commit_begins_anew_and_changes_are_not_remembered(tree: Path) -> None:
    (tree.parent / "mended").touch()
    assert "3 passed" in run(tree)
    (tree / "tests/test_it.py").write_text(TESTS + "\n")
    assert "3 passed in" in run(tree)
    assert "3 passed in" in run(tree)
    git(tree, "commit", "-qam", "second")
    assert "3 passed in" in run(tree)
    assert "3 deselected" in run(tree)


def test_a_test_that_is_asked_for_runs(tree: Path) -> None:
    run(tree)
    assert "1 passed in" in run(tree, "tests/test_it.py::test_good")
