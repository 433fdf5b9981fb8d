"""A running box that a page can pair with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.phone.conftest import RunningBox


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RunningBox]:
    running = RunningBox(tmp_path / "box")
    yield running
    running.close()
