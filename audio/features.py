"""Speech embeddings of the last seconds, hop by hop: the input of the wake words and of the stop word. Pure.

The models are openwakeword's: a mel spectrogram (a row of 32 per 10 ms) and Google's speech_embedding (96 numbers for
the last 76 rows). `openwakeword.utils.AudioFeatures` computes the same, but keeps ten seconds of samples as Python
integers and copies them at every hop, which costs as much as the models do; here is a small ring in their place.
With `hop` 1280 the numbers are openwakeword's own; with 640 there is a row of embeddings every 40 ms, and
every second one is what the wake words were trained on.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audio.ring import SampleRing

HOP = 640
"""40 ms: samples between two embeddings."""
WORD_HOP = 1280
"""80 ms: samples between two embeddings as the wake words want them."""
EMBEDDING = 96
MEL_BINS = 32
MEL_ROWS = 76
MEL_STEP = 160
OVERLAP = 480
"""Samples in front of a hop that its first rows still need."""
WINDOW = MEL_ROWS * MEL_STEP + OVERLAP
"""Samples that one embedding looks at."""
KEPT = 64
"""Embeddings kept: at hops of 40 ms, 2.5 s of them."""

Floats = NDArray[np.float32]


class Models(Protocol):
    """The two models behind the features."""

    def mel(self, sound: Floats) -> Floats:
        """(rows, 32) of sound, 16 kHz in the scale of int16."""
        ...

    def embedding(self, mel: Floats) -> Floats:
        """(96,) of mel rows (76, 32)."""
        ...


class Features:
    """The latest embeddings of one stream. `position` is where the last embedded hop ended."""

    def __init__(self, models: Models, hop: int = HOP) -> None:
        assert WORD_HOP % hop == 0, hop
        self.hop = hop
        self.position = 0
        self._models = models
        self._mel = np.ones((MEL_ROWS, MEL_BINS), np.float32)
        self._embeddings = np.zeros((KEPT, EMBEDDING), np.float32)

    def embed(self, sound: SampleRing) -> None:
        """Look at the next hop, which `sound` holds together with the samples right before it."""
        end = self.position + self.hop
        samples = sound.between(max(sound.start, end - self.hop - OVERLAP), end).astype(np.float32)
        self._mel = np.concatenate([self._mel, self._models.mel(samples)])[-MEL_ROWS:]
        self._embeddings[:-1] = self._embeddings[1:]
        self._embeddings[-1] = self._models.embedding(self._mel)
        self.position = end

    def jump(self, sound: SampleRing, position: int) -> None:
        """Leave out everything up to `position`, and take what was there for more of what was heard right before it."""
        samples = sound.between(max(sound.start, position - WINDOW), position).astype(np.float32)
        if len(samples) > OVERLAP + MEL_STEP:
            self._mel = np.concatenate([self._mel, self._models.mel(samples)])[-MEL_ROWS:]
        self._embeddings[:] = self._models.embedding(self._mel)
        self.position = position

    @property
    def mel(self) -> Floats:
        """(76, 32): the latest rows of the mel spectrogram, newest last."""
        return self._mel

    def latest(self, count: int) -> Floats:
        """(count, 96): the latest embeddings at hops of `hop`, newest last."""
        return self._embeddings[-count:]

    def for_words(self, count: int) -> Floats:
        """(count, 96): the latest embeddings at hops of 80 ms, newest last."""
        step = WORD_HOP // self.hop
        return self._embeddings[::-step][:count][::-1]
