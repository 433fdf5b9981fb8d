"""pocketsphinx: a grammar that follows the conductor's vocabulary.

The acoustic model is the one inside the wheel. Each grammar gets a decoder of its own with a dictionary of its own
words, compiled while the old one goes on; an utterance keeps the decoder that it began with.
"""

import functools
import itertools
import logging
import math
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pocketsphinx

from inference.errors import EngineFailed, VocabularyRefused
from inference.stt import lexicon, rejection
from inference.stt.acoustic_model import Floats, read_gaussians
from inference.stt.enhancement import Mixture, mixture
from inference.stt.features import Features
from inference.stt.protocol import HeardWord, Hypothesis, Outcome, Samples, Vocabulary, Voice
from inference.stt.spectrum import CEPSTRA

log = logging.getLogger(__name__)

FRAME_SAMPLES = 160
CHUNK_SAMPLES = 320
"""pocketsphinx holds the interpreter while it works: long stretches go in by pieces, so that others get a turn."""
MAX_JSGF_CHARACTERS = 200_000
FILLERS = frozenset({"<s>", "</s>", "<sil>", "(NULL)", "[NOISE]", "[SPEECH]"})
SEARCH = "grammar"
MAX_GUESSES = 30
"""Most of them differ in what is no word only."""
MODEL = Path(pocketsphinx.get_model_path("en-us"))
USUAL_CEPSTRUM = np.array([51.8, -2.1, 2.9, 13.6, -5.0, -0.1, -0.2, -7.9, -0.4, -2.8, 3.2, -0.1, 0.5])
"""The mean of utterances behind our audio chain. The acoustic model knows cepstra less their mean."""
NO_MEAN = ",".join(["0"] * CEPSTRA)
"""What pocketsphinx itself takes off."""
SEARCHING = {
    "beam": 1e-60,
    "pbeam": 1e-60,
    "maxhmmpf": 1500,
    "bestpath": False,
    "lw": 4.5,
    "compallsen": True,
}
"""Voices that the model fits badly need a wider beam than the default, and the weights more say; `maxhmmpf` bounds what
that costs. Without a second look at the lattice the last words are those of the last partial, with the same scores.
`compallsen` makes scores relative to the best of all sound units, and not only of those that the grammar has in mind at
the moment: what else may sound is what a rejection rests on."""
OFTENER = {f"{ten}teen": 10.0 for ten in ("thir", "four", "fif", "six", "seven", "eigh", "nine")}
"""The grammar's weight of these words, times so much. A "fifteen" whose end is not stressed fits "fifty" better: of
144 requests each with the one and the other (nine synthetic voices), 67 and 8 were taken for the other, and with this
weight 46 and 13."""
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
    entries = lexicon.lexicon(words, MODEL / "cmudict-en-us.dict")
    with tempfile.NamedTemporaryFile("w", suffix=".dict", encoding="utf-8") as dictionary:
        dictionary.write(lexicon.as_dictionary(entries))
        dictionary.flush()
        try:
            decoder = pocketsphinx.Decoder(
                hmm=str(MODEL / "en-us"),
                dict=dictionary.name,
                lm=None,
                loglevel="FATAL",
                fsgusealtpron=not vocabulary.fsg,
                **SEARCHING,
            )
            _add_grammar(decoder, vocabulary, entries)
            decoder.activate_search(SEARCH)
        except (RuntimeError, ValueError) as error:
            raise VocabularyRefused(f"{VocabularyRefused.__doc__} ({error})") from error
    return Grammar(vocabulary.version, decoder)


def _add_grammar(decoder: Any, vocabulary: Vocabulary, entries: lexicon.Lexicon) -> None:
    if not vocabulary.fsg:
        decoder.add_jsgf_string(SEARCH, vocabulary.jsgf)
        return
    with tempfile.NamedTemporaryFile("w", suffix=".fsg", encoding="utf-8") as file:
        file.write(pronounced(vocabulary.fsg, entries))
        file.flush()
        weight = decoder.config["lw"]
        decoder.add_fsg(SEARCH, pocketsphinx.FsgModel.readfile(file.name, decoder.logmath, weight))


def pronounced(fsg: str, entries: lexicon.Lexicon) -> str:
    """The grammar with a way for each pronunciation of a word, and with the weights that the acoustic model needs.
    pocketsphinx would add the pronunciations, too, but goes through the whole grammar for each: half of the time."""

    def ways(way: re.Match[str]) -> str:
        states, weight, word = way.groups()
        weight = f"{min(1.0, float(weight) * OFTENER[word]):.5f}" if word in OFTENER else weight
        return "\n".join(f"{states} {weight} {name}" for name in lexicon.names(word, entries.get(word, ((),))))

    return re.sub(r"^(T \d+ \d+) (\S+) (\S+)$", ways, fsg, flags=re.MULTILINE)


@functools.cache
def clean_speech() -> Mixture:
    """What the acoustic model knows of how speech sounds."""
    (means, *_), (variances, *_) = (read_gaussians(MODEL / "en-us" / name) for name in ("means", "variances"))
    return mixture(means.reshape(-1, CEPSTRA), variances.reshape(-1, CEPSTRA), USUAL_CEPSTRUM)


def begin(decoder: Any) -> None:
    """Open an utterance of cepstra that need nothing more taken off."""
    decoder.set_cmn(NO_MEAN)
    decoder.start_utt()


def search(decoder: Any, features: Floats) -> None:
    """Go on with (n, 13) cepstra."""
    if len(features):
        decoder.process_cep(features.astype("<f4").tobytes())


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
        self._features = Features(clean_speech(), USUAL_CEPSTRUM)

    def learn(self, vocabulary: Vocabulary) -> None:
        if self._grammar is None or self._grammar.version != vocabulary.version:
            self._grammar = compile_grammar(vocabulary)

    def start(self, position: int) -> None:
        self.close()
        self._start = position
        self._features.begin()
        if self._grammar is None:
            return
        self._open = self._grammar.decoder
        try:
            begin(self._open)
        except RuntimeError as error:
            self._open = None
            raise EngineFailed(str(error)) from error

    def overhear(self, samples: Samples) -> None:
        self._features.overhear(samples)

    def feed(self, samples: Samples, voice: Voice = Voice.SPEAKING) -> Hypothesis:
        if self._open is None:
            return Hypothesis(self._start)
        try:
            for at in range(0, len(samples), CHUNK_SAMPLES):
                search(self._open, self._features.hear(samples[at : at + CHUNK_SAMPLES]))
        except RuntimeError as error:
            self._open = None
            raise EngineFailed(str(error)) from error
        return self._hypothesis()

    def alternatives(self, most: int) -> tuple[str, ...]:
        found: dict[str, None] = {}
        if self._open is None or self._open.hyp() is None:
            return ()
        told = self._hypothesis().text
        for guess in itertools.islice(self._open.nbest() or (), MAX_GUESSES):
            spoken = guess.hypstr if guess is not None else None
            words = [word.partition("(")[0] for word in (spoken or "").split() if word not in FILLERS]
            text = " ".join(word for word in words if not lexicon.is_remains(word))
            if text and text != told:
                found[text] = None
            if len(found) == most:
                break
        return tuple(found)

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
