"""Looking for networks and joining one, with a NetworkManager on a real D-Bus; the real one is in tests/image."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pairing.errors import (
    JoinFailed,
    NetworkNotFound,
    NoAddress,
    NoRadio,
    UnsupportedNetwork,
    WrongPassword,
)
from pairing.networkmanager import DEVICE, NetworkManager
from pairing.wifi import Network, Security, Wanted
from systembus.client import SystemBus
from tests.fakes import networkmanager as fake
from tests.fakes.bluez import dbus
from tests.fakes.networkmanager import FAILED, point

WANTED = Wanted(b"Home", b"correct horse")
SOON_S = 10.0
SAE, ENTERPRISE = 0x400, 0x200


@pytest_asyncio.fixture
async def manager(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[fake.NetworkManager]:
    async with dbus() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        manager = await fake.NetworkManager.started(address)
        manager.points = [
            point(b"Home", 40),
            point(b"Home", 70),
            point(b"Cafe", 60, keys=0),
            point(b"", address="02:00:00:00:00:09"),
        ]
        yield manager
        await manager.stop()


@pytest.fixture
def wifi(manager: fake.NetworkManager) -> NetworkManager:
    return NetworkManager()


async def test_it_looks_around_first_and_lists_each_name_once(
    manager: fake.NetworkManager, wifi: NetworkManager
) -> None:
    assert await wifi.look() == [Network(b"Home", 70, Security.WPA2), Network(b"Cafe", 60, Security.OPEN)]
    assert manager.asked.index("RequestScan") < manager.asked.index("GetAllAccessPoints")


async def test_what_was_joined_is_written_down_and_its_older_password_forgotten(
    manager: fake.NetworkManager, wifi: NetworkManager
) -> None:
    for _ in range(2):
        await wifi.join(WANTED)
    await wifi.join(Wanted(b"Cafe", b""))
    assert manager.written == set(manager.profiles)
    known = [bytes(each["802-11-wireless"]["ssid"].value) for each in manager.profiles.values()]
    assert sorted(known) == [b"Cafe", b"Home"]


@pytest.mark.parametrize(
    ("reason", "error"), [(7, WrongPassword), (53, NetworkNotFound), (17, NoAddress), (11, JoinFailed)]
)
async def test_what_could_not_be_joined_is_forgotten_and_the_reason_told(
    manager: fake.NetworkManager, wifi: NetworkManager, reason: int, error: type[JoinFailed]
) -> None:
    await wifi.join(Wanted(b"Cafe", b""))
    before = dict(manager.profiles)
    manager.ends = (FAILED, reason)
    with pytest.raises(error):
        await wifi.join(WANTED)
    assert manager.profiles == before


async def test_a_wrong_password_of_wpa3s_is_told_by_the_supplicant(
    manager: fake.NetworkManager, wifi: NetworkManager
) -> None:
    manager.points, manager.rejects = [point(b"Home", keys=SAE)], True
    with pytest.raises(WrongPassword):
        await wifi.join(WANTED)
    assert not manager.profiles


async def test_a_hidden_network_is_asked_for_by_its_name(manager: fake.NetworkManager, wifi: NetworkManager) -> None:
    manager.hidden[b"Attic"] = point(b"Attic")
    await wifi.join(Wanted(b"Attic", b"correct horse"))
    await wifi.join(WANTED)
    of_wifi = [each["802-11-wireless"] for each in manager.profiles.values()]
    hidden = {bytes(each["ssid"].value): each["hidden"].value for each in of_wifi}
    assert (hidden, manager.written) == ({b"Attic": True, b"Home": False}, set(manager.profiles))
    with pytest.raises(NetworkNotFound):
        await wifi.join(Wanted(b"Cellar", b"correct horse"))


async def test_what_can_not_be_joined_is_not_tried(manager: fake.NetworkManager, wifi: NetworkManager) -> None:
    manager.points = [point(b"Home", keys=ENTERPRISE)]
    with pytest.raises(UnsupportedNetwork):
        await wifi.join(WANTED)
    assert "AddAndActivateConnection2" not in manager.asked


async def test_who_is_interrupted_leaves_nothing_behind(manager: fake.NetworkManager, wifi: NetworkManager) -> None:
    manager.ends = None
    joining = asyncio.create_task(wifi.join(WANTED))
    async with asyncio.timeout(SOON_S):
        while not manager.profiles:
            await asyncio.sleep(0.01)
    joining.cancel()
    await asyncio.gather(joining, return_exceptions=True)
    assert joining.cancelled() and not manager.profiles
    manager.ends = (fake.ACTIVATED, 0)
    await wifi.join(WANTED)


async def test_a_radio_that_can_be_used_later_is_noticed(manager: fake.NetworkManager, wifi: NetworkManager) -> None:
    manager.usable = False
    async with wifi.watched() as changed:
        with pytest.raises(NoRadio):
            await wifi.joined()
        manager.plug()
        async with asyncio.timeout(SOON_S):
            await changed.wait()
        assert await wifi.look()


async def test_what_others_say_about_the_radio_is_not_believed(
    manager: fake.NetworkManager, wifi: NetworkManager
) -> None:
    manager.ends = None
    async with SystemBus.connected() as stranger:
        joining = asyncio.create_task(wifi.join(WANTED))
        async with asyncio.timeout(SOON_S):
            while not manager.profiles:
                await asyncio.sleep(0.01)
        stranger.signal(fake.RADIO, DEVICE, "StateChanged", "uuu", fake.ACTIVATED, 30, 0)
        await asyncio.sleep(0.1)
        assert not joining.done()
        manager.comes_to(FAILED, 17)
        with pytest.raises(NoAddress):
            await joining


async def test_a_box_without_wi_fi_says_so(manager: fake.NetworkManager, wifi: NetworkManager) -> None:
    manager.usable = False
    for _ in range(2):
        with pytest.raises(NoRadio):
            await wifi.look()
        with pytest.raises(NoRadio):
            await wifi.join(WANTED)
        manager.radios = []


async def test_a_box_without_networkmanager_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dbus() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        with pytest.raises(NoRadio):
            await NetworkManager().joined()
