"""What any test may ask for: a real bus with a box's permissions, and a connection to it as one of its clients."""

import gc
import os
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from hypothesis import settings

from bus.client import Bus
from tests import rights
from tests.fakes.bus_server import BusServer

# No test of ours fails because a machine was busy.
settings.register_profile("spoq", deadline=None)
settings.load_profile("spoq")

Connect = Callable[[str], AbstractAsyncContextManager[Bus]]


@pytest.fixture(scope="session")
def bus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusServer]:
    """One real nats-server for all tests that leave it running."""
    with BusServer(tmp_path_factory.mktemp("bus")) as server:
        yield server


@pytest.fixture
def own_bus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BusServer]:
    """A real nats-server of the test's own, which it may kill and start again."""
    with BusServer(tmp_path_factory.mktemp("bus")) as server:
        yield server


@pytest.fixture(scope="module")
def nothing_of_bleak() -> Iterator[None]:
    """What bleak forgets of a D-Bus that has ended is found here, and not in the middle of another test: Python 3.11
    can't parse a file while it writes a traceback."""
    yield
    gc.collect()


@pytest.fixture
def connect(bus_server: BusServer) -> Connect:
    """`async with connect("audiod") as bus`: a connection as that role."""
    return lambda role: Bus.connected(bus_server.config(role))


@pytest.fixture(scope="session")
def sudo() -> None:
    """The test has something run as root, as `tests.rights` says."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Root's rights are there from now on, if a test needs them and we are not root."""
    needed = any("sudo" in getattr(item, "fixturenames", ()) for item in session.items)
    if needed and os.geteuid() != 0 and not session.config.option.collectonly:
        try:
            session.config.add_cleanup(rights.keep())
        except (OSError, subprocess.CalledProcessError):
            pytest.exit("Some of these tests have root run something, and sudo does not let them.", returncode=1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names the folders that took longer than their budget. Nothing fails by it: a slow machine is no fault."""
    took: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.nodeid.count("/") > 1:
                took[report.nodeid.split("/")[1]] += report.duration / 60
    minutes = tomllib.loads((Path(__file__).parent / "budget.toml").read_text())["minutes"]
    for name in sorted(name for name in took if took[name] > minutes.get(name, 0)):
        terminalreporter.write_line(f"{name}: {took[name]:.1f} min, budget {minutes.get(name, 0)} (tests/budget.toml)")
