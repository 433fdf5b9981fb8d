"""Typed German as it would be spoken: numbers in words, abbreviations written out, umlauts however they were typed.

Pure. Speaking German aloud is `conductor.speech`.
"""

import re
from collections.abc import Iterable, Mapping

UNITS = tuple(
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn".split()
)
TENS = tuple("- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split())
LARGEST = 999

_SIGNS = (
    (re.compile(r"(\d)\s*%"), r"\1 prozent"),
    (re.compile(r"\b(\d{1,2})[:.](\d{2})(?:\s*uhr)?\b"), r"\1 uhr \2"),
    (re.compile(r"(\d)\s*(?:min\b\.?|mins?\b)"), r"\1 minuten"),
    (re.compile(r"(\d)\s*(?:sek\b\.?|s\b)"), r"\1 sekunden"),
    (re.compile(r"(\d)\s*(?:std\b\.?|h\b)"), r"\1 stunden"),
    (re.compile(r"\b1 (stunde|minute|sekunde)n?\b"), r"eine \1"),
)
_COMPOUND = re.compile(r"\b(\w{2,})-?timer\b")
_EMERGENCY = re.compile(r"\b(112|110)\b")
_DIGITS = re.compile(r"\d+")
_OTHER = re.compile(r"[^\w ]+")
_SPACES = re.compile(r"\s+")
_FLAT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_DROPPED = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})


def words(number: int) -> str:
    """0 … 999 in words."""
    if number < 20:
        return UNITS[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return (f"{'ein' if ones == 1 else UNITS[ones]}und" if ones else "") + TENS[tens]
    hundreds, rest = divmod(number, 100)
    return f"{'ein' if hundreds == 1 else UNITS[hundreds]}hundert" + (words(rest) if rest else "")


def spoken_forms(first: int, last: int) -> Iterable[tuple[str, int]]:
    """Every way of saying the numbers from `first` to `last`: also "hundertzehn", "zwo" and "dreissig"."""
    for number in range(first, min(last, LARGEST) + 1):
        plain = words(number)
        yield plain, number
        if plain.startswith("einhundert"):
            yield plain.removeprefix("ein"), number
        if number == 2:
            yield "zwo", number
        if number == 1:
            yield "ein", number


_NUMBERS = dict(spoken_forms(0, LARGEST))


def readings(spoken: str) -> tuple[str, ...]:
    """The same words as hassil may read them: as they are, and with digits; "ein" is a number or an article."""
    digits = " ".join(str(_NUMBERS.get(word, word)) for word in spoken.split())
    articles = " ".join(word if word == "ein" else str(_NUMBERS.get(word, word)) for word in spoken.split())
    return tuple(dict.fromkeys((spoken, digits, articles)))


def spellings(vocabulary: Iterable[str]) -> Mapping[str, str]:
    """How words with umlauts are typed without: "fuenf" and "funf" for "fünf", where that is no other word."""
    known = frozenset(vocabulary)
    typed = {word.translate(table): word for table in (_DROPPED, _FLAT) for word in known}
    return {spelling: word for spelling, word in typed.items() if spelling not in known}


def as_spoken(text: str, spelled: Mapping[str, str]) -> str:
    """What is typed, as it would be spoken; `spelled` are the `spellings` of all words that may be said."""
    text = text.lower()
    for pattern, replacement in _SIGNS:
        text = pattern.sub(replacement, text)
    text = _COMPOUND.sub(r"\1 timer", text)
    text = _EMERGENCY.sub(lambda match: " ".join(UNITS[int(digit)] for digit in match[1]), text)
    text = _DIGITS.sub(lambda match: f" {words(int(match[0]))} " if int(match[0]) <= LARGEST else " ", text)
    text = _SPACES.sub(" ", _OTHER.sub(" ", text)).strip()
    return " ".join(spelled.get(word, word) for word in text.split())
