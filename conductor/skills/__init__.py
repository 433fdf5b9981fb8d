"""What the box can do: from a request that was understood to the answer and its effects. Pure.

    plan = skills.plan(understood, world)

One module for each domain; each has its sentences beside it and lists its intents in `SKILLS`.
"""

from collections.abc import Mapping

from conductor.intents import Understood
from conductor.plan import Plan
from conductor.skills import alarms, arithmetic, box, conversation, lists, safety, timers, times, units, updates, volume
from conductor.skills.skill import Skill
from conductor.world import World

SKILLS: Mapping[str, Skill] = {
    **times.SKILLS,
    **timers.SKILLS,
    **alarms.SKILLS,
    **volume.SKILLS,
    **arithmetic.SKILLS,
    **units.SKILLS,
    **lists.SKILLS,
    **box.SKILLS,
    **updates.SKILLS,
    **safety.SKILLS,
    **conversation.SKILLS,
}


def plan(understood: Understood, world: World) -> Plan:
    """The answer to a request. Raises KeyError for an intent that no skill answers."""
    return SKILLS[understood.intent](understood, world)
