"""A grammar of what may be said, from the same templates that understand it.

hassil parses the templates (`conductor/templates/*.yaml`); here their expressions become a word-level automaton:
deterministic, minimal, each final state saying which intents end there and whether English may go on. It answers
`standing` in microseconds, and written as a finite-state grammar it is what the recogniser of speech listens with.

    templates ─ hassil ─▶ expressions ─▶ Automaton ─┬▶ standing(words), intents(words)
                                                     └▶ fsg(): the recogniser's grammar

How likely ways are beside each other is told by their order: in a template as in a list of templates, what is said most
often comes first (`by_rank`).

Left to others: what the words mean (`conductor.intents`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from hassil.expression import Alternative, Expression, Group, ListReference, Permutation, RuleReference, TextChunk

from conductor.standing import Standing

HARDLY_SAID = 3e-6
UNEXPECTED = 3e-4
"""What is less likely than one (among all that is said) or the other (at its place) is understood, but the recogniser
doesn't listen for it: each such word costs it time, and is more often misheard than said."""
LEFT_OUT = 0.65
"""How likely it is that an optional part of a template is left out."""


class GrammarError(Exception):
    """A template can't be part of the grammar; the message says which and why."""


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


def by_rank(count: int) -> list[float]:
    """The shares of `count` ways that are given in the order of how often they are said (Zipf's law); they add up to
    one."""
    total = sum(1 / rank for rank in range(1, count + 1))
    return [1 / rank / total for rank in range(1, count + 1)]


@dataclass(frozen=True)
class Phrase:
    """Something that may be said for a list, and how likely it is beside the others."""

    text: str
    weight: float = 1.0


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


class Weaver:
    """Adds template expressions to a net. `phrases` gives what may be said for each list.

    Lists and rules are used in many places: each is made minimal once, and then copied.
    """

    def __init__(self, rules: Mapping[str, Expression], phrases: Mapping[str, Sequence[Phrase]]) -> None:
        self._rules = rules
        self._phrases = phrases
        self._parts: dict[str, Automaton] = {}

    def weave(self, net: Net, expression: Expression, start: int) -> int:
        """Add `expression` behind `start`; the node behind it."""
        match expression:
            case TextChunk():
                return net.choose(start, [Phrase(expression.text)]) if expression.text.strip() else start
            case ListReference():
                return self._copy(net, self._list(expression.list_name), start)
            case RuleReference():
                return self._copy(net, self._rule(expression.rule_name), start)
            case Alternative():
                return self._alternative(net, expression, start)
            case Permutation():
                raise GrammarError("permutations are not spoken: write the orders out")
            case Group():
                for item in expression.items:
                    start = self.weave(net, item, start)
                return start
        raise GrammarError(f"{type(expression).__name__} can't be spoken")

    def _alternative(self, net: Net, expression: Alternative, start: int) -> int:
        end, items = net.node(), expression.items
        shares = by_rank(len(items))
        if expression.is_optional:
            # The empty text at the end stands for leaving the part out.
            shares = [(1 - LEFT_OUT) * share for share in by_rank(len(items) - 1)] + [LEFT_OUT]
        for item, share in zip(items, shares, strict=True):
            begin = net.node()
            net.skip(start, begin, share)
            net.skip(self.weave(net, item, begin), end)
        return end

    def _rule(self, name: str) -> "Automaton":
        if name not in self._parts:
            net = Net()
            net.final[self.weave(net, self._rules[name], net.node())] = PART
            self._parts[name] = determinised(net)
        return self._parts[name]

    def _list(self, name: str) -> "Automaton":
        key = f"{{{name}}}"
        if key not in self._parts:
            net = Net()
            net.final[net.choose(net.node(), self._phrases[name])] = PART
            self._parts[key] = determinised(net)
        return self._parts[key]

    def _copy(self, net: Net, part: "Automaton", start: int) -> int:
        nodes = [net.node() for _ in part.arcs]
        end = net.node()
        net.skip(start, nodes[0])
        for state, arcs in enumerate(part.arcs):
            for word, there in arcs.items():
                net.arc(nodes[state], word, nodes[there], part.weights[state][word])
            if part.final[state]:
                net.skip(nodes[state], end, part.weights[state][""])
        return end


@dataclass(frozen=True)
class Automaton:
    """Deterministic and minimal. Starts in state 0.

    `arcs[state]`: word → state; `final[state]`: what may end there; `weights[state]`: word → how likely it comes next
    ("": nothing does), adding up to one.
    """

    arcs: tuple[Mapping[str, int], ...]
    final: tuple[frozenset[End], ...]
    weights: tuple[Mapping[str, float], ...]

    def walk(self, words: Iterable[str]) -> int | None:
        """The state after these words, or None where no request begins like this."""
        state: int | None = 0
        for word in words:
            state = self.arcs[state].get(word) if state is not None else None
        return state

    def intents(self, text: str) -> frozenset[str]:
        """The intents that these words may be a whole request of."""
        state = self.walk(text.split())
        return frozenset() if state is None else frozenset(end.intent for end in self.final[state])

    def standing(self, text: str) -> Standing:
        """How the words stand. What can only lead to the same intent, and is marked closed, keeps nothing open."""
        state = self.walk(text.split())
        if state is None or not text:
            return Standing.UNKNOWN
        ends = [end for end in self.final[state] if not end.vague]
        if not ends:
            return Standing.BEGINNING
        closed = not any(end.open for end in ends) and self._ahead[state] <= {end.intent for end in ends}
        return Standing.COMPLETE if closed else Standing.OPEN

    @cached_property
    def _ahead(self) -> Sequence[frozenset[str]]:
        """For each state the intents that more words can still lead to."""
        ahead: list[frozenset[str]] = [frozenset()] * len(self.arcs)
        for state in _ends_first(self.arcs):
            further = {end.intent for there in self.arcs[state].values() for end in self.final[there]}
            ahead[state] = frozenset(further).union(*(ahead[there] for there in self.arcs[state].values()))
        return ahead

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(word for arcs in self.arcs for word in arcs)

    def fsg(self, name: str, remains: Sequence[str] = ()) -> str:
        """The grammar in Sphinx's FSG format, without what is hardly ever said.

        What is left of one of the words `remains` may sound before a request. Such words are written `++word++`.
        """
        lines = _Lines()
        said = self._said()
        numbers = {state: lines.state() for state in said}
        end, start = lines.state(), lines.state()
        lines.skip(start, numbers[0], 0.3 if remains else 1.0)
        for word in remains:
            lines.way(start, numbers[0], 0.7 / len(remains), f"++{word}++")
        for state, words in said.items():
            for there, ways in self._by_target(state, words).items():
                lines.ways(numbers[state], numbers[there], ways)
            if self.final[state]:
                lines.skip(numbers[state], end, max(self.weights[state][""], UNEXPECTED))
        return lines.grammar(name, start, end)

    def without_weights(self) -> "Automaton":
        """The same sentences, and nothing of how likely they are: a third of the memory."""
        return Automaton(self.arcs, self.final, ())

    def _by_target(self, state: int, words: Iterable[str]) -> Mapping[int, Mapping[str, float]]:
        """Where these words of this state lead, and how likely each of them is."""
        targets: dict[int, dict[str, float]] = {}
        for word in words:
            targets.setdefault(self.arcs[state][word], {})[word] = self.weights[state][word]
        return targets

    def _said(self) -> Mapping[int, Sequence[str]]:
        """The states that are reached by what is said, and the words that are said there; the likeliest in any case."""
        reached = {0: 1.0}
        said: dict[int, Sequence[str]] = {}
        for state in reversed(list(_ends_first(self.arcs))):
            if state not in reached:
                continue
            arcs, weights = self.arcs[state], self.weights[state]
            least = max(UNEXPECTED, HARDLY_SAID / max(reached[state], HARDLY_SAID))
            least = min(least, max((weights[word] for word in arcs), default=0.0))
            said[state] = [word for word in arcs if weights[word] >= least]
            for word in said[state]:
                reached[arcs[word]] = reached.get(arcs[word], 0.0) + reached[state] * weights[word]
        return said


SHARED_WORDS = 12
"""As many words that lead from one state to another are written once for all states that have them."""


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
    for state in reversed(list(_ends_first(arcs))):
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
    for state in _ends_first(arcs):
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


def _ends_first(arcs: Sequence[Mapping[str, int]]) -> Iterable[int]:
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
