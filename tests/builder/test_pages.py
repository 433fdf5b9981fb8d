"""The pages for phones in an image, and what they are made of."""

from pathlib import Path

import pytest

from builder import pages
from builder.errors import BuildError
from builder.parts import Kind


def test_they_lie_where_the_daemon_looks_for_them(tmp_path: Path) -> None:
    pages.lay(tmp_path)
    laid = {path.name for path in (tmp_path / pages.PLACE).iterdir()}
    assert {"index.html", "page.js", "licences.txt"} <= laid


def test_an_image_without_them_is_not_built(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="run tools/setup"):
        pages.lay(tmp_path, tmp_path / "nowhere")


def test_what_they_are_made_of_is_told_and_what_they_are_tested_with_is_not() -> None:
    found = {part.name: part for part in pages.parts()}
    curves = found["@noble/curves"]
    assert (curves.kind, curves.licence) == (Kind.PAGE, "MIT")
    assert curves.purl == f"pkg:npm/%40noble/curves@{curves.version}"
    assert "playwright-core" not in found and not any(part.is_unknown for part in found.values())
