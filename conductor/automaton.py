"""The deterministic, minimal automaton of all sentences that a net holds. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conductor.net import End, Net


@dataclass(frozen=True)
class Automaton:
    """Deterministic and minimal. Starts in state 0.

    `arcs[state]`: word → state; `final[state]`: what may end there; `weights[state]`: word → how likely it comes next
    ("": nothing does), adding up to one.
    """

    arcs: tuple[Mapping[str, int], ...]
    final: tuple[frozenset[End], ...]
    weights: tuple[Mapping[str, float], ...]


# --- making it deterministic and small ----------------------------------------------------------


def determinised(net: Net) -> Automaton:
    """The minimal deterministic automaton of the same sentences (subset construction), as likely as before."""
    reach = _Reach(net)
    start = frozenset(reach.from_(0))
    numbers, order = {start: 0}, [start]
    arcs: list[dict[str, int]] = []
    for here in order:
        targets: dict[str, set[int]] = {}
        for node in here:
            for word, ends in net.words[node].items():
                targets.setdefault(word, set()).update(ends)
        row: dict[str, int] = {}
        for word, nodes in targets.items():
            there = frozenset(node for end in nodes for node in reach.from_(end))
            if there not in numbers:
                numbers[there] = len(order)
                order.append(there)
            row[word] = numbers[there]
        arcs.append(row)
    final = [frozenset[End]().union(*(net.final.get(node, ()) for node in here)) for here in order]
    return _minimised(arcs, final, _masses(net, reach, arcs))


class _Reach:
    """Which nodes that matter (with words, or final) can be reached without a word, and how likely."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._known: dict[int, dict[int, float]] = {}

    def from_(self, node: int) -> Mapping[int, float]:
        if node not in self._known:
            result: dict[int, float] = {}
            if self._net.words[node] or node in self._net.final:
                result[node] = 1.0
            for there, weight in self._net.empty[node].items():
                for end, share in self.from_(there).items():
                    result[end] = result.get(end, 0.0) + weight * share
            self._known[node] = result
        return self._known[node]


def _masses(net: Net, reach: _Reach, arcs: Sequence[Mapping[str, int]]) -> list[dict[str, float]]:
    """For each state and word how much of all that is said goes that way ("": ends there)."""
    entering: list[dict[int, float]] = [{} for _ in arcs]
    entering[0] = dict(reach.from_(0))
    masses: list[dict[str, float]] = [{} for _ in arcs]
    for state in reversed(list(ends_first(arcs))):
        for node, mass in entering[state].items():
            if node in net.final:
                masses[state][""] = masses[state].get("", 0.0) + mass
            for word, ends in net.words[node].items():
                there = entering[arcs[state][word]]
                for end, weight in ends.items():
                    masses[state][word] = masses[state].get(word, 0.0) + mass * weight
                    for next_node, share in reach.from_(end).items():
                        there[next_node] = there.get(next_node, 0.0) + mass * weight * share
    return masses


def _minimised(
    arcs: Sequence[Mapping[str, int]], final: Sequence[frozenset[End]], masses: Sequence[Mapping[str, float]]
) -> Automaton:
    """States with the same future become one. The sentences are finite, so futures can be compared from the end."""
    names: dict[tuple[frozenset[End], frozenset[tuple[str, int]]], int] = {}
    merged: dict[int, int] = {}
    rows: list[dict[str, int]] = []
    marks: list[frozenset[End]] = []
    sums: list[dict[str, float]] = []
    for state in ends_first(arcs):
        row = {word: merged[there] for word, there in arcs[state].items()}
        key = (final[state], frozenset(row.items()))
        if key not in names:
            names[key] = len(rows)
            rows.append(row)
            marks.append(final[state])
            sums.append({})
        merged[state] = name = names[key]
        for word, mass in masses[state].items():
            sums[name][word] = sums[name].get(word, 0.0) + mass
    last = len(rows) - 1
    # The start is numbered last from the end: count backwards, so that it is 0.
    turned = tuple({word: last - there for word, there in row.items()} for row in reversed(rows))
    return Automaton(turned, tuple(reversed(marks)), tuple(_shares(masses_) for masses_ in reversed(sums)))


def _shares(masses: Mapping[str, float]) -> Mapping[str, float]:
    total = sum(masses.values()) or 1.0
    return {word: mass / total for word, mass in masses.items()}


def ends_first(arcs: Sequence[Mapping[str, int]]) -> Iterable[int]:
    """Every state after all states that it leads to."""
    done: set[int] = set()
    stack: list[tuple[int, bool]] = [(0, False)]
    while stack:
        state, expanded = stack.pop()
        if expanded:
            yield state
        elif state not in done:
            done.add(state)
            stack.append((state, True))
            stack.extend((there, False) for there in arcs[state].values() if there not in done)
