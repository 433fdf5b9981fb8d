"""Numbers as people say them, in English: as expressions for a grammar, and from digits to words.

Pure. Speaking numbers aloud is the voice's business (inference); this is about hearing them.
"""

import re
from collections.abc import Iterable

UNITS = tuple(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen".split()
)
_TENS = tuple("twenty thirty forty fifty sixty seventy eighty ninety".split())
TENS = dict(zip(range(20, 100, 10), _TENS, strict=True))

_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_SUFFIXES = (
    (re.compile(r"(\d)\s*%"), r"\1 percent"),
    (re.compile(r"(\d)\s*°\s*c\b"), r"\1 degrees celsius"),
    (re.compile(r"(\d)\s*°\s*f\b"), r"\1 degrees fahrenheit"),
    (re.compile(r"(\d)\s*(?:mins?|minutes?)\b"), r"\1 minutes"),
    (re.compile(r"(\d)\s*(?:secs?|seconds?)\b"), r"\1 seconds"),
    (re.compile(r"(\d)\s*(?:hrs?|hours?)\b"), r"\1 hours"),
    (re.compile(r"(\d)\s*([ap])\.?m\b\.?"), r"\1 \2 m"),
    (re.compile(r"(\d)\s*km\b"), r"\1 kilometers"),
    (re.compile(r"(\d)\s*kg\b"), r"\1 kilograms"),
    (re.compile(r"(\d)\s*cm\b"), r"\1 centimeters"),
    (re.compile(r"(\d)\s*(?:x|×|\*)\s*(\d)"), r"\1 times \2"),
    (re.compile(r"(\d)\s*\+\s*(\d)"), r"\1 plus \2"),
    (re.compile(r"(\d)\s+[-−]\s+(\d)"), r"\1 minus \2"),
    (re.compile(r"(\d)\s*(?:/|÷)\s*(\d)"), r"\1 divided by \2"),
)
_DIGITS = re.compile(r"\d+")
_MERIDIEM = re.compile(r"\b([ap])\.?\s?m\b\.?")
_OTHER = re.compile(r"[^a-z' ]+")
_SPACES = re.compile(r"\s+")


def words(number: int) -> str:
    """0 … 999 999 in words, without "and": 125 is "one hundred twenty five"."""
    if number < 20:
        return UNITS[number]
    if number < 100:
        tens, units = divmod(number, 10)
        return TENS[tens * 10] + (f" {UNITS[units]}" if units else "")
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            many, rest = divmod(number, size)
            return f"{words(many)} {name}" + (f" {words(rest)}" if rest else "")
    raise AssertionError


def spoken_forms(first: int, last: int) -> Iterable[tuple[str, int]]:
    """Every way of saying the numbers from `first` to `last`, with "a hundred" and "one hundred and five"."""
    for number in range(first, last + 1):
        plain = words(number)
        yield plain, number
        if 100 <= number < 1000 and number % 100:
            yield plain.replace("hundred ", "hundred and "), number
        if 100 <= number < 200:
            yield "a " + plain.removeprefix("one "), number
            if number % 100:
                yield "a " + plain.removeprefix("one ").replace("hundred ", "hundred and "), number
        if number == 1000:
            yield "a thousand", number


def as_spoken(text: str) -> str:
    """What is typed, as it would be spoken: lower case, words for digits and signs, no punctuation."""
    text = text.lower().replace("’", "'").replace("-", " - " if re.search(r"\d - \d", text) else " ")
    text = _CLOCK.sub(_clock_words, text)
    for pattern, replacement in _SUFFIXES:
        text = pattern.sub(replacement, text)
    text = _MERIDIEM.sub(r"\1 m", text)
    text = _DIGITS.sub(_digit_words, text)
    text = re.sub(r"\bok\b", "okay", text)
    return _SPACES.sub(" ", _OTHER.sub(" ", text)).strip()


def _digit_words(match: re.Match[str]) -> str:
    digits = match.group()
    if len(digits) > 6:
        return " ".join(UNITS[int(digit)] for digit in digits)
    if digits in ("112", "911", "999", "110"):
        # Emergency numbers are said digit by digit; the grammar knows both ways for 112.
        return " ".join("oh" if digit == "0" else UNITS[int(digit)] for digit in digits)
    return words(int(digits))


def _clock_words(match: re.Match[str]) -> str:
    hour, minute = int(match.group(1)), int(match.group(2))
    if hour > 24 or minute > 59:
        return match.group()
    if minute == 0:
        return words(hour)
    return f"{words(hour)} oh {words(minute)}" if minute < 10 else f"{words(hour)} {words(minute)}"
