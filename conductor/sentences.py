"""All sentences of a language: its templates, with the courtesy that people put around them, and how likely each is.

The templates are in `conductor/templates`, in hassil's format. Left to others: what the words mean
(`conductor.intents`), and how the sentences are kept (`conductor.compiled`).
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from hassil.expression import Expression, TextChunk
from hassil.parse_expression import parse_sentence

from conductor import german, numbers
from conductor.automaton import Automaton, determinised
from conductor.grammar import Ways, Weaver, by_rank
from conductor.net import End, Net, Phrase

TEMPLATES = Path(__file__).parent / "templates"

INTERJECTIONS = {
    "en": (
        "okay",
        "oh",
        "all right",
        "hey",
        "so",
        "right",
        "well",
        "um",
        "and",
        "now",
        "actually",
        "no",
        "yes",
        "sorry",
        "quick",
        "yeah",
    ),
    "de": ("okay", "ach", "äh", "so", "und", "also"),
}
"""What people say before they begin, the most usual first."""
LISTENED_FOR = 2
"""How many of them the recogniser expects: each costs it a copy of all beginnings."""
COURTESY_BEFORE = {
    "en": (
        "please",
        "just",
        "can you",
        "can you please",
        "can you just",
        "could you",
        "could you please",
        "could you just",
        "please could you",
        "please can you",
        "would you",
        "would you please",
        "will you",
        "i want you to",
        "i need you to",
        "i'd like you to",
        "go ahead and",
        "you can",
        "let's",
        "i want to",
        "i'd like to",
        "can we",
        "could we",
        "tell me",
        "can you tell me",
        "do you know",
        "would you mind",
    ),
    "de": (
        "bitte",
        "kannst du",
        "kannst du bitte",
        "kannst du mal",
        "kannst du mir",
        "könntest du",
        "könntest du bitte",
        "könntest du mir",
        "würdest du",
        "mal",
    ),
}
COURTESY_AFTER = {
    "en": ("please", "thanks", "thank you", "for me", "now please", "for me please"),
    "de": ("bitte", "danke"),
}
CLOSING = frozenset(courtesy for language in COURTESY_AFTER.values() for courtesy in language) - {"for me"}
"""Behind these nobody goes on."""
COURTESY_SHARE = 0.1
"""How likely a request begins, or ends, with one of those; the first of them are said most."""
UNUSUAL = 0.02
"""How often a number is said that is not among its list's usual ones, beside the first of those."""
USUAL_NUMBERS = frozenset((*range(1, 13), 15, 20, 25, 30, 40, 45, 50, 60, 70, 80, 90, 100))


def languages() -> tuple[str, ...]:
    """The languages that can be typed."""
    return tuple(sorted(path.stem for path in TEMPLATES.glob("??.yaml")))


def load(language: str) -> dict[str, Any]:
    """The templates in the form that hassil reads. Raises KeyError for a language that has none."""
    if language not in languages():
        raise KeyError(language)
    templates = _read(TEMPLATES / f"{language}.yaml")
    more = TEMPLATES / f"{language}_lists.yaml"
    if more.exists():
        templates["lists"] |= _read(more)["lists"]
    for block in templates["lists"].values():
        _written_out(block)
        for other in block.pop("of", ()):
            block["values"] += templates["lists"][other]["values"]
    return templates


def automaton(language: str) -> Automaton:
    """All that may be typed. Takes about a second and a hundred megabytes."""
    return _automaton(load(language), language, Manner())


def listened_for(language: str) -> Automaton:
    """What the recogniser listens for: the part of it all that people say, where `<language>_spoken.yaml` tells it from
    the rest."""
    templates, manner = load(language), Manner()
    narrower = TEMPLATES / f"{language}_spoken.yaml"
    if narrower.exists():
        spoken = _read(narrower)
        templates["expansion_rules"] |= spoken["expansion_rules"]
        templates["lists"] |= {name: _written_out(block) for name, block in spoken["lists"].items()}
        manner = Manner(False, spoken["alike"], frozenset(spoken["imperatives"]), frozenset(spoken["without_courtesy"]))
    return _automaton(templates, language, manner)


@dataclass(frozen=True)
class Manner:
    """How requests are said, beside the words of their templates.

    `everything`: also what is never said. `alike`: intent → the kinds that all words of one request are of, where words
    have a kind, and how usual they are. `imperatives`: what comes first behind "can you"; if there are none, anything.
    `without_courtesy`: intents.
    """

    everything: bool = True
    alike: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    imperatives: frozenset[str] = frozenset()
    without_courtesy: frozenset[str] = frozenset()


def _automaton(templates: Mapping[str, Any], language: str, manner: Manner) -> Automaton:
    rules = {name: _ways(rule) for name, rule in templates["expansion_rules"].items()}
    phrases = {name: tuple(_phrases(block, language)) for name, block in templates["lists"].items()}
    if not manner.everything:
        phrases = {name: tuple(phrase for phrase in among if phrase.weight) for name, among in phrases.items()}
    weavers = {"": Weaver(rules, phrases)}
    net = Net()
    beginning = _Beginning(net, language, manner)
    after = COURTESY_AFTER[language]
    total = sum(_weight(block) for block in templates["intents"].values())
    for name, intent in templates["intents"].items():
        sentences = [(text, data["metadata"]) for data in intent["data"] for text in data["sentences"]]
        ranks = by_rank(len(sentences))
        shares = [rank * _share(metadata) for rank, (_, metadata) in zip(ranks, sentences, strict=True)]
        kinds = manner.alike.get(name, {"": 1.0})
        polite = name not in manner.without_courtesy
        for (text, metadata), share in zip(sentences, shares, strict=True):
            for kind, usual in kinds.items():
                weaver = weavers.setdefault(kind, Weaver(rules, _alike(phrases, kind)))
                begin = net.node()
                whole = weaver.weave(net, _expression(text), begin)
                likely = _weight(intent) / total * share / sum(shares) * usual / sum(kinds.values())
                beginning.lead_to(begin, likely, polite=polite)
                end = End(name, open=metadata["ends"] == "open", vague=metadata["ends"] == "beginning")
                net.final[whole] = frozenset((end,))
                for closing in (True, False) if polite else ():
                    courtesies = [courtesy for courtesy in after if (courtesy in CLOSING) == closing]
                    said = net.choose(whole, _ranked(courtesies), COURTESY_SHARE * len(courtesies) / len(after))
                    net.final[said] = frozenset((replace(end, open=end.open and not closing),))
    return determinised(net)


class _Beginning:
    """What comes before a request: mostly nothing, else an interjection, else courtesy."""

    def __init__(self, net: Net, language: str, manner: Manner) -> None:
        self._net, self._imperatives = net, manner.imperatives
        courtesies = COURTESY_BEFORE[language][: 5 * LISTENED_FOR]
        begun = _perhaps(net, net.node(), INTERJECTIONS[language][:LISTENED_FOR])
        asking = [courtesy for courtesy in courtesies if self._imperatives and "you" in courtesy.split()]
        self._plain = net.node()
        net.skip(begun, self._plain, 1 - COURTESY_SHARE)
        of_each = dict(zip(courtesies, by_rank(len(courtesies)), strict=True))
        self._polite = _some(net, begun, {one: of_each[one] for one in courtesies if one not in asking})
        self._asked = _some(net, begun, {one: of_each[one] for one in asking})

    def lead_to(self, begin: int, likely: float, *, polite: bool) -> None:
        """A sentence that is woven from `begin` on; `polite`: courtesy goes before it."""
        net = self._net
        net.skip(self._plain, begin, likely)
        if not polite:
            return
        net.skip(self._polite, begin, likely)
        for word, there, weight in net.first(begin):
            if word in self._imperatives:
                net.arc(self._asked, word, there, likely * weight)


def _some(net: Net, start: int, courtesies: Mapping[str, float]) -> int:
    phrases = [Phrase(text, weight) for text, weight in courtesies.items()]
    return net.choose(start, phrases, COURTESY_SHARE * sum(courtesies.values()))


def _alike(phrases: Mapping[str, Sequence[Phrase]], kind: str) -> Mapping[str, Sequence[Phrase]]:
    """What is of that kind, or of none."""
    return {name: [each for each in among if each.kind in ("", kind)] for name, among in phrases.items()}


def _ways(rule: str | Mapping[str, float]) -> Ways:
    """A rule is one expression, or says of several how usual they are."""
    ways = {rule: 1.0} if isinstance(rule, str) else rule
    return tuple((_expression(text), float(weight)) for text, weight in ways.items())


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return read


def _written_out(block: dict[str, Any]) -> dict[str, Any]:
    """A list with what it tells in short as values.

    `combine`: each of the first with each of the second ("call mum", "ring mum"); `point: true`: a decimal place;
    `numbers`: beside other words, as hassil knows lists of either.
    """
    for first, second in block.pop("combine", ()):
        block["values"] += [f"{one} {other}" for one in first for other in second]
    if block.pop("point", False):
        block["values"] += [{"in": f"point {word}", "out": str(n)} for n, word in enumerate(numbers.UNITS[:10])]
    if extra := block.pop("numbers", None):
        spoken = numbers.spoken_forms(extra["from"], extra["to"])
        block["values"] += [{"in": text, "out": number} for text, number in spoken]
    return block


def _perhaps(net: Net, start: int, phrases: Sequence[str]) -> int:
    """One of these phrases behind `start`, or mostly none; the node behind it."""
    end = net.choose(start, _ranked(phrases), COURTESY_SHARE)
    net.skip(start, end, 1 - COURTESY_SHARE)
    return end


def _ranked(phrases: Sequence[str]) -> Sequence[Phrase]:
    return [Phrase(text, weight) for text, weight in zip(phrases, by_rank(len(phrases)), strict=True)]


def _share(metadata: Mapping[str, Any]) -> float:
    """How often this is said, beside the intent's other sentences."""
    return float(metadata.get("share", 1.0))


def _weight(intent: Mapping[str, Any]) -> float:
    """How often people ask for it, or say it so, beside the others."""
    return float(intent.get("metadata", {}).get("weight", 1.0))


@functools.cache
def _expression(text: str) -> Expression:
    return parse_sentence(" ".join(text.split())).expression if text else TextChunk("")


def _phrases(block: Mapping[str, Any], language: str) -> Iterable[Phrase]:
    spoken_forms = german.spoken_forms if language == "de" else numbers.spoken_forms
    usual = {number: 1 / rank for rank, number in enumerate(block.get("usual", ()), 1)}
    for value in block.get("values", ()):
        text, out = (value, value) if isinstance(value, str) else (value["in"], value.get("out"))
        weight, kind = (1.0, "") if isinstance(value, str) else (float(value.get("weight", 1.0)), value.get("kind", ""))
        yield Phrase(text, _number_weight(out, usual) if usual and isinstance(out, int) else weight, kind)
    if "range" in block:
        one, several = block.get("counted", ("", ""))
        for text, number in spoken_forms(block["range"]["from"], block["range"]["to"]):
            yield Phrase(f"{text} {one if number == 1 else several}", _number_weight(number, usual))


def _number_weight(number: int, usual: Mapping[int, float]) -> float:
    """How often a number is said, beside the others. `usual`: of those that are said most often."""
    if number in usual:
        return usual[number]
    if usual:
        return UNUSUAL if number <= 60 else UNUSUAL / 10 if number <= 100 else 0.0
    if number in USUAL_NUMBERS:
        return 1.0
    if number <= 100:
        return 0.3 if number % 5 == 0 else 0.08
    if number % 100 == 0:
        return 0.2
    return 0.03 if number % 10 == 0 else 0.002
