"""What may be said, spelled in subwords: a grammar in Sphinx's FSG format as a graph that a decoder can walk.

A place of the graph is a node of a tree of the words that may come next. Trees are grown when they are first reached.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from inference.stt.lexicon import is_remains
from inference.stt.subwords import Subwords

LEAST_WEIGHT = 1e-9

Spelling = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class WordEnd:
    """Here `word` ends, and what comes next begins at `state`. `weight`: log of the grammar's."""

    word: str
    state: int
    weight: float


@dataclass(eq=False)
class Node:
    """`final`, where a word may begin: the log weight of ending here, -inf if nothing whole ends here. Else None."""

    children: dict[int, "Node"] = field(default_factory=dict)
    ends: list[WordEnd] = field(default_factory=list)
    final: float | None = None


class WordGraph:
    """Of the grammar in `fsg`. The first word of a sentence is spelled with a capital, any other in both ways."""

    def __init__(self, fsg: str, subwords: Subwords) -> None:
        self._subwords = subwords
        self._words: dict[int, list[tuple[int, float, str]]] = defaultdict(list)
        self._ways: dict[int, list[tuple[int, float]]] = defaultdict(list)
        self._trees: dict[int, Node] = {}
        numbers = {
            name: int(found[1])
            for name in ("START", "FINAL")
            if (found := re.search(rf"^{name}_STATE (\d+)$", fsg, re.M))
        }
        self._start, self._final = numbers.get("START", 0), numbers.get("FINAL", -1)
        for row in (line.split() for line in fsg.splitlines() if line.startswith("T ")):
            at, to, weight = int(row[1]), int(row[2]), math.log(max(LEAST_WEIGHT, float(row[3])))
            if len(row) == 5 and not is_remains(row[4]):
                self._words[at].append((to, weight, row[4]))
            else:
                self._ways[at].append((to, weight))
        self.beginning = self._tree(self._start, lambda word: (word.capitalize(),))

    def after(self, state: int) -> Node:
        """The place where `state` has been reached, and a word may begin."""
        if state not in self._trees:
            self._trees[state] = self._tree(state, lambda word: (word, word.capitalize()))
        return self._trees[state]

    def _tree(self, state: int, spelled: Spelling) -> Node:
        reached = self._reached_without_a_word(state)
        root = Node(final=reached.get(self._final, -math.inf))
        for at, weight in reached.items():
            for to, more, word in self._words[at]:
                for spelling in spelled(word):
                    node = root
                    for piece in self._subwords.word(spelling):
                        node = node.children.setdefault(piece, Node())
                    node.ends.append(WordEnd(word, to, weight + more))
        return root

    def _reached_without_a_word(self, state: int) -> dict[int, float]:
        best, waiting = {state: 0.0}, [state]
        while waiting:
            at = waiting.pop()
            for to, weight in self._ways[at]:
                if best[at] + weight > best.get(to, -math.inf):
                    best[to] = best[at] + weight
                    waiting.append(to)
        return best
