"""The last two seconds of the microphone, so that frames can begin in the past. Pure.

`SampleRing` keeps the samples, `PreRoll` knows beside them when they entered capture.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.ring import SampleRing

RATE = 16_000
FRAME = 320
"""20 ms: what one frame on the bus holds."""
CAUGHT_UP = 3200
"""200 ms: what one frame holds at most while the pre-roll is caught up."""
KEPT = 2 * RATE
NS_PER_SAMPLE = 62_500


@dataclass(frozen=True)
class Frame:
    """A part of a capture stream. `position` is that of its first sample; `captured_ns` (CLOCK_MONOTONIC) is when its
    last sample entered capture. `ask` is the number given to `stream_from`."""

    stream: str
    position: int
    samples: NDArray[np.int16]
    captured_ns: int
    ask: int = 0

    @property
    def end(self) -> int:
        return self.position + len(self.samples)


class PreRoll:
    """What one stream has heard last, and from where on frames of it are wanted."""

    def __init__(self, kept: int = KEPT) -> None:
        self.stream = ""
        self.sound = SampleRing(kept)
        self._captured: deque[tuple[int, int]] = deque(maxlen=kept // 160)
        self._next: int | None = None
        self._ask = 0

    def begin(self, stream: str, position: int) -> None:
        """A new stream: nothing of the old one is left. Who was handed frames is handed those of this one."""
        self.stream = stream
        self.sound.clear(position)
        self._captured.clear()
        if self._next is not None:
            self._next = position

    def add(self, samples: NDArray[np.int16], captured_ns: int) -> None:
        self.sound.add(samples)
        self._captured.append((self.sound.end, captured_ns))

    @property
    def streaming(self) -> bool:
        return self._next is not None

    def stream_from(self, position: int, ask: int = 0) -> None:
        """Frames are wanted from `position` on, as far back as anything is kept. They begin a little earlier, where
        that lets them end as blocks of the microphone do: then no frame waits for the next block."""
        self._ask = ask
        behind = self.sound.end - min(max(position, self.sound.start), self.sound.end)
        self._next = max(self.sound.end + -behind // FRAME * FRAME, self.sound.start)

    def stop(self) -> None:
        """No more frames are wanted."""
        self._next = None

    def frames(self) -> list[Frame]:
        """The frames that are complete by now and were not handed out yet."""
        frames = []
        while self._next is not None and self.sound.end - self._next >= FRAME:
            count = min(CAUGHT_UP, (self.sound.end - self._next) // FRAME * FRAME)
            end = self._next + count
            samples = self.sound.between(self._next, end).copy()
            frames.append(Frame(self.stream, self._next, samples, self.captured_ns(end), self._ask))
            self._next = end
        return frames

    def captured_ns(self, position: int) -> int:
        """When the sample right before `position` entered capture; 0 if it is not kept."""
        end, captured_ns = position, 0
        for later_end, later_ns in reversed(self._captured):
            if later_end < position:
                break
            end, captured_ns = later_end, later_ns
        return captured_ns - (end - position) * NS_PER_SAMPLE if captured_ns else 0
