"""How words so far stand, and which intents they may be, in microseconds: an automaton as a few flat arrays. Pure."""

import json
from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from conductor.automaton import Automaton, ends_first
from conductor.standing import Standing

Kind = tuple[Standing, frozenset[str]]
"""How the words stand that lead to a state, and the intents that they may be a whole request of."""


@dataclass(frozen=True)
class Lookup:
    """An automaton in a twentieth of its memory. Starts in state 0.

    The ways out of a state are the places `first[state]` to `first[state + 1]` of `said` (numbers of words, rising) and
    of `there` (the states that they lead to). `kind[state]` is a place in `kinds`; a word's number is its place in
    `words`, which are in order.
    """

    words: Sequence[str]
    kinds: Sequence[Kind]
    kind: "array[int]"
    first: "array[int]"
    said: "array[int]"
    there: "array[int]"

    @staticmethod
    def of(automaton: Automaton) -> "Lookup":
        """The same sentences."""
        words = sorted({word for arcs in automaton.arcs for word in arcs})
        numbers = {word: number for number, word in enumerate(words)}
        kinds: dict[Kind, int] = {}
        kind, first, said, there = array("H"), array("I", [0]), array("H"), array("I")
        for arcs, standing, final in zip(automaton.arcs, _standings(automaton), automaton.final, strict=True):
            kind.append(kinds.setdefault((standing, frozenset(end.intent for end in final)), len(kinds)))
            for word in sorted(arcs):
                said.append(numbers[word])
                there.append(arcs[word])
            first.append(len(said))
        return Lookup(words, tuple(kinds), kind, first, said, there)

    def standing(self, text: str) -> Standing:
        """How the words stand."""
        state = self._after(text)
        return Standing.UNKNOWN if state is None or not text else self.kinds[self.kind[state]][0]

    def intents(self, text: str) -> frozenset[str]:
        """The intents that these words may be a whole request of."""
        state = self._after(text)
        return frozenset() if state is None else self.kinds[self.kind[state]][1]

    def _after(self, text: str) -> int | None:
        """The state after these words, or None where no request begins like this."""
        state = 0
        for word in text.split():
            number = self._numbers.get(word, -1)
            end = self.first[state + 1]
            way = bisect_left(self.said, number, self.first[state], end)
            if number < 0 or way == end or self.said[way] != number:
                return None
            state = self.there[way]
        return state

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {word: number for number, word in enumerate(self.words)}

    # --- as bytes --------------------------------------------------------------------------------

    def packed(self) -> str:
        """For `unpacked`, on the same kind of machine: the arrays are in its byte order."""
        kinds = [(standing.value, sorted(intents)) for standing, intents in self.kinds]
        arrays = [b64encode(each.tobytes()).decode() for each in (self.kind, self.first, self.said, self.there)]
        return json.dumps([self.words, kinds, *arrays])

    @staticmethod
    def unpacked(packed: str) -> "Lookup":
        """What `packed` was called on."""
        words, kinds, *arrays = json.loads(packed)
        kind, first, said, there = (array(code, b64decode(each)) for code, each in zip("HIHI", arrays, strict=True))
        whole = tuple((Standing(standing), frozenset(intents)) for standing, intents in kinds)
        return Lookup(words, whole, kind, first, said, there)


def _standings(automaton: Automaton) -> Sequence[Standing]:
    """For each state how the words stand that lead there. What can only lead to the same intent, and is marked closed,
    keeps nothing open."""
    ahead = _ahead(automaton)
    standings = []
    for state, final in enumerate(automaton.final):
        ends = [end for end in final if not end.vague]
        closed = not any(end.open for end in ends) and ahead[state] <= {end.intent for end in ends}
        standings.append(Standing.BEGINNING if not ends else Standing.COMPLETE if closed else Standing.OPEN)
    return standings


def _ahead(automaton: Automaton) -> Sequence[frozenset[str]]:
    """For each state the intents that more words can still lead to."""
    ahead: list[frozenset[str]] = [frozenset()] * len(automaton.arcs)
    for state in ends_first(automaton.arcs):
        arcs = automaton.arcs[state].values()
        further = {end.intent for there in arcs for end in automaton.final[there]}
        ahead[state] = frozenset(further).union(*(ahead[there] for there in arcs))
    return ahead
