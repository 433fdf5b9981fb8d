"""The shape of a skill, and how it reads the slots of a request."""

from collections.abc import Callable

from conductor.intents import Understood
from conductor.plan import Plan
from conductor.world import World

Skill = Callable[[Understood, World], Plan]
"""The answer to one intent. A slot that the intent does not have is a mistake of ours: KeyError or ValueError."""


def has_room(plan: Plan) -> bool:
    """Whether something may be said behind its answer that nobody asked for."""
    return bool(plan.answer) and not plan.expects_reply and plan.intent != "Emergency"


def text(asked: Understood, slot: str) -> str:
    """A slot's words; "" where it was not said."""
    return str(asked.slots.get(slot, ""))


def whole(asked: Understood, slot: str, otherwise: int = 0) -> int:
    """A slot's whole number."""
    return int(asked.slots.get(slot, otherwise))
