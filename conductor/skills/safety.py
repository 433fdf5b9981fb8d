"""When somebody is in danger: at once and honestly, that the box can't call anyone, and what to do instead."""

from collections.abc import Mapping

from conductor.intents import Understood
from conductor.plan import Plan
from conductor.skills.skill import Skill, text
from conductor.speech import Sentences
from conductor.world import World

SENTENCES = Sentences(
    en={
        "call": "I can't call anyone. Take a phone and call {number}, or ask somebody near you to do it.",
        "help": "I can't call anyone. If somebody is in danger, call {number} from a phone, or shout for a neighbour.",
        "fire": "Get everybody out now, and call {number} from outside. I can't call anyone.",
    },
    de={
        "call": "Ich kann niemanden anrufen. Nimm ein Telefon und wähle {number}, oder bitte jemanden darum.",
        "help": "Ich kann niemanden anrufen. Ist jemand in Gefahr, wähle {number}, oder ruf laut nach den Nachbarn.",
        "fire": "Bringt euch jetzt alle nach draußen, und ruft dort {number} an. Ich kann niemanden anrufen.",
    },
)
EVERYWHERE_ELSE = {"en": "one one two", "de": "eins eins zwei"}
NORTH_AMERICA = {"en": "nine one one", "de": "neun eins eins"}
"""112 is answered in Europe and by mobile networks nearly everywhere; North America has 911."""


def _emergency(asked: Understood, world: World) -> Plan:
    numbers = NORTH_AMERICA if world.zone.key.startswith("America/") else EVERYWHERE_ELSE
    number = numbers.get(asked.language, numbers["en"])
    return Plan(asked.intent, SENTENCES.say(asked.language, text(asked, "kind"), number=number), asked.language)


SKILLS: Mapping[str, Skill] = {"Emergency": _emergency}
