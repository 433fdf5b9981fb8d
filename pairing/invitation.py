"""A box that nobody owns says so: on the ring, aloud by day, and with its code at a press of the button.

Pairing itself is not there yet: no box has an owner, so the invitation stands from the first start on. The code is told
by a box that made it itself; one from a factory has it on its label only.
"""

import asyncio
from dataclasses import dataclass

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from pairing.setup_code import SetupCode
from pairing.voice import Voice

SOURCE = "pairingd"
STATE = "ready_to_pair"
BUTTON = "action"
SENTENCES = {
    "en": {
        "ready": "Hello. I'm ready to pair.",
        "ready_with_code": "Hello. I'm ready to pair. Press my button, and I'll tell you the set-up code.",
        "code": "The set-up code is: {code} Once more: {code}",
        "on_the_label": "I'm ready to pair. The set-up code is on my label.",
    },
    "de": {
        "ready": "Hallo. Ich bin bereit zum Koppeln.",
        "ready_with_code": "Hallo. Ich bin bereit zum Koppeln. Drück meine Taste, dann sage ich den Einrichtungscode.",
        "code": "Der Einrichtungscode ist: {code} Noch einmal: {code}",
        "on_the_label": "Ich bin bereit zum Koppeln. Der Einrichtungscode steht auf meinem Etikett.",
    },
}


@dataclass(frozen=True)
class Config:
    """Between two attempts to greet, and between two times that the state is told."""

    again_s: float = 2.0
    tell_every_s: float = 5.0


class Invitation:
    """`run` until cancelled. `code`: of a box that made it itself."""

    def __init__(self, bus: Bus, code: SetupCode | None, language: str, config: Config) -> None:
        self._bus = bus
        self._code = code
        self._language = language if language in SENTENCES else "en"
        self._voice = Voice(bus, self._language, config.again_s)
        self._config = config

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._bus.subscribe(s.HARDWARE_BUTTON, self._on_button)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._voice.greet(self._sentence("ready_with_code" if self._code else "ready")))
            while True:
                # Again and again: a daemon that starts later, or anew, has to hear it, too.
                await self._bus.publish(s.HARDWARE_RING_SET, pb.RingWish(source=SOURCE, state=STATE))
                await self._bus.publish(s.PAIRING_STATE, pb.PairingState(open=True))
                await asyncio.sleep(self._config.tell_every_s)

    async def _on_button(self, message: Received[pb.Button]) -> None:
        if (message.body.button, message.body.action) != (BUTTON, "press"):
            return
        if self._code is None:
            await self._voice.say(self._sentence("on_the_label"))
        else:
            spoken = self._code.spoken(self._language)
            await self._voice.say(self._sentence("code", code=spoken))

    def _sentence(self, name: str, **values: str) -> str:
        return SENTENCES[self._language][name].format(**values)
