"""The part of otad that the conductor knows: how far updates are, on a bus."""

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.envelope import Received
from tests.fakes.local_bus import LocalBus


class UpdaterDaemon:
    """Answers once `serve` was called. `wishes` and `told` are what was said to it; `state` is what it says."""

    def __init__(self, state: pb.UpdateState) -> None:
        self.state = state
        self.wishes: list[str] = []
        self.told: list[tuple[str, bool]] = []
        self.refusal = ""

    async def serve(self, bus: LocalBus) -> None:
        await bus.serve(s.UPDATE_STATUS, lambda _: self.state)
        await bus.serve(s.UPDATE_WISH, self._on_wish)
        await bus.serve(s.UPDATE_TOLD, self._on_told)

    def _on_wish(self, message: Received[pb.UpdateWish]) -> pb.Reply:
        self.wishes.append(message.body.action)
        return pb.Reply(refusal=self.refusal)

    def _on_told(self, message: Received[pb.UpdateTold]) -> pb.Reply:
        self.told.append((message.body.id, message.body.taken_back))
        return pb.Reply(refusal=self.refusal)
