"""What time and what day it is, here and elsewhere."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from conductor import speech
from conductor.intents import Understood
from conductor.plan import Plan
from conductor.skills.skill import Skill, text
from conductor.speech import Sentences
from conductor.world import World

SENTENCES = Sentences(
    en={
        "time": "It's {time}.",
        "time_there": "In {place} it's {time}.",
        "date": "It's {date}.",
        "date_there": "In {place} it's {date}.",
        "month": "It's {month}.",
        "year": "It's {year}.",
        "unknown": "I don't know the time yet.",
    },
    de={
        "time": "Es ist {time}.",
        "time_there": "In {place} ist es {time}.",
        "date": "Heute ist {date}.",
        "date_there": "In {place} ist {date}.",
        "month": "Es ist {month}.",
        "year": "Es ist {year}.",
        "unknown": "Ich weiß noch nicht, wie spät es ist.",
    },
)
NO_NAME_OF_A_PLACE = frozenset({"of", "the", "de", "am", "in"})


def _time(asked: Understood, world: World) -> Plan:
    language = asked.language
    if not world.now.known:
        return Plan(asked.intent, SENTENCES.say(language, "unknown"), language)
    there = _there(asked, world)
    if there is None:
        here = speech.clock_time(world.local.hour, world.local.minute, language)
        return Plan(asked.intent, SENTENCES.say(language, "time", time=here), language)
    time = speech.time_of_day(there.hour, there.minute, language)
    return Plan(asked.intent, SENTENCES.say(language, "time_there", place=_place(asked), time=time), language)


def _date(asked: Understood, world: World) -> Plan:
    language = asked.language
    if not world.now.known:
        return Plan(asked.intent, SENTENCES.say(language, "unknown"), language)
    if part := text(asked, "part"):
        answer = SENTENCES.say(language, part, month=speech.month(world.today.month, language), year=world.today.year)
        return Plan(asked.intent, answer, language)
    there = _there(asked, world)
    if there is None:
        return Plan(
            asked.intent, SENTENCES.say(language, "date", date=speech.spoken_date(world.today, language)), language
        )
    date = speech.spoken_date(there.date(), language)
    return Plan(asked.intent, SENTENCES.say(language, "date_there", place=_place(asked), date=date), language)


def _there(asked: Understood, world: World) -> datetime | None:
    zone = text(asked, "zone")
    return datetime.fromtimestamp(world.now.wall, ZoneInfo(zone)) if zone else None


def _place(asked: Understood) -> str:
    words = text(asked, "place").split()
    return " ".join(word if word in NO_NAME_OF_A_PLACE else speech.capital(word) for word in words)


SKILLS: Mapping[str, Skill] = {"TimeNow": _time, "DateToday": _date}
