"""Embeddings of streams with the places of the word: what the stop word learns from, and what it is tested on.

Embeddings are computed hop by hop as the daemon does, but only where they are wanted; the others are not a number.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.config import WordConfig
from audio.features import EMBEDDING, HOP, MEL_ROWS, MEL_STEP, OVERLAP
from audio.heads.corpus import voices
from audio.heads.streams import Place, Room, Stream, other_clips, rooms, stream, word_clips
from audio.wakeword import OpenWakeWord

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

CONTEXT_HOPS = 4
"""Embeddings 80 ms apart that one example may look at."""
CLIPS_PER_STREAM = 6
SAMPLES_PER_MS = 16
WARM = MEL_ROWS * MEL_STEP // HOP + 2 * CONTEXT_HOPS
"""Hops at the start of a stream that are left out: the window is not full of it yet."""


@dataclass(frozen=True)
class Examples:
    """One stream: (hops, 96) embeddings, the sample at which each hop ended, and which hops were wanted."""

    embeddings: Floats
    ends: NDArray[np.int64]
    wanted: Bools
    places: Sequence[Place]
    room: Room

    def inputs(self, hops: NDArray[np.int64], looks_at: int) -> Floats:
        """(len(hops), looks_at * 96): what the head sees at these hops, oldest embedding first."""
        return np.concatenate([self.embeddings[hops - 2 * back] for back in range(looks_at - 1, -1, -1)], axis=1)


class Examiner:
    """Turns streams into embeddings."""

    def __init__(self) -> None:
        self._models = OpenWakeWord({"hey_jarvis": WordConfig()})

    def examine(self, sound: Stream, room: Room, share: float, dice: np.random.Generator) -> Examples:
        """Embeddings around the ends of what was said, and of a `share` of all other hops."""
        samples = sound.sound.astype(np.float32)
        ends = np.arange(HOP + OVERLAP, len(samples) + 1, HOP)
        mel = np.concatenate([self._models.mel(samples[end - HOP - OVERLAP : end]) for end in ends])
        wanted = _wanted(ends, sound.places, share, dice)
        needed = wanted.copy()
        for back in range(2, 2 * CONTEXT_HOPS, 2):
            needed[:-back] |= wanted[back:]
        embeddings = np.full((len(ends), EMBEDDING), np.nan, np.float32)
        step = HOP // MEL_STEP
        for hop in np.flatnonzero(needed):
            if (hop + 1) * step >= MEL_ROWS:
                embeddings[hop] = self._models.embedding(mel[(hop + 1) * step - MEL_ROWS : (hop + 1) * step])
        return Examples(embeddings, ends, wanted, sound.places, room)


def _wanted(ends: NDArray[np.int64], places: Sequence[Place], share: float, dice: np.random.Generator) -> Bools:
    wanted: Bools = dice.random(len(ends)) < share
    for place in places:
        after_ms = (ends - place.end) / SAMPLES_PER_MS
        if place.is_word:
            wanted |= (after_ms > -260) & (after_ms < 260)
        else:
            wanted |= (after_ms > -60) & (after_ms < 200) & (dice.random(len(ends)) < 0.8)
    wanted[:WARM] = False
    return wanted


def examples(examiner: Examiner, seed: int, streams: int, *, held_out: bool, share: float) -> list[Examples]:
    """`streams` streams, every second one of the word, by voices of one side of the split."""
    dice, chance = random.Random(seed), np.random.default_rng(seed)
    speakers, places = voices(held_out, dice), rooms(dice)
    words, others = word_clips(speakers, dice), other_clips(speakers, dice)
    made = []
    for number in range(streams):
        room, is_word = next(places), number % 2 == 0
        sound = stream(words if is_word else others, CLIPS_PER_STREAM, is_word, room, dice)
        made.append(examiner.examine(sound, room, share, chance))
    return made
