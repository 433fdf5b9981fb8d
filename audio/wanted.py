"""Whose frames are wanted, and from where: follows `turn.state`. Pure.

Conductord alone decides. A turn that is opened is always the newest one. A newer generation that opens none comes from
a conductor that was started anew: it knows nothing of the turn that is open here.
"""

from dataclasses import dataclass

from bus import messages_pb2 as pb
from bus.envelope import Context

OVER = (pb.CLOSED, pb.CANCELLED)


@dataclass(frozen=True)
class Ask:
    """Frames for the turn of `context`, from `position` of `stream` on; 0 means from now on.

    `number` tells the frames of one ask from those of another.
    """

    number: int
    context: Context
    stream: str
    position: int
    opened_by: str


class Wanted:
    """`ask` is what is streamed at the moment; `open` whether a turn runs."""

    def __init__(self) -> None:
        self.ask: Ask | None = None
        self.open = False
        self._generation = -1
        self._number = 0

    def on_turn(self, state: pb.TurnState, context: Context) -> bool:
        """Take a new state in; whether it is one of the running turn (a late one of an older turn is not)."""
        opened = state.phase == pb.OPENED
        if not opened and context.generation != self._generation:
            return False
        self._generation = context.generation
        self.open = state.phase not in OVER
        if not (state.frames_wanted and self.open):
            self.ask = None
        elif opened or self.ask is None:
            self._number += 1
            position = state.position if opened else 0
            self.ask = Ask(self._number, context, state.stream, position, state.opened_by)
        return True

    def is_forgotten(self, state: pb.TurnState, context: Context) -> bool:
        """Whether this state tells that the conductor knows nothing of the running turn."""
        return self.open and state.phase != pb.OPENED and context.generation > self._generation

    def drop(self) -> None:
        """The turn is given up."""
        self.ask = None
        self.open = False
