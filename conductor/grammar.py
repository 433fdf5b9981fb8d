"""From templates to a net of all sentences that they stand for.

hassil parses the templates (`conductor/templates/*.yaml`); here their expressions are woven into one net of words.

    templates ─ hassil ─▶ expressions ─ Weaver ─▶ Net ─ determinised ─▶ Automaton ─┬▶ Lookup: standing, intents
                                                                                    └▶ fsg: the recogniser's grammar

How likely ways are beside each other is told by their order: in a template as in a list of templates, what is said most
often comes first (`by_rank`).

Left to others: what the words mean (`conductor.intents`).
"""

from collections.abc import Mapping, Sequence

from hassil.expression import Alternative, Expression, Group, ListReference, Permutation, RuleReference, TextChunk

from conductor.automaton import Automaton, determinised
from conductor.net import PART, Net, Phrase

LEFT_OUT = 0.65
"""How likely it is that an optional part of a template is left out."""


Ways = Sequence[tuple[Expression, float]]
"""Expressions of which one is said, and how usual each is beside the others."""


class GrammarError(Exception):
    """A template can't be part of the grammar; the message says which and why."""


def by_rank(count: int) -> list[float]:
    """The shares of `count` ways that are given in the order of how often they are said (Zipf's law); they add up to
    one."""
    total = sum(1 / rank for rank in range(1, count + 1))
    return [1 / rank / total for rank in range(1, count + 1)]


class Weaver:
    """Adds template expressions to a net. `phrases` gives what may be said for each list.

    Lists and rules are used in many places: each is made minimal once, and then copied.
    """

    def __init__(self, rules: Mapping[str, Ways], phrases: Mapping[str, Sequence[Phrase]]) -> None:
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
            start, ways = net.node(), self._rules[name]
            for expression, weight in ways:
                begin = net.node()
                net.skip(start, begin, weight / sum(each for _, each in ways))
                net.final[self.weave(net, expression, begin)] = PART
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
