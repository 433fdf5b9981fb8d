"""Every speaker equally loud: the recogniser's idea of a voice follows the level too slowly by itself. Pure.

The gain follows the loudest stretch of an utterance so far, and begins with that of the utterance before: whoever
speaks next is mostly whoever spoke last. Without it, speakers between 14 dB quieter and 10 dB louder than usual cost
the embedded recogniser a tenth of its requests.
"""

import numpy as np
from numpy.typing import NDArray

LOUDEST_RMS = 4000.0
"""What the loudest stretch of an utterance is brought to."""
QUIET_RMS = 150.0
"""Nothing below this is a voice that a gain could follow."""
STRETCH_SAMPLES = 320
FIRST_SAMPLES = 2560
"""160 ms: a shorter beginning says nothing of how loud somebody speaks."""
LEAST_GAIN, MOST_GAIN = 0.1, 8.0

Samples = NDArray[np.int16]


class Level:
    """`begin` an utterance, then `follow` each stretch of it, 16 kHz."""

    def __init__(self) -> None:
        self._gain = 1.0
        self._loudest = 0.0
        self._heard = 0

    def begin(self) -> None:
        self._loudest, self._heard = 0.0, 0

    def follow(self, samples: Samples) -> float:
        """What brings this stretch to the usual level."""
        for at in range(0, len(samples), STRETCH_SAMPLES):
            stretch = samples[at : at + STRETCH_SAMPLES].astype(np.float64)
            self._loudest = max(self._loudest, float(np.sqrt(np.mean(np.square(stretch)))))
        self._heard += len(samples)
        if self._heard >= FIRST_SAMPLES and self._loudest > QUIET_RMS:
            self._gain = min(MOST_GAIN, max(LEAST_GAIN, LOUDEST_RMS / self._loudest))
        return self._gain
