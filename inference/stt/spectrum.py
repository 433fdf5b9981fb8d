"""From sound to mel power spectra, and from those to cepstra: what Sphinx's front end does, open to what lies between.

The same filters, windows and scales as pocketsphinx's `fe_sigproc.c` with the `feat.params` of its English model, but
for the noise removal that is in there.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RATE = 16_000
FRAME_SAMPLES = 160
WINDOW_SAMPLES = 410
TRANSFORM = 512
FILTERS = 25
CEPSTRA = 13
LOWEST_HZ, HIGHEST_HZ = 130.0, 6800.0
LIFTER = 22
PRE_EMPHASIS = 0.97


def _mel(hertz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hertz / 700.0))


def _filters() -> Floats:
    """(25, 257): triangles of equal area on the mel scale, their corners on whole bins."""
    hertz_per_bin = RATE / TRANSFORM
    mels = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), FILTERS + 2)
    corners = np.floor(700.0 * (10.0 ** (mels / 2595.0) - 1.0) / hertz_per_bin + 0.5) * hertz_per_bin
    hertz = np.arange(TRANSFORM // 2 + 1) * hertz_per_bin
    filters = []
    for low, middle, high in zip(corners, corners[1:], corners[2:], strict=False):
        slopes = np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle))
        filters.append(np.maximum(slopes, 0.0) * 2.0 / (high - low))
    return np.array(filters)


MEL = _filters()
WINDOW = np.hamming(WINDOW_SAMPLES)
COSINES = np.array(
    [
        np.cos(np.pi * order * (np.arange(FILTERS) + 0.5) / FILTERS) * np.sqrt((2.0 if order else 1.0) / FILTERS)
        for order in range(CEPSTRA)
    ]
)
"""(13, 25), rows orthonormal."""
LIFTS = 1.0 + LIFTER / 2.0 * np.sin(np.arange(CEPSTRA) * np.pi / LIFTER)


def cepstra(log_spectra: Floats) -> Floats:
    """(..., 25) natural logarithms of power to (..., 13)."""
    lifted: Floats = (log_spectra @ COSINES.T) * LIFTS
    return lifted


def log_spectra(cepstra: Floats) -> Floats:
    """The smoothest (..., 25) that has these cepstra."""
    smooth: Floats = (cepstra / LIFTS) @ COSINES
    return smooth


class Spectrum:
    """The mel power of a sound that comes bit by bit: a frame every 10 ms."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another sound."""
        self._waiting = np.zeros(0)
        self._before = 0.0

    def power(self, samples: NDArray[np.int16]) -> Floats:
        """(n,) at 16 kHz to (frames, 25): those that are complete by now."""
        if not len(samples):
            return np.zeros((0, FILTERS))
        sound = samples.astype(np.float64)
        emphasised = sound - PRE_EMPHASIS * np.concatenate([[self._before], sound[:-1]])
        self._before = sound[-1]
        waiting = np.concatenate([self._waiting, emphasised])
        count = max(0, 1 + (len(waiting) - WINDOW_SAMPLES) // FRAME_SAMPLES)
        self._waiting = waiting[count * FRAME_SAMPLES :]
        if not count:
            return np.zeros((0, FILTERS))
        windows = np.lib.stride_tricks.sliding_window_view(waiting, WINDOW_SAMPLES)[::FRAME_SAMPLES][:count]
        spectra = np.fft.rfft(windows * WINDOW, TRANSFORM)
        power: Floats = (np.square(spectra.real) + np.square(spectra.imag)) @ MEL.T
        return power
