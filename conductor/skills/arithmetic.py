"""Sums."""

import math
from collections.abc import Callable, Mapping

from conductor import speech
from conductor.intents import Understood
from conductor.plan import Plan
from conductor.skills.skill import Skill, text
from conductor.speech import Sentences
from conductor.world import World

OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "plus": lambda left, right: left + right,
    "minus": lambda left, right: left - right,
    "times": lambda left, right: left * right,
    "divided by": lambda left, right: left / right,
    "percent of": lambda left, right: left * right / 100,
    "squared": lambda left, _right: left * left,
    "square root": lambda left, _right: math.sqrt(left),
}

SENTENCES = Sentences(
    en={
        "two": "{left} {operator} {right} is {result}.",
        "squared": "{left} squared is {result}.",
        "square root": "The square root of {left} is {result}.",
        "about": "about {number}",
        "zero": "Nothing can be divided by zero.",
    },
    de={
        "two": "{left} {operator} {right} ist {result}.",
        "squared": "{left} zum Quadrat ist {result}.",
        "square root": "Die Wurzel aus {left} ist {result}.",
        "about": "ungefähr {number}",
        "zero": "Durch null kann man nicht teilen.",
    },
)
GERMAN = {"times": "mal", "divided by": "geteilt durch", "percent of": "Prozent von"}


def _calculate(asked: Understood, _world: World) -> Plan:
    language, operator = asked.language, text(asked, "operator")
    left, right = float(asked.slots["left"]), float(asked.slots.get("right", 0))
    if operator == "divided by" and right == 0:
        return Plan(asked.intent, SENTENCES.say(language, "zero"), language)
    exact = OPERATORS[operator](left, right)
    answer = SENTENCES.say(
        language,
        operator if operator in ("squared", "square root") else "two",
        left=speech.decimal(left, language),
        right=speech.decimal(right, language),
        operator=GERMAN.get(operator, operator) if speech.base(language) == "de" else operator,
        result=_result(exact, language),
    )
    return Plan(asked.intent, answer, language)


def _result(exact: float, language: str) -> str:
    rounded = round(exact, 3)
    number = speech.decimal(rounded, language)
    return number if math.isclose(rounded, exact, abs_tol=1e-9) else SENTENCES.phrase(language, "about", number=number)


SKILLS: Mapping[str, Skill] = {"Calculate": _calculate}
