"""The box about itself."""

from collections.abc import Mapping

from conductor.intents import Understood
from conductor.plan import Plan
from conductor.skills.skill import Skill, text
from conductor.speech import Sentences
from conductor.world import World

HOT_CELSIUS = 85.0

SENTENCES = Sentences(
    en={
        "address": "My address is {address}.",
        "no_address": "I'm not connected to a network.",
        "version": "I'm running version {version}.",
        "temperature": "My processor is at {degrees} degrees Celsius.",
        "fahrenheit": "My processor is at {degrees} degrees Fahrenheit.",
        "no_temperature": "I can't measure my temperature here.",
        "well": "All is well. I'm running version {version}.",
        "hot": "I'm too warm: give me more air, please.",
    },
)


def _status(asked: Understood, world: World) -> Plan:
    box, topic = world.box, text(asked, "topic")
    if topic == "address":
        answer = _say(asked, "address" if box.address else "no_address", address=box.address)
    elif topic == "version":
        answer = _say(asked, "version", version=box.version)
    elif topic == "temperature":
        answer = _temperature(asked, box.celsius, world.imperial)
    else:
        hot = box.celsius is not None and box.celsius >= HOT_CELSIUS
        answer = _say(asked, "hot" if hot else "well", version=box.version)
    return Plan(asked.intent, answer, asked.language)


def _temperature(asked: Understood, celsius: float | None, imperial: bool) -> str:
    if celsius is None:
        return _say(asked, "no_temperature")
    if imperial:
        return _say(asked, "fahrenheit", degrees=round(celsius * 1.8 + 32))
    return _say(asked, "temperature", degrees=round(celsius))


def _say(asked: Understood, key: str, **values: object) -> str:
    return SENTENCES.say(asked.language, key, **values)


SKILLS: Mapping[str, Skill] = {"BoxStatus": _status}
