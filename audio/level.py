"""How loud it is in front of the microphone, ten times a second. Pure."""

import math
from dataclasses import dataclass

import numpy as np

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
        self._pieces: list[Piece] = []
        self._voice = False

    def hear(self, piece: Piece, voice: bool) -> Level | None:
        """The level, when a tenth of a second is full."""
        self._pieces.append(piece)
        self._voice |= voice
        if len(self._pieces) < PIECES:
            return None
        sound = np.concatenate([each.samples for each in self._pieces]).astype(np.float32)
        rms, peak = math.sqrt(float(sound @ sound) / len(sound)), float(np.max(np.abs(sound)))
        level = Level(piece.stream, piece.position + PIECE, _dbfs(rms), _dbfs(peak), self._voice)
        self._pieces, self._voice = [], False
        return level


def _dbfs(value: float) -> float:
    return max(SILENT_DBFS, 20 * math.log10(value / FULL_SCALE)) if value > 0 else SILENT_DBFS
