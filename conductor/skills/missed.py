"""What was due while nobody could hear it: told with the next answer, not unasked."""

from dataclasses import replace
from datetime import datetime

from conductor import speech
from conductor.effects import MissedTold
from conductor.plan import Plan
from conductor.skills.skill import has_room
from conductor.speech import Sentences
from conductor.timers import Missed
from conductor.world import World

MOST_TOLD = 3

SENTENCES = Sentences(
    en={
        "timer": "By the way, {timer} was done at {time}, while I was off.",
        "timer_unanswered": "By the way, {timer} was done at {time}, and nobody came.",
        "alarm": "By the way, you had an alarm at {time}, while I was off.",
        "alarm_unanswered": "By the way, your alarm rang at {time}, and nobody came.",
        "damaged": "By the way, some of my saved timers and lists could not be read. Please check them.",
        "named": "the {name} timer",
        "of": "the {length} timer",
        "a": "a timer",
    },
    de={
        "timer": "Übrigens: {timer} war um {time} fertig, als ich aus war.",
        "timer_unanswered": "Übrigens: {timer} war um {time} fertig, und niemand kam.",
        "alarm": "Übrigens: Um {time} war ein Wecker gestellt, als ich aus war.",
        "alarm_unanswered": "Übrigens: Dein Wecker hat um {time} geklingelt, und niemand kam.",
        "damaged": "Übrigens: Einige Timer und Listen konnte ich nicht lesen. Bitte sieh sie durch.",
        "named": "der Timer für {name}",
        "of": "der {length}-Timer",
        "a": "ein Timer",
    },
)
DAMAGED = "damaged"


def told_with(plan: Plan, world: World) -> Plan:
    """The plan, with what was missed said behind its answer."""
    missed = world.records.missed[-MOST_TOLD:]
    if not missed or not has_room(plan):
        return plan
    sentences = " ".join(_sentence(each, world, plan.language) for each in missed)
    told = MissedTold(tuple(each.id for each in world.records.missed))
    return replace(plan, answer=f"{plan.answer} {sentences}", effects=(*plan.effects, told))


def _sentence(missed: Missed, world: World, language: str) -> str:
    if missed.kind == DAMAGED:
        return SENTENCES.say(language, "damaged")
    due = datetime.fromtimestamp(missed.due, world.zone)
    key = missed.kind + ("_unanswered" if missed.unanswered else "")
    time = speech.clock_time(due.hour, due.minute, language)
    return SENTENCES.say(language, key, timer=_timer(missed, language), time=time)


def _timer(missed: Missed, language: str) -> str:
    length = speech.length_name(missed.seconds, language)
    key = "named" if missed.name else "of" if length else "a"
    name = speech.capital(missed.name) if speech.base(language) == "de" else missed.name
    return SENTENCES.phrase(language, key, name=name, length=length)
