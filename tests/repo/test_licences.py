"""docs/licences.md lists what is installed, and nothing that the project's licence does not go with."""

import re
from importlib import metadata

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from builder import parts
from tests.repo import licences
from tests.repo.repository import project

COPYLEFT = re.compile(r"(?<!L)(?:A?GPL|General Public)|SSPL|BUSL|-NC-|unknown", re.IGNORECASE)
APART = frozenset({"jetson-stats"})
"""GPL and AGPL packages that only an extra of the board asks for."""


def test_the_page_lists_what_is_installed() -> None:
    listed = {name: row.versions for name, row in licences.listed().items()}
    assert listed == licences.shipped(), "run `python -m tests.repo.licences` and commit what it writes"


def test_the_page_lists_what_is_in_the_pages_for_phones() -> None:
    listed = licences.listed(licences.BEGIN_PAGES)
    assert listed == licences.in_pages(), "run `python -m tests.repo.licences` and commit what it writes"
    assert [row for row in listed.values() if COPYLEFT.search(row.licence)] == []


@pytest.mark.parametrize("row", licences.listed().values(), ids=lambda row: row.name)
def test_a_licence_is_what_the_package_says_and_goes_with_ours(row: licences.Row) -> None:
    if Version(metadata.version(row.name)) == row.versions[0]:
        assert row.licence == licences.licence(row.name)
    assert not COPYLEFT.search(row.licence)


@pytest.mark.parametrize("text", ["GPL-3.0-or-later", "AGPL-3.0", "GNU General Public License v2", "CC-BY-NC-SA-4.0"])
def test_a_licence_that_does_not_go_with_ours_would_be_seen(text: str) -> None:
    assert COPYLEFT.search(text)


@pytest.mark.parametrize("text", ["LGPL-2.1-or-later", "MIT", "Apache-2.0 AND MIT", "MPL-2.0"])
def test_a_licence_that_goes_with_ours_is_let_pass(text: str) -> None:
    assert not COPYLEFT.search(text)


def test_what_is_apart_is_never_installed_with_the_rest() -> None:
    assert not APART & set(licences.shipped())
    asked = {canonicalize_name(re.split(r"[^\w.-]", text)[0]) for text in project()["project"]["dependencies"]}
    assert not APART & asked


def test_the_page_names_every_model() -> None:
    page = licences.PAGE.read_text()
    assert [pack.name for pack in parts.packs() if pack.name not in page] == []


def test_the_page_names_every_optional_package() -> None:
    page = licences.PAGE.read_text()
    extras = {name: texts for name, texts in project()["project"]["optional-dependencies"].items() if name != "dev"}
    optional = {re.split(r"[^\w.-]", text)[0] for texts in extras.values() for text in texts}
    assert [name for name in sorted(optional) if name not in page] == []
