"""Speech as the voice engine streams it, made ready for the player: bytes in, 48 kHz samples out. No I/O.

The silence in front of an utterance is cut off, so that its first sound leaves with the first sample that is played.
"""

from typing import TypeVar

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.errors import UnusableSpeech
from audio.player import SILENT
from audio.voice import RATE, Samples

MIN_RATE = 8_000
MAX_UTTERANCE_S = 300.0
FADE_IN = RATE // 1000
"""Cutting in front of the first loud sample leaves a step of up to `SILENT`; it is smoothed over 1 ms."""

S = TypeVar("S", NDArray[np.int16], NDArray[np.float32])


def first_sound(samples: NDArray[np.int16] | Samples) -> int:
    """Index of the first sample that is no silence; the length where there is none."""
    loud = np.flatnonzero(np.abs(samples.astype(np.float32)) >= SILENT)
    return int(loud[0]) if loud.size else len(samples)


def trimmed(samples: S) -> S:
    """Without the silence in front and behind."""
    behind = first_sound(samples[::-1])
    return samples[first_sound(samples) : len(samples) - behind]


class Decoder:
    """One utterance: its chunks in, samples for the player out.

    soxr's "low quality" (16 bit, 80 % of the band) is the one that yields samples at once; better ones keep 40 ms back.
    """

    def __init__(self) -> None:
        self._rate = 0
        self._stream: soxr.ResampleStream | None = None
        self._sounded = 0
        self._length = 0

    def decode(self, pcm: bytes, rate: int) -> Samples:
        """The samples of the next chunk, s16le mono.

        Raises:
            UnusableSpeech: half a sample, a rate out of bounds or changed within the utterance, or speech without end.
        """
        if len(pcm) % 2:
            raise UnusableSpeech("The voice engine sent half a sample.")
        if not MIN_RATE <= rate <= RATE or (self._rate and rate != self._rate):
            raise UnusableSpeech(f"The voice engine sent speech at {rate} samples a second.")
        self._rate = rate
        self._length += len(pcm) // 2
        if self._length > MAX_UTTERANCE_S * rate:
            raise UnusableSpeech(f"The voice engine sent more than {MAX_UTTERANCE_S:.0f} s for one utterance.")
        samples = np.frombuffer(pcm, "<i2").astype(np.float32)
        return self._without_front(self._resampled(samples, last=False))

    def rest(self) -> Samples:
        """What the resampler kept back, at the end of the utterance."""
        if self._stream is None:
            return np.zeros(0, np.float32)
        return self._without_front(self._resampled(np.zeros(0, np.float32), last=True))

    def _resampled(self, samples: Samples, *, last: bool) -> Samples:
        if self._rate == RATE:
            return samples
        if self._stream is None:
            self._stream = soxr.ResampleStream(self._rate, RATE, 1, dtype="float32", quality="LQ")
        resampled: Samples = self._stream.resample_chunk(samples, last=last)
        return resampled

    def _without_front(self, samples: Samples) -> Samples:
        if not self._sounded:
            samples = samples[first_sound(samples) :]
        if self._sounded < FADE_IN:
            place = self._sounded + np.arange(len(samples), dtype=np.float32)
            samples = samples * np.clip(0.1 + place / FADE_IN, 0.0, 1.0)
        self._sounded += len(samples)
        return samples
