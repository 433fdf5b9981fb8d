"""pocketsphinx: a grammar that follows the conductor's vocabulary.

The acoustic model is the one inside the wheel. Each grammar gets a decoder of its own with a dictionary of its own
words, compiled while the old one goes on; an utterance keeps the decoder that it began with.
"""

import logging
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from inference.errors import EngineFailed, VocabularyRefused
from inference.stt import lexicon, rejection
from inference.stt.level import Level
from inference.stt.protocol import HeardWord, Hypothesis, Outcome, Samples, Vocabulary

log = logging.getLogger(__name__)

FRAME_SAMPLES = 160
CHUNK_SAMPLES = 320
"""pocketsphinx holds the interpreter while it works: long stretches go in by pieces, so that others get a turn."""
MAX_JSGF_CHARACTERS = 200_000
FILLERS = frozenset({"<s>", "</s>", "<sil>", "(NULL)", "[NOISE]", "[SPEECH]"})
SEARCH = "grammar"
USUAL_CEPSTRUM = "51,-5,3,8,-6,-1,-4,-8,-3,-2,1,-1,0"
"""The mean of voices behind our audio chain: where the recogniser starts, before it has heard the first of its own."""
SEARCHING = {
    "beam": 1e-60,
    "pbeam": 1e-60,
    "maxhmmpf": 1500,
    "bestpath": False,
    "lw": 9.0,
    "cmninit": USUAL_CEPSTRUM,
    "compallsen": True,
}
"""Voices that the model fits badly need a wider beam than the default, and the weights more say; `maxhmmpf` bounds what
that costs. Without a second look at the lattice the last words are those of the last partial, with the same scores.
`compallsen` makes scores relative to the best of all sound units, and not only of those that the grammar has in mind at
the moment: what else may sound is what a rejection rests on."""
FLOOR_RMS = 120.0
"""Pink noise under all sound. Noise suppression leaves silence between words that no microphone has, and the acoustic
model was not trained with: without this floor, much of what is said in a quiet room is not recognised."""
NOISE_SAMPLES = 16_000
SCORE_UNIT = 1024
"""pocketsphinx counts acoustic scores in units of 2**10 (its SENSCR_SHIFT), and tells them without that factor."""


@dataclass(frozen=True)
class Grammar:
    """A compiled vocabulary."""

    version: str
    decoder: Any


def compile_grammar(vocabulary: Vocabulary) -> Grammar:
    """A decoder for what may be said. Takes a fifth of a second or more.

    Raises:
        VocabularyRefused: not a JSGF grammar, or too large.
    """
    if len(vocabulary.jsgf) > MAX_JSGF_CHARACTERS:
        raise VocabularyRefused(f"A grammar of {len(vocabulary.jsgf)} characters is too large.")
    if not vocabulary.language.lower().startswith("en"):
        raise VocabularyRefused(f"The built-in recogniser knows English only, not {vocabulary.language!r}.")
    words = lexicon.fsg_words(vocabulary.fsg) if vocabulary.fsg else lexicon.grammar_words(vocabulary.jsgf)
    if not words:
        raise VocabularyRefused("The grammar has no words.")
    model = Path(pocketsphinx.get_model_path("en-us"))
    entries = lexicon.lexicon(words, model / "cmudict-en-us.dict")
    with tempfile.NamedTemporaryFile("w", suffix=".dict", encoding="utf-8") as dictionary:
        dictionary.write(lexicon.as_dictionary(entries))
        dictionary.flush()
        try:
            decoder = pocketsphinx.Decoder(
                hmm=str(model / "en-us"), dict=dictionary.name, lm=None, loglevel="FATAL", **SEARCHING
            )
            _add_grammar(decoder, vocabulary)
            decoder.activate_search(SEARCH)
        except (RuntimeError, ValueError) as error:
            raise VocabularyRefused(f"{VocabularyRefused.__doc__} ({error})") from error
    return Grammar(vocabulary.version, decoder)


def _add_grammar(decoder: Any, vocabulary: Vocabulary) -> None:
    if not vocabulary.fsg:
        decoder.add_jsgf_string(SEARCH, vocabulary.jsgf)
        return
    with tempfile.NamedTemporaryFile("w", suffix=".fsg", encoding="utf-8") as file:
        file.write(vocabulary.fsg)
        file.flush()
        weight = decoder.config["lw"]
        decoder.add_fsg(SEARCH, pocketsphinx.FsgModel.readfile(file.name, decoder.logmath, weight))


class Floor:
    """A second of pink noise, the same each time, over and over."""

    def __init__(self, rms: float = FLOOR_RMS) -> None:
        spectrum = np.fft.rfft(np.random.default_rng(0).normal(0.0, 1.0, NOISE_SAMPLES))
        noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), NOISE_SAMPLES)
        self._noise: NDArray[np.int32] = (noise * rms / np.sqrt(np.mean(noise**2))).round().astype(np.int32)
        self._at = 0

    def under(self, samples: Samples) -> Samples:
        """The same samples, at most `CHUNK_SAMPLES`, with the noise added."""
        noise = self._noise[self._at : self._at + len(samples)]
        self._at = (self._at + len(samples)) % (len(self._noise) - CHUNK_SAMPLES)
        floored: Samples = np.clip(samples + noise, -32768, 32767).astype(np.int16)
        return floored


def word_score(segment: Any) -> rejection.WordScore:
    """How well one segment of a decoder's hypothesis fits."""
    frames = segment.end_frame - segment.start_frame + 1
    nats = SCORE_UNIT * math.log(segment.ascore) if segment.ascore > 0 else rejection.WORST * frames
    return rejection.WordScore(segment.word.partition("(")[0], frames, nats)


class Sphinx:
    """An `Stt`."""

    def __init__(self) -> None:
        self._grammar: Grammar | None = None
        self._open: Any = None
        self._start = 0
        self._level = Level()
        self._floor = Floor()

    def learn(self, vocabulary: Vocabulary) -> None:
        if self._grammar is None or self._grammar.version != vocabulary.version:
            self._grammar = compile_grammar(vocabulary)

    def start(self, position: int) -> None:
        self.close()
        self._start = position
        self._level.begin()
        if self._grammar is None:
            return
        self._open = self._grammar.decoder
        try:
            self._open.start_utt()
        except RuntimeError as error:
            self._open = None
            raise EngineFailed(str(error)) from error

    def feed(self, samples: Samples) -> Hypothesis:
        if self._open is None:
            return Hypothesis(self._start)
        try:
            for at in range(0, len(samples), CHUNK_SAMPLES):
                piece = self._level.levelled(samples[at : at + CHUNK_SAMPLES])
                self._open.process_raw(self._floor.under(piece).tobytes())
        except RuntimeError as error:
            self._open = None
            raise EngineFailed(str(error)) from error
        return self._hypothesis()

    def finish(self) -> Outcome:
        decoder, self._open = self._open, None
        if decoder is None:
            return Outcome(self._start, rejection="no_words")
        try:
            decoder.end_utt()
        except RuntimeError as error:
            raise EngineFailed(str(error)) from error
        hypothesis = self._read(decoder)
        if not hypothesis.words:
            return Outcome(hypothesis.position, rejection="no_words")
        if hypothesis.confidence < 0.5:
            return Outcome(hypothesis.position, confidence=hypothesis.confidence, rejection="not_in_grammar")
        return Outcome(hypothesis.position, hypothesis.text, hypothesis.confidence)

    def close(self) -> None:
        decoder, self._open = self._open, None
        if decoder is not None:
            try:
                decoder.end_utt()
            except RuntimeError as error:
                log.warning("the recogniser did not end an utterance: %s", error)

    def _hypothesis(self) -> Hypothesis:
        return self._read(self._open)

    def _read(self, decoder: Any) -> Hypothesis:
        position = self._start + decoder.n_frames() * FRAME_SAMPLES
        found = decoder.hyp()
        if found is None or not found.hypstr:
            return Hypothesis(position)
        scores, words = [], []
        for segment in decoder.seg() or ():
            if segment.word in FILLERS:
                continue
            text = segment.word.partition("(")[0]
            scores.append(word_score(segment))
            if not lexicon.is_remains(text):
                words.append(HeardWord(text, self._start + (segment.end_frame + 1) * FRAME_SAMPLES))
        return Hypothesis(position, tuple(words), rejection.confidence(tuple(scores)) if words else 0.0)
