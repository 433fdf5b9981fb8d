"""Sound at another rate, as it comes, without holding it back. Pure.

soxr's better qualities keep 20 to 40 ms back, longer than everything else here takes together. Its quickest one
(a cubic through the neighbouring samples) keeps nothing back, but lets what lies above the new band fold into it; so a
short low-pass goes first. Both together are 1 ms late.
"""

import numpy as np
import soxr
from numpy.typing import NDArray

Samples = NDArray[np.int16]

TAPS = 96
PASS = 0.45
"""The low-pass lets this part of the new rate through (7.2 kHz of 16 kHz) and is 6 dB down there."""


class Resampler:
    """One mono stream from `rate` to `to`. Blocks of any length in, whatever they make out."""

    def __init__(self, rate: int, to: int) -> None:
        self._same = rate == to
        self._taps = _low_pass(PASS * to / rate) if to < rate else np.ones(1, np.float32)
        self._kept = np.zeros(len(self._taps) - 1, np.float32)
        self._step = self._phase = 0
        if rate % to == 0:
            self._step = rate // to
        else:
            self._soxr = soxr.ResampleStream(rate, to, 1, dtype="float32", quality="QQ" if to < rate else "LQ")

    def process(self, samples: Samples) -> Samples:
        """The samples at the new rate that these complete."""
        if self._same or not len(samples):
            return samples
        sound = np.concatenate([self._kept, samples.astype(np.float32)])
        self._kept = sound[len(sound) - len(self._kept) :]
        low = np.convolve(sound, self._taps, "valid")
        if self._step:
            out = low[-self._phase % self._step :: self._step]
            self._phase = (self._phase + len(low)) % self._step
        else:
            out = self._soxr.resample_chunk(low.astype(np.float32))
        return np.clip(np.rint(out), -32768, 32767).astype(np.int16)


def _low_pass(cut: float) -> NDArray[np.float32]:
    """A windowed sinc; `cut` as a part of the sampling rate."""
    at = np.arange(TAPS) - (TAPS - 1) / 2
    taps = 2 * cut * np.sinc(2 * cut * at) * np.kaiser(TAPS, 6.0)
    normal: NDArray[np.float32] = (taps / taps.sum()).astype(np.float32)
    return normal
