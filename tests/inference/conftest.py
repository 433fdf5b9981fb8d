"""A bus of its own for each test that wants one, and speech from synthetic voices."""

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from bus import server
from bus.client import Bus, Config

Pcm = NDArray[np.int16]
Connect = Callable[[str], AbstractAsyncContextManager[Bus]]

ESPEAK_RATE = 22_050
RATE = 16_000


@pytest.fixture(scope="session")
def say() -> Callable[..., Pcm]:
    """Speech at 16 kHz, without the silence around it."""

    def speak(text: str, voice: str = "en-us", wpm: int = 165) -> Pcm:
        command = ["espeak-ng", "-v", voice, "-s", str(wpm), "--stdout", text]
        wave = subprocess.run(command, capture_output=True, check=True).stdout
        pcm = np.frombuffer(wave[44:], np.int16).astype(np.float32)
        speech = soxr.resample(pcm, ESPEAK_RATE, RATE)
        loud = np.flatnonzero(np.abs(speech) > 100)
        cut: Pcm = speech[loud[0] : loud[-1] + 1].clip(-32768, 32767).astype(np.int16)
        return cut

    return speak


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Connect to a fresh nats-server as a role."""
    executable = shutil.which("nats-server")
    assert executable, "nats-server is not installed"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    keys = server.write_keys(tmp_path / "keys")
    configuration = tmp_path / "nats.conf"
    configuration.write_text(server.configuration(keys, port))
    process = subprocess.Popen([executable, "-c", configuration], stderr=subprocess.DEVNULL)

    def connected(role: str) -> AbstractAsyncContextManager[Bus]:
        return Bus.connected(Config(role, f"nats://127.0.0.1:{port}", tmp_path / "keys" / f"{role}.nk"))

    try:
        yield connected
    finally:
        process.terminate()
        process.wait()
