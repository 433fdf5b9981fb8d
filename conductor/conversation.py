"""One turn as it is carried out: its state machine, its record, what was prepared, said and done for it; and how all of
that is told to everyone who follows `turn.state`."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context
from conductor.endpoint import Reason
from conductor.plan import Plan
from conductor.thinking import Thought
from conductor.trace import Trace
from conductor.turn import Turn


@dataclass
class Question:
    """What a language model was asked: the completion's name, and the utterance that its sentences make up.

    `over`: nothing more comes of it.
    """

    completion: str
    asked_ns: int
    utterance: str
    sentences: int = 0
    over: bool = False


@dataclass
class Conversation:
    """One turn and everything that belongs to it. `captured`: the newest position, and when it entered capture."""

    context: Context
    turn: Turn
    trace: Trace
    thoughts: dict[str, asyncio.Task[Thought]] = field(default_factory=dict)
    prepared: dict[str, str] = field(default_factory=dict)
    plan: Plan | None = None
    question: Question | None = None
    apologised: bool = False
    utterance: str = ""
    undo: Callable[[], Awaitable[None]] | None = None
    captured: tuple[int, int] = (0, 0)

    @property
    def utterances(self) -> set[str]:
        """Everything that sounds or may still sound of it."""
        asked = self.question.utterance if self.question is not None else ""
        return {self.utterance, asked, *self.prepared.values()} - {""}

    def why_not(self, source: str) -> str:
        """The apology for words that no skill answers, where there is no model to ask."""
        if self.turn.end_reason == Reason.UNFINISHED:
            return "unfinished"
        return "no_model" if source == "dictation" else "not_understood"

    async def tell(
        self,
        bus: Bus,
        phase: pb.TurnPhase,
        *,
        position: int = 0,
        reason: str = "",
        utterance: str = "",
        opened_by: str = "",
        frames_wanted: bool = False,
    ) -> None:
        """Tell everyone where it stands. `frames_wanted` as of then: the turn may have decided more since."""
        state = pb.TurnState(
            phase=phase,
            stream=self.turn.stream,
            position=position,
            reason=reason,
            utterance=utterance,
            opened_by=opened_by,
            frames_wanted=frames_wanted,
            heard=self.trace.heard,
            intent=self.trace.intent,
            answer=self.trace.answer,
        )
        await bus.publish(s.TURN_STATE, state, self.context)
