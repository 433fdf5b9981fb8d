"""Where things are and how they look: names of our own, modules that introduce themselves, nothing of one machine."""

import ast
import os
import re
import sys
import tomllib
from importlib import metadata
from urllib.parse import urlsplit

import pytest

from tests.repo.repository import GENERATED, ROOT, modules, project, tracked

MOST_LINES = 400
LONGER: dict[str, str] = {}
"""Modules over `MOST_LINES`, each with its reason."""


def packages() -> list[str]:
    """Our top-level packages; the program that builds images is not in them."""
    folders = {name.split("/")[0] for name in modules() if name.count("/")}
    return sorted(folders - {"tests", "image-build"})


def test_no_dependency_brings_a_package_of_our_name() -> None:
    brought = metadata.packages_distributions()
    assert {name: brought[name] for name in packages() if set(brought.get(name, ())) - {"spoq"}} == {}
    assert not set(packages()) & sys.stdlib_module_names


def test_every_package_is_shipped_checked_and_has_its_floor() -> None:
    tool = project()["tool"]
    targets = tool["hatch"]["build"]["targets"]
    floors = [name.strip() for floor in tool["importlinter"]["contracts"][0]["layers"] for name in floor.split("|")]
    assert sorted(targets["wheel"]["packages"]) == packages()
    assert sorted(targets["editable"]["packages"]) == packages()
    assert sorted(tool["mypy"]["files"]) == sorted([*packages(), "image-build/builder", "tests"])
    assert sorted(tool["importlinter"]["root_packages"]) == sorted([*packages(), "builder"])
    assert sorted(floors) == sorted([*packages(), "builder"])


@pytest.mark.parametrize("name", modules())
def test_a_module_introduces_itself_and_is_not_too_long(name: str) -> None:
    text = (ROOT / name).read_text()
    assert ast.get_docstring(ast.parse(text)), "a module's docstring says what it answers for"
    lines = len(text.splitlines())
    assert (lines > MOST_LINES) == (name in LONGER), f"{lines} lines; LONGER holds the exceptions"


def test_blocking_in_the_event_loop_is_linted() -> None:
    lint = project()["tool"]["ruff"]["lint"]
    assert "ASYNC" in lint["select"]
    assert [rule for rule in lint["ignore"] if rule.startswith("ASYNC") and rule != "ASYNC109"] == []
    excused = {path for path, rules in lint["per-file-ignores"].items() if any("ASYNC" in rule for rule in rules)}
    assert excused == {"tests/**"}


# --- nothing of one machine -------------------------------------------------------------------------

MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users|tmp/team|opt/(?:wheels|pypi))(?:/|\b)")
PUBLIC = frozenset({"pypi.org", "files.pythonhosted.org"})


def text_of(name: str) -> str:
    """A tracked file's text; empty where it is none."""
    try:
        return (ROOT / name).read_text()
    except UnicodeDecodeError:
        return ""


def private_hosts() -> set[str]:
    """Hosts of the package indexes that this machine is set up with, other than the public one."""
    names = (
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "UV_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "UV_INDEX",
        "NPM_CONFIG_REGISTRY",
    )
    urls = " ".join(os.environ.get(name, "") for name in names)
    hosts = {urlsplit(url).hostname or "" for url in re.findall(r"https?://\S+", urls)}
    return hosts - PUBLIC - {""}


@pytest.mark.parametrize("name", [name for name in tracked() if name not in GENERATED])
def test_no_file_knows_the_machine_it_was_written_on(name: str) -> None:
    text = text_of(name)
    if name != "tests/repo/test_layout.py":
        assert MACHINE_PATHS.findall(text) == []
    assert [host for host in private_hosts() if host in text] == []
    assert re.findall(r"https?://[^/\s\"']*\b(?:artifactory|nexus|devpi|verdaccio)\b[^\s\"']*", text) == []
    assert not re.search(r"(?m)^\s*--(?:extra-)?index-url\b", text)


def test_secrets_are_not_in_git() -> None:
    seed = re.compile(r"\bSU[A-Z2-7]{56}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----")
    assert [name for name in tracked() if name.endswith((".nk", ".pem", ".key")) or seed.search(text_of(name))] == []


# --- the tests themselves -----------------------------------------------------------------------------

MOST_MINUTES = 60


def test_every_folder_of_tests_has_a_budget_and_all_fit() -> None:
    budget = tomllib.loads((ROOT / "tests/budget.toml").read_text())["minutes"]
    folders = {name.split("/")[1] for name in modules() if re.match(r"tests/[^/]+/(?:.+/)?test_\w+\.py$", name)}
    assert set(budget) >= folders
    assert sum(budget.values()) <= MOST_MINUTES


SKIPS = re.compile(r"mark\.(?:skip|xfail)|pytest\.(?:skip|importorskip|xfail)\(")


@pytest.mark.parametrize("name", [name for name in modules() if name.startswith("tests/")])
def test_no_test_is_skipped(name: str) -> None:
    assert name == "tests/repo/test_layout.py" or not SKIPS.findall(text_of(name))
