"""From the sound card's blocks to the samples of a capture stream: 16 kHz, in pieces of 10 ms, each with its position.
Pure.

A position never drifts silently: samples that are known to be lost are replaced by as many of silence, and counted;
where too much is missing, or the microphone was opened anew, a new stream begins. `stream` names it.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.resample import Resampler

RATE = 16_000
PIECE = 160
NS_PER_SAMPLE = 1_000_000_000 // RATE
LONGEST_GAP = RATE // 2
"""More than this lost at once, and a new stream begins."""

Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Block:
    """What the sound card hands over. `samples` are mono at the card's rate, `captured_ns` (CLOCK_MONOTONIC) is when
    the last of them entered capture, `lost` how many were lost right before them."""

    samples: Samples
    captured_ns: int
    lost: int = 0


@dataclass(frozen=True)
class Piece:
    """10 ms of a stream: `position` of its first sample, and when its last one entered capture."""

    stream: str
    position: int
    samples: Samples
    captured_ns: int


class Capture:
    """One stream after the other. `gaps` and `lost` count what was missing, in samples of 16 kHz."""

    def __init__(self, name: Callable[[], str] = lambda: uuid.uuid4().hex) -> None:
        self._name = name
        self._resampler = Resampler(RATE, RATE)
        self._waiting = np.zeros(0, np.int16)
        self._rate = RATE
        self.stream = ""
        self.position = 0
        self.gaps = 0
        self.lost = 0

    def begin(self, rate: int = RATE) -> None:
        """A microphone of this rate was opened: a new stream."""
        self._rate = rate
        self._renew()

    def hear(self, block: Block) -> list[Piece]:
        """The pieces that the card's next block completes."""
        if block.lost:
            self._skip(block.lost * RATE // self._rate)
        return self._cut(self._resampler.process(block.samples), block.captured_ns)

    def inject(self, samples: Samples, captured_ns: int, last: bool = False) -> list[Piece]:
        """The pieces that sound in the microphone's place completes (16 kHz); the last one is filled up with
        silence."""
        if not self.stream:
            self.begin()
        fill = -(len(self._waiting) + len(samples)) % PIECE if last else 0
        return self._cut(np.concatenate([samples, np.zeros(fill, np.int16)]), captured_ns)

    def forget(self) -> None:
        """Nobody listens for a while: what comes later belongs to a new stream."""
        self._renew()

    def _renew(self) -> None:
        self.stream = self._name()
        self.position = 0
        self._resampler = Resampler(self._rate, RATE)
        self._waiting = np.zeros(0, np.int16)

    def _skip(self, lost: int) -> None:
        self.gaps += 1
        self.lost += lost
        if lost > LONGEST_GAP:
            self._renew()
        else:
            self._waiting = np.concatenate([self._waiting, np.zeros(lost, np.int16)])

    def _cut(self, samples: Samples, captured_ns: int) -> list[Piece]:
        sound = np.concatenate([self._waiting, samples]) if len(self._waiting) else samples
        whole = len(sound) // PIECE * PIECE
        pieces = []
        for start in range(0, whole, PIECE):
            behind = len(sound) - start - PIECE
            piece = Piece(
                self.stream, self.position, sound[start : start + PIECE], captured_ns - behind * NS_PER_SAMPLE
            )
            pieces.append(piece)
            self.position += PIECE
        self._waiting = sound[whole:]
        return pieces
