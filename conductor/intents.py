"""What words ask for.

    recognizer = Recognizer.for_language("en")
    recognizer.understand("set a timer for five minutes")   # Understood("TimerSet", {"seconds": 300}, …)
    recognizer.standing("set a timer for")                  # Standing.BEGINNING
    recognizer.fsg                                          # the grammar that speech is recognised with

One source for all three: the templates in `conductor/templates`, in hassil's format. Left to others: the values of
slots (`conductor.slots`), and what is done then (`conductor.skills`).
"""

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from hassil import Intents, recognize_best
from hassil.expression import Expression
from hassil.parse_expression import parse_sentence
from hassil.recognize import RecognizeResult

from conductor import fsg, german, numbers, slots
from conductor.automaton import Automaton, determinised
from conductor.grammar import Weaver, by_rank
from conductor.net import End, Net, Phrase
from conductor.slots import Piece
from conductor.standing import Standing

TEMPLATES = Path(__file__).parent / "templates"
MAX_CHARACTERS = 300
"""Longer text is no request that templates could understand."""

WAKE_WORDS = ("hey jarvis", "jarvis", "alexa", "hey mycroft", "hey rhasspy", "hey spoq", "spoq")
WAKE_WORD_ENDS = ("jarvis", "mycroft", "alexa", "rhasspy")
"""Frames begin about where the wake word ends: some of it may still sound."""
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

WARM_UP = {
    "en": (
        "set a timer for five minutes and ten seconds",
        "what time is it in london",
        "set the volume to forty percent",
        "how much is ten times twelve",
        "wake me up at seven thirty tomorrow",
        "add milk to the shopping list",
        "convert ten miles to kilometers",
        "cancel all timers",
        "how long is left on the timer",
        "turn the volume up",
        "stop",
        "good night",
        "never mind",
        "what can you do",
        "call an ambulance",
    ),
    "de": ("stelle einen timer auf fünf minuten", "lautstärke auf vierzig prozent"),
}

Slots = Mapping[str, str | int | float | bool]


@dataclass(frozen=True)
class Understood:
    """A request. Which slots an intent has is in docs/intents.md."""

    intent: str
    slots: Slots = field(default_factory=dict)
    text: str = ""
    language: str = "en"


class Recognizer:
    """Requests in one language. Making one takes about a second, so it is made once (`for_language`)."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._templates = _load(language)
        self._intents: dict[str, Intents] = {}
        self._automaton = _automaton(self._templates, language)
        around = (*WAKE_WORDS, *INTERJECTIONS[language], *COURTESY_BEFORE[language])
        self._before = _around(around, at_start=True)
        self._after = _around(COURTESY_AFTER[language], at_start=False)
        self._spellings = german.spellings(self.vocabulary) if language == "de" else {}
        self.fsg = fsg.written(self._automaton, "requests", remains=WAKE_WORD_ENDS)
        self._automaton = self._automaton.without_weights()
        self.version = hashlib.sha256(self.fsg.encode()).hexdigest()[:16]

    @staticmethod
    @functools.cache
    def for_language(language: str) -> "Recognizer":
        """Raises KeyError for a language that has no templates."""
        return Recognizer(language)

    @property
    def vocabulary(self) -> frozenset[str]:
        return self._automaton.vocabulary

    def standing(self, text: str) -> Standing:
        """How the words of a request that is being spoken stand; digits and signs stand as they would be spoken."""
        standing = self._automaton.standing(text)
        if standing is Standing.UNKNOWN and len(text) <= MAX_CHARACTERS:
            return self._automaton.standing(self._spoken(text))
        return standing

    def understand(self, text: str) -> Understood | None:
        """The request in typed or spoken words, or None."""
        if len(text) > MAX_CHARACTERS:
            return None
        for spoken in self._readings(self._spoken(text)):
            found = self._recognized(spoken)
            if found is None:
                continue
            pieces = {name: Piece(entity.value, entity.text) for name, entity in found.entities.items()}
            values = slots.typed(found.intent.name, pieces)
            if values is not None:
                return Understood(found.intent.name, values, text, self.language)
        return None

    def warm_up(self) -> None:
        """Make the first requests as fast as later ones: hassil reads an intent's templates at their first use."""
        for sentence in WARM_UP.get(self.language, ()):
            self.understand(sentence)

    def without_wake_word(self, words: str) -> str:
        """What was said after the wake word, if that is still in it."""
        return _WAKE_WORDS.sub("", words, count=1)

    def _spoken(self, text: str) -> str:
        if self.language == "de":
            return german.as_spoken(text, self._spellings)
        return numbers.as_spoken(text)

    def _readings(self, spoken: str) -> Sequence[str]:
        """The words without wake word and courtesy, then with more and more of them: "well done thanks" needs both."""
        begun = _less_and_less(spoken, self._before)
        wholes = [whole for words in reversed(begun) for whole in reversed(_less_and_less(words, self._after))]
        return tuple(dict.fromkeys(whole for whole in wholes if whole))

    def _recognized(self, spoken: str) -> RecognizeResult | None:
        """hassil tries template after template: the automaton, which knows at once, says which are worth it."""
        readings = german.readings(spoken) if self.language == "de" else numbers.readings(spoken)
        for intent in sorted(self._automaton.intents(spoken)):
            for reading in readings:
                found = recognize_best(reading, self._only(intent), language=self.language)
                if found is not None:
                    return found
        return None

    def _only(self, intent: str) -> Intents:
        if intent not in self._intents:
            one = {**self._templates, "intents": {intent: self._templates["intents"][intent]}}
            self._intents[intent] = Intents.from_dict(one)
        return self._intents[intent]


def languages() -> tuple[str, ...]:
    """The languages that can be typed."""
    return tuple(sorted(path.stem for path in TEMPLATES.glob("??.yaml")))


# --- reading the templates ----------------------------------------------------------------------


def _load(language: str) -> dict[str, Any]:
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


def _combine(block: dict[str, Any]) -> None:
    """`combine`: each of the first with each of the second ("call mum", "ring mum"); `point: true`: a decimal place."""
    for first, second in block.pop("combine", ()):
        block["values"] += [f"{one} {other}" for one in first for other in second]
    if block.pop("point", False):
        block["values"] += [{"in": f"point {word}", "out": str(n)} for n, word in enumerate(numbers.UNITS[:10])]


def _automaton(templates: Mapping[str, Any], language: str) -> Automaton:
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


# --- words around a request ---------------------------------------------------------------------


def _less_and_less(words: str, around: re.Pattern[str]) -> Sequence[str]:
    """The words, then without the first that are `around` them, and so on."""
    steps = [words]
    while (less := around.sub("", steps[-1])) != steps[-1]:
        steps.append(less)
    return steps


def _around(phrases: Sequence[str], at_start: bool) -> re.Pattern[str]:
    longest_first = "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"^(?:{longest_first}) (?=\S)" if at_start else rf" (?:{longest_first})$")


_WAKE_WORDS = _around(WAKE_WORDS, at_start=True)
