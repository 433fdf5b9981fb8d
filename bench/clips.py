"""What is played to the microphone: wake word, request, pause and noise, with the places that are measured from."""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.requests import Request
from bench.speakers import LOUDNESS_DBFS, RATE, Samples, Speaker

WAKE_PHRASE = "hey jarvis"
LEAD_S = 0.35
TAIL_S = 3.0
CLEAN_FLOOR_DBFS = -78.0
"""No room is digitally silent."""
WAKE_GAPS_S = (0.05, 0.15)


@dataclass(frozen=True)
class Pause:
    """A silence behind so many words."""

    after_words: int
    seconds: float


@dataclass(frozen=True)
class Clip:
    """`sound` at 48 kHz, s16; places in samples: where the wake word, and where the whole speech has ended.

    `pause`: where the speech rests, if it does.
    """

    sound: NDArray[np.int16]
    wake_end: int
    speech_end: int
    pause: tuple[int, int] | None = None


def clip(
    request: Request,
    speaker: Speaker,
    snr_db: float | None,
    pause: Pause | None,
    dice: random.Random,
    tail_s: float = TAIL_S,
) -> Clip:
    """One spoken request. `snr_db` None is a quiet room."""
    wake = speaker.say(WAKE_PHRASE)
    words = request.words
    parts = [words[: pause.after_words], words[pause.after_words :]] if pause else [words]
    sounds: list[Samples] = [_silence(LEAD_S), wake]
    wake_end = sum(map(len, sounds))
    sounds.append(_silence(dice.uniform(*WAKE_GAPS_S)))
    rest = None
    for number, part in enumerate(parts):
        if number and pause:
            start = sum(map(len, sounds))
            sounds.append(_silence(pause.seconds))
            rest = (start, start + len(sounds[-1]))
        sounds.append(speaker.say(" ".join(part)))
    speech_end = sum(map(len, sounds))
    sounds.append(_silence(tail_s))
    whole = np.concatenate(sounds)
    noise_dbfs = CLEAN_FLOOR_DBFS if snr_db is None else LOUDNESS_DBFS - snr_db
    whole = whole + pink(len(whole), noise_dbfs, dice.getrandbits(32))
    return Clip(as_int16(whole), wake_end, speech_end, rest)


def pink(count: int, dbfs: float, seed: int) -> Samples:
    """Noise whose power falls by 3 dB an octave, as that of rooms does; never a zero sample at its first place."""
    white = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    frequencies = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20.0)
    noise = np.fft.irfft(white / np.sqrt(frequencies), count)
    scaled: Samples = (noise * (10 ** (dbfs / 20) / float(np.sqrt(np.mean(np.square(noise)))))).astype(np.float32)
    return scaled


def as_int16(sound: Samples) -> NDArray[np.int16]:
    return (np.clip(sound, -1, 1) * 32767).round().astype(np.int16)


def _silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.float32)
