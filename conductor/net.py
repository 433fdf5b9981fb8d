"""Sentences as a net of words, non-deterministic while it is built and weighted by how likely each way is. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class End:
    """A request of this intent may end here; `open`: English may sensibly go on.

    `vague`: it lacks what it is about ("set a timer"), so it is a beginning as long as somebody may be speaking.
    """

    intent: str
    open: bool
    vague: bool = False


PART = frozenset((End("", True),))
"""Where a list or rule ends inside a sentence."""


@dataclass(frozen=True)
class Phrase:
    """Something that may be said for a list, and how likely it is beside the others.

    `kind`: of what it is, where only words of one kind go together.
    """

    text: str
    weight: float = 1.0
    kind: str = ""


@dataclass
class Net:
    """A non-deterministic automaton while it is built, every way weighted by how likely it is.

    `words[node]`: word → next node → weight; `empty[node]`: the same without a word. A node's weights add up to one.
    """

    words: list[dict[str, dict[int, float]]] = field(default_factory=list)
    empty: list[dict[int, float]] = field(default_factory=list)
    final: dict[int, frozenset[End]] = field(default_factory=dict)

    def node(self) -> int:
        self.words.append({})
        self.empty.append({})
        return len(self.words) - 1

    def skip(self, start: int, end: int, weight: float = 1.0) -> None:
        self.empty[start][end] = self.empty[start].get(end, 0.0) + weight

    def arc(self, start: int, word: str, end: int, weight: float = 1.0) -> None:
        targets = self.words[start].setdefault(word, {})
        targets[end] = targets.get(end, 0.0) + weight

    def first(self, start: int) -> Iterable[tuple[str, int, float]]:
        """The words that may come first behind `start`, where each leads, and how likely; there are no circles."""
        for word, ends in self.words[start].items():
            for end, weight in ends.items():
                yield word, end, weight
        for there, share in self.empty[start].items():
            for word, end, weight in self.first(there):
                yield word, end, weight * share

    def choose(self, start: int, phrases: Sequence[Phrase], share: float = 1.0) -> int:
        """One of these phrases behind `start`, all together with this share of what follows there; the node behind."""
        end, total = self.node(), sum(phrase.weight for phrase in phrases)
        for phrase in phrases:
            here, weight = start, share * phrase.weight / total
            parts = phrase.text.split()
            if not parts:
                self.skip(start, end, weight)
            for word in parts[:-1]:
                there = self.node()
                self.arc(here, word, there, weight)
                here, weight = there, 1.0
            if parts:
                self.arc(here, parts[-1], end, weight)
        return end
