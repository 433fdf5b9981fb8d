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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from hassil import Intents, recognize_best
from hassil.expression import Expression
from hassil.parse_expression import parse_sentence
from hassil.recognize import RecognizeResult

from conductor import numbers, slots
from conductor.grammar import Automaton, End, Net, Phrase, Weaver, determinised
from conductor.slots import Piece
from conductor.standing import Standing

TEMPLATES = Path(__file__).parent / "templates"
MAX_CHARACTERS = 300
"""Longer text is no request that templates could understand."""

WAKE_WORDS = ("hey jarvis", "jarvis", "alexa", "hey mycroft", "hey rhasspy", "hey spoq", "spoq")
COURTESY_BEFORE = {
    "en": (
        "please",
        "can you",
        "can you please",
        "could you",
        "could you please",
        "would you",
        "would you please",
        "will you",
        "i want you to",
        "i'd like you to",
        "okay",
        "and",
        "now",
    ),
    "de": ("bitte", "kannst du", "kannst du bitte", "könntest du", "könntest du bitte", "würdest du"),
}
COURTESY_AFTER = {
    "en": ("please", "thanks", "thank you", "for me", "now please", "for me please"),
    "de": ("bitte", "danke"),
}
COURTESY_WEIGHT = 0.06
"""How likely a request is wrapped in one of those."""
USUAL_NUMBERS = frozenset((*range(1, 13), 15, 20, 25, 30, 40, 45, 50, 60, 70, 80, 90, 100))
UNUSUAL_WEIGHT = 0.15

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
        self._before = _repeated((*WAKE_WORDS, *COURTESY_BEFORE[language]), at_start=True)
        self._after = _repeated(COURTESY_AFTER[language], at_start=False)
        self.fsg = self._automaton.fsg("requests")
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
        """How the words of a request that is being spoken stand."""
        return self._automaton.standing(text)

    def understand(self, text: str) -> Understood | None:
        """The request in typed or spoken words, or None."""
        if len(text) > MAX_CHARACTERS:
            return None
        spoken = self._bare(numbers.as_spoken(text) if self.language == "en" else _plain(text))
        if not spoken:
            return None
        found = self._recognized(spoken)
        if found is None:
            return None
        intent = found.intent.name
        pieces = {name: Piece(entity.value, entity.text) for name, entity in found.entities.items()}
        values = slots.typed(intent, pieces)
        return None if values is None else Understood(intent, values, text, self.language)

    def warm_up(self) -> None:
        """Make the first requests as fast as later ones: hassil reads an intent's templates at their first use."""
        for sentence in WARM_UP.get(self.language, ()):
            self.understand(sentence)

    def without_wake_word(self, words: str) -> str:
        """What was said after the wake word, if that is still in it."""
        return _WAKE_WORDS.sub("", words, count=1)

    def _bare(self, spoken: str) -> str:
        """Without what is said around a request: wake word and courtesy."""
        bare = self._before.sub("", spoken)
        return self._after.sub("", bare) or bare or spoken

    def _recognized(self, spoken: str) -> RecognizeResult | None:
        """hassil tries template after template: the automaton, which knows at once, says which are worth it."""
        intents: Iterable[str] = sorted(self._automaton.intents(spoken))
        if self.language != "en":
            # Inflected numbers and digits are hassil's alone there.
            intents = self._templates["intents"]
        for intent in intents:
            found = recognize_best(spoken, self._only(intent), language=self.language)
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
        # Numbers beside other words: hassil knows lists of either.
        extra = block.pop("numbers", None)
        if extra:
            spoken = numbers.spoken_forms(extra["from"], extra["to"])
            block["values"] += [{"in": text, "out": number} for text, number in spoken]
    return templates


def _automaton(templates: Mapping[str, Any], language: str) -> Automaton:
    rules = {name: _expression(text) for name, text in templates["expansion_rules"].items()}
    phrases = {name: tuple(_phrases(block)) for name, block in templates["lists"].items()}
    weaver = Weaver(rules, phrases)
    net = Net()
    start = net.node()
    before = (Phrase("", 1.0), *(Phrase(text, COURTESY_WEIGHT) for text in COURTESY_BEFORE[language]))
    request = net.choose(start, before)
    total = sum(_weight(block) for block in templates["intents"].values())
    for name, intent in templates["intents"].items():
        sentences = [(text, data["metadata"]["ends"]) for data in intent["data"] for text in data["sentences"]]
        for text, ends in sentences:
            begin = net.node()
            net.skip(request, begin, _weight(intent) / total / len(sentences))
            whole = weaver.weave(net, _expression(text), begin)
            end = frozenset((End(name, open=ends == "open"),))
            net.final[whole] = end
            said = net.choose(whole, [Phrase(courtesy, COURTESY_WEIGHT) for courtesy in COURTESY_AFTER[language]])
            net.final[said] = end
    return determinised(net)


def _weight(intent: Mapping[str, Any]) -> float:
    """How often people ask for it, beside the others."""
    return float(intent.get("metadata", {}).get("weight", 1.0))


@functools.cache
def _expression(text: str) -> Expression:
    return parse_sentence(" ".join(text.split())).expression


def _phrases(block: Mapping[str, Any]) -> Iterable[Phrase]:
    for value in block.get("values", ()):
        yield Phrase(value if isinstance(value, str) else value["in"])
    if "range" in block:
        for text, number in numbers.spoken_forms(block["range"]["from"], block["range"]["to"]):
            yield Phrase(text, 1.0 if number in USUAL_NUMBERS else UNUSUAL_WEIGHT)


# --- words around a request ---------------------------------------------------------------------


def _repeated(phrases: Sequence[str], at_start: bool) -> re.Pattern[str]:
    longest_first = "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"^(?:(?:{longest_first}) )+(?=\S)" if at_start else rf"(?: (?:{longest_first}))+$")


_WAKE_WORDS = _repeated(WAKE_WORDS, at_start=True)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[^\w' ]+", " ", text.lower())).strip()
