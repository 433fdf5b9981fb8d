"""Gains that move without a click."""

import numpy as np
from numpy.typing import NDArray


def decibels(db: float) -> float:
    """The factor for `db` decibels."""
    return float(10.0 ** (db / 20.0))


class Ramp:
    """A gain that walks to its target in a straight line, sample by sample."""

    def __init__(self, value: float) -> None:
        self.value = value
        self.target = value
        self._step = 0.0

    def go(self, target: float, samples: int) -> None:
        """Be at `target` after `samples` more samples."""
        self.target = target
        self._step = abs(target - self.value) / max(1, samples)

    @property
    def arrived(self) -> bool:
        return self.value == self.target

    def take(self, count: int) -> NDArray[np.float32] | float:
        """The gain of each of the next `count` samples; a plain number while it stands still."""
        if self.arrived:
            return self.value
        step = self._step if self.target > self.value else -self._step
        low, high = sorted((self.value, self.target))
        line = self.value + step * np.arange(1, count + 1)
        gains: NDArray[np.float32] = np.clip(line, low, high).astype(np.float32)
        self.value = self.target if abs(float(gains[-1]) - self.target) < 1e-6 else float(gains[-1])
        return gains
