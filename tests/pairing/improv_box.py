"""A box that speaks Improv, within reach of a laptop: our peripheral at a BlueZ of its own, and the laptop's at another
D-Bus. Between them is no air, and nothing else of a fake but the box's Wi-Fi."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import cast

import pytest
from dbus_next import Variant

from bus.client import Bus
from pairing import improv
from pairing.bluez import Peripheral
from pairing.home_wifi import HomeWifi
from pairing.improv import About, Improv, State
from pairing.improv_radio import ImprovRadio
from pairing.table import Service
from pairing.voice import Voice
from tests.fakes.bluez import BlueZ, dbus
from tests.fakes.bluez_central import InReach, Laptop
from tests.fakes.local_bus import LocalBus
from tests.fakes.wifi import Wifi, hotspot

ADDRESS, NAME, HOST_NAME = "C0:FF:EE:00:00:01", "Spoq-X9RC", "spoq-x9rc"
PAGE = "http://192.168.1.20:7767/"
SOON_S = 10.0


class ImprovBox:
    """It is in no network until it joins one. `wifi`: which it joined; `identified`: how often it was heard or seen."""

    def __init__(self) -> None:
        bus, self.wifi = cast(Bus, LocalBus(lambda: 0)), Wifi()
        self.identified = 0
        self.bluez: BlueZ
        self.radio: ImprovRadio
        self._home = HomeWifi(bus, self.wifi, hotspot(self.wifi), Voice(bus, "en", 0.0))
        self._peripheral = Peripheral(self._services, lambda _: None)

    def _services(self, radio: Peripheral) -> list[Service]:
        about = About("Spoq", "1.2", "QEMU", NAME, HOST_NAME)
        self.radio = ImprovRadio(
            Improv(about, provisioned=False),
            self._home,
            radio.notify,
            radio.advertise_again,
            self._identify,
            lambda: PAGE,
        )
        return [self.radio]

    def _identify(self) -> None:
        self.identified += 1

    @property
    def advertised(self) -> dict[str, Variant]:
        """What is in the air besides its name and its service."""
        [said] = self.bluez.advertisements.values()
        assert said["ServiceUUIDs"] == [improv.SERVICE]
        return {"ServiceData": Variant("a{sv}", said["ServiceData"])}

    async def until_advertised(self, state: State) -> None:
        def seen() -> bool:
            return [
                each["ServiceData"][improv.SERVICE_DATA].value[0] for each in self.bluez.advertisements.values()
            ] == [state]

        await until(seen)

    async def run(self) -> None:
        """Somebody may pair, until cancelled."""
        await self._peripheral.let_in(True)
        await self._home.let_in(True)
        await self._peripheral.run()


async def until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not seen():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def in_reach(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[ImprovBox, Laptop]]:
    """The box, and the laptop, whose programs find its D-Bus where the system's is."""
    async with AsyncExitStack() as stack:
        of_box, of_laptop = [await stack.enter_async_context(dbus()) for _ in range(2)]
        box = ImprovBox()
        box.bluez = await BlueZ.started(of_box)
        stack.push_async_callback(box.bluez.stop)
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", of_box)
        running = asyncio.create_task(box.run())
        stack.push_async_callback(asyncio.wait, {running})
        stack.callback(running.cancel)
        await box.until_advertised(State.AUTHORIZATION_REQUIRED)
        laptop = await Laptop.started(of_laptop)
        stack.push_async_callback(laptop.stop)
        there = box.bluez.central("laptop")
        laptop.near[ADDRESS] = InReach(NAME, there, improv.SERVICE, box.radio.characteristics)
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", of_laptop)
        yield box, laptop
