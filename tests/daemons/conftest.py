"""Starting the unit of `unit.py` as a process, and being its systemd."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 60
"""So long a test waits for what should have come, so that it fails and does not hang."""
POLL_S = 0.02


class Unit:
    """A process of `unit.py`. `told` holds what it told systemd, in order."""

    def __init__(self, behaviour: str, home: Path, folder: Path, environment: dict[str, str]) -> None:
        self.told: list[str] = []
        self._output, self._log = folder / "output", folder / "log"
        self._systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._systemd.settimeout(PATIENCE_S)
        self._systemd.bind(str(folder / "notify"))
        inherited = {key: value for key, value in os.environ.items() if key not in ("JOURNAL_STREAM", "WATCHDOG_USEC")}
        told = {"SPOQ_HOME": str(home), "NOTIFY_SOCKET": str(folder / "notify"), "STATE_DIRECTORY": str(folder)}
        with self._output.open("wb") as output, self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.daemons.unit", behaviour],
                cwd=ROOT,
                env={**inherited, **told, **environment},
                stdout=output,
                stderr=subprocess.PIPE if environment.get("UNREAD") else log,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()
        self._systemd.close()

    def until_told(self, line: str) -> None:
        """Returns when systemd has been told `line`."""
        while line not in self.told:
            self.told += self._systemd.recv(4096).decode().splitlines()

    def until_logged(self, words: str) -> None:
        """Returns when its log holds `words`: what systemd is told, and what others hear, is logged afterwards."""
        deadline = time.monotonic() + PATIENCE_S
        while words not in self.log:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(POLL_S)

    def terminate(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        """The exit code, when it has ended."""
        code = self.process.wait(PATIENCE_S)
        self._systemd.setblocking(False)
        try:
            while True:
                self.told += self._systemd.recv(4096).decode().splitlines()
        except BlockingIOError:
            return code

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def log(self) -> str:
        return self._log.read_text()


Start = Callable[..., Unit]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """`with start("good") as unit`: the unit with that behaviour; `home` is a development folder."""

    def started(behaviour: str, home: Path = tmp_path, **environment: str) -> Unit:
        return Unit(behaviour, home, tmp_path, environment)

    return started
