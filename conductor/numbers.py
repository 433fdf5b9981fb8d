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

_NUMBER = rf"(?:{'|'.join((*UNITS, *_TENS, 'hundred', 'thousand'))})"
_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
_POINT_CLOCK = re.compile(r"\b(\d{1,2})\.(\d{2})(?=\s*[ap]\.?m\b)|(?<=\bat )(\d{1,2})\.(\d{2})\b")
_DECIMAL = re.compile(r"\b(\d+)\.(\d+)\b")
_SIGNS = (
    (re.compile(r"(?<=\d),(?=\d{3}\b)"), ""),
    (re.compile(r"(\d)\s*%"), r"\1 percent"),
    (re.compile(r"\bper cent\b"), "percent"),
    (re.compile(r"(\d)\s*°\s*([cf])?(?![a-z])"), r"\1 degrees \2"),
    (re.compile(r"°\s*([cf])\b"), r" \1"),
    (re.compile(r"(\d)\.5\s*(?=(?:h|hr|hrs|hours?|mins?|minutes?)\b)"), r"\1 and a half "),
    (re.compile(r"(\d)½\s*"), r"\1 and a half "),
    (re.compile(r"½\s*"), "half "),
    (re.compile(r"(\d)\s*(?:×|\*)\s*(?=\d)|(\d)\s*x\s*(?=\d)"), r"\1\2 times "),
    (re.compile(r"(\d)\s*\+\s*(?=\d)"), r"\1 plus "),
    (re.compile(r"(\d)\s*[-−–]\s*(?=\d)"), r"\1 minus "),
    (re.compile(r"(\d)\s*(?:/|÷)\s*(?=\d)"), r"\1 divided by "),
    (re.compile(r"&"), " and "),
    (re.compile(r"\bo['\s]?clock\b"), "o'clock"),
)
_UNITS = {
    "h": "hours", "hr": "hours", "hrs": "hours", "m": "minutes", "min": "minutes", "mins": "minutes",
    "s": "seconds", "sec": "seconds", "secs": "seconds",
    "km": "kilometers", "cm": "centimeters", "mm": "millimeters", "mi": "miles", "ft": "feet", "yd": "yards",
    "kg": "kilograms", "kgs": "kilograms", "g": "grams", "lb": "pounds", "lbs": "pounds", "oz": "ounces",
    "ml": "milliliters", "l": "liters", "tbsp": "tablespoons", "tsp": "teaspoons", "gal": "gallons",
    "mph": "miles per hour", "kmh": "kilometers per hour", "kph": "kilometers per hour",
    "c": "celsius", "f": "fahrenheit",
}  # fmt: skip
_BEHIND_NUMBER = re.compile(rf"(\d)\s*({'|'.join(_UNITS)})(?![a-z'])")
_ASKED_UNIT = re.compile(rf"\b(to|into|in|many|degrees) ({'|'.join(_UNITS)})(?![a-z'])")
_WHOLE_UNIT = {**_UNITS, "m": "meters"}
"""Behind "to" or "in" an m is a meter, behind a number a minute."""
_MERIDIEM = re.compile(rf"(\d|\b{_NUMBER}|\bo'clock)\s*([ap])\.?\s?m\b\.?")
_EMERGENCY = re.compile(r"(^|\b(?:call|dial|phone|ring) )(112|911|999|110)\b(?!.*\d)")
_DIGITS = re.compile(r"\d+")
_CONTRACTIONS = {
    "whats": "what's", "hows": "how's", "wheres": "where's", "whens": "when's", "thats": "that's", "theres": "there's",
    "lets": "let's", "its": "it's", "im": "i'm", "ive": "i've", "youre": "you're", "weve": "we've", "dont": "don't",
    "doesnt": "doesn't", "didnt": "didn't", "cant": "can't", "couldnt": "couldn't", "havent": "haven't",
    "isnt": "isn't", "shouldnt": "shouldn't", "arent": "aren't",
    "wasnt": "wasn't", "mustnt": "mustn't", "wont": "won't", "ok": "okay", "alright": "all right", "pls": "please",
    "plz": "please", "thx": "thanks", "tmrw": "tomorrow", "vol": "volume", "goodnight": "good night",
    "goodbye": "good bye", "nevermind": "never mind", "gonna": "going to", "mic's": "microphone's",
}  # fmt: skip
"""What is typed, or written down by a recogniser, for what the templates spell out."""
_CONTRACTED = re.compile(rf"(?<![\w'])(?:{'|'.join(_CONTRACTIONS)})(?![\w'])")
_HUNDRED_AND = re.compile(rf"\b(hundred|thousand) and (?={_NUMBER}\b)")
_A_HUNDRED = re.compile(r"\ba (?=(?:hundred|thousand)\b)")
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


def readings(spoken: str) -> tuple[str, ...]:
    """The same words as hassil reads numbers: without "and" and "a" in them where that is needed."""
    plain = _A_HUNDRED.sub("one ", spoken)
    return tuple(dict.fromkeys((plain, _HUNDRED_AND.sub(r"\1 ", plain))))


def as_spoken(text: str) -> str:
    """What is typed, as it would be spoken: lower case, words for digits and signs, no punctuation."""
    text = text.lower().replace("’", "'").replace("?", " ").replace("!", " ").strip()
    text = _CLOCK.sub(_clock_words, text)
    text = _POINT_CLOCK.sub(_clock_words, text)
    for pattern, replacement in _SIGNS:
        text = pattern.sub(replacement, text)
    text = _EMERGENCY.sub(_digit_by_digit, text)
    text = _DECIMAL.sub(_decimal_words, text)
    text = _MERIDIEM.sub(r"\1 \2 m", text)
    text = _BEHIND_NUMBER.sub(lambda match: f"{match[1]} {_UNITS[match[2]]} ", text)
    text = _DIGITS.sub(_digit_words, text)
    text = _SPACES.sub(" ", _OTHER.sub(" ", text)).strip()
    text = _CONTRACTED.sub(lambda match: _CONTRACTIONS[match[0]], text)
    return _ASKED_UNIT.sub(lambda match: f"{match[1]} {_WHOLE_UNIT[match[2]]}", text)


def _digit_words(match: re.Match[str]) -> str:
    digits = match.group()
    if len(digits) > 6:
        return f" {' '.join(UNITS[int(digit)] for digit in digits)} "
    return f" {words(int(digits))} "


def _digit_by_digit(match: re.Match[str]) -> str:
    """Emergency numbers are said like that."""
    return match[1] + " ".join("oh" if digit == "0" else UNITS[int(digit)] for digit in match[2])


def _decimal_words(match: re.Match[str]) -> str:
    places = " ".join(UNITS[int(digit)] for digit in match[2].rstrip("0"))
    return f"{match[1]} point {places} " if places else match[1]


def _clock_words(match: re.Match[str]) -> str:
    hour, minute = (int(number) for number in match.groups() if number is not None)
    if hour > 24 or minute > 59:
        return match.group()
    if minute == 0:
        return f"{words(hour)} "
    return f"{words(hour)} oh {words(minute)} " if minute < 10 else f"{words(hour)} {words(minute)} "
