"""All sentences of a language: its templates, with the courtesy that people put around them, and how likely each is.

The templates are in `conductor/templates`, in hassil's format. Left to others: what the words mean
(`conductor.intents`), and how the sentences are kept (`conductor.compiled`).
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from hassil.expression import Expression
from hassil.parse_expression import parse_sentence

from conductor import german, numbers
from conductor.automaton import Automaton, determinised
from conductor.grammar import Weaver, by_rank
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
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    templates: dict[str, Any] = yaml.load((TEMPLATES / f"{language}.yaml").read_bytes(), loader)  # noqa: S506
    more = TEMPLATES / f"{language}_lists.yaml"
    if more.exists():
        templates["lists"] |= yaml.load(more.read_bytes(), loader)["lists"]  # noqa: S506
    for block in templates["lists"].values():
        _combine(block)
        # Numbers beside other words: hassil knows lists of either.
        extra = block.pop("numbers", None)
        if extra:
            spoken = numbers.spoken_forms(extra["from"], extra["to"])
            block["values"] += [{"in": text, "out": number} for text, number in spoken]
    return templates


def automaton(language: str) -> Automaton:
    """All that may be said. Takes about a second and a hundred megabytes."""
    templates = load(language)
    rules = {name: _expression(text) for name, text in templates["expansion_rules"].items()}
    phrases = {name: tuple(_phrases(block, language)) for name, block in templates["lists"].items()}
    weaver = Weaver(rules, phrases)
    net = Net()
    request = _perhaps(net, net.node(), INTERJECTIONS[language][:LISTENED_FOR])
    request = _perhaps(net, request, COURTESY_BEFORE[language][: 5 * LISTENED_FOR])
    after = COURTESY_AFTER[language]
    total = sum(_weight(block) for block in templates["intents"].values())
    for name, intent in templates["intents"].items():
        sentences = [(text, data["metadata"]) for data in intent["data"] for text in data["sentences"]]
        ranks = by_rank(len(sentences))
        shares = [rank * _share(metadata) for rank, (_, metadata) in zip(ranks, sentences, strict=True)]
        for (text, metadata), share in zip(sentences, shares, strict=True):
            begin = net.node()
            net.skip(request, begin, _weight(intent) / total * share / sum(shares))
            whole = weaver.weave(net, _expression(text), begin)
            end = End(name, open=metadata["ends"] == "open", vague=metadata["ends"] == "beginning")
            net.final[whole] = frozenset((end,))
            for closing in (True, False):
                courtesies = [courtesy for courtesy in after if (courtesy in CLOSING) == closing]
                said = net.choose(whole, _ranked(courtesies), COURTESY_SHARE * len(courtesies) / len(after))
                net.final[said] = frozenset((replace(end, open=end.open and not closing),))
    return determinised(net)


def _combine(block: dict[str, Any]) -> None:
    """`combine`: each of the first with each of the second ("call mum", "ring mum"); `point: true`: a decimal place."""
    for first, second in block.pop("combine", ()):
        block["values"] += [f"{one} {other}" for one in first for other in second]
    if block.pop("point", False):
        block["values"] += [{"in": f"point {word}", "out": str(n)} for n, word in enumerate(numbers.UNITS[:10])]


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
    return parse_sentence(" ".join(text.split())).expression


def _phrases(block: Mapping[str, Any], language: str) -> Iterable[Phrase]:
    spoken_forms = german.spoken_forms if language == "de" else numbers.spoken_forms
    usual = {number: 1 / rank for rank, number in enumerate(block.get("usual", ()), 1)}
    for value in block.get("values", ()):
        text, out = (value, value) if isinstance(value, str) else (value["in"], value.get("out"))
        weight = 1.0 if isinstance(value, str) else float(value.get("weight", 1.0))
        yield Phrase(text, _number_weight(out, usual) if usual and isinstance(out, int) else weight)
    if "range" in block:
        for text, number in spoken_forms(block["range"]["from"], block["range"]["to"]):
            yield Phrase(text, _number_weight(number, usual))


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
