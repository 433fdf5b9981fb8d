"""A box that can be paired, without its radios: what it shows, says and opens."""

import asyncio
import secrets
from collections.abc import Coroutine
from pathlib import Path
from typing import cast

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from pairing.box_side import BOX_SIGNS, Box
from pairing.closed import Closed
from pairing.config import Config
from pairing.desk import Desk
from pairing.device_side import DeviceSide
from pairing.errors import PairingError
from pairing.guesses import Guesses
from pairing.invitation import Invitation
from pairing.reception import Reception
from pairing.setup_code import SetupCode
from pairing.window import Window, WindowConfig
from tests.fakes.fast_time import settled
from tests.fakes.local_bus import LocalBus
from tests.fakes.wifi import NoWifi
from tests.pairing.visitors import OF_BOX, SALT, SERIAL, VERIFIER, device

CONFIG = Config(again_s=0.0, tell_every_s=60.0)
OPEN, CLOSED = ("ready_to_pair", "open", True), ("", "closed", False)
"""What a room's `shown` is."""


def time_s() -> float:
    return asyncio.get_running_loop().time()


class Room:
    """A bus with a conductor that says things, or refuses `refusals` of them first; a box whose time passes at once."""

    def __init__(self, folder: Path) -> None:
        self.bus = LocalBus(lambda: 0)
        self.refusals: list[pb.Reply] = []
        self.said: list[pb.Announce] = []
        self.asked = 0
        self.letting_in: list[bool] = []
        self.told: list[str] = []
        self.guesses = Guesses(folder)
        self.window = Window(WindowConfig(), 0, time_s())
        box = Box(SERIAL, OF_BOX.public_key().public_bytes_raw(), SALT, VERIFIER)
        reception = Reception(box, self.window, secrets.token_bytes)
        self.desk = Desk(cast(Bus, self.bus), reception, self.guesses, NoWifi(), list, time_s)
        self.running: asyncio.Task[None] | None = None
        self.invitation: Invitation

    async def start(self, code: SetupCode | None, language: str = "en", owned: bool = False) -> None:
        if not owned:
            self.window.stay_open()
        self.invitation = Invitation(cast(Bus, self.bus), self.desk, self.told.append, language, CONFIG)
        self.invitation.ways.append(self._let_in)
        await self._run(self.invitation.run(code, owned))

    async def start_closed(self, why: str, language: str = "en") -> None:
        await self._run(Closed(cast(Bus, self.bus), why, language, CONFIG).run())

    async def _run(self, serving: Coroutine[None, None, None]) -> None:
        await self.bus.serve(s.ANNOUNCE, self._on_announce)
        self.running = asyncio.create_task(serving)
        await settled()

    async def _let_in(self, wanted: bool) -> None:
        self.letting_in.append(wanted)

    def _on_announce(self, message: Received[pb.Announce]) -> pb.Reply:
        self.asked += 1
        if self.refusals:
            return self.refusals.pop(0)
        self.said.append(message.body)
        return pb.Reply()

    @property
    def shown(self) -> tuple[str, str, bool]:
        """The ring's state, the window's, and whether the ways in are open."""
        return (
            self.bus.bodies(s.HARDWARE_RING_SET)[-1].state,
            self.bus.bodies(s.PAIRING_STATE)[-1].state,
            self.letting_in[-1],
        )

    async def come_up(self, *units: str) -> None:
        for unit in units:
            await self.bus.publish(s.NODE_HEALTH, pb.Health(unit=unit, state="ready"))
        await settled()

    async def press(self, button: str = "action", action: str = "press") -> None:
        await self.bus.publish(s.HARDWARE_BUTTON, pb.Button(button=button, action=action))
        # The number of wrong codes is kept by a thread, and what is said follows.
        await asyncio.sleep(0.01)

    async def come(self, code: SetupCode) -> str:
        """A phone tries to pair; the name of how that ends."""
        told: list[bytes] = []
        self.desk.visit("phone", lambda message, _last: told.append(message))
        side = DeviceSide(device(), code, None, secrets.token_bytes(32), 0)
        waiting = [side.first]
        try:
            while waiting:
                await self.desk.hear("phone", waiting.pop(0))
                for message in told:
                    waiting += side.take(message)
                told.clear()
        except PairingError as error:
            return type(error).__name__
        return "paired"


def admitted(message: Received[pb.Admit]) -> pb.Admission:
    """As identityd answers."""
    given = pb.Admission(signature=OF_BOX.sign(BOX_SIGNS + message.body.proof), certificate=b"c", authority=b"a")
    given.device.name, given.device.address, given.box_address = message.body.name, "10.100.0.10", "10.100.0.1"
    given.profile = "Anna"
    return given
