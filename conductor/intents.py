"""What words ask for.

    recognizer = Recognizer.for_language("en")
    recognizer.understand("set a timer for five minutes")   # Understood("TimerSet", {"seconds": 300}, …)
    recognizer.standing("set a timer for")                  # Standing.BEGINNING
    recognizer.fsg                                          # the grammar that speech is recognised with

One source for all three: the templates, of which `conductor.compiled` makes what is looked up here before hassil reads
the words. Left to others: finished text that is in none of them (`conductor.borrowed`), the values of slots
(`conductor.slots`), and what is done then (`conductor.skills`).
"""

import functools
import lzma
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hassil import Intents, recognize_best
from hassil.recognize import RecognizeResult

from conductor import borrowed, compiled, german, numbers, sentences, slots
from conductor.compiled import Compiled
from conductor.slots import Piece
from conductor.standing import Standing

MAX_CHARACTERS = 300
"""Longer text is no request that templates could understand."""

WAKE_WORDS = ("hey jarvis", "jarvis", "alexa", "hey mycroft", "hey rhasspy", "hey spoq", "spoq")
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
    """Requests in one language, made once (`for_language`)."""

    def __init__(self, language: str, grammar: Compiled) -> None:
        self.language = language
        self.version = grammar.version
        self.packed_fsg = grammar.fsg
        self._lookup = grammar.lookup
        self._single: dict[str, Intents] = {}
        around = (*WAKE_WORDS, *sentences.INTERJECTIONS[language], *sentences.COURTESY_BEFORE[language])
        self._before = _around(around, at_start=True)
        self._after = _around(sentences.COURTESY_AFTER[language], at_start=False)
        self._spellings = german.spellings(self.vocabulary) if language == "de" else {}

    @staticmethod
    @functools.cache
    def for_language(language: str, folder: Path | None = None) -> "Recognizer":
        """Takes a second or two, unless `folder` keeps its grammar. Raises KeyError: the language has no templates."""
        if language not in sentences.languages():
            raise KeyError(language)
        if folder is None:
            return Recognizer(language, compiled.made(language))
        return Recognizer(language, compiled.kept(language, folder, compiled.made_of(language)))

    @property
    def fsg(self) -> str:
        return lzma.decompress(self.packed_fsg).decode()

    @property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(self._lookup.words)

    def standing(self, text: str) -> Standing:
        """How the words of a request that is being spoken stand; digits and signs stand as they would be spoken."""
        standing = self._lookup.standing(text)
        if standing is Standing.UNKNOWN and len(text) <= MAX_CHARACTERS:
            return self._lookup.standing(self._spoken(text))
        return standing

    def understand(self, text: str) -> Understood | None:
        """The request in typed or spoken words, or None: by our templates, else by what is borrowed."""
        return self.of_templates(text) or self._of_borrowed(text)

    def of_templates(self, text: str) -> Understood | None:
        """The request in words of our own templates, or None."""
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

    def _of_borrowed(self, text: str) -> Understood | None:
        """What begins as one of our own sentences is no other's."""
        if len(text) > MAX_CHARACTERS:
            return None
        plain = text if self.language == "de" else _without_accents(text)
        if plain is None:
            return None
        readings = self._readings(self._spoken(plain))
        if not readings or any(self._lookup.standing(spoken) is not Standing.UNKNOWN for spoken in readings):
            return None
        for spoken in dict.fromkeys((readings[0], readings[-1])):
            loan = borrowed.understood(spoken, self.language)
            if loan is not None:
                return Understood(loan.intent, loan.slots, text, self.language)
        return None

    def _readings(self, spoken: str) -> Sequence[str]:
        """The words without wake word and courtesy, then with more and more of them: "well done thanks" needs both."""
        begun = _less_and_less(spoken, self._before)
        wholes = [whole for words in reversed(begun) for whole in reversed(_less_and_less(words, self._after))]
        return tuple(dict.fromkeys(whole for whole in wholes if whole))

    def _recognized(self, spoken: str) -> RecognizeResult | None:
        """hassil tries template after template: the automaton, which knows at once, says which are worth it."""
        readings = german.readings(spoken) if self.language == "de" else numbers.readings(spoken)
        for intent in sorted(self._lookup.intents(spoken)):
            for reading in readings:
                found = recognize_best(reading, self._only(intent), language=self.language)
                if found is not None:
                    return found
        return None

    def _only(self, intent: str) -> Intents:
        if intent not in self._single:
            self._single[intent] = replace(self._intents, intents={intent: self._intents.intents[intent]})
        return self._single[intent]

    @functools.cached_property
    def _intents(self) -> Intents:
        """Read at the first request: whoever only listens does without."""
        return Intents.from_dict(sentences.load(self.language))


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


# --- letters ------------------------------------------------------------------------------------


def _without_accents(text: str) -> str | None:
    """ "Crème fraîche" in the letters that English has; None where others are left."""
    letters = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).translate(_ACCENTS))
    return None if any(letter.isalpha() and not letter.isascii() for letter in letters) else letters


_ACCENTS = dict.fromkeys(range(0x300, 0x370))
