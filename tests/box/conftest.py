"""The whole box in a virtual room, shared by all stories here: started once, and well again after each of them.

The matrices take long, so `make test-all` goes on where it was interrupted: what has passed at a commit, with nothing
changed since, is not run again (`build/matrix/`).
"""

import subprocess
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest
import pytest_asyncio

from daemons.runner import Box
from daemons.virtual_sound import VirtualSound
from tests.box.room import Room


def _passed() -> Path | None:
    """Where it is noted what has passed at this commit; nowhere while anything is changed."""
    root = Path(__file__).parents[2]
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True, check=False
    ).stdout.strip()
    return root / "build/matrix" / described if described and not described.endswith("-dirty") else None


PASSED = _passed()
LEFT_OUT = pytest.StashKey[int]()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sound() -> AsyncIterator[VirtualSound]:
    async with VirtualSound.started() as sound:
        yield sound


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def box(sound: VirtualSound, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Box]:
    async with Box(tmp_path_factory.mktemp("box"), sound.environment) as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def room(box: Box, sound: VirtualSound) -> AsyncIterator[Room]:
    """A quiet room with a box in it that has nothing to do."""
    async with Room.entered(box, sound) as room:
        yield room


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what an interrupted run has shown already."""
    shown = PASSED.read_text().splitlines() if PASSED is not None and PASSED.exists() else []
    left_out = [item for item in items if item.nodeid in shown]
    config.stash[LEFT_OUT] = len(left_out)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A matrix of which everything has passed already has passed."""
    if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.stash.get(LEFT_OUT, 0):
        session.exitstatus = pytest.ExitCode.OK


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if PASSED is not None and report.when == "call" and report.passed and item.get_closest_marker("matrix"):
        PASSED.parent.mkdir(parents=True, exist_ok=True)
        with PASSED.open("a") as passed:
            passed.write(f"{item.nodeid}\n")
    return report
