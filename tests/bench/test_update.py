"""The update benchmark's figures, from what a box told; and what a peer would fetch, of files made here."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BenchError
from bench.older import as_published
from bench.update import BLOCK, HASH, adaptive, figures
from builder.target import PROJECT

PEAKS = "spoq-otad\t  100000 kB\nspoq-otad\t  140000 kB\nrauc\t   20000 kB\n"


def report(**other: Any) -> dict[str, Any]:
    return {"outcome": "kept", "why": "", "way": "delta", "bytes": 14_000_000, "seconds": 90.0} | other


def test_the_largest_memory_of_both_and_the_time_beside_dd() -> None:
    measured = figures(PEAKS, report(), plain_s=30.0, downtime_s=200.04)
    assert measured["install_ratio"] == 3.0
    assert measured["peak_mb"] == {"spoq-otad": 143.4, "rauc": 20.5}
    assert measured["apply_peak_mb"] == 163.8
    assert (measured["way"], measured["fetched_bytes"], measured["downtime_s"]) == ("delta", 14_000_000, 200.0)


def test_the_older_image_takes_its_packages_as_they_were_published() -> None:
    text = (PROJECT / "image-build/suites.toml").read_text()
    now, then = tomllib.loads(text), tomllib.loads(as_published(text))
    for name, suite in now.items():
        assert len(suite["pockets"]) == 3
        assert then[name] == suite | {"pockets": suite["pockets"][:1]}


def test_an_update_that_did_not_stay_has_no_figures() -> None:
    with pytest.raises(BenchError, match="reverted"):
        figures(PEAKS, report(outcome="reverted", why="The gate."), 30.0, 200.0)


def test_a_block_that_is_anywhere_in_the_old_file_is_not_fetched(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"a" * BLOCK + b"b" * BLOCK)
    new.write_bytes(b"b" * BLOCK + b"c" * BLOCK + b"c" * BLOCK + b"a" * BLOCK)
    assert adaptive(old, new) == 4 * HASH + BLOCK
