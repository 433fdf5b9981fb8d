"""Sound at another rate, as it comes, without holding it back. Pure.

soxr's better qualities keep 20 to 60 ms back, longer than everything else here takes together. Its quickest one
(a cubic through the neighbouring samples) keeps nothing back, but lets what lies above the narrower band fold into it;
so a short low-pass goes before it on the way down, and behind it on the way up. Both together are 1 ms late at 48 kHz.
"""

import numpy as np
import soxr
from numpy.typing import NDArray

Samples = NDArray[np.int16]
Floats = NDArray[np.float32]

TAPS = 96
PASS = 0.45
"""The low-pass lets this part of the lower rate through (7.2 kHz of 16 kHz) and is 6 dB down there."""


class Resampler:
    """One mono stream from `rate` to `to`. Blocks of any length in, whatever they make out."""

    def __init__(self, rate: int, to: int) -> None:
        self._same, self._down = rate == to, to < rate
        self._taps = _low_pass(PASS * min(rate, to) / max(rate, to))
        self._kept = np.zeros(len(self._taps) - 1, np.float32)
        self._step = self._phase = 0
        if rate % to == 0:
            self._step = rate // to
        else:
            self._soxr = soxr.ResampleStream(rate, to, 1, dtype="float32", quality="QQ")

    def process(self, samples: Samples) -> Samples:
        """The samples at the new rate that these complete."""
        if self._same or not len(samples):
            return samples
        sound = samples.astype(np.float32)
        if self._down:
            sound = self._filtered(sound)
        if self._step:
            out = sound[-self._phase % self._step :: self._step]
            self._phase = (self._phase + len(sound)) % self._step
        else:
            out = self._soxr.resample_chunk(sound)
        if not self._down:
            out = self._filtered(out)
        return np.clip(np.rint(out), -32768, 32767).astype(np.int16)

    def _filtered(self, sound: Floats) -> Floats:
        sound = np.concatenate([self._kept, sound])
        self._kept = sound[len(sound) - len(self._kept) :]
        return np.convolve(sound, self._taps, "valid").astype(np.float32) if len(sound) > len(self._kept) else sound[:0]


def _low_pass(cut: float) -> Floats:
    """A windowed sinc; `cut` as a part of the sampling rate."""
    at = np.arange(TAPS) - (TAPS - 1) / 2
    taps = 2 * cut * np.sinc(2 * cut * at) * np.kaiser(TAPS, 6.0)
    normal: Floats = (taps / taps.sum()).astype(np.float32)
    return normal
