"""Text as people say it: times, units, addresses, versions, money and ranges in words that a voice reads right.

Pure, and total: any text gives printable text without markup. Plain whole numbers stay digits: voices read those well.
"""

import re
from collections.abc import Callable, Mapping, Sequence

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

_HOURS_EN = "twelve one two three four five six seven eight nine ten eleven".split()
_MINUTES_EN = {0: "", 15: "quarter past", 30: "half past", 45: "quarter to"}
_SMALL_EN = "oh one two three four five six seven eight nine".split()

_UNITS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "en": {
        "°C": ("degree Celsius", "degrees Celsius"),
        "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
        "km/h": ("kilometer per hour", "kilometers per hour"),
        "mph": ("mile per hour", "miles per hour"),
        "km": ("kilometer", "kilometers"),
        "cm": ("centimeter", "centimeters"),
        "mm": ("millimeter", "millimeters"),
        "kg": ("kilogram", "kilograms"),
        "GB": ("gigabyte", "gigabytes"),
        "MB": ("megabyte", "megabytes"),
        "min": ("minute", "minutes"),
        "ml": ("milliliter", "milliliters"),
        "%": ("percent", "percent"),
        "m": ("meter", "meters"),
        "g": ("gram", "grams"),
        "l": ("liter", "liters"),
        "h": ("hour", "hours"),
        "s": ("second", "seconds"),
    },
    "de": {
        "°C": ("Grad", "Grad"),
        "°F": ("Grad Fahrenheit", "Grad Fahrenheit"),
        "km/h": ("Kilometer pro Stunde", "Kilometer pro Stunde"),
        "km": ("Kilometer", "Kilometer"),
        "cm": ("Zentimeter", "Zentimeter"),
        "mm": ("Millimeter", "Millimeter"),
        "kg": ("Kilogramm", "Kilogramm"),
        "GB": ("Gigabyte", "Gigabyte"),
        "MB": ("Megabyte", "Megabyte"),
        "min": ("Minute", "Minuten"),
        "ml": ("Milliliter", "Milliliter"),
        "%": ("Prozent", "Prozent"),
        "m": ("Meter", "Meter"),
        "g": ("Gramm", "Gramm"),
        "l": ("Liter", "Liter"),
        "h": ("Stunde", "Stunden"),
        "s": ("Sekunde", "Sekunden"),
    },
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"&": " and ", "+": " plus ", "=": " equals ", "×": " times ", "÷": " divided by ", "e.g.": "for example"},
    "de": {"&": " und ", "+": " plus ", "=": " gleich ", "×": " mal ", "÷": " geteilt durch ", "z.B.": "zum Beispiel"},
}
_POINT = {"en": "point", "de": "Komma"}
_DOT = {"en": "dot", "de": "Punkt"}
_MINUS = {"en": "minus", "de": "minus"}
_TO = {"en": "to", "de": "bis"}
_MONEY = {
    "en": {"€": ("euro", "euros"), "$": ("dollar", "dollars"), "£": ("pound", "pounds")},
    "de": {"€": ("Euro", "Euro"), "$": ("Dollar", "Dollar"), "£": ("Pfund", "Pfund")},
}
_FRACTIONS = {
    "en": {"1/2": "a half", "1/4": "a quarter", "3/4": "three quarters", "1/3": "a third", "2/3": "two thirds"},
    "de": {"1/2": "ein halb", "1/4": "ein Viertel", "3/4": "drei Viertel", "1/3": "ein Drittel", "2/3": "zwei Drittel"},
}


def as_spoken(text: str, language: str) -> str:
    """`text` with what voices read badly in words."""
    known = "de" if language.startswith("de") else "en"
    for pattern, replacement in _RULES[known]:
        text = pattern.sub(replacement, text)
    for sign, word in _WORDS[known].items():
        text = text.replace(sign, word)
    text = "".join(character if character.isprintable() else " " for character in text)
    return re.sub(r"\s+", " ", re.sub(r"[<>{}\[\]|\\^~`*_#]", " ", text)).strip()


def _clock_en(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 23 or minute > 59:
        return match.group()
    meridiem = (match["meridiem"] or "").lower()
    name = _HOURS_EN[hour % 12]
    if (hour, minute) in ((0, 0), (12, 0)) and not meridiem:
        return "midnight" if hour == 0 else "noon"
    after = f" {meridiem[0].upper()} M" if meridiem else ""
    if minute == 0:
        return f"{name}{after}" if after else f"{name} o'clock"
    if minute < 10:
        return f"{name} oh {_SMALL_EN[minute]}{after}"
    return f"{name} {minute}{after}"


def _clock_de(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 24 or minute > 59:
        return match.group()
    return f"{hour} Uhr {minute}" if minute else f"{hour} Uhr"


def _dotted(language: str) -> Callable[[re.Match[str]], str]:
    """Addresses digit by digit, versions number by number."""

    def address(match: re.Match[str]) -> str:
        parts = match["parts"].split(".")
        apart = [" ".join(part) for part in parts] if len(parts) == 4 else parts
        return f" {_DOT[language]} ".join(apart)

    return address


def _unit(language: str) -> Callable[[re.Match[str]], str]:
    def read(match: re.Match[str]) -> str:
        one, many = _UNITS[language][match["unit"]]
        return f"{match['number']} {one if match['number'] == '1' else many}"

    return read


def _money(language: str) -> Callable[[re.Match[str]], str]:
    def read(match: re.Match[str]) -> str:
        sign = match["before"] or match["behind"]
        one, many = _MONEY[language][sign]
        whole, cents = match["whole"], match["cents"]
        said = f"{whole} {one if whole == '1' and not cents else many}"
        return f"{said} {int(cents)}" if cents and int(cents) else said

    return read


def _decimal(language: str) -> Callable[[re.Match[str]], str]:
    def read(match: re.Match[str]) -> str:
        return f"{match['whole']} {_POINT[language]} {' '.join(match['part'])}"

    return read


def _rules(language: str) -> Sequence[Rule]:
    units = "|".join(re.escape(unit) for unit in sorted(_UNITS[language], key=len, reverse=True))
    comma = r"[.,]" if language == "de" else r"\."
    fractions = "|".join(re.escape(fraction) for fraction in _FRACTIONS[language])
    clock = r"\b(?P<hour>\d{1,2}):(?P<minute>\d{2})(?!\d|:\d)(?:\s*(?P<meridiem>[aApP])\.?[mM]\b\.?)?(?:\s*Uhr\b)?"
    money = r"(?:(?P<before>[€$£])\s?)?\b(?P<whole>\d+)(?:[.,](?P<cents>\d{2}))?(?:\s?(?P<behind>[€$£]))?"
    return (
        (re.compile(clock), _clock_de if language == "de" else _clock_en),
        (re.compile(r"\bv?(?P<parts>\d{1,3}(?:\.\d{1,3}){2,3})\b"), _dotted(language)),
        (re.compile(rf"(?<![\d/])(?P<fraction>{fractions})(?![\d/])"), lambda m: _FRACTIONS[language][m["fraction"]]),
        (re.compile(money), _money_if_any(language)),
        (re.compile(r"(?<![\w.])[-−](?=\d)"), f"{_MINUS[language]} "),
        (re.compile(r"(?<=\d)\s?[–-]\s?(?=\d)"), f" {_TO[language]} "),
        (re.compile(rf"(?P<number>\d+(?:{comma}\d+)?)\s?(?P<unit>{units})(?!\w)"), _unit(language)),
        (re.compile(rf"\b(?P<whole>\d+){comma}(?P<part>\d+)\b"), _decimal(language)),
    )


def _money_if_any(language: str) -> Callable[[re.Match[str]], str]:
    read = _money(language)
    return lambda match: read(match) if match["before"] or match["behind"] else match.group()


_RULES = {language: _rules(language) for language in ("en", "de")}
