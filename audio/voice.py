"""What can sound: samples that are still being fed, and a clip that repeats.

One thread feeds, the sound card's callback thread takes; they meet in a deque, whose append and popleft are atomic.
Samples are 48 kHz mono float32 in the scale of int16.
"""

from collections import deque
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audio.ramp import decibels

RATE = 48_000
DECLICK = RATE // 500
"""Where a sound breaks off (its end, or an underrun) its last sample fades out over 2 ms."""

ALARM_FROM_DB = -30.0
ALARM_RISE_S = 10.0

Samples = NDArray[np.float32]


class Source(Protocol):
    """Where a sound's samples come from."""

    @property
    def waiting(self) -> int:
        """Samples that are there and not yet taken."""
        ...

    @property
    def over(self) -> bool:
        """Nothing is left, and nothing will come."""
        ...

    def take(self, count: int) -> tuple[Samples, int]:
        """`count` samples, and how many of them, from the first on, are the sound's own."""
        ...


class Fed:
    """Samples that come in chunks. Where they run out before their end, silence fills in and nothing is lost."""

    def __init__(self) -> None:
        self._chunks: deque[Samples] = deque()
        self._fed = 0
        self._taken = 0
        self._ended = False
        self._last = 0.0

    def feed(self, samples: Samples) -> None:
        if len(samples):
            self._fed += len(samples)
            self._chunks.append(samples)

    def end(self) -> None:
        """No more will be fed."""
        self._ended = True

    @property
    def fed(self) -> int:
        return self._fed

    @property
    def waiting(self) -> int:
        return self._fed - self._taken

    @property
    def over(self) -> bool:
        # In this order: the feeder's last feed precedes its end.
        return self._ended and not self._chunks

    def take(self, count: int) -> tuple[Samples, int]:
        block = np.zeros(count, np.float32)
        filled = 0
        while filled < count and self._chunks:
            chunk = self._chunks.popleft()
            part = chunk[: count - filled]
            block[filled : filled + len(part)] = part
            filled += len(part)
            if len(part) < len(chunk):
                self._chunks.appendleft(chunk[len(part) :])
        self._taken += filled
        if filled:
            self._last = float(block[filled - 1])
        if filled < count:
            self._fade_out(block[filled:])
        return block, filled

    def _fade_out(self, gap: Samples) -> None:
        length = min(DECLICK, len(gap))
        gap[:length] = self._last * np.linspace(1.0, 0.0, length, endpoint=False, dtype=np.float32)
        self._last = 0.0


class Repeated:
    """A clip over and over, from quiet to full within `ALARM_RISE_S`."""

    def __init__(self, clip: Samples) -> None:
        self._clip = clip
        self._taken = 0

    @property
    def waiting(self) -> int:
        return len(self._clip)

    @property
    def over(self) -> bool:
        return len(self._clip) == 0

    def take(self, count: int) -> tuple[Samples, int]:
        at = (self._taken + np.arange(count)) % max(1, len(self._clip))
        gains = np.linspace(self._rise(0), self._rise(count), count, endpoint=False, dtype=np.float32)
        self._taken += count
        return self._clip[at] * gains, count

    def _rise(self, ahead: int) -> float:
        part = min(1.0, (self._taken + ahead) / (ALARM_RISE_S * RATE))
        return decibels(ALARM_FROM_DB * (1.0 - part))
