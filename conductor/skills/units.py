"""Conversions between units: kitchen, street and weather."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conductor import speech
from conductor.intents import Understood
from conductor.plan import Plan
from conductor.skills.skill import Skill, text
from conductor.speech import Sentences
from conductor.world import World

SENTENCES = Sentences(
    en={
        "is": "{amount} {unit} is {result} {other}.",
        "are": "{amount} {unit} are {result} {other}.",
        "about": "about {number}",
        "no_way": "{unit} can't be turned into {other}.",
        "too_cold": "Nothing is as cold as that.",
    },
)
SIGNIFICANT = 3


@dataclass(frozen=True)
class Unit:
    """`kind` is what it measures; `factor` how many of the kind's base unit it is."""

    kind: str
    factor: float
    plural: str


def _measures(kind: str, **factors: float) -> dict[str, Unit]:
    return {
        name.replace("_", " "): Unit(kind, factor, _plural(name.replace("_", " "))) for name, factor in factors.items()
    }


def _plural(name: str) -> str:
    irregular = {"foot": "feet", "inch": "inches", "stone": "stone", "square foot": "square feet", "knot": "knots"}
    if name in irregular:
        return irregular[name]
    unit, per, rest = name.partition(" per ")
    return f"{unit}s{per}{rest}"


UNITS: Mapping[str, Unit] = {
    **_measures(
        "length",
        millimeter=0.001, centimeter=0.01, meter=1, kilometer=1000, inch=0.0254, foot=0.3048, yard=0.9144,
        mile=1609.344,
    ),
    **_measures("weight", gram=1, kilogram=1000, ton=1e6, ounce=28.349523125, pound=453.59237, stone=6350.29318),
    **_measures(
        "volume",
        milliliter=1, liter=1000, teaspoon=4.92892159375, tablespoon=14.78676478125, fluid_ounce=29.5735295625,
        cup=236.5882365, pint=473.176473, quart=946.352946, gallon=3785.411784,
    ),
    **_measures("time", second=1, minute=60, hour=3600, day=86_400, week=604_800, month=2_629_746, year=31_556_952),
    **_measures(
        "speed",
        meter_per_second=1, kilometer_per_hour=1 / 3.6, mile_per_hour=0.44704, knot=1852 / 3600,
    ),
    **_measures(
        "area",
        square_meter=1, square_kilometer=1e6, square_foot=0.09290304, hectare=10_000, acre=4046.8564224,
    ),
    "celsius": Unit("temperature", 1, "degrees Celsius"),
    "fahrenheit": Unit("temperature", 1, "degrees Fahrenheit"),
    "kelvin": Unit("temperature", 1, "kelvin"),
}  # fmt: skip
TO_KELVIN: Mapping[str, Callable[[float], float]] = {
    "kelvin": lambda value: value,
    "celsius": lambda value: value + 273.15,
    "fahrenheit": lambda value: (value + 459.67) * 5 / 9,
}
FROM_KELVIN: Mapping[str, Callable[[float], float]] = {
    "kelvin": lambda value: value,
    "celsius": lambda value: value - 273.15,
    "fahrenheit": lambda value: value * 9 / 5 - 459.67,
}


def converted(amount: float, unit: str, other: str) -> float:
    """Raises ValueError where the two measure different things."""
    if UNITS[unit].kind != UNITS[other].kind:
        raise ValueError(f"{unit} and {other} measure different things")
    if unit in TO_KELVIN:
        return FROM_KELVIN[other](TO_KELVIN[unit](amount))
    return amount * UNITS[unit].factor / UNITS[other].factor


def _convert(asked: Understood, _world: World) -> Plan:
    language, unit, other = asked.language, text(asked, "from"), text(asked, "to")
    amount = float(asked.slots["amount"])
    if UNITS[unit].kind != UNITS[other].kind:
        answer = SENTENCES.say(language, "no_way", unit=UNITS[unit].plural, other=UNITS[other].plural)
        return Plan(asked.intent, answer, language)
    if unit in TO_KELVIN and TO_KELVIN[unit](amount) < 0:
        return Plan(asked.intent, SENTENCES.say(language, "too_cold"), language)
    result = converted(amount, unit, other)
    answer = SENTENCES.say(
        language,
        "is" if amount == 1 or unit in TO_KELVIN else "are",
        amount=speech.decimal(amount, language),
        unit=_counted(amount, unit),
        result=_rounded(result, language),
        other=_counted(round(result, 6), other),
    )
    return Plan(asked.intent, answer, language)


def _counted(amount: float, unit: str) -> str:
    return unit if amount == 1 and unit not in TO_KELVIN else UNITS[unit].plural


def _rounded(exact: float, language: str) -> str:
    """To three digits that matter, or to whole numbers beyond."""
    size = math.floor(math.log10(abs(exact))) + 1 if exact else 1
    rounded = round(exact, max(0, SIGNIFICANT - size))
    number = speech.decimal(rounded, language)
    if math.isclose(rounded, exact, rel_tol=1e-6, abs_tol=1e-9):
        return number
    return SENTENCES.phrase(language, "about", number=number)


SKILLS: Mapping[str, Skill] = {"Convert": _convert}
