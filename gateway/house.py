"""What the box is doing just now, as the bus tells it: its daemons, and whether somebody may pair."""

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received


class House:
    """`follow` once."""

    def __init__(self) -> None:
        self.pairing = pb.PairingState()
        self._healths: dict[str, pb.Health] = {}

    @property
    def healths(self) -> list[pb.Health]:
        """By their names."""
        return [self._healths[unit] for unit in sorted(self._healths)]

    async def follow(self, bus: Bus) -> None:
        await bus.subscribe(s.NODE_HEALTH, self._on_health)
        await bus.subscribe(s.PAIRING_STATE, self._on_pairing)
        await bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())

    def _on_health(self, message: Received[pb.Health]) -> None:
        self._healths[message.body.unit] = message.body

    def _on_pairing(self, message: Received[pb.PairingState]) -> None:
        self.pairing = message.body
