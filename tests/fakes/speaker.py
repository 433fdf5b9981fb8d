"""A loudspeaker that takes ten-millisecond blocks on a clock of its own and keeps what it played."""

import numpy as np
from numpy.typing import NDArray

from audio.player import Player

BLOCK = 480
BLOCK_NS = 10_000_000


class Clock:
    """Nanoseconds that pass when told to."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000

    def __call__(self) -> int:
        return self.now_ns


class Speaker:
    """`delay_ns` is how long a block waits in the device before its first sample leaves."""

    def __init__(self, player: Player, clock: Clock, delay_ns: int = 0) -> None:
        self._player = player
        self._clock = clock
        self._delay_ns = delay_ns
        self._blocks: list[NDArray[np.int16]] = []

    def play(self, blocks: int = 1) -> NDArray[np.int16]:
        """The next blocks; the clock passes their time."""
        taken = []
        for _ in range(blocks):
            taken.append(self._player.render(BLOCK, self._clock.now_ns + self._delay_ns))
            self._clock.now_ns += BLOCK_NS
        self._blocks += taken
        return np.concatenate(taken)

    @property
    def played(self) -> NDArray[np.int16]:
        """Everything since the start."""
        return np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.int16)
