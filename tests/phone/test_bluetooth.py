"""A computer pairs with a box by Bluetooth: bleak, a BlueZ on a real D-Bus, and the box's own service behind it."""

import argparse
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cli import phone
from pairing import gatt
from pairing.device_side import DeviceSide, Wishes
from pairing.errors import PairingError
from pairing.setup_code import SetupCode
from pairing.wifi import Wanted
from phone import pairing, radio
from phone.errors import Denied, NoBluetooth, NotFound, NotReached
from phone.keeping import home
from phone.pairing import Paired
from tests.conftest import Connect
from tests.fakes.bluez import dbus
from tests.fakes.bluez_central import InReach, Laptop
from tests.fakes.wifi import PASSWORD
from tests.pairing.visitors import ANOTHER, CODE, SERIAL
from tests.phone import near
from tests.phone.near import HOME_ADDRESS, RECOVERY_KEY, NearBox

HERE, ELSEWHERE = "C0:FF:EE:00:00:01", "C0:FF:EE:00:00:02"
pytestmark = pytest.mark.usefixtures("nothing_of_bleak")

JOINING = "It looks for the Wi-Fi …"


class World:
    """A laptop, and a box in its reach, until something is told that is `lost_when`. `told`: what was so far."""

    def __init__(self, laptop: Laptop, box: NearBox) -> None:
        self.laptop, self.box = laptop, box
        self.told: list[str] = []
        self.lost_when = ""
        self.there = laptop.near[HERE] = InReach(SERIAL.bluetooth_name, box)

    async def pair(self, code: SetupCode = CODE, wifi: Wanted | None = None) -> Paired:
        seen = await radio.the_only(SERIAL, None)
        return await pairing.pair(radio.Radio(seen), code, SERIAL, "anna", self.tell, wifi)

    def tell(self, words: str) -> None:
        self.told.append(words)
        if words == self.lost_when:
            self.laptop.lost_at = 0


@pytest_asyncio.fixture
async def laptop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Laptop]:
    async with dbus() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        laptop = await Laptop.started(address)
        yield laptop
        await laptop.stop()


@pytest_asyncio.fixture
async def world(
    connect: Connect, laptop: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    monkeypatch.setenv("SPOQ_PHONE", str(tmp_path / "phone"))
    async with near.box(connect, tmp_path) as box:
        yield World(laptop, box)


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is there is there at once; and no test ends because a wait does, but where it says so."""
    monkeypatch.setattr(radio, "LOOK_S", 0.5)
    monkeypatch.setattr(radio, "OTHERS_S", 0.1)
    monkeypatch.setattr(radio, "TRANSACTION_S", 1000.0)


@pytest.mark.parametrize(("mtu", "tells_mtu", "longest"), [(103, True, 100), (23, True, 20), (103, False, 20)])
async def test_a_computer_pairs_and_keeps_what_it_was_given(
    world: World, mtu: int, tells_mtu: bool, longest: int
) -> None:
    world.box.mtu, world.laptop.tells_mtu = mtu, tells_mtu
    paired = await world.pair()
    assert await world.box.known() == ["anna"]
    assert (paired.recovery_key, paired.wifi_trouble) == (RECOVERY_KEY, "")
    kept = paired.keep()
    assert (kept.box().serial, kept.box().addresses) == (str(SERIAL), ())
    assert world.told == list(pairing.STEPS.values())
    assert world.there.longest == longest, "nothing is written in more than one packet"
    assert not world.there.connected


async def test_a_wrong_code_is_told_and_who_mistyped_types_again(world: World) -> None:
    with pytest.raises(PairingError, match="That is not this box's code"):
        await world.pair(ANOTHER)
    assert (world.box.guesses.read(), await world.box.known()) == (1, [])
    await world.pair()
    assert await world.box.known() == ["anna"]


async def test_the_box_joins_a_network_and_says_where_it_is(world: World) -> None:
    paired = await world.pair(wifi=Wanted(b"Home", PASSWORD))
    assert world.box.wifi.known == [Wanted(b"Home", PASSWORD)]
    assert (paired.wifi_trouble, paired.box.addresses) == ("", (HOME_ADDRESS,))
    assert world.told[-1] == JOINING


async def test_a_network_that_is_not_joined_is_told_and_the_computer_is_paired_all_the_same(world: World) -> None:
    paired = await world.pair(wifi=Wanted(b"Home", b"wrong horse"))
    assert paired.wifi_trouble == "That is not this network's password."
    assert paired.keep().box().serial == str(SERIAL)


async def test_of_a_box_in_no_network_it_is_said_how_it_joins_one(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = argparse.Namespace(code=CODE.digits, box=str(SERIAL), at=None, name="anna", bluetooth=True, wifi="")
    await phone.pair(typed)
    said = capsys.readouterr()
    assert RECOVERY_KEY in said.out and f"Paired with {SERIAL}, as “anna”" in said.out
    assert said.err.splitlines()[-1] == phone.IN_NO_NETWORK


@pytest.mark.parametrize("lost_at", [1, 4, 20])
async def test_a_box_that_goes_away_in_the_middle_is_told_and_nothing_is_kept(world: World, lost_at: int) -> None:
    world.laptop.lost_at = lost_at
    with pytest.raises(NotReached, match="has ended"):
        await world.pair()
    assert not list(home().glob("*/*"))
    assert await world.box.known() == []


async def test_who_is_lost_while_the_box_joins_is_paired_all_the_same(world: World) -> None:
    world.box.wifi.goes_on.clear()
    world.lost_when = JOINING
    paired = await world.pair(wifi=Wanted(b"Home", PASSWORD))
    assert paired.wifi_trouble == pairing.WENT_AWAY
    assert await world.box.known() == ["anna"]


class LostAtTheEnd(radio.Radio):
    """The box is out of reach when it is told that nothing more is wanted."""

    async def converse(self, side: DeviceSide, wishes: Wishes) -> None:
        def wish(side: DeviceSide) -> bytes:
            said = wishes(side)
            if side.over:
                raise NotReached
            return said

        await super().converse(side, wish)


async def test_who_is_lost_when_the_box_has_joined_is_told_of_no_trouble(world: World) -> None:
    way = LostAtTheEnd(await radio.the_only(SERIAL, None))
    paired = await pairing.pair(way, CODE, SERIAL, "anna", world.tell, Wanted(b"Home", PASSWORD))
    assert (paired.wifi_trouble, paired.box.addresses) == ("", (HOME_ADDRESS,))


@pytest.mark.parametrize("method", ["ReadValue", "WriteValue", "StartNotify"])
async def test_a_box_that_says_nothing_is_not_waited_for_for_ever(
    world: World, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(radio, "TRANSACTION_S", 0.1)
    world.laptop.silent.add(method)
    with pytest.raises(NotReached, match="has ended"):
        await world.pair()
    assert not world.there.connected


async def test_a_box_with_too_many_visitors_says_no(world: World) -> None:
    for number in range(gatt.MOST_VISITORS):
        world.box.radio.write(f"visitor {number}", gatt.TO_BOX, bytes((0x80,)), 0, 23)
    with pytest.raises(Denied, match="Try again in a minute"):
        await world.pair()


async def test_where_nobody_waits_it_is_said_what_to_look_at(laptop: Laptop) -> None:
    with pytest.raises(NotFound, match="Is it plugged in, and near"):
        await radio.the_only(None, None)
    assert laptop.asked[-2:] == ["StopDiscovery", "SetDiscoveryFilter"]


async def test_of_several_boxes_one_is_chosen_by_its_serial_or_its_address(laptop: Laptop) -> None:
    laptop.near = {HERE: InReach(SERIAL.bluetooth_name), ELSEWHERE: InReach("Spoq-\x1b7KQM")}
    with pytest.raises(NotFound) as several:
        await radio.the_only(None, None)
    assert f"Spoq-X9RC ({HERE}), Spoq-7KQM ({ELSEWHERE}). Say which: --at ADDRESS." in str(several.value)
    assert (await radio.the_only(SERIAL, None)).address == HERE
    assert (await radio.the_only(None, ELSEWHERE.lower())).name == "Spoq-7KQM"


@pytest.mark.parametrize(
    ("adapter", "powered", "sentence"), [(False, True, "Has it one"), (True, False, "is off. Turn it on")]
)
async def test_a_computer_without_bluetooth_is_told(
    laptop: Laptop, adapter: bool, powered: bool, sentence: str
) -> None:
    laptop.adapter, laptop.powered = adapter, powered
    with pytest.raises(NoBluetooth, match=sentence):
        await radio.the_only(None, None)


async def test_without_bluez_or_a_bus_there_is_no_bluetooth(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with dbus() as address:
        for each in (address, f"unix:path={tmp_path}/no-bus"):
            monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", each)
            with pytest.raises(NoBluetooth, match="BlueZ, on Linux"):
                await radio.the_only(None, None)


async def test_a_bluez_that_says_nothing_is_not_waited_for_for_ever(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(radio, "BEGIN_S", 0.1)
    laptop.silent.add("GetManagedObjects")
    with pytest.raises(NoBluetooth):
        await radio.the_only(None, None)


async def test_a_bluez_that_dies_in_the_middle_is_told(world: World) -> None:
    world.laptop.dies_at = 4
    with pytest.raises(NotReached):
        await world.pair()
