"""A box that can't be paired says why: aloud once by day and at each press of the button, and with its ring."""

import asyncio

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.buttons import ACTION, Act
from bus.client import Bus
from bus.envelope import Received
from pairing.config import Config
from pairing.invitation import SOURCE
from pairing.voice import Voice
from pairing.window import State


class Closed:
    """`run` until cancelled. `why`: a name in `pairing/sentences.py`."""

    def __init__(self, bus: Bus, why: str, language: str, config: Config) -> None:
        self._bus, self._why, self._config = bus, why, config
        self._voice = Voice(bus, language, config.again_s)

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._bus.subscribe(s.HARDWARE_BUTTON, self._on_button)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._voice.greet(self._why))
            while True:
                await self._bus.publish(s.HARDWARE_RING_SET, pb.RingWish(source=SOURCE, state="attention"))
                await self._bus.publish(s.PAIRING_STATE, pb.PairingState(open=False, state=State.CLOSED))
                await asyncio.sleep(self._config.tell_every_s)

    async def _on_button(self, message: Received[pb.Button]) -> None:
        if (message.body.button, message.body.action) == (ACTION, Act.PRESS):
            await self._voice.say(self._why)
