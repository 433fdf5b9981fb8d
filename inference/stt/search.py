"""The sentences of a grammar that a neural recogniser finds the most likely, by a beam search.

What a version is worth is its log probability and so much for each subword: without that, short sentences win, as
every subword costs something and leaving out costs nothing. Beside the beam runs one version that may be anything.
"""

import math
from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from inference.stt.moonshine import Encoded, Floats, Moonshine
from inference.stt.subwords import END, Ids
from inference.stt.word_graph import Place, Spelled, WordGraph

RATE = 16_000
QUIET_SAMPLES = 2 * RATE
QUIET_LEVEL = 30
"""Of a quiet room, as a root mean square of int16."""


@dataclass(frozen=True)
class Config:
    """In nats.

    `beam`: versions at once. `behind`, `hopeless`: a version so much behind the best one, or behind the best finished
    one, is given up. `piece`: what a subword is worth. `grammar`: the say of the grammar's weights. `unlikely`: what is
    less likely than this begins no word. `pieces`, `pieces_a_second`: the longest text, at least and for so much sound.
    `slow_s`, `slow_letter_s`: a text and each of its letters take no longer than this, however slowly it is spoken;
    `left_over`: what a second of voice beyond that costs.
    """

    beam: int = 16
    behind: float = 6.0
    piece: float = 1.5
    grammar: float = 0.3
    hopeless: float = 4.0
    unlikely: float = -10.0
    pieces_a_second: float = 7.0
    pieces: int = 2
    slow_s: float = 0.4
    slow_letter_s: float = 0.09
    left_over: float = 10.0


@dataclass(frozen=True)
class Sentence:
    """`nats`: the model's log probability of its `pieces` subwords and its end, less what it leaves over of the voice;
    `worst_piece`: of the least likely of them. `whole`: the grammar may end here. `grammar`: its log weight there."""

    text: str
    nats: float
    pieces: int
    worst_piece: float = 0.0
    whole: bool = True
    grammar: float = 0.0

    @property
    def nats_a_piece(self) -> float:
        return self.nats / (self.pieces + 1)

    def worth(self, config: Config) -> float:
        return self.nats + config.piece * self.pieces


@dataclass(frozen=True)
class Found:
    """`sentences`: of the grammar, best first. `free`: whatever it was."""

    sentences: tuple[Sentence, ...]
    free: Sentence


class Way(NamedTuple):
    """How a place was reached: the words so far and their log weight in the grammar. Within a word: which one, and how
    many of its pieces are written."""

    words: tuple[str, ...]
    weight: float
    within: Spelled | None = None
    written: int = 0


@dataclass(frozen=True)
class Version:
    """A text so far, and the ways on which it is: one for each state that it has reached, and each word it is in."""

    ids: Ids
    nats: float
    worst: float
    ways: Mapping[Hashable, tuple[Place, Way]]


class Searcher:
    """`graph` is what may be said."""

    def __init__(self, model: Moonshine, graph: WordGraph, config: Config = Config()) -> None:
        self._model = model
        self._graph = graph
        self._config = config
        self._quiet: Encoded | None = None
        sign = model.subwords.sign
        self._comma = sign(",")
        self._ends = [END, sign("."), sign("?"), sign("!")]

    def score(self, encoded: Encoded, text: str) -> Sentence:
        """How likely the words of `text` are."""
        return self._scored(encoded, text)[0]

    def score_beside_rivals(self, encoded: Encoded, text: str, ahead: float) -> tuple[Sentence, Set[str]]:
        """How likely the words of `text` are; and the same text with another word of the grammar in it, for each that
        is likelier by more than `ahead` than what `text` says where they part."""
        sentence, scores, each = self._scored(encoded, text)
        words, others = text.split(), set[str]()
        for at, piece, number, word in self._graph.rivals(text):
            if scores[at, piece] - each[at] > ahead:
                others.add(" ".join((*words[:number], word, *words[number + 1 :])))
        return sentence, others

    def _scored(self, encoded: Encoded, text: str) -> tuple[Sentence, Floats, Sequence[float]]:
        """The sentence, the log probabilities it was read from, and those of its pieces and its end."""
        ids = tuple(piece for word in self._graph.spelled(text) for piece in word)
        scores = self._model.score(encoded, ids)
        each = [*(float(row[piece]) for row, piece in zip(scores, ids, strict=False)), self._end(scores[-1])]
        nats = sum(each) - self._left_over(encoded, text)
        return Sentence(text, nats, len(ids), min(each), self._graph.allows(text)), scores, each

    def unheard(self, text: str) -> float:
        """The log probability of `text` where nobody speaks: what the model expects of people anyway."""
        if self._quiet is None:
            noise = np.random.default_rng(0).standard_normal(QUIET_SAMPLES) * QUIET_LEVEL
            self._quiet = self._model.encode(noise.astype(np.int16))
        return self._scored(self._quiet, text)[0].nats

    def allows(self, text: str) -> bool:
        """Whether the grammar has this sentence."""
        return self._graph.allows(text)

    def search(self, encoded: Encoded) -> Found:
        """What was said, as far as the grammar goes, and without it."""
        config = self._config
        decoding = self._model.decode(encoded, config.beam + 1)
        longest = config.pieces + int(config.pieces_a_second * encoded.samples / RATE)
        found: dict[str, Sentence] = {}
        beam = [Version((), 0.0, 0.0, {"beginning": (self._graph.beginning, Way((), 0.0))})]
        free, scores, is_open = Version((), 0.0, 0.0, {}), decoding.first, True
        for _ in range(longest):
            if is_open:
                free, is_open = self._freely(free, scores[-1])
            for version, row in zip(beam, scores, strict=False):
                self._finish(version, row, found, encoded)
            beam, parents = self._grow(beam, scores, found)
            ids = [version.ids[-1] for version in beam]
            if is_open:
                parents, ids = [*parents, len(scores) - 1], [*ids, free.ids[-1]]
            if not ids:
                break
            scores = decoding.step(parents, ids)
        best = sorted(found.values(), key=self._rank, reverse=True)
        return Found(tuple(best), Sentence(self._model.subwords.text(free.ids), free.nats, len(free.ids), free.worst))

    def _rank(self, sentence: Sentence) -> float:
        return sentence.worth(self._config) + self._config.grammar * sentence.grammar

    def _freely(self, version: Version, row: Floats) -> tuple[Version, bool]:
        best = int(row.argmax())
        more = float(row[best])
        ids = version.ids if best == END else (*version.ids, best)
        return Version(ids, version.nats + more, min(version.worst, more), {}), best != END

    def _finish(self, version: Version, row: Floats, found: dict[str, Sentence], encoded: Encoded) -> None:
        end = None
        for place, way in version.ways.values():
            if way.within is not None or not way.words:
                continue
            end = self._end(row) if end is None else end
            whole = place.final > -math.inf
            text, weight = " ".join(way.words), way.weight + (place.final if whole else 0.0)
            nats, worst = version.nats + end - self._left_over(encoded, text), min(version.worst, end)
            sentence = Sentence(text, nats, len(version.ids), worst, whole, weight)
            known = found.get(text)
            if known is None or self._rank(sentence) > self._rank(known):
                found[text] = sentence

    def _grow(
        self, beam: list[Version], scores: Floats, found: Mapping[str, Sentence]
    ) -> tuple[list[Version], list[int]]:
        config, grown = self._config, []
        for parent, (version, row) in enumerate(zip(beam, scores, strict=False)):
            for piece, ways in self._next(version, row).items():
                more = float(row[piece])
                nats = version.nats + more
                weight = max(way.weight for _, way in ways.values())
                rank = nats + config.grammar * weight + config.piece * (len(version.ids) + 1)
                grown.append((rank, parent, piece, nats, min(version.worst, more), ways))
        grown.sort(key=lambda each: each[0], reverse=True)
        enough = max((self._rank(sentence) for sentence in found.values()), default=-math.inf) - config.hopeless
        if grown:
            enough = max(enough, grown[0][0] - config.behind)
        kept = [each for each in grown[: config.beam] if each[0] > enough]
        versions = [
            Version((*beam[parent].ids, piece), nats, worst, ways) for _, parent, piece, nats, worst, ways in kept
        ]
        return versions, [parent for _, parent, *_ in kept]

    def _next(self, version: Version, row: Floats) -> dict[int, dict[Hashable, tuple[Place, Way]]]:
        """Every piece that may follow, and where it leads."""
        following: dict[int, dict[Hashable, tuple[Place, Way]]] = {}
        for key, (place, way) in version.ways.items():
            if way.within is not None:
                self._write(following, place, way, way.within)
                continue
            for index in np.flatnonzero(row[place.first] > self._config.unlikely):
                self._write(following, place, way, place.words[index])
            if way.words and version.ids[-1] != self._comma:
                _reach(following.setdefault(self._comma, {}), key, place, way)
        return following

    def _write(
        self, following: dict[int, dict[Hashable, tuple[Place, Way]]], place: Place, way: Way, word: Spelled
    ) -> None:
        """The next piece of a word, which may be its last."""
        ways, written = following.setdefault(word.pieces[way.written], {}), way.written + 1
        if written < len(word.pieces):
            _reach(ways, (word, written), place, Way(way.words, way.weight, word, written))
        else:
            after = Way((*way.words, word.word), way.weight + word.weight)
            _reach(ways, word.state, self._graph.after(word.state), after)

    def _left_over(self, encoded: Encoded, text: str) -> float:
        """What the voice costs that these words can't have taken, in nats: without that, "it's okay" may be the best
        explanation of four seconds in noise."""
        config = self._config
        longest_s = config.slow_s + config.slow_letter_s * len(text.replace(" ", ""))
        return config.left_over * max(0.0, encoded.voiced_s - longest_s)

    def _end(self, row: Floats) -> float:
        """Log probability that the text ends, with any mark."""
        return float(np.logaddexp.reduce(row[self._ends]))


def _reach(ways: dict[Hashable, tuple[Place, Way]], key: Hashable, place: Place, way: Way) -> None:
    known = ways.get(key)
    if known is None or way.weight > known[1].weight:
        ways[key] = (place, way)
