"""What the box is doing just now, as the bus tells it: its daemons, and whether somebody may pair."""

import asyncio
from contextlib import suppress

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from bus.errors import BusUnreachable

SILENT, SILENT_S = "silent", 3.0
"""Whoever has not answered by then is called that."""
FRESH_S = 1.0
"""So long an answer is the answer."""


class House:
    """`follow` once. `pairing`: whether somebody may."""

    def __init__(self) -> None:
        self.pairing = pb.PairingState()
        self._healths: dict[str, pb.Health] = {}
        self._answered: set[str] = set()
        self._heard = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self._asked_s = 0.0
        self._bus: Bus

    async def follow(self, bus: Bus) -> None:
        self._bus = bus
        await bus.subscribe(s.NODE_HEALTH, self._on_health)
        await bus.subscribe(s.PAIRING_STATE, self._on_pairing)
        await bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())

    async def healths(self) -> list[pb.Health]:
        """By their names, as they say now; of who was there and does not answer, that. Raises BusUnreachable."""
        if not self._bus.connected_now:
            raise BusUnreachable
        now_s = asyncio.get_running_loop().time()
        if self._asking is None or (self._asking.done() and now_s - self._asked_s > FRESH_S):
            # Whoever asks meanwhile waits for the same answers.
            self._asking, self._asked_s = asyncio.create_task(self._ask()), now_s
        await asyncio.shield(self._asking)
        return [self._healths[unit] for unit in sorted(self._healths)]

    async def _ask(self) -> None:
        self._answered.clear()
        await self._bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
        # Nobody waits again for who was silent before.
        expected = {unit for unit, each in self._healths.items() if each.state != SILENT}
        with suppress(TimeoutError):
            async with asyncio.timeout(SILENT_S):
                while not self._answered >= expected:
                    self._heard.clear()
                    await self._heard.wait()
        for unit in expected - self._answered:
            self._healths[unit] = pb.Health(unit=unit, state=SILENT, status="does not answer")

    def _on_health(self, message: Received[pb.Health]) -> None:
        self._healths[message.body.unit] = message.body
        self._answered.add(message.body.unit)
        self._heard.set()

    def _on_pairing(self, message: Received[pb.PairingState]) -> None:
        self.pairing = message.body
