"""Is somebody speaking? Silero, a small recurrent net, on the frames that the recogniser gets, and their level.

The model is the one inside openwakeword's wheel (its 2023 form: inputs `input` [1, n], `sr`, and the states `h` and `c`
[2, 1, 64]); it is found without importing that package. When listening ends is for the conductor to decide.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.session import CPU, Session, open_session, packaged

RATE = 16_000
WINDOW = 512
COLD_WINDOWS = 3
FLOOR_DBFS = -96.0


@dataclass(frozen=True)
class Activity:
    """Everything up to `position` was looked at. A cold detector has not seen enough yet to say."""

    position: int
    speech_probability: float
    cold: bool
    level_dbfs: float
    noise_dbfs: float


def open_silero() -> Session:
    """Raises engines.errors.EngineError."""
    return open_session(packaged("openwakeword", "resources/models/silero_vad.onnx"), preference=(CPU,)).session


class VoiceActivity:
    """The detector of one stretch of a stream. `session` is shared; the state is its own."""

    def __init__(self, session: Session, position: int) -> None:
        self._session = session
        self._position = position
        self._waiting = np.zeros(0, np.float32)
        self._h = np.zeros((2, 1, 64), np.float32)
        self._c = np.zeros((2, 1, 64), np.float32)
        self._windows = 0
        self._noise_dbfs = -60.0

    def hear(self, samples: NDArray[np.int16]) -> list[Activity]:
        """What the next samples (16 kHz) say; an answer for each 32 ms, none while less than that has come."""
        self._waiting = np.concatenate([self._waiting, samples.astype(np.float32) / 32768])
        heard = []
        while len(self._waiting) >= WINDOW:
            window, self._waiting = self._waiting[:WINDOW], self._waiting[WINDOW:]
            heard.append(self._look(window))
        return heard

    def _look(self, window: NDArray[np.float32]) -> Activity:
        output, self._h, self._c = self._session.run(
            None, {"input": window[None, :], "sr": np.array(RATE, np.int64), "h": self._h, "c": self._c}
        )
        self._position += len(window)
        self._windows += 1
        probability = float(output[0, 0])
        level = level_dbfs(window)
        if probability < 0.3:
            self._noise_dbfs += 0.1 * (level - self._noise_dbfs)
        return Activity(self._position, probability, self._windows <= COLD_WINDOWS, level, self._noise_dbfs)


def level_dbfs(samples: NDArray[np.float32]) -> float:
    """RMS level of samples within ±1."""
    power = float(np.mean(samples * samples)) if len(samples) else 0.0
    return max(FLOOR_DBFS, 10 * float(np.log10(power + 1e-12)))
