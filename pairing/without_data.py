"""A box whose data did not open is nobody's new box: it can't be paired, and says what is wrong.

Aloud once by day and at each press of the button; the ring shows it by itself (hardware/attention.py).
"""

import asyncio

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from pairing.invitation import BUTTON, Config
from pairing.voice import Voice

SENTENCES = {
    "en": {
        "locked": "My data is locked. I have erased nothing: the recovery key opens it. Until then I remember nothing, "
        "alarms that were set before do not ring, and my microphone is off unless you switch it on.",
        "broken": "I can't open my data. I have erased nothing. Until it is repaired I remember nothing, "
        "alarms that were set before do not ring, and my microphone is off unless you switch it on.",
    },
    "de": {
        "locked": "Meine Daten sind gesperrt. Ich habe nichts gelöscht: der Wiederherstellungsschlüssel öffnet sie. "
        "Bis dahin weiß ich nichts mehr, Wecker von vorher klingeln nicht, und mein Mikrofon ist aus, bis "
        "du es einschaltest.",
        "broken": "Ich kann meine Daten nicht öffnen. Ich habe nichts gelöscht. Bis das behoben ist, weiß ich nichts "
        "mehr, Wecker von vorher klingeln nicht, und mein Mikrofon ist aus, bis du es einschaltest.",
    },
}


class WithoutData:
    """`run` until cancelled. `locked`: the recovery key helps."""

    def __init__(self, bus: Bus, locked: bool, language: str, config: Config) -> None:
        known = language if language in SENTENCES else "en"
        self._bus = bus
        self._text = SENTENCES[known]["locked" if locked else "broken"]
        self._voice = Voice(bus, known, config.again_s)
        self._config = config

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._bus.subscribe(s.HARDWARE_BUTTON, self._on_button)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._voice.greet(self._text))
            while True:
                await self._bus.publish(s.PAIRING_STATE, pb.PairingState(open=False))
                await asyncio.sleep(self._config.tell_every_s)

    async def _on_button(self, message: Received[pb.Button]) -> None:
        if (message.body.button, message.body.action) == (BUTTON, "press"):
            await self._voice.say(self._text)
