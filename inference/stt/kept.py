"""The sound of an utterance, in memory only and for no longer than it is open."""

from collections import deque

import numpy as np

from inference.stt.protocol import Samples


class Kept:
    """The newest `longest` samples, give or take a piece as it came."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._pieces: deque[Samples] = deque()
        self.samples = 0
        """How many are held at the moment."""

    def add(self, samples: Samples) -> None:
        self._pieces.append(samples)
        self.samples += len(samples)
        self.shorten(self._longest)

    def shorten(self, most: int) -> None:
        """Forget the oldest beyond `most` samples."""
        while self.samples > most:
            self.samples -= len(self._pieces.popleft())

    def forget(self) -> None:
        self._pieces.clear()
        self.samples = 0

    @property
    def sound(self) -> Samples:
        """Shape (samples,)."""
        return np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.int16)
