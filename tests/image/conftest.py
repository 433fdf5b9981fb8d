"""One image and one first start for all tests here; each test resumes that machine where it was saved."""

import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from builder import image
from builder import target as targets
from builder.box import Box, booted, copied
from builder.machine import Machine
from builder.target import PROJECT
from tests.image.slots import TARGET

SAVED = "up"


@pytest.fixture(scope="session")
def built(sudo: None) -> Path:
    """The image."""
    subprocess.run((PROJECT / "tools/setup-image", TARGET), check=True)
    return image.build(TARGET)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def first_start(built: Path) -> AsyncIterator[Machine]:
    """A new machine after its first start, saved when the slot was confirmed; off."""
    with tempfile.TemporaryDirectory(prefix="spoq-first-") as folder:
        made = Machine(targets.read(TARGET), Path(folder))
        made.make(built)
        async with booted(made) as box:
            await box.until_well()
            await box.save(SAVED)
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def box(first_start: Machine) -> AsyncIterator[Box]:
    """The box as it was after its first start."""
    async with resumed(first_start) as found:
        yield found


@asynccontextmanager
async def resumed(saved: Machine) -> AsyncIterator[Box]:
    """A copy of the machine, where it was saved."""
    # A socket's path is short: pytest's folders are too deep.
    with tempfile.TemporaryDirectory(prefix="spoq-box-") as folder:
        async with booted(copied(saved, Path(folder, "machine")), "-loadvm", SAVED) as box:
            yield box
