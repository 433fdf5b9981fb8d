"""How loud it is in front of the microphone, ten times a second. Pure."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.capture import PIECE, Piece

PIECES = 10
FULL_SCALE = 32768.0
SILENT_DBFS = -100.0


@dataclass(frozen=True)
class Level:
    """The last 100 ms, in decibels below full scale. `voice`: the cheap gate heard some."""

    stream: str
    position: int
    rms_dbfs: float
    peak_dbfs: float
    voice: bool


class Meter:
    """Adds pieces up to a level."""

    def __init__(self) -> None:
        self._square = 0.0
        self._peak = 0
        self._voice = False
        self._count = 0

    def hear(self, piece: Piece, voice: bool) -> Level | None:
        """The level, when a tenth of a second is full."""
        wide = piece.samples.astype(np.int32)
        self._square += float(wide @ wide)
        self._peak = max(self._peak, _peak(piece.samples))
        self._voice |= voice
        self._count += 1
        if self._count < PIECES:
            return None
        rms = math.sqrt(self._square / (PIECES * PIECE))
        level = Level(piece.stream, piece.position + PIECE, _dbfs(rms), _dbfs(self._peak), self._voice)
        self._square, self._peak, self._voice, self._count = 0.0, 0, False, 0
        return level


def _peak(samples: NDArray[np.int16]) -> int:
    return max(int(samples.max()), -int(samples.min()))


def _dbfs(value: float) -> float:
    return max(SILENT_DBFS, 20 * math.log10(value / FULL_SCALE)) if value > 0 else SILENT_DBFS
