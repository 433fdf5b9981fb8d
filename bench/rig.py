"""The ear of the audio daemon without its daemon: hours of sound in minutes, through the code that runs in the box."""

from collections.abc import Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.capture import PIECE, RATE, Piece
from audio.config import Config
from audio.ear import Ear, Heard
from audio.echo import PLAYED_RATE, Reference
from audio.stopword import StopWord
from audio.wakeword import OpenWakeWord
from bench import speakers

Pcm = NDArray[np.int16]
PLAYED_PIECE = PLAYED_RATE // 100


class Rig:
    """One ear that hears one long stream."""

    def __init__(self, *, stop_word: bool) -> None:
        config = Config()
        self._reference = Reference()
        stop = StopWord(config.stop) if stop_word else None
        self._ear = Ear(config, OpenWakeWord(config.wake.words), stop, self._reference)
        self.position = 0

    def hear(self, microphone: Pcm, played: Pcm | None = None) -> Iterator[Heard]:
        """What the ear makes of this sound (16 kHz). `played`: what the box's own speaker plays meanwhile (48 kHz)."""
        for start in range(0, len(microphone) - PIECE + 1, PIECE):
            sounding = False
            if played is not None:
                block = played[start * 3 : start * 3 + PLAYED_PIECE]
                sounding = bool(block.any())
                self._reference.played(block)
            piece = Piece("rig", self.position, microphone[start : start + PIECE], self.position * 62_500)
            yield from self._ear.hear(piece, sounding)
            self.position += PIECE


def at_16k(sound: speakers.Samples) -> speakers.Samples:
    """From the speakers' rate to the ear's."""
    resampled: speakers.Samples = soxr.resample(sound, speakers.RATE, RATE).astype(np.float32)
    return resampled
