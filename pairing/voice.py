"""What is said aloud about pairing, in the box's language: once its voice is up, and at night only to whoever asked."""

import asyncio
import logging

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from bus.errors import BusError
from pairing.sentences import SENTENCES

log = logging.getLogger(__name__)

SPEAKERS = ("audiod", "inferenced", "conductord")
"""Whoever has to be up before anything can be said."""
UP = ("ready", "degraded")
TRIES = 5
"""For what somebody waits for; after that they have gone on."""


class Voice:
    """In `language`, or English. `again_s`: between two attempts. What is said is a name in `pairing/sentences.py`."""

    def __init__(self, bus: Bus, language: str, again_s: float) -> None:
        self.language = language if language in SENTENCES else "en"
        self._bus = bus
        self._again_s = again_s
        self._silent = set(SPEAKERS)
        self._up = asyncio.Event()

    async def greet(self, sentence: str) -> None:
        """Nobody asked for it. Returns when it was said, or when it is night."""
        await self._bus.subscribe(s.NODE_HEALTH, self._on_health)
        await self._bus.publish(s.NODE_HEALTH_REQUEST, pb.HealthRequest())
        await self._up.wait()
        while (reply := await self._announce(sentence, {}, unasked=True)).busy:  # noqa: ASYNC110 - it has to be asked
            await asyncio.sleep(self._again_s)
        if reply.refusal:
            log.info("nobody was told aloud what the box has to say: %s", reply.refusal)

    async def say(self, sentence: str, **values: str) -> None:
        """Somebody waits for it. Returns when it was said, or when nobody can say it just now."""
        for left in reversed(range(TRIES)):
            reply = await self._announce(sentence, values, unasked=False)
            if not reply.busy:
                return
            if left:
                await asyncio.sleep(self._again_s)
        log.warning("nobody was told aloud what they waited for: %s", reply.refusal)

    async def _announce(self, sentence: str, values: dict[str, str], *, unasked: bool) -> pb.Reply:
        text = SENTENCES[self.language][sentence].format(**values)
        try:
            asked = pb.Announce(text=text, language=self.language, unasked=unasked)
            return await self._bus.request(s.ANNOUNCE, asked)
        except BusError as error:
            # Nobody answers just now.
            return pb.Reply(refusal=str(error), busy=True)

    def _on_health(self, message: Received[pb.Health]) -> None:
        if message.body.state in UP:
            self._silent.discard(message.body.unit)
        if not self._silent:
            self._up.set()
