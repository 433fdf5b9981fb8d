"""What the recogniser of speech listens for: an automaton in the format of Sphinx's finite-state grammars. Pure.

The format: fsg_model.h of sphinxbase. A line `T 3 7 0.25000 timer` leads from state 3 to 7 by that word, with that
share of all ways out of 3; without a word it is free.
"""

from collections.abc import Iterable, Mapping, Sequence

from conductor.automaton import Automaton, ends_first

HARDLY_SAID = 6e-6
UNEXPECTED = 3e-4
"""What is less likely than one (among all that is said) or the other (at its place) is understood, but the recogniser
doesn't listen for it: each such word costs it time, and is more often misheard than said."""
ENDS = 0.01
"""What may be a whole request may also end there, however likely more would be."""
SHARED_WORDS = 12
"""As many words that lead from one state to another are written once for all states that have them."""


def written(automaton: Automaton, name: str, remains: Sequence[str] = ()) -> str:
    """The grammar in Sphinx's FSG format, without what is hardly ever said.

    What is left of one of the words `remains` may sound before a request. Such words are written `++word++`.
    """
    lines = _Lines()
    said = _said(automaton)
    numbers = {state: lines.state() for state in said}
    end, start = lines.state(), lines.state()
    lines.skip(start, numbers[0], 0.3 if remains else 1.0)
    for word in remains:
        lines.way(start, numbers[0], 0.7 / len(remains), f"++{word}++")
    for state, words in said.items():
        for there, ways in _by_target(automaton, state, words).items():
            lines.ways(numbers[state], numbers[there], ways)
        if automaton.final[state]:
            lines.skip(numbers[state], end, max(automaton.weights[state][""], ENDS))
    return lines.grammar(name, start, end)


def _said(automaton: Automaton) -> Mapping[int, Sequence[str]]:
    """The states that are reached by what is said, and the words that are said there; the likeliest in any case."""
    reached = {0: 1.0}
    said: dict[int, Sequence[str]] = {}
    for state in reversed(list(ends_first(automaton.arcs))):
        if state not in reached:
            continue
        arcs, weights = automaton.arcs[state], automaton.weights[state]
        least = max(UNEXPECTED, HARDLY_SAID / max(reached[state], HARDLY_SAID))
        least = min(least, max((weights[word] for word in arcs), default=0.0))
        said[state] = [word for word in arcs if weights[word] >= least]
        for word in said[state]:
            reached[arcs[word]] = reached.get(arcs[word], 0.0) + reached[state] * weights[word]
    return said


def _by_target(automaton: Automaton, state: int, words: Iterable[str]) -> Mapping[int, Mapping[str, float]]:
    """Where these words of this state lead, and how likely each of them is."""
    targets: dict[int, dict[str, float]] = {}
    for word in words:
        targets.setdefault(automaton.arcs[state][word], {})[word] = automaton.weights[state][word]
    return targets


class _Lines:
    """A grammar in Sphinx's FSG format while it is written.

    The recogniser keeps a tree of sounds for every state, so what many states have in common ("what may be bought")
    gets a state of its own, which they reach without a word: half the memory, and less to search.
    """

    def __init__(self) -> None:
        self._states = 0
        self._lines: list[str] = []
        self._shared: dict[tuple[int, frozenset[str]], int] = {}

    def state(self) -> int:
        self._states += 1
        return self._states - 1

    def way(self, start: int, end: int, weight: float, word: str) -> None:
        self._lines.append(f"T {start} {end} {weight:.5f} {word}")

    def skip(self, start: int, end: int, weight: float) -> None:
        self._lines.append(f"T {start} {end} {weight:.5f}")

    def ways(self, start: int, end: int, words: Mapping[str, float]) -> None:
        """All these words lead from `start` to `end`; whoever came first says how likely they are beside each other."""
        if len(words) < SHARED_WORDS:
            for word, weight in words.items():
                self.way(start, end, weight, word)
            return
        total = sum(words.values())
        key = (end, frozenset(words))
        if key not in self._shared:
            self._shared[key] = shared = self.state()
            for word, weight in words.items():
                self.way(shared, end, max(weight / total, UNEXPECTED), word)
        self.skip(start, self._shared[key], max(total, UNEXPECTED))

    def grammar(self, name: str, start: int, end: int) -> str:
        head = [f"FSG_BEGIN {name}", f"NUM_STATES {self._states}", f"START_STATE {start}", f"FINAL_STATE {end}"]
        return "\n".join([*head, *self._lines, "FSG_END", ""])
