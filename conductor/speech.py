"""Wording: numbers, times and dates as people say them, and sentences in the languages we speak. No I/O.

Sentences live beside the skill that says them, in one `Sentences` each. Those without a gap can be spoken ahead of
time. A language is a BCP 47 tag; its region is left aside, and what is neither English nor German is English.
"""

from collections.abc import Mapping, Sequence
from datetime import date

LANGUAGES = ("en", "de")

EN_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
EN_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
DE_SMALL = (
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn"
).split()
DE_TENS = "- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
EN_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
DE_DAYS = "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag".split()
EN_MONTHS = "January February March April May June July August September October November December".split()
DE_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()
AND = {"en": "and", "de": "und"}
OR = {"en": "or", "de": "oder"}
UNITS = {
    "en": (("hour", "hours"), ("minute", "minutes"), ("second", "seconds")),
    "de": (("Stunde", "Stunden"), ("Minute", "Minuten"), ("Sekunde", "Sekunden")),
}
MINUTE_S, HOUR_S = 60, 3600
WORDS_BELOW = 100
"""Counts up to here are spelled; larger ones are digits, which every voice can read."""


class Sentences:
    """Sentences by language and key, with gaps as in `str.format`."""

    def __init__(self, **languages: Mapping[str, str]) -> None:
        self._languages = languages

    def say(self, language: str, key: str, **values: object) -> str:
        """The sentence in this language, in English where there is no other, beginning with a capital."""
        return capital(self.phrase(language, key, **values))

    def phrase(self, language: str, key: str, **values: object) -> str:
        """As `say`, for a part of a sentence."""
        known = self._languages.get(base(language), {})
        return (known.get(key) or self._languages["en"][key]).format(**values)

    def fixed(self, language: str) -> tuple[str, ...]:
        """Those that are always the same."""
        sentences = {**self._languages["en"], **self._languages.get(base(language), {})}
        return tuple(sentence for sentence in sentences.values() if "{" not in sentence)

    def keys(self, language: str) -> frozenset[str]:
        return frozenset(self._languages.get(language, {}))


def base(language: str) -> str:
    """ "de" of "de-AT"; "en" for what we don't speak."""
    tag = language.replace("_", "-").split("-")[0].lower()
    return tag if tag in LANGUAGES else "en"


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def number(value: int, language: str) -> str:
    """A count in words: "forty-five"; digits where words would be long."""
    if not 0 <= value < WORDS_BELOW:
        return str(value)
    return _german(value) if base(language) == "de" else _english(value)


def decimal(value: float, language: str) -> str:
    """A number that need not be a count: "minus five", "16.1"; German digits have a comma."""
    sign = "minus " if value < 0 else ""
    size = abs(value)
    if float(size).is_integer():
        return sign + number(int(size), language)
    digits = f"{size:.3f}".rstrip("0").rstrip(".")
    return sign + (digits.replace(".", ",") if base(language) == "de" else digits)


def listed(parts: Sequence[str], language: str, last: Mapping[str, str] = AND) -> str:
    """ "milk, eggs and bread"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last[base(language)]} {parts[-1]}"


def duration(seconds: int, language: str) -> str:
    """ "one hour and thirty minutes", exactly."""
    amounts = (seconds // HOUR_S, seconds % HOUR_S // MINUTE_S, seconds % MINUTE_S)
    parts = [
        f"{_counted(amount, language)} {one if amount == 1 else many}"
        for amount, (one, many) in zip(amounts, UNITS[base(language)], strict=True)
        if amount
    ]
    return listed(parts, language) if parts else f"{number(0, language)} {UNITS[base(language)][2][1]}"


def remaining(seconds: float, language: str) -> str:
    """How long is left, as exactly as anybody wants to know."""
    step = 1 if seconds < MINUTE_S else 10 if seconds < 10 * MINUTE_S else MINUTE_S
    return duration(max(1, round(seconds / step) * step), language)


def length_name(seconds: int, language: str) -> str:
    """A duration as part of a name: "five-minute", "Fünf-Minuten"; "" where that would be no name."""
    for size, (one, many) in zip((HOUR_S, MINUTE_S, 1), UNITS[base(language)], strict=True):
        if seconds % size == 0 and (size > 1 or seconds < 2 * MINUTE_S):
            count = seconds // size
            if base(language) == "de":
                return f"{capital(_counted(count, language))}-{one if count == 1 else many}"
            return f"{number(count, language)}-{one}"
    return ""


def clock_time(hour: int, minute: int, language: str) -> str:
    """ "ten past four", "seven forty-two"; German by twenty-four hours: "sechzehn Uhr zehn"."""
    if base(language) == "de":
        spoken_hour = "ein" if hour == 1 else number(hour, "de")
        return f"{spoken_hour} Uhr" + (f" {number(minute, 'de')}" if minute else "")
    if minute == 0:
        return {0: "midnight", 12: "noon"}.get(hour, f"{_hour(hour)} o'clock")
    return _english_minutes(hour, minute)


def time_of_day(hour: int, minute: int, language: str) -> str:
    """As `clock_time`, and told apart from the other half of the day: "seven in the evening"."""
    if base(language) == "de":
        return clock_time(hour, minute, language)
    if minute == 0 and hour in (0, 12):
        return clock_time(hour, minute, language)
    said_hour = (hour + 1) % 24 if minute > 30 and minute % 5 == 0 else hour
    words = _english_minutes(hour, minute) if minute else _hour(hour)
    return f"{words} {_part_of_day(said_hour if said_hour not in (0, 12) else hour)}"


def weekday(day: int, language: str) -> str:
    """Monday is 0."""
    return (DE_DAYS if base(language) == "de" else EN_DAYS)[day]


def month(number_of: int, language: str) -> str:
    """January is 1."""
    return (DE_MONTHS if base(language) == "de" else EN_MONTHS)[number_of - 1]


def spoken_date(day: date, language: str) -> str:
    """ "Friday, the 20th of November"."""
    if base(language) == "de":
        return f"{DE_DAYS[day.weekday()]}, der {day.day}. {DE_MONTHS[day.month - 1]}"
    return f"{EN_DAYS[day.weekday()]}, the {ordinal(day.day)} of {EN_MONTHS[day.month - 1]}"


def ordinal(value: int) -> str:
    """ "20th"."""
    suffix = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{suffix}"


def _english(value: int) -> str:
    if value < 20:
        return EN_SMALL[value]
    tens, ones = divmod(value, 10)
    return EN_TENS[tens] + (f"-{EN_SMALL[ones]}" if ones else "")


def _german(value: int) -> str:
    if value < 20:
        return DE_SMALL[value]
    tens, ones = divmod(value, 10)
    return (f"{'ein' if ones == 1 else DE_SMALL[ones]}und" if ones else "") + DE_TENS[tens]


def _counted(value: int, language: str) -> str:
    """A number before its noun: all our German units of time are feminine."""
    return "eine" if base(language) == "de" and value == 1 else number(value, language)


def _hour(hour: int) -> str:
    return _english(hour % 12 or 12)


def _english_minutes(hour: int, minute: int) -> str:
    if minute % 5:
        return f"{_hour(hour)} {'oh ' if minute < 10 else ''}{_english(minute)}"
    past = minute <= 30
    distance = minute if past else 60 - minute
    words = {15: "quarter", 30: "half"}.get(distance, _english(distance))
    return f"{words} {'past' if past else 'to'} {_hour(hour if past else hour + 1)}"


def _part_of_day(hour: int) -> str:
    if hour < 12:
        return "in the morning" if hour else "at night"
    if hour < 18:
        return "in the afternoon"
    return "in the evening" if hour < 22 else "at night"
