"""A box in reach of a laptop by Bluetooth: our real service, desk and identityd, and air in the place of its radio."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bus import messages_pb2 as bus_pb
from bus import subjects as s
from bus.client import Bus
from identity import keys
from identity.household import Limits
from identity.service import Identity
from identity.store import Store
from pairing.box_side import Box
from pairing.desk import Desk
from pairing.errors import Malformed
from pairing.guesses import Guesses
from pairing.radio import Radio
from pairing.reception import Reception
from pairing.window import Window, WindowConfig
from tests.conftest import Connect
from tests.fakes.bluez import Refused
from tests.fakes.wifi import Wifi
from tests.pairing.visitors import SALT, SERIAL, VERIFIER

HOME_ADDRESS, RECOVERY_KEY = "192.168.1.20", "the-recovery-key"
LAPTOP = "/org/bluez/hci0/dev_laptop"


class NearBox:
    """It is in no network until it joins one. `mtu`: what its visitor agreed on with it."""

    def __init__(self, folder: Path, pairingd: Bus, terminal: Bus, own: keys.Keys) -> None:
        self.mtu = 23
        self.wifi = Wifi()
        self.guesses = Guesses(folder)
        self._terminal = terminal
        window = Window(WindowConfig(), self.guesses.read(), 0.0)
        window.stay_open()
        box = Box(SERIAL, own.identity.public_key().public_bytes_raw(), SALT, VERIFIER)
        reception = Reception(box, window, secrets.token_bytes)
        self.desk = Desk(pairingd, reception, self.guesses, self.wifi, self._addresses, lambda: 0.0)
        self.radio = Radio(self.desk, SERIAL.bluetooth_name, lambda _which, value: self._ring(value))
        self._told: list[Callable[[bytes], None]] = []

    async def known(self) -> list[str]:
        """Which devices it knows."""
        found = await self._terminal.request(s.IDENTITY_HOUSEHOLD, bus_pb.HouseholdRequest())
        return [each.name for each in found.devices]

    def _addresses(self) -> list[str]:
        return [HOME_ADDRESS] if self.wifi.known else []

    def _ring(self, value: bytes) -> None:
        for told in self._told:
            told(value)

    # --- as the laptop's BlueZ has it -------------------------------------------------------------

    def come(self) -> None:
        """Nothing: a box learns of who is connected by what it says."""

    def go(self) -> None:
        self._told.clear()
        self.radio.gone(LAPTOP)

    async def write(self, characteristic: str, value: bytes) -> None:
        try:
            self.radio.write(LAPTOP, characteristic, value, 0, self.mtu)
        except Malformed as error:
            raise Refused from error

    async def read(self, characteristic: str) -> bytes:
        try:
            return self.radio.read(LAPTOP, characteristic, 0, self.mtu)
        except Malformed as error:
            raise Refused from error

    async def subscribe(self, characteristic: str, told: Callable[[bytes], None]) -> None:
        self._told.append(told)


@asynccontextmanager
async def box(connect: Connect, folder: Path) -> AsyncIterator[NearBox]:
    own = keys.ensure(folder, datetime(2026, 1, 1, tzinfo=UTC))
    async with AsyncExitStack() as stack:
        identityd, pairingd, terminal = [
            await stack.enter_async_context(connect(role)) for role in ("identityd", "pairingd", "cli")
        ]
        identity = Identity(
            identityd, own, Store(folder / "identity.db"), lambda: RECOVERY_KEY, lambda: 0, lambda _: None
        )
        await identity.serve(Limits())
        yield NearBox(folder, pairingd, terminal, own)
        await identity.close()
