"""What the box is doing just now, as the bus tells it: its daemons, and whether somebody may pair."""

import asyncio
from contextlib import suppress

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received

SILENT_S = 3.0
"""Whoever has not answered by then is called silent."""


class House:
    """`follow` once. `pairing`: whether somebody may."""

    def __init__(self) -> None:
        self.pairing = pb.PairingState()
        self._healths: dict[str, pb.Health] = {}
        self._answered: set[str] = set()
        self._heard = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._bus: Bus

    async def follow(self, bus: Bus) -> None:
        self._bus = bus
        await bus.subscribe(s.NODE_HEALTH, self._on_health)
        await bus.subscribe(s.PAIRING_STATE, self._on_pairing)
        await bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())

    async def healths(self) -> list[pb.Health]:
        """By their names, as they say now; of who was there and does not answer, that. Raises BusError."""
        async with self._one_at_a_time:
            self._answered.clear()
            await self._bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENT_S):
                    while not self._answered >= self._healths.keys():
                        self._heard.clear()
                        await self._heard.wait()
            for unit in self._healths.keys() - self._answered:
                self._healths[unit] = pb.Health(unit=unit, state="silent", status="does not answer")
            return [self._healths[unit] for unit in sorted(self._healths)]

    def _on_health(self, message: Received[pb.Health]) -> None:
        self._healths[message.body.unit] = message.body
        self._answered.add(message.body.unit)
        self._heard.set()

    def _on_pairing(self, message: Received[pb.PairingState]) -> None:
        self.pairing = message.body
