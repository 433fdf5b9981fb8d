"""What people say to be polite, and about the conversation itself."""

from collections.abc import Mapping

from conductor import speech
from conductor.intents import Understood
from conductor.plan import Plan
from conductor.skills.alarms import when
from conductor.skills.skill import Skill
from conductor.speech import Sentences
from conductor.world import World

SENTENCES = Sentences(
    en={
        "never_mind": "Okay.",
        "thanks": "You're welcome.",
        "greeting": "Hello.",
        "good_night": "Good night.",
        "good_night_alarm": "Good night. Your alarm is set for {when}.",
        "good_morning": "Good morning.",
        "good_morning_time": "Good morning. It's {time}.",
        "help": "You can ask me for the time, set timers and alarms, keep a shopping list, do sums and turn miles into "
        "kilometers. Try: set a timer for ten minutes.",
        "nothing_said": "I haven't said anything yet.",
    },
)


def _say(key: str) -> Skill:
    return lambda asked, _world: Plan(asked.intent, SENTENCES.say(asked.language, key), asked.language)


def _repeat(asked: Understood, world: World) -> Plan:
    return Plan(asked.intent, world.last_answer or SENTENCES.say(asked.language, "nothing_said"), asked.language)


def _good_night(asked: Understood, world: World) -> Plan:
    soonest = min(
        ((due, alarm) for alarm in world.records.alarms if (due := alarm.next_due(world.now, world.zone)) is not None),
        key=lambda pair: pair[0],
        default=None,
    )
    if soonest is None or not world.now.known:
        return _say("good_night")(asked, world)
    answer = SENTENCES.say(asked.language, "good_night_alarm", when=when(soonest[1], world, asked.language))
    return Plan(asked.intent, answer, asked.language)


def _good_morning(asked: Understood, world: World) -> Plan:
    if not world.now.known:
        return _say("good_morning")(asked, world)
    time = speech.clock_time(world.local.hour, world.local.minute, asked.language)
    return Plan(asked.intent, SENTENCES.say(asked.language, "good_morning_time", time=time), asked.language)


SKILLS: Mapping[str, Skill] = {
    "NeverMind": _say("never_mind"),
    "Thanks": _say("thanks"),
    "Greeting": _say("greeting"),
    "GoodNight": _good_night,
    "GoodMorning": _good_morning,
    "Help": _say("help"),
    "Repeat": _repeat,
}
