"""The last seconds of a capture stream, by position. Pure."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]


class SampleRing:
    """Keeps the latest `capacity` samples. `end` is the position behind the last one.

    The buffer is twice as long as what it keeps, so that any part of it is one slice and moves once in a while only.
    """

    def __init__(self, capacity: int, position: int = 0) -> None:
        self._capacity = capacity
        self._buffer = np.zeros(2 * capacity, np.int16)
        self._used = 0
        self.end = position

    @property
    def start(self) -> int:
        """The position of the oldest sample that is kept."""
        return self.end - min(self._used, self._capacity)

    def add(self, samples: Samples) -> None:
        count = len(samples)
        if count > self._capacity:
            self.end += count - self._capacity
            samples, count, self._used = samples[-self._capacity :], self._capacity, 0
        if self._used + count > len(self._buffer):
            kept = min(self._used, self._capacity - count)
            self._buffer[:kept] = self._buffer[self._used - kept : self._used].copy()
            self._used = kept
        self._buffer[self._used : self._used + count] = samples
        self._used += count
        self.end += count

    def between(self, start: int, end: int) -> Samples:
        """The samples from `start` to `end`, as a view that holds until the next `add`.

        Raises:
            IndexError: not all of them are kept.
        """
        if not self.start <= start <= end <= self.end:
            raise IndexError(f"{start} to {end} are not within {self.start} to {self.end}")
        offset = self._used - self.end
        return self._buffer[offset + start : offset + end]

    def clear(self, position: int) -> None:
        """Forget everything; the next sample is the one at `position`."""
        self._buffer[:] = 0
        self._used = 0
        self.end = position
