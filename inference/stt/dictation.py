"""Dictation: what was said, where the grammar knows no such thing.

`WithDictation` is an `Stt` around another one. It keeps an utterance's sound in memory for as long as the utterance is
open, and has it transcribed if the other one rejects it. `Dictation` transcribes: pocketsphinx with the model of
general English inside the wheel. That takes some 50 MB, so it is loaded when it is first needed, and kept.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pocketsphinx

from inference.errors import EngineFailed
from inference.stt.features import Features
from inference.stt.kept import Kept
from inference.stt.protocol import Hypothesis, Outcome, Samples, Stt, Vocabulary, Voice
from inference.stt.sphinx import CHUNK_SAMPLES, FILLERS, MODEL, USUAL_CEPSTRUM, begin, clean_speech, search

RATE = 16_000
LONGEST_S = 6.0
"""Of longer speech the end is transcribed."""
BUDGET_S = 2.0
"""A machine that has not got through the sound by then tells what it has: the conductor does not wait for ever."""
SEARCHING = {"fwdflat": False, "maxhmmpf": 3000}
"""Half of what the defaults cost, and hardly more wrong words."""
LONGEST_WORD_FRAMES = 120
"""What sounds for longer is no word, but a tone or a noise."""

USUAL_WORDS = 20_000
"""Of some 70 000 that the model knows. The others cost 36 MB, and made no difference to how many words were right."""

STEP_SAMPLES = 320
MARGIN_STEPS = 15
"""Sound kept before and behind what is loud: the edges of words are not."""
AUDIBLE_RMS = 60.0
ABOVE_QUIET = 2.5
"""What sounds is so many times louder than the quiet parts."""


@dataclass(frozen=True)
class Dictated:
    """`confidence`: 0 to 1."""

    text: str = ""
    confidence: float = 0.0


class Transcriber(Protocol):
    """Raises EngineFailed."""

    def transcribe(self, samples: Samples) -> Dictated: ...


class Dictation:
    """A `Transcriber` for English. Belongs to one thread at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._decoder: Any = None
        self._features = Features(clean_speech(), USUAL_CEPSTRUM)

    def transcribe(self, samples: Samples) -> Dictated:
        """The words of the last `LONGEST_S` of `samples`.

        Raises:
            EngineFailed: the engine is of no use any more.
        """
        try:
            return self._transcribe(samples[-int(LONGEST_S * RATE) :])
        except RuntimeError as error:
            raise EngineFailed(str(error)) from error

    def _transcribe(self, samples: Samples) -> Dictated:
        if self._decoder is None:
            self._decoder = _load()
        decoder, end = self._decoder, self._clock() + BUDGET_S
        self._features.begin()
        begin(decoder)
        for at in range(0, len(samples), CHUNK_SAMPLES):
            if self._clock() > end:
                break
            search(decoder, self._features.hear(samples[at : at + CHUNK_SAMPLES]))
        decoder.end_utt()
        if decoder.hyp() is None:
            return Dictated()
        return _read(decoder)


def _read(decoder: Any) -> Dictated:
    """Words, and how sure the lattice is of them in the mean."""
    words, sure = [], 0.0
    for segment in decoder.seg() or ():
        if segment.word in FILLERS or segment.end_frame - segment.start_frame >= LONGEST_WORD_FRAMES:
            continue
        words.append(segment.word.partition("(")[0])
        sure += min(1.0, segment.prob)
    return Dictated(" ".join(words), sure / len(words)) if words else Dictated()


def _load() -> Any:
    grams = str(MODEL / "en-us.lm.bin")
    with tempfile.NamedTemporaryFile("w", suffix=".dict", encoding="utf-8") as dictionary:
        dictionary.writelines(_usual_entries(MODEL / "cmudict-en-us.dict", grams))
        dictionary.flush()
        return pocketsphinx.Decoder(
            hmm=str(MODEL / "en-us"), lm=grams, dict=dictionary.name, loglevel="FATAL", **SEARCHING
        )


def _usual_entries(dictionary: Path, grams: str) -> list[str]:
    """The lines of `dictionary` for the `USUAL_WORDS` that the language model expects most."""
    model = pocketsphinx.NGramModel(pocketsphinx.Config(lm=grams), pocketsphinx.LogMath(), grams)
    lines = dictionary.read_text(encoding="utf-8").splitlines(keepends=True)
    words = [line.partition(" ")[0].partition("(")[0] for line in lines]
    likely = {word: model.prob([word]) for word in set(words)}
    usual = frozenset(sorted(likely, key=likely.__getitem__, reverse=True)[:USUAL_WORDS])
    return [line for line, word in zip(lines, words, strict=True) if word in usual]


class WithDictation:
    """An `Stt`: `stt`, and `dictation` for what it rejects. `longest_samples` bounds the sound that is kept."""

    def __init__(self, stt: Stt, dictation: Transcriber, longest_samples: int) -> None:
        self._stt = stt
        self._dictation = dictation
        self._kept = Kept(longest_samples)

    @property
    def kept_samples(self) -> int:
        """How much sound is held at the moment."""
        return self._kept.samples

    def learn(self, vocabulary: Vocabulary) -> None:
        self._stt.learn(vocabulary)

    def start(self, position: int) -> None:
        self._kept.forget()
        self._stt.start(position)

    def overhear(self, samples: Samples) -> None:
        self._stt.overhear(samples)

    def feed(self, samples: Samples, voice: Voice = Voice.SPEAKING) -> Hypothesis:
        self._kept.add(samples)
        return self._stt.feed(samples, voice)

    def finish(self) -> Outcome:
        kept = self._kept.sound
        self._kept.forget()
        outcome = self._stt.finish()
        if outcome.text:
            return outcome
        sounding = what_sounds(kept)
        dictated = self._dictation.transcribe(sounding) if len(sounding) else Dictated()
        if not dictated.text:
            return outcome
        return replace(outcome, text=dictated.text, confidence=dictated.confidence, source="dictation", rejection="")

    def close(self) -> None:
        self._kept.forget()
        self._stt.close()


def what_sounds(samples: Samples) -> Samples:
    """From the first to the last sound that stands out, with a little around it; empty where nothing does."""
    steps = len(samples) // STEP_SAMPLES
    if not steps:
        return samples[:0]
    blocks = samples[: steps * STEP_SAMPLES].reshape(steps, STEP_SAMPLES).astype(np.float64)
    rms = np.sqrt(np.mean(np.square(blocks - blocks.mean(axis=1, keepdims=True)), axis=1))
    loud = np.flatnonzero(rms > max(AUDIBLE_RMS, ABOVE_QUIET * float(np.quantile(rms, 0.05))))
    if not loud.size:
        return samples[:0]
    first, last = max(0, int(loud[0]) - MARGIN_STEPS), int(loud[-1]) + 1 + MARGIN_STEPS
    return samples[first * STEP_SAMPLES : last * STEP_SAMPLES]
