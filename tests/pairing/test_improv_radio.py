"""Improv in the box's GATT table: read, written and listened to, with a home's networks in reach or none."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from bus import subjects as s
from bus.client import Bus
from pairing import improv
from pairing.errors import Malformed
from pairing.home_wifi import HomeWifi
from pairing.improv import About, Error, Improv, Rpc, State, framed, parsed, strings
from pairing.improv_radio import MOST_VISITORS, ImprovRadio
from pairing.voice import Voice
from tests.fakes.local_bus import LocalBus
from tests.fakes.wifi import CAFE, HOME, PASSWORD, NoWifi, Wifi, hotspot

SOON_S = 10.0
PAGE = "http://192.168.1.20:7767/"


class World:
    """A box with that radio; `notified` is the last value of each characteristic, `advertised` how often it was said
    that something else is advertised."""

    def __init__(self, wifi: Wifi) -> None:
        self.now_s = 1000.0
        self.bus, self.wifi = LocalBus(lambda: 0), wifi
        self.notified: dict[str, bytes] = {}
        self.advertised = self.identified = 0
        self.home = HomeWifi(cast(Bus, self.bus), wifi, hotspot(wifi), Voice(cast(Bus, self.bus), "en", 0.0))
        self.radio = ImprovRadio(
            Improv(About("Spoq", "1.2", "QEMU", "Spoq-X9RC", "spoq-x9rc"), provisioned=False),
            self.home,
            self._notify,
            self._advertise,
            self._identify,
            lambda: PAGE,
            lambda: self.now_s,
        )

    def _notify(self, characteristic: str, value: bytes) -> None:
        self.notified[characteristic] = value

    def _advertise(self) -> None:
        self.advertised += 1

    def _identify(self) -> None:
        self.identified += 1

    def shows(self) -> tuple[State, Error]:
        state, error = (self.radio.read("phone", each, 0, 23) for each in (improv.STATE, improv.ERROR))
        return State(state[0]), Error(error[0])

    def write(self, command: Rpc, data: bytes = b"") -> None:
        self.radio.write("phone", improv.COMMAND, framed(command, data), 0, 23)

    def join(self, ssid: bytes, password: bytes) -> None:
        self.write(Rpc.WIFI, bytes((len(ssid),)) + ssid + bytes((len(password),)) + password)

    async def until(self, seen: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON_S):
            while not seen():
                await asyncio.sleep(0.01)

    async def answer(self, command: Rpc) -> list[bytes]:
        await self.until(lambda: improv.RESULT in self.notified)
        frame = self.notified.pop(improv.RESULT)
        assert self.radio.read("phone", improv.RESULT, 0, 23) == frame
        number, data = parsed(frame)
        assert number == command
        return strings(data)


async def test_it_is_advertised_where_there_is_a_radio_and_says_whether_it_is_in_a_network() -> None:
    world = World(Wifi())
    assert world.radio.advertised is None
    await world.home.let_in(True)
    await world.until(lambda: world.radio.advertised is not None)
    assert world.radio.advertised is not None
    data = world.radio.advertised["ServiceData"].value[improv.SERVICE_DATA].value
    assert data == bytes((State.AUTHORIZATION_REQUIRED, improv.ALL, 0, 0, 0, 0))
    without = World(NoWifi())
    await without.home.let_in(True)
    await without.until(lambda: without.advertised > 0)
    assert without.radio.advertised is None


async def test_networks_are_listed_and_one_is_joined_within_a_minute_of_the_button() -> None:
    world = World(Wifi())
    world.join(HOME.ssid, PASSWORD)
    assert world.shows() == (State.AUTHORIZATION_REQUIRED, Error.NOT_AUTHORIZED)
    world.radio.press()
    world.write(Rpc.SCAN)
    assert await world.answer(Rpc.SCAN) == [b"Home", b"-60", b"WPA3", "Caf\ufffd".encode(), b"-80", b"NO"]
    world.join(HOME.ssid, b"wrong horse")
    assert world.shows() == (State.PROVISIONING, Error.NONE)
    await world.until(lambda: world.shows() == (State.AUTHORIZED, Error.UNABLE_TO_CONNECT))
    world.join(HOME.ssid, PASSWORD)
    assert await world.answer(Rpc.WIFI) == [PAGE.encode()]
    assert world.shows() == (State.PROVISIONED, Error.NONE)
    assert [each.ssid for each in world.wifi.known] == [HOME.ssid]
    rings = [each.state for each in world.bus.bodies(s.HARDWARE_RING_SET)]
    assert rings == ["joining", "", "joining", ""]


async def test_an_open_network_has_no_password_and_the_box_the_name_that_somebody_gave_it() -> None:
    world = World(Wifi())
    world.radio.press()
    world.write(Rpc.HOSTNAME, b"\x07kitchen")
    assert await world.answer(Rpc.HOSTNAME) == [b"kitchen"]
    world.join(CAFE.ssid, b"")
    await world.answer(Rpc.WIFI)
    assert [(each.ssid, each.password, each.hostname) for each in world.wifi.known] == [(CAFE.ssid, b"", "kitchen")]


async def test_what_it_is_and_where_it_is_anybody_may_ask() -> None:
    world = World(NoWifi())
    world.write(Rpc.DEVICE_INFO)
    assert await world.answer(Rpc.DEVICE_INFO) == [b"Spoq", b"1.2", b"QEMU", b"Spoq-X9RC"]
    world.write(Rpc.IDENTIFY)
    assert world.identified == 1
    world.write(Rpc.SCAN)
    assert await world.answer(Rpc.SCAN) == []


async def test_without_a_radio_it_says_that_it_could_not_and_may_be_asked_again() -> None:
    world = World(NoWifi())
    world.radio.press()
    world.join(HOME.ssid, PASSWORD)
    assert world.shows() == (State.PROVISIONING, Error.NONE)
    await world.until(lambda: world.shows()[0] is not State.PROVISIONING)
    assert world.shows() == (State.AUTHORIZED, Error.UNABLE_TO_CONNECT)


async def test_the_minute_ends_by_itself() -> None:
    world = World(Wifi())
    world.radio.press()
    assert world.shows() == (State.AUTHORIZED, Error.NONE)
    world.now_s += improv.AUTHORIZED_S
    await world.until(lambda: world.shows()[0] is not State.AUTHORIZED)
    assert world.shows() == (State.AUTHORIZATION_REQUIRED, Error.NONE)


def test_nonsense_and_what_is_not_read_or_written_is_refused() -> None:
    world = World(Wifi())
    for characteristic, offset in ((improv.COMMAND, 0), (improv.STATE, 2), (improv.STATE, -1), ("nobody's", 0)):
        with pytest.raises(Malformed):
            world.radio.read("phone", characteristic, offset, 23)
    for characteristic, offset in ((improv.STATE, 0), (improv.COMMAND, 1)):
        with pytest.raises(Malformed):
            world.radio.write("phone", characteristic, b"\x02\x00\x02", offset, 23)
    world.radio.write("phone", improv.COMMAND, b"\x02\x00\x02\x02", 0, 23)
    assert world.shows() == (State.AUTHORIZATION_REQUIRED, Error.INVALID_RPC)


def test_a_frame_comes_in_pieces_and_each_phone_has_its_own() -> None:
    world = World(Wifi())
    frame = framed(Rpc.IDENTIFY, b"")
    for visitor, piece in (("one", frame[:1]), ("two", frame[:2]), ("one", frame[1:]), ("two", frame[2:])):
        world.radio.write(visitor, improv.COMMAND, piece, 0, 23)
    assert world.identified == 2


def test_many_phones_take_no_room_for_ever() -> None:
    world = World(Wifi())
    for number in range(MOST_VISITORS):
        world.radio.write(f"{number}", improv.COMMAND, b"\x02", 0, 23)
    with pytest.raises(Malformed):
        world.radio.write("late", improv.COMMAND, b"\x02", 0, 23)
    world.radio.gone("0")
    world.radio.write("late", improv.COMMAND, framed(Rpc.IDENTIFY, b""), 0, 23)
    assert world.identified == 1
