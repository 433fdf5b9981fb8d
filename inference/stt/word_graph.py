"""What may be said, spelled in subwords: a grammar in Sphinx's FSG format as a graph that a decoder can walk."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.stt.lexicon import is_remains
from inference.stt.subwords import WORD_BEGIN, Ids, Subwords

LEAST_WEIGHT = 1e-9


class Spelled(NamedTuple):
    """A word in pieces, what comes behind it, and the log weight that the grammar gives it."""

    pieces: Ids
    word: str
    state: int
    weight: float


class Rival(NamedTuple):
    """The `word` that may stand in the place of word `number` of a sentence: it has `piece` instead of piece `at`, or
    instead of the end."""

    at: int
    piece: int
    number: int
    word: str


@dataclass(frozen=True)
class Place:
    """Where words may begin. `first`: the first piece of each of `words`. `final`: the log weight of ending here, -inf
    where no sentence ends."""

    first: NDArray[np.int64]
    words: tuple[Spelled, ...]
    final: float


class WordGraph:
    """Of the grammar in `fsg`. The first word of a sentence is spelled with a capital, others in every way that is
    usual. Places are spelled when they are first asked for."""

    def __init__(self, fsg: str, subwords: Subwords) -> None:
        self._subwords = subwords
        self._words: dict[int, list[tuple[int, float, str]]] = defaultdict(list)
        self._ways: dict[int, list[tuple[int, float]]] = defaultdict(list)
        self._places: dict[int, Place] = {}
        self._start, self._final = (_number(f"{name}_STATE", fsg) for name in ("START", "FINAL"))
        for row in (line.split() for line in fsg.splitlines() if line.startswith("T ")):
            at, to, weight = int(row[1]), int(row[2]), math.log(max(LEAST_WEIGHT, float(row[3])))
            if len(row) == 5 and not is_remains(row[4]):
                self._words[at].append((to, weight, row[4]))
            else:
                self._ways[at].append((to, weight))
        self.beginning = self._place(self._start, at_the_beginning=True)

    def after(self, state: int) -> Place:
        """The place of a state that has been reached by a word."""
        if state not in self._places:
            self._places[state] = self._place(state)
        return self._places[state]

    def spelled(self, text: str) -> tuple[Ids, ...]:
        """The words of a sentence in pieces, written in small letters but for the first."""
        words = (word.capitalize() if not at else word for at, word in enumerate(text.split()))
        return tuple(self._subwords.word(word) for word in words)

    def allows(self, text: str) -> bool:
        """Whether the grammar has this sentence."""
        places = [self.beginning]
        for word in text.split():
            places = self._behind(places, word)
        return any(place.final > -math.inf for place in places)

    def rivals(self, text: str) -> Set[Rival]:
        """Other words that the grammar allows in the place of one of `text`, and where they part from it. Words that
        only lack the end of one are left out: it would take what follows them to compare them."""
        places, begin, found = [self.beginning], 0, set[Rival]()
        for number, (word, pieces) in enumerate(zip(text.split(), self.spelled(text), strict=True)):
            for other in (other for place in places for other in place.words if other.word != word):
                same = _same_beginning(pieces, other.pieces)
                if same < len(other.pieces):
                    found.add(Rival(begin + same, other.pieces[same], number, other.word))
            begin += len(pieces)
            places = self._behind(places, word)
        return found

    def _behind(self, places: Iterable[Place], word: str) -> list[Place]:
        states = {each.state for place in places for each in place.words if each.word == word}
        return [self.after(state) for state in states]

    def _place(self, state: int, at_the_beginning: bool = False) -> Place:
        reached = self._reached_without_a_word(state)
        words = tuple(
            Spelled(pieces, word, to, weight + more)
            for at, weight in reached.items()
            for to, more, word in self._words[at]
            for pieces in self._spelled(word, at_the_beginning)
        )
        first = np.array([word.pieces[0] for word in words], np.int64)
        return Place(first, words, reached.get(self._final, -math.inf))

    def _spelled(self, word: str, at_the_beginning: bool) -> Iterator[Ids]:
        yield self._subwords.pieces(WORD_BEGIN + word.capitalize())
        if at_the_beginning:
            return
        yield self._subwords.pieces(WORD_BEGIN + word)
        if len(word) == 1:  # as in "IP" and "a.m."
            yield self._subwords.pieces(word.capitalize())
            yield self._subwords.pieces(f".{word}.")

    def _reached_without_a_word(self, state: int) -> dict[int, float]:
        best, waiting = {state: 0.0}, [state]
        while waiting:
            at = waiting.pop()
            for to, weight in self._ways[at]:
                if best[at] + weight > best.get(to, -math.inf):
                    best[to] = best[at] + weight
                    waiting.append(to)
        return best


def _same_beginning(one: Ids, other: Ids) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _number(name: str, fsg: str) -> int:
    found = re.search(rf"^{name} (\d+)$", fsg, re.MULTILINE)
    return int(found[1]) if found else 0
