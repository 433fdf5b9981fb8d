"""Pairing by Bluetooth LE, with a BlueZ on a real D-Bus that does what the real one does to a peripheral."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio
from dbus_next.aio import MessageBus

from bus import messages_pb2 as bus_pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from pairing import gatt
from pairing.bluez import Peripheral
from pairing.box_side import BOX_SIGNS, Box
from pairing.desk import Desk
from pairing.device_side import DeviceSide
from pairing.errors import PairingError
from pairing.guesses import Guesses
from pairing.radio import Radio
from pairing.reception import Reception
from pairing.setup_code import SetupCode
from pairing.window import Window, WindowConfig
from phone.bluetooth import converse
from tests.fakes.bluez import BlueZ, Central, Refused, dbus
from tests.fakes.local_bus import LocalBus
from tests.fakes.wifi import NoWifi
from tests.pairing.visitors import ANOTHER, CODE, OF_BOX, SALT, SERIAL, VERIFIER, device

SOON_S = 10.0


class World:
    """A box whose radio is that BlueZ."""

    def __init__(self, folder: Path, address: str) -> None:
        self.address = address
        self.bluez: BlueZ
        self.told: list[str] = []
        bus = LocalBus(lambda: 0)
        self.bus = bus
        window = Window(WindowConfig(), 0, 0.0)
        window.stay_open()
        box = Box(SERIAL, OF_BOX.public_key().public_bytes_raw(), SALT, VERIFIER)
        reception = Reception(box, window, secrets.token_bytes)
        self.desk = Desk(cast(Bus, bus), reception, Guesses(folder), NoWifi(), list, lambda: 0.0)
        self.peripheral = Peripheral(lambda radio: [Radio(self.desk, "Spoq-X9RC", radio.notify)], self.told.append)

    async def until(self, seen: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON_S):
            while not seen():
                await asyncio.sleep(0.01)

    async def until_advertised(self) -> None:
        await self.until(lambda: bool(self.bluez.advertised and self.bluez.table))


async def pair(central: Central, code: SetupCode = CODE) -> str:
    """The name of how it ends."""
    side = DeviceSide(device(), code, None, secrets.token_bytes(32), 0)
    try:
        await converse(central, side)
    except PairingError as error:
        return type(error).__name__
    return "paired"


def admitted(message: Received[bus_pb.Admit]) -> bus_pb.Admission:
    """As identityd answers, with certificates as large as they get."""
    given = bus_pb.Admission(
        signature=OF_BOX.sign(BOX_SIGNS + message.body.proof), certificate=bytes(1024), authority=bytes(1024)
    )
    given.device.name, given.device.address, given.box_address = message.body.name, "10.100.0.10", "10.100.0.1"
    given.profile = "Anna"
    return given


@asynccontextmanager
async def stranger(address: str) -> AsyncIterator[BlueZ]:
    """Somebody who would like to be BlueZ, and is not."""
    other = BlueZ(await MessageBus(bus_address=address).connect())
    try:
        yield other
    finally:
        await other.stop()


@pytest_asyncio.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with dbus() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        world = World(tmp_path, address)
        await world.bus.serve(s.IDENTITY_ADMIT, admitted)
        await world.bus.serve(s.IDENTITY_RECORD, lambda _: bus_pb.Recorded(recovery_key="key"))
        world.bluez = await BlueZ.started(address)
        running = asyncio.create_task(world.peripheral.run())
        yield world
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await world.bluez.stop()


async def test_it_is_seen_only_while_somebody_may_pair(world: World) -> None:
    await world.until(lambda: "GetManagedObjects" in world.bluez.asked)
    assert not world.bluez.advertised
    await world.peripheral.let_in(True)
    await world.until_advertised()
    assert world.bluez.advertised["LocalName"] == "Spoq-X9RC"
    assert world.bluez.advertised["ServiceUUIDs"] == [gatt.SERVICE]
    assert world.bluez.properties == {"Powered": True, "Pairable": False}
    assert set(world.bluez.table) == {gatt.TO_BOX, gatt.FROM_BOX, gatt.BELL}
    await world.peripheral.let_in(False)
    await world.until(lambda: not world.bluez.advertised and not world.bluez.properties["Powered"])
    assert world.bluez.table, "phones keep the table"
    await world.peripheral.let_in(True)
    await world.until_advertised()


async def test_who_is_connected_when_it_closes_has_a_moment_to_leave(world: World) -> None:
    await world.peripheral.let_in(True)
    await world.until_advertised()
    phone = world.bluez.central("phone")
    phone.come()
    await world.until(lambda: world.bluez.asked.count("RegisterAdvertisement") == 2)
    await world.peripheral.let_in(False)
    await world.until(lambda: not world.bluez.advertised)
    assert world.bluez.properties["Powered"]
    phone.go()
    await world.until(lambda: not world.bluez.properties["Powered"])


async def test_another_program_on_that_bus_is_not_listened_to(world: World) -> None:
    await world.peripheral.let_in(True)
    await world.until_advertised()
    phone = world.bluez.central("phone")
    phone.mtu = 185
    side = DeviceSide(device(), CODE, None, secrets.token_bytes(32), 0)
    beginning = asyncio.create_task(converse(phone, side))
    await world.until(lambda: bool(side.box_key) or beginning.done())
    async with stranger(world.address) as other:
        other.connected(phone._path, False)
        other.table, other._peripheral = world.bluez.table, world.bluez._peripheral
        with pytest.raises(Refused):
            await other.central("x").read(gatt.FROM_BOX)
    await beginning
    assert side.recovery_key == "key"


@pytest.mark.parametrize("mtu", [23, 185, 517])
async def test_a_phone_pairs_with_any_mtu(world: World, mtu: int) -> None:
    await world.peripheral.let_in(True)
    await world.until_advertised()
    phone = world.bluez.central("phone")
    phone.mtu = mtu
    assert await pair(phone) == "paired"


async def test_of_two_phones_one_pairs_and_the_other_is_told(world: World) -> None:
    await world.peripheral.let_in(True)
    await world.until_advertised()
    first, second = world.bluez.central("first"), world.bluez.central("second")
    side = DeviceSide(device(), CODE, None, secrets.token_bytes(32), 0)
    first.mtu = 185
    beginning = asyncio.create_task(converse(first, side))
    await world.until(lambda: bool(side.box_key) or beginning.done())
    assert await pair(second) in ("Busy", "WindowClosed")
    await beginning
    assert side.recovery_key == "key"


async def test_who_goes_away_leaves_its_place(world: World) -> None:
    await world.peripheral.let_in(True)
    await world.until_advertised()
    phone = world.bluez.central("phone")
    assert await pair(phone, ANOTHER) == "WrongCode"
    assert await pair(world.bluez.central("second")) == "Busy"
    phone.go()
    await world.until(lambda: world.desk.state() == "open")
    assert await pair(world.bluez.central("second")) == "paired"


async def test_who_connects_keeps_nobody_away(world: World) -> None:
    await world.peripheral.let_in(True)
    await world.until_advertised()
    world.bluez.central("silent").come()
    await world.until(lambda: world.bluez.asked.count("RegisterAdvertisement") == 2)
    await world.until_advertised()
    assert await pair(world.bluez.central("phone")) == "paired"


async def test_nobody_stays_longer_than_a_pairing_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pairing.bluez.STAYS_S", 0.0)
    await world.peripheral.let_in(True)
    await world.until_advertised()
    phone = world.bluez.central("phone")
    assert await pair(phone, ANOTHER) == "WrongCode"
    assert world.desk.state() == "pairing"
    phone.come()
    await world.until(lambda: "Disconnect" in world.bluez.asked and world.desk.state() == "open")


async def test_who_is_connected_to_another_adapter_is_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pairing.bluez.STAYS_S", 0.0)
    await world.peripheral.let_in(True)
    await world.until_advertised()
    world.bluez.connected("/org/bluez/hci1/dev_box")
    world.bluez.central("phone").come()
    await world.until(lambda: "Disconnect" in world.bluez.asked)
    assert world.bluez.asked.count("Disconnect") == 1


async def test_a_new_bluetoothd_is_found_and_told_everything_again(world: World) -> None:
    await world.peripheral.let_in(True)
    await world.until_advertised()
    await world.bluez.stop()
    world.bluez = await BlueZ.started(world.address)
    await world.until_advertised()
    assert await pair(world.bluez.central("phone")) == "paired"


async def test_an_adapter_that_comes_and_goes_is_told_and_used(world: World) -> None:
    await world.peripheral.let_in(True)
    await world.until_advertised()
    await world.bluez.unplug()
    await world.until(lambda: world.told[-1:] == ["There is no Bluetooth: no adapter is there."])
    await world.bluez.plug_in()
    await world.until_advertised()
    await world.until(lambda: world.told[-1] == "")
    assert await pair(world.bluez.central("phone")) == "paired"


async def test_what_bluez_refuses_is_told(world: World) -> None:
    world.bluez.refuses = {"RegisterAdvertisement"}
    await world.peripheral.let_in(True)
    await world.until(lambda: bool(world.told))
    assert "RegisterAdvertisement ends with" in world.told[-1]


@pytest.mark.parametrize(
    ("characteristic", "value", "offset"),
    [
        (gatt.TO_BOX, b"", 0),
        (gatt.TO_BOX, b"\x01middle", 0),
        (gatt.TO_BOX, bytes(513), 0),
        (gatt.TO_BOX, b"\xc0rest", 5),
        (gatt.FROM_BOX, b"x", 0),
        (gatt.BELL, b"x", 0),
    ],
)
async def test_nonsense_is_refused_and_the_next_phone_pairs(
    world: World, characteristic: str, value: bytes, offset: int
) -> None:
    await world.peripheral.let_in(True)
    await world.until_advertised()
    stranger = world.bluez.central("stranger")
    with pytest.raises(Refused):
        await stranger.write(characteristic, value, offset)
    with pytest.raises(Refused):
        await stranger.read(gatt.FROM_BOX, 600)
    with pytest.raises(Refused):
        await stranger.read(gatt.TO_BOX)
    stranger.go()
    assert await pair(world.bluez.central("phone")) == "paired"


async def test_more_devices_than_fit_are_refused(world: World) -> None:
    await world.peripheral.let_in(True)
    await world.until_advertised()
    many = [world.bluez.central(str(number)) for number in range(gatt.MOST_VISITORS + 1)]
    for each in many[:-1]:
        assert await each.read(gatt.FROM_BOX) == b""
    with pytest.raises(Refused, match="Failed"):
        await many[-1].read(gatt.FROM_BOX)
    many[0].go()
    async with asyncio.timeout(SOON_S):
        while True:
            try:
                assert await many[-1].read(gatt.FROM_BOX) == b""
                return
            except Refused:
                await asyncio.sleep(0.01)
