"""The box's Wi-Fi for everybody in it: one joins at a time, and a radio may come late."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from bus import subjects as s
from bus.client import Bus
from pairing import home_wifi
from pairing.errors import AlreadyJoining, NoRadio
from pairing.home_wifi import HomeWifi
from pairing.voice import Voice
from pairing.wifi import Network, Security, Settings, Wanted
from tests.fakes.local_bus import LocalBus
from tests.fakes.wifi import CAFE, HOME, PASSWORD, Wifi, hotspot

SOON_S = 10.0
WANTED = Wanted(HOME.ssid, PASSWORD)


class LateWifi(Wifi):
    """A radio that is there from `plug` on."""

    there = False

    def plug(self) -> None:
        self.there = True
        self.changed.set()

    async def joined(self) -> Network | None:
        if not self.there:
            raise NoRadio
        return await super().joined()

    async def add(self, identity: str, settings: Settings) -> None:
        if not self.there:
            raise NoRadio
        await super().add(identity, settings)


class World:
    """`told` is what listeners heard."""

    def __init__(self, radio: Wifi) -> None:
        self.bus, self.radio = LocalBus(lambda: 0), radio
        self.home = HomeWifi(cast(Bus, self.bus), radio, hotspot(radio), Voice(cast(Bus, self.bus), "en", 0.0))
        self.told: list[bool | None] = []
        self.home.listen(self.told.append)

    @property
    def rings(self) -> list[str]:
        return [each.state for each in self.bus.bodies(s.HARDWARE_RING_SET)]

    async def until(self, seen: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON_S):
            while not seen():
                await asyncio.sleep(0.01)


async def test_who_comes_second_is_refused_and_disturbs_nobody() -> None:
    world = World(Wifi())
    await world.home.let_in(True)
    await world.until(lambda: bool(world.radio.profiles))
    world.radio.goes_on.clear()
    first = asyncio.create_task(world.home.join(WANTED))
    await world.until(lambda: world.rings == ["joining"])
    with pytest.raises(AlreadyJoining):
        await world.home.join(WANTED)
    assert (world.rings, world.radio.profiles) == (["joining"], {})
    world.radio.goes_on.set()
    await first
    assert world.rings == ["joining", ""]


async def test_a_box_does_not_see_its_own_hotspot() -> None:
    class Mirror(Wifi):
        async def look(self) -> list[Network]:
            return [*await super().look(), Network(b"Spoq-Setup-X9RC", 90, Security.WPA2)]

    world = World(Mirror())
    assert await world.home.look() == [HOME, CAFE]


async def test_a_radio_that_comes_late_is_noticed_and_told() -> None:
    world = World(LateWifi())
    await world.home.let_in(True)
    await world.until(lambda: world.told == [None])
    assert not world.radio.profiles
    assert isinstance(world.radio, LateWifi)
    world.radio.plug()
    await world.until(lambda: bool(world.radio.profiles))
    assert world.told == [None, False]


async def test_a_radio_that_works_a_moment_later_looks_around_before_it_is_a_hotspot() -> None:
    class Slow(LateWifi):
        async def joined(self) -> Network | None:
            try:
                return await super().joined()
            finally:
                self.there = True

    world = World(Slow())
    await world.home.let_in(True)
    await world.until(lambda: world.told == [None])
    assert not world.radio.profiles
    world.radio.changed.set()
    await world.until(lambda: bool(world.radio.profiles))
    world.radio.networks.clear()
    assert await world.home.look() == [HOME, CAFE]


async def test_a_radio_that_can_not_look_around_is_a_hotspot_all_the_same_and_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Blind(Wifi):
        looks = 0

        async def look(self) -> list[Network]:
            self.looks += 1
            raise NoRadio

    monkeypatch.setattr(home_wifi, "AGAIN_S", 0.01)
    world = World(radio := Blind())
    await world.home.let_in(True)
    await world.until(lambda: bool(world.radio.profiles))
    assert (radio.looks, world.told) == (2, [False, False])


async def test_where_nobody_says_that_a_radio_came_it_is_looked_for_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(home_wifi, "AGAIN_S", 0.01)
    world = World(LateWifi())
    await world.home.let_in(True)
    await world.until(lambda: len(world.told) > 2)
    assert set(world.told) == {None}
    assert isinstance(world.radio, LateWifi)
    world.radio.there = True
    await world.until(lambda: bool(world.radio.profiles))
    await world.home.let_in(False)
    await world.until(lambda: not world.radio.profiles)
