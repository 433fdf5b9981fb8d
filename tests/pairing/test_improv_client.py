"""Improv with a client of others, as it is: Home Assistant's py-improv-ble-client, and a BlueZ on a real D-Bus."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from bleak import BleakScanner
from improv_ble_client import ImprovBLEClient, device_filter
from improv_ble_client.errors import ProvisioningFailed
from improv_ble_client.protocol import Error, State

from pairing import improv
from pairing.wifi import Network, Security
from tests.fakes.bluez_central import Laptop
from tests.fakes.wifi import HOME, PASSWORD
from tests.pairing.improv_box import ADDRESS, HOST_NAME, NAME, PAGE, ImprovBox, in_reach, until

pytestmark = pytest.mark.usefixtures("nothing_of_bleak")

LOOK_S = 0.2


class World:
    """A box, and a program on a laptop that sets gadgets up; its `client` has found it. `states`: what it was told."""

    def __init__(self, box: ImprovBox, laptop: Laptop) -> None:
        self.box, self.laptop = box, laptop
        self.states: list[State] = []
        self.client: ImprovBLEClient

    async def offers(self) -> bool:
        """Whether it offers the box to its person."""
        self.laptop.near[ADDRESS].advertised = self.box.advertised
        device, said = (await BleakScanner.discover(LOOK_S, return_adv=True))[ADDRESS]
        self.client = ImprovBLEClient(device, said)
        return device_filter(said)

    async def press(self) -> None:
        self.box.radio.press()
        await self.box.until_advertised(improv.State.AUTHORIZED)

    async def come(self) -> None:
        """It is connected, after the button; it has nothing more to ask its person for."""
        await self.press()
        assert not await self.client.need_authorization()

    async def join(self, ssid: str, password: bytes) -> str | None:
        return await self.client.provision(ssid, password.decode(), self.states.append)

    async def fails(self, ssid: str, password: bytes) -> Error:
        with pytest.raises(ProvisioningFailed) as failed:
            await self.join(ssid, password)
        await self.until_left()
        return failed.value.error

    async def until_left(self) -> None:
        """It goes away after each failure, and comes again with what its person asks for next."""
        await until(lambda: not self.laptop.near[ADDRESS].connected)


@pytest_asyncio.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with in_reach(monkeypatch) as (box, laptop):
        world = World(box, laptop)
        assert await world.offers()
        yield world
        if laptop.near[ADDRESS].connected:
            laptop.lose(ADDRESS)
            await until(lambda: not world.client._background_tasks)


async def test_it_offers_a_box_that_is_in_no_network_and_no_other(world: World) -> None:
    await world.press()
    assert await world.offers()
    assert (world.client.name, world.client.address) == (NAME, ADDRESS)
    await world.join("Home", PASSWORD)
    await world.box.until_advertised(improv.State.PROVISIONED)
    assert not await world.offers()


async def test_it_is_told_what_the_box_is_and_has_it_heard_without_the_button(world: World) -> None:
    assert await world.client.need_authorization()
    assert world.client.can_identify and world.client.can_set_hostname
    about = await world.client.get_device_info()
    assert (about.firmware_name, about.firmware_version) == (b"Spoq", b"1.2")
    assert (about.hardware_chip, about.device_name) == (b"QEMU", NAME.encode())
    await world.client.identify()
    assert world.box.identified == 1


async def test_nothing_is_joined_before_the_button_is_pressed(world: World) -> None:
    assert await world.fails("Home", PASSWORD) is Error.NOT_AUTHORIZED
    world.states.clear()
    await world.come()
    assert await world.join("Home", PASSWORD) == PAGE
    assert world.states[0] is State.PROVISIONING
    assert [(each.ssid, each.password) for each in world.box.wifi.known] == [(HOME.ssid, PASSWORD)]


async def test_it_lists_the_networks_and_an_open_one_has_no_password(world: World) -> None:
    world.box.wifi.networks.append(Network(b"Garden", 50, Security.OPEN))
    await world.come()
    networks = (await world.client.scan_wifi()).networks
    assert networks == [(b"Home", b"-60", b"WPA3"), (b"Garden", b"-75", b"NO"), ("Caf\ufffd".encode(), b"-80", b"NO")]
    assert await world.join("Garden", b"") == PAGE


async def test_it_gives_the_box_a_name(world: World) -> None:
    await world.come()
    assert await world.client.get_hostname() == HOST_NAME
    assert await world.client.set_hostname("kitchen") == "kitchen"
    await world.join("Home", PASSWORD)
    assert [each.hostname for each in world.box.wifi.known] == ["kitchen"]


async def test_after_a_wrong_password_its_person_types_another(world: World) -> None:
    await world.press()
    assert await world.fails("Home", b"wrong horse") is Error.UNABLE_TO_CONNECT
    assert not await world.client.need_authorization()
    assert await world.join("Home", PASSWORD) == PAGE


async def test_who_types_another_at_once_is_told_of_that_one(world: World) -> None:
    """The client is about to leave while it sends the second one, and so sends it twice."""
    await world.press()
    with pytest.raises(ProvisioningFailed):
        await world.join("Home", b"wrong horse")
    assert await world.join("Home", PASSWORD) == PAGE
    assert len(world.box.wifi.known) == 1


@pytest.mark.parametrize("joined_meanwhile", [False, True])
async def test_who_is_out_of_reach_while_the_box_joins_is_told_when_it_comes_again(
    world: World, joined_meanwhile: bool
) -> None:
    await world.press()
    world.box.wifi.goes_on.clear()
    joining = asyncio.create_task(world.join("Home", PASSWORD))
    await until(lambda: State.PROVISIONING in world.states)
    world.laptop.lose(ADDRESS)
    if not joined_meanwhile:
        await until(lambda: world.laptop.asked.count("WriteValue") == 2)
    world.box.wifi.goes_on.set()
    assert await joining == PAGE
    assert len(world.box.wifi.known) == 1
