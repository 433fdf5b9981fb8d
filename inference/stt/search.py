"""The sentences of a grammar that a neural recogniser finds the most likely, by a beam search.

What a version is worth is its log probability and so much for each subword: without that, short sentences win, as
every subword costs something and leaving out costs nothing. Beside the beam runs one version that may be anything.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inference.stt.moonshine import Encoded, Floats, Moonshine
from inference.stt.subwords import END, Ids
from inference.stt.word_graph import Node, WordGraph

RATE = 16_000


@dataclass(frozen=True)
class Config:
    """In nats. `beam`: versions at once. `piece`: what a subword is worth. `grammar`: the say of the grammar's weights.
    `hopeless`: a version so much behind the best finished one is given up. `unfinished`: what it costs to end where
    no sentence does. `pieces_a_second`, `pieces`: the longest text, for so much sound and at least."""

    beam: int = 8
    piece: float = 1.5
    grammar: float = 0.3
    hopeless: float = 4.0
    unfinished: float = 3.0
    unlikely: float = -15.0
    pieces_a_second: float = 6.5
    pieces: int = 8


@dataclass(frozen=True)
class Sentence:
    """`nats`: the model's log probability of its `pieces` subwords and its end; `worst_piece`: of the least likely of
    them. `whole`: the grammar may end here. `grammar`: its log weight there."""

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
        return self.nats + config.piece * self.pieces - (0.0 if self.whole else config.unfinished)


@dataclass(frozen=True)
class Found:
    """`sentences`: of the grammar, best first. `free`: whatever it was."""

    sentences: tuple[Sentence, ...]
    free: Sentence


@dataclass(frozen=True)
class Way:
    """How a place was reached: the words so far and their log weight in the grammar."""

    words: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Version:
    """A text so far, and every place of the grammar that it leads to."""

    ids: Ids
    nats: float
    worst: float
    places: Mapping[Node, Way]


class Searcher:
    """`graph` is what may be said."""

    def __init__(self, model: Moonshine, graph: WordGraph, config: Config = Config()) -> None:
        self._model = model
        self._graph = graph
        self._config = config
        sign = model.subwords.sign
        self._comma = sign(",")
        self._ends = [END, sign("."), sign("?"), sign("!")]

    def score(self, encoded: Encoded, text: str) -> Sentence:
        """How likely the words of `text` are."""
        words = [word.capitalize() if not at else word for at, word in enumerate(text.split())]
        ids = tuple(piece for word in words for piece in self._model.subwords.word(word))
        scores = self._model.score(encoded, ids)
        each = [*(float(row[piece]) for row, piece in zip(scores, ids, strict=False)), self._end(scores[-1])]
        return Sentence(text, sum(each), len(ids), min(each))

    def search(self, encoded: Encoded) -> Found:
        """What was said, as far as the grammar goes, and without it."""
        config = self._config
        decoding = self._model.decode(encoded, config.beam + 1)
        longest = config.pieces + int(config.pieces_a_second * encoded.samples / RATE)
        found: dict[str, Sentence] = {}
        beam = [Version((), 0.0, 0.0, {self._graph.beginning: Way((), 0.0)})]
        free, scores, is_open = Version((), 0.0, 0.0, {}), decoding.first, True
        for _ in range(longest):
            if is_open:
                free, is_open = self._freely(free, scores[-1])
            for version, row in zip(beam, scores, strict=False):
                self._finish(version, row, found)
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

    def _finish(self, version: Version, row: Floats, found: dict[str, Sentence]) -> None:
        end = None
        for place, way in version.places.items():
            if place.final is None or not way.words:
                continue
            end = self._end(row) if end is None else end
            whole = place.final > -math.inf
            weight = way.weight + (place.final if whole else 0.0)
            text, worst = " ".join(way.words), min(version.worst, end)
            sentence = Sentence(text, version.nats + end, len(version.ids), worst, whole, weight)
            known = found.get(sentence.text)
            if known is None or self._rank(sentence) > self._rank(known):
                found[sentence.text] = sentence

    def _grow(
        self, beam: list[Version], scores: Floats, found: Mapping[str, Sentence]
    ) -> tuple[list[Version], list[int]]:
        config, grown = self._config, []
        for parent, (version, row) in enumerate(zip(beam, scores, strict=False)):
            for piece, places in self._next(version, row).items():
                more = float(row[piece])
                nats = version.nats + more
                weight = max(way.weight for way in places.values())
                rank = nats + config.grammar * weight + config.piece * (len(version.ids) + 1)
                grown.append((rank, parent, Version((*version.ids, piece), nats, min(version.worst, more), places)))
        grown.sort(key=lambda each: each[0], reverse=True)
        enough = max((self._rank(sentence) for sentence in found.values()), default=-math.inf) - config.hopeless
        kept = [(parent, version) for rank, parent, version in grown[: config.beam] if rank > enough]
        return [version for _, version in kept], [parent for parent, _ in kept]

    def _next(self, version: Version, row: Floats) -> dict[int, dict[Node, Way]]:
        """Every subword that may follow, and where it leads."""
        unlikely, following = self._config.unlikely, dict[int, dict[Node, Way]]()
        for place, way in version.places.items():
            for piece, child in place.children.items():
                if row[piece] < unlikely:
                    continue
                places = following.setdefault(piece, {})
                if child.children:
                    _reach(places, child, way)
                for end in child.ends:
                    _reach(places, self._graph.after(end.state), Way((*way.words, end.word), way.weight + end.weight))
            if place.final is not None and way.words and version.ids[-1] != self._comma:
                _reach(following.setdefault(self._comma, {}), place, way)
        return following

    def _end(self, row: Floats) -> float:
        """Log probability that the text ends, with any mark."""
        return float(np.logaddexp.reduce(row[self._ends]))


def _reach(places: dict[Node, Way], place: Node, way: Way) -> None:
    known = places.get(place)
    if known is None or way.weight > known.weight:
        places[place] = way
