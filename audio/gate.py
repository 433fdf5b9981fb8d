"""The cheap voice gate: while nobody can be speaking, the wake words need not be looked for. Pure.

webrtcvad looks at every 20 ms (a few microseconds; at 10 ms it takes noise for voice ten times as often). The gate
opens when it hears voice in `OPENS` of the last frames, and closes after `hangover_ms` without. It opens late by
nature: whoever waits behind it looks back by `look_back_ms`.
"""

import numpy as np
import webrtcvad
from numpy.typing import NDArray

from audio.config import GateConfig

RATE = 16_000
FRAME_MS = 20
OF = 4
OPENS = 2
"""Voice in so many of the last `OF` frames opens the gate: a click does not."""


class Gate:
    """`voice` is the latest frame's own verdict, `open` the gate's."""

    def __init__(self, config: GateConfig) -> None:
        self._vad = webrtcvad.Vad(config.aggressiveness)
        self._hangover = config.hangover_ms // FRAME_MS
        self._half = b""
        self._recent = 0
        self._left = 0
        self.voice = False

    @property
    def open(self) -> bool:
        return self._left > 0

    def hear(self, piece: NDArray[np.int16]) -> bool:
        """Whether the gate is open after these 10 ms."""
        if not self._half:
            self._half = piece.tobytes()
            return self.open
        frame, self._half = self._half + piece.tobytes(), b""
        self.voice = bool(self._vad.is_speech(frame, RATE))
        self._recent = (self._recent << 1 | self.voice) & ((1 << OF) - 1)
        if self._recent.bit_count() >= OPENS:
            self._left = self._hangover
        elif self._left:
            self._left -= 1
        return self.open
