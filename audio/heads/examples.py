"""Embeddings of streams with the places of the word: what the stop word learns from, and what it is tested on.

Embeddings are computed hop by hop as the daemon does.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from audio.config import WordConfig
from audio.features import HOP, MEL_ROWS, MEL_STEP, OVERLAP, WORD_HOP
from audio.heads.corpus import Side, Word, voices
from audio.heads.streams import Place, Stream, other_clips, quiet_stream, rooms, stream, word_clips
from audio.stopword import seen
from audio.wakeword import OpenWakeWord

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

CLIPS_PER_STREAM = 8
SAMPLES_PER_MS = 16
HOPS_A_WORD_HOP = WORD_HOP // HOP

WORD, OTHER, EITHER = 1, 0, -1


@dataclass(frozen=True)
class Examples:
    """One stream from its first full window on: the sample at which each hop ended, and what was made of it.

    `embeddings` are (hops and those that the first hop looks back at, 96), `rows` (all, 32) the mel spectrogram from
    75 rows before the first hop's last one on.
    """

    embeddings: Floats
    rows: Floats
    ends: Ints
    places: Sequence[Place]

    @property
    def seconds(self) -> float:
        return len(self.ends) * HOP / SAMPLES_PER_MS / 1000

    def inputs(self, looks_at: int, rows: int) -> Floats:
        """(hops, width): what the head sees at each hop (`audio.stopword.seen`)."""
        newest = np.arange(len(self.ends)) + len(self.embeddings) - len(self.ends)
        backs = range(looks_at - 1, -1, -1)
        embeddings = np.stack([self.embeddings[newest - HOPS_A_WORD_HOP * back] for back in backs], axis=1)
        return seen(embeddings, _windows(self.rows)[:, MEL_ROWS - rows :])

    def after_ms(self, place: Place) -> Floats:
        """How long after the end of what was said each hop ended."""
        return ((self.ends - place.end) / SAMPLES_PER_MS).astype(np.float32)

    def labels(self, word: Word) -> NDArray[np.int8]:
        """WORD, OTHER or EITHER for each hop."""
        labels = np.full(len(self.ends), OTHER, np.int8)
        words = [self.after_ms(place) for place in self.places if place.is_word]
        for after in words:
            labels[(after > word.may_say_yes_ms[0]) & (after < word.may_say_yes_ms[1])] = EITHER
        for after in words:
            labels[(after > word.says_yes_ms[0]) & (after < word.says_yes_ms[1])] = WORD
        return labels

    def near_end_of_others(self) -> NDArray[np.bool_]:
        """Hops at which something that is not the word has just been said."""
        near = np.zeros(len(self.ends), np.bool_)
        for place in self.places:
            if not place.is_word:
                near |= (self.after_ms(place) > -120) & (self.after_ms(place) < 240)
        return near


class Examiner:
    """Turns streams into embeddings."""

    def __init__(self) -> None:
        self._models = OpenWakeWord({"hey_jarvis": WordConfig()})

    def examine(self, sound: Stream, looks_at: int) -> Examples:
        """`looks_at`: embeddings 80 ms apart that one example may look at."""
        samples = sound.clean
        ends = np.arange(HOP + OVERLAP, len(samples) + 1, HOP)
        mel = np.concatenate([self._models.mel(samples[end - HOP - OVERLAP : end]) for end in ends])
        windows = _windows(mel)
        embeddings = np.stack([self._models.embedding(np.ascontiguousarray(window)) for window in windows])
        lead = HOPS_A_WORD_HOP * (looks_at - 1)
        ends = ends[len(ends) - len(windows) + lead :]
        return Examples(embeddings, mel[lead * HOP // MEL_STEP :], ends, sound.places)


def _windows(mel: Floats) -> Floats:
    """(hops, 76, 32) of (rows, 32): a view."""
    return sliding_window_view(mel, MEL_ROWS, axis=0)[:: HOP // MEL_STEP].transpose(0, 2, 1)


def examples(examiner: Examiner, word: Word, seed: int, streams: int, side: Side) -> list[Examples]:
    """`streams` streams by voices of one side: 4 of 9 with the word, 4 without, 1 of the box's own playback alone."""
    dice = random.Random(seed)  # noqa: S311
    speakers, places = voices(side, dice), rooms(dice, word)
    words, others = word_clips(word, speakers, dice), other_clips(word, side is Side.TEST, speakers, dice)
    made = []
    for number in range(streams):
        room = next(places)
        if number % 9 == 8:
            sound = quiet_stream(30.0, room, dice)
        else:
            sound = stream(others if number % 2 else words, CLIPS_PER_STREAM, number % 2 == 0, room, dice)
        made.append(examiner.examine(sound, word.looks_at))
    return made


def save(path: Path, made: Sequence[Examples]) -> None:
    """As `load` reads it. Embeddings, not sound: nothing that was said can be heard from it."""
    places = [[[p.text, p.start, p.end, p.is_word] for p in each.places] for each in made]
    arrays: dict[str, Any] = {}
    for number, each in enumerate(made):
        arrays |= {f"embeddings_{number}": each.embeddings, f"rows_{number}": each.rows, f"ends_{number}": each.ends}
    np.savez(path, places=json.dumps(places), **arrays)


def load(path: Path) -> list[Examples]:
    """What `save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        places = [[Place(*place) for place in each] for each in json.loads(str(file["places"]))]
        return [
            Examples(file[f"embeddings_{number}"], file[f"rows_{number}"], file[f"ends_{number}"], each)
            for number, each in enumerate(places)
        ]
