"""What the box says by itself when it has started: once, as soon as its voice is up, and at night not at all."""

import asyncio
import logging

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from bus.errors import BusError

log = logging.getLogger(__name__)

VOICE = ("audiod", "inferenced", "conductord")
"""Whoever has to be up before anything can be said."""
UP = ("ready", "degraded")


class Voice:
    """In one language. `again_s`: between two attempts to greet."""

    def __init__(self, bus: Bus, language: str, again_s: float) -> None:
        self._bus = bus
        self._language = language
        self._again_s = again_s
        self._silent = set(VOICE)
        self._up = asyncio.Event()

    async def greet(self, text: str) -> None:
        """Returns when it was said, or when it is night."""
        await self._bus.subscribe(s.NODE_HEALTH, self._on_health)
        await self._bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
        await self._up.wait()
        while (reply := await self.say(text, unasked=True)).busy:  # noqa: ASYNC110 - it has to be asked
            await asyncio.sleep(self._again_s)
        if reply.refusal:
            log.info("nobody was told aloud what the box has to say: %s", reply.refusal)

    async def say(self, text: str, unasked: bool = False) -> pb.Reply:
        """What the conductor answers to the wish."""
        try:
            asked = pb.Announce(text=text, language=self._language, unasked=unasked)
            return await self._bus.request(s.ANNOUNCE, asked)
        except BusError as error:
            # Nobody answers just now.
            return pb.Reply(refusal=str(error), busy=True)

    def _on_health(self, message: Received[pb.Health]) -> None:
        if message.body.state in UP:
            self._silent.discard(message.body.unit)
        if not self._silent:
            self._up.set()
