"""The box's own network: there while somebody may pair, away while the box joins another."""

from collections.abc import AsyncIterator
from typing import cast

import pytest
import pytest_asyncio

from bus.client import Bus
from pairing import hotspot
from pairing.errors import NetworkNotFound
from pairing.home_wifi import HomeWifi
from pairing.networkmanager import NetworkManager
from pairing.voice import Voice
from pairing.wifi import Wanted
from tests.fakes import networkmanager as fake
from tests.fakes import wifi
from tests.fakes.bluez import dbus
from tests.fakes.local_bus import LocalBus
from tests.fakes.wifi import NoWifi, Wifi

NAME = "Spoq-Setup-X9RC"


@pytest_asyncio.fixture
async def manager(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[fake.NetworkManager]:
    async with dbus() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        manager = await fake.NetworkManager.started(address)
        yield manager
        await manager.stop()


async def test_it_is_there_as_long_as_somebody_may_pair() -> None:
    radio = Wifi()
    box = wifi.hotspot(radio)
    await box.let_in(False)
    assert not radio.profiles
    await box.let_in(True)
    assert list(radio.profiles) == [hotspot.identity(NAME)]
    await box.let_in(False)
    assert not radio.profiles


def test_its_channel_is_one_that_every_country_lets_it_begin_on() -> None:
    """NetworkManager's own choice is not, for some names."""
    channels = [hotspot.settings(f"Spoq-Setup-{number:04}", "")["802-11-wireless"]["channel"] for number in range(60)]
    assert set(channels) == {("u", 1), ("u", 6), ("u", 11)}


async def test_it_is_away_while_the_radio_is_needed_and_comes_back_whatever_came_of_that() -> None:
    radio = Wifi()
    box = wifi.hotspot(radio)
    await box.let_in(True)
    async with box.away():
        assert not radio.profiles
    assert radio.profiles
    home = HomeWifi(cast(Bus, LocalBus(lambda: 0)), radio, box, Voice(cast(Bus, LocalBus(lambda: 0)), "en", 0.0))
    with pytest.raises(NetworkNotFound):
        await home.join(Wanted(b"Nowhere", b""))
    assert (radio.hotspots, bool(radio.profiles)) == ([False], True)
    async with box.away():
        await box.let_in(False)
    assert not radio.profiles


async def test_a_box_without_wi_fi_has_none() -> None:
    box = wifi.hotspot(NoWifi())
    assert not await box.let_in(True)
    async with box.away():
        pass


def test_its_passphrase_is_the_labels_and_everything_else_comes_first() -> None:
    made = hotspot.settings(NAME, "k7pm-x3dh-w4qn-8tcb")
    assert made["802-11-wireless"]["ssid"] == ("ay", NAME.encode())
    assert made["802-11-wireless-security"]["psk"] == ("s", "k7pm-x3dh-w4qn-8tcb")
    assert made["connection"]["autoconnect-priority"] == ("i", hotspot.LAST)


async def test_networkmanager_is_told_once_and_one_that_was_left_behind_is_found(manager: fake.NetworkManager) -> None:
    made, identity = hotspot.settings(NAME, "k7pm-x3dh-w4qn-8tcb"), hotspot.identity(NAME)
    for _ in range(2):
        await NetworkManager().add(identity, made)
    [profile] = manager.profiles.values()
    assert profile["802-11-wireless"]["mode"].value == "ap"
    for _ in range(2):
        await NetworkManager().remove(identity)
    assert not manager.profiles


async def test_a_hotspot_sees_no_other_networks_and_is_none_that_was_joined(manager: fake.NetworkManager) -> None:
    manager.is_hotspot, manager.points = True, [fake.point(NAME.encode())]
    assert await NetworkManager().look() == []
    assert await NetworkManager().joined() is None
