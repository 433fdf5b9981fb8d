"""Speech from synthetic voices."""

import subprocess
from collections.abc import Callable

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

Pcm = NDArray[np.int16]

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
