"""An owner's device changes the box's Wi-Fi: through the gateway and a real bus, to pairingd's service behind it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from pairing.home_wifi import HomeWifi
from pairing.voice import Voice
from pairing.wifi_service import WifiService
from tests.conftest import Connect
from tests.fakes.wifi import CAFE, HOME, PASSWORD, Wifi, hotspot
from tests.gateway.rig import Gateway, gateway


@dataclass
class Spy:
    """Who sees what pairingd is asked."""

    service: WifiService
    asked: list[pb.JoinWifi]

    async def join(self, message: Received[pb.JoinWifi]) -> pb.Reply:
        self.asked.append(message.body)
        return await self.service._join(message)


@dataclass
class House:
    gateway: Gateway
    wifi: Wifi
    pairingd: Bus
    spy: Spy


@pytest_asyncio.fixture
async def house(connect: Connect, tmp_path: Path) -> AsyncIterator[House]:
    async with connect("pairingd") as pairingd, gateway(connect, tmp_path) as here:
        wifi = Wifi()
        service = WifiService(HomeWifi(pairingd, wifi, hotspot(wifi), Voice(pairingd, "en", 0.0)))
        spy = Spy(service, [])
        await pairingd.serve(s.WIFI_LIST, service._list)
        await pairingd.serve(s.WIFI_JOIN, spy.join)
        await pairingd.flush()
        yield House(here, wifi, pairingd, spy)


async def test_the_owner_sees_the_networks_and_the_box_joins_one(house: House) -> None:
    anna = house.gateway.anna
    asked = {"ssid": HOME.ssid.hex(), "password": PASSWORD.decode()}
    assert (await anna.ask("POST", "/v1/wifi", asked)).status == 204
    assert [each.ssid for each in house.wifi.known] == [HOME.ssid]
    assert PASSWORD not in house.spy.asked[0].SerializeToString()
    seen = (await anna.ask("GET", "/v1/wifi")).body["networks"]
    assert seen == [
        {"name": "Home", "ssid": "486f6d65", "strength": 80, "security": "wpa3", "joined": True},
        {"name": "Caf\ufffd", "ssid": "436166e9", "strength": 40, "security": "open", "joined": False},
    ]
    assert (await anna.ask("POST", "/v1/wifi", {"ssid": seen[1]["ssid"]})).status == 204
    assert house.wifi.known[-1].ssid == CAFE.ssid


async def test_a_wrong_password_and_a_network_that_is_not_there_are_told(house: House) -> None:
    anna = house.gateway.anna
    wrong = await anna.ask("POST", "/v1/wifi", {"ssid": HOME.ssid.hex(), "password": "wrong horse"})
    assert (wrong.status, wrong.body["error"]["message"]) == (409, "That is not this network's password.")
    nowhere = await anna.ask("POST", "/v1/wifi", {"ssid": b"Nowhere".hex(), "password": "wrong horse"})
    assert "can't see a network of that name" in nowhere.body["error"]["message"]
    for ssid in ("", "xyz", "00" * 33):
        assert (await anna.ask("POST", "/v1/wifi", {"ssid": ssid})).status == 400
    short = await anna.ask("POST", "/v1/wifi", {"ssid": HOME.ssid.hex(), "password": "short"})
    assert short.body["error"]["message"] == "A Wi-Fi password has 8 to 63 characters."
    assert not house.wifi.known


async def test_nobody_else_may(house: House) -> None:
    for method, body in (("GET", None), ("POST", {"ssid": HOME.ssid.hex(), "password": PASSWORD.decode()})):
        answer = await house.gateway.ben.ask(method, "/v1/wifi", body)
        assert (answer.status, answer.code) == (403, "not_allowed")
    assert not house.wifi.known and not house.spy.asked


async def test_a_password_that_was_sealed_before_pairingd_started_anew_is_asked_for_again(house: House) -> None:
    service = WifiService(HomeWifi(house.pairingd, house.wifi, hotspot(house.wifi), Voice(house.pairingd, "en", 0.0)))
    house.spy.service = service
    asked = {"ssid": HOME.ssid.hex(), "password": PASSWORD.decode()}
    answer = await house.gateway.anna.ask("POST", "/v1/wifi", asked)
    assert answer.body["error"]["message"] == "The box has started anew meanwhile. Try again."
