"""A running box, and computers that are its devices."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus, Config
from daemons.runner import free_port
from pairing import factory
from pairing.setup_code import SetupCode
from tests.phone.computer import WORKS_S, Computer

POLL_S = 0.1


class RunningBox:
    """Its daemons are processes of their own; `close` when done. `bluetooth`: the D-Bus that its BlueZ is on."""

    def __init__(self, home: Path, bluetooth: str = "") -> None:
        self.home = home
        self.pairing_port, self.gateway_port = free_port(), free_port()
        home.mkdir()
        pairing = f"[pairing]\nport = {self.pairing_port}\nbluetooth = {str(bool(bluetooth)).lower()}\n"
        (home / "spoq.toml").write_text(f"{pairing}[gateway]\nport = {self.gateway_port}\n")
        self._process = subprocess.Popen(
            (sys.executable, "-m", "tests.phone.box", str(home)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Nobody's Wi-Fi is joined by a test.
            env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bluetooth or f"unix:path={home}/no-bus"},
        )
        assert self._process.stdout is not None
        ready = self._process.stdout.readline()
        assert ready, "the box did not start"
        self.pids = {name: int(pid) for name, _, pid in (each.partition("=") for each in ready.split())}

    @property
    def code(self) -> SetupCode:
        code = factory.read(self.home / "factory").code
        assert code is not None
        return code

    def press(self, action: str) -> None:
        """Somebody does that with its button."""
        asyncio.run(self._press(action))

    async def _press(self, action: str) -> None:
        url = f"nats://127.0.0.1:{(self.home / 'port').read_text()}"
        seed = self.home / "credentials/hardwared.nk"
        async with Bus.connected(Config("hardwared", url, seed)) as bus:
            await bus.publish(s.HARDWARE_BUTTON, pb.Button(button="action", action=action))
            await bus.flush()

    def until_closed(self) -> None:
        """Nobody can come to pair any more."""
        for _ in range(round(WORKS_S / POLL_S)):
            try:
                socket.create_connection(("127.0.0.1", self.pairing_port)).close()
            except ConnectionRefusedError:
                return
            time.sleep(POLL_S)
        raise TimeoutError

    def signal(self, unit: str, number: signal.Signals) -> None:
        os.kill(self.pids[unit], number)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(WORKS_S)
        self._process.stdout.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RunningBox]:
    running = RunningBox(tmp_path / "box")
    yield running
    running.close()


@pytest.fixture
def computer(tmp_path: Path, box: RunningBox) -> Callable[[str], Computer]:
    """A computer of that name."""
    return lambda name: Computer(tmp_path / name, box.pairing_port, box.gateway_port)
