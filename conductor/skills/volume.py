"""How loud the box is, and whether it listens."""

from collections.abc import Mapping

from conductor import speech
from conductor.effects import MicrophoneMute, VolumeSet
from conductor.intents import Understood
from conductor.plan import Plan
from conductor.skills.skill import Skill, text, whole
from conductor.speech import Sentences
from conductor.world import LOUDEST, World

STEP = 10

SENTENCES = Sentences(
    en={
        "volume": "Volume {percent} percent.",
        "loudest": "That's as loud as I get.",
        "quietest": "I'm at zero already.",
    },
    de={
        "volume": "Lautstärke {percent} Prozent.",
        "loudest": "Lauter geht es nicht.",
        "quietest": "Leiser geht es nicht.",
    },
)


def _set(asked: Understood, world: World) -> Plan:
    return _to(whole(asked, "percent"), asked, world)


def _change(asked: Understood, world: World) -> Plan:
    up = text(asked, "direction") == "up"
    if world.volume_percent == (LOUDEST if up else 0):
        return Plan(asked.intent, SENTENCES.say(asked.language, "loudest" if up else "quietest"), asked.language)
    return _to(min(LOUDEST, max(0, world.volume_percent + (STEP if up else -STEP))), asked, world)


def _to(percent: int, asked: Understood, world: World) -> Plan:
    answer = SENTENCES.say(asked.language, "volume", percent=speech.number(percent, asked.language))
    return Plan(asked.intent, answer, asked.language, (VolumeSet(percent, world.volume_percent),))


def _mute(asked: Understood, _world: World) -> Plan:
    """Said by a clip, which needs no voice engine."""
    return Plan(asked.intent, "", asked.language, (MicrophoneMute(),), clip="microphone_off")


SKILLS: Mapping[str, Skill] = {"VolumeSet": _set, "VolumeChange": _change, "MicrophoneMute": _mute}
