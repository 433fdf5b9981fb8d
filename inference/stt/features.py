"""What the recogniser gets to see of a sound: cepstra of speech, without the room's noise and at the usual level. Pure.

Most of what it needs to know of the room and the speaker it learns from what was heard right before the request (the
wake word, and the moment before it), and goes on learning.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from inference.stt.enhancement import Enhancement, Mixture, Noise
from inference.stt.level import Level
from inference.stt.spectrum import CEPSTRA, FILTERS, RATE, Floats, Spectrum, cepstra

FLOOR_RMS = 100.0
"""Pink noise under all sound: no room is silent, and the acoustic model was not trained with silence."""
REMEMBERED_FRAMES = 300
QUIETEST = 0.1
LEAST_FRAMES = 6
"""The noise is what is heard in the quietest tenth of the last three seconds, and in six frames at least."""
RENEWED_FRAMES = 10


def floor_power(rms: float = FLOOR_RMS) -> Floats:
    """(25,): the mean power of pink noise."""
    count = 4 * RATE
    shaped = np.fft.rfft(np.random.default_rng(0).normal(size=count)) / np.sqrt(
        np.maximum(1, np.arange(count // 2 + 1))
    )
    noise = np.fft.irfft(shaped, count)
    scaled = (noise * 1000.0 / np.sqrt(np.mean(np.square(noise)))).astype(np.int16)
    power: Floats = Spectrum().power(scaled).mean(axis=0) * (rms / 1000.0) ** 2
    return power


class Features:
    """`begin` an utterance, let it `overhear` what came before, then `hear` it."""

    def __init__(self, clean: Mixture, usual: Floats) -> None:
        self._clean = clean
        self._usual = usual
        self._floor = floor_power()
        self._spectrum = Spectrum()
        self._level = Level()
        self._frames: deque[Floats] = deque(maxlen=REMEMBERED_FRAMES)
        self._enhancement: Enhancement | None = None
        self._old = 0

    def begin(self) -> None:
        self._spectrum.begin()
        self._level.begin()
        self._frames.clear()
        self._enhancement = None

    def overhear(self, samples: NDArray[np.int16]) -> None:
        """What is no part of the request, but heard in the same room."""
        self._level.follow(samples)
        self._frames.extend(self._spectrum.power(samples))

    def hear(self, samples: NDArray[np.int16]) -> Floats:
        """The cepstra (frames, 13) of the frames that are complete by now, their usual mean taken off."""
        gain = self._level.follow(samples)
        power = self._spectrum.power(samples)
        if not len(power):
            return np.zeros((0, CEPSTRA))
        self._frames.extend(power)
        self._old += len(power)
        if self._enhancement is None or self._old >= RENEWED_FRAMES:
            self._enhancement, self._old = Enhancement(self._clean, self._noise(gain)), 0
        return self._enhancement.enhanced(cepstra(np.log(self._levelled(power, gain)))) - self._usual

    def _noise(self, gain: float) -> Noise:
        frames = self._levelled(np.reshape(self._frames, (-1, FILTERS)), gain)
        count = max(LEAST_FRAMES, int(len(frames) * QUIETEST))
        quietest = np.argsort(np.log(frames).sum(axis=1))[:count]
        return Noise.of(frames[quietest])

    def _levelled(self, power: Floats, gain: float) -> Floats:
        levelled: Floats = power * gain * gain + self._floor
        return levelled
