"""An owner's device asks for a code that lets another one in; nobody on the bus can read it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest_asyncio

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.envelope import Received
from bus.sealed import SETUP_CODE, WIFI_PASSWORD, seal
from tests.conftest import Connect
from tests.gateway.rig import Gateway, gateway

CODE = "48217730"


@dataclass
class House:
    """A gateway, and an identityd that answers `refusal`, or with a code sealed for `purpose`."""

    gateway: Gateway
    refusal: str = ""
    purpose: bytes = SETUP_CODE
    asked: list[pb.OpenPairing] = field(default_factory=list)
    answered: list[pb.PairingOpened] = field(default_factory=list)

    def on_open(self, message: Received[pb.OpenPairing]) -> pb.PairingOpened:
        self.asked.append(message.body)
        sealed = seal(CODE.encode(), message.body.key, self.purpose)
        answer = pb.PairingOpened(refusal=self.refusal, sealed_code=sealed, seconds=600)
        self.answered.append(answer)
        return answer


@pytest_asyncio.fixture
async def house(connect: Connect, tmp_path: Path) -> AsyncIterator[House]:
    async with connect("identityd") as identityd, gateway(connect, tmp_path) as here:
        house = House(here)
        await identityd.serve(s.IDENTITY_OPEN, house.on_open)
        await identityd.flush()
        yield house


async def test_the_code_is_for_who_asked_alone(house: House) -> None:
    anna = house.gateway.anna
    told = await anna.ask("POST", "/v1/pairing", {"profile": 2})
    assert (told.status, told.body) == (200, {"code": CODE, "seconds": 600})
    [asked], [answered] = house.asked, house.answered
    assert (asked.by, asked.profile) == (anna.known.id, 2)
    assert CODE.encode() not in answered.SerializeToString()
    await anna.ask("POST", "/v1/pairing", {"profile": 2})
    assert house.asked[1].key != asked.key


async def test_a_refusal_and_a_code_that_can_not_be_read_are_told(house: House) -> None:
    house.refusal = "Only a device of the owner's may do that."
    told = await house.gateway.ben.ask("POST", "/v1/pairing", {"profile": 2})
    assert (told.status, told.body["error"]["message"]) == (409, house.refusal)
    house.refusal, house.purpose = "", WIFI_PASSWORD
    assert (await house.gateway.anna.ask("POST", "/v1/pairing", {"profile": 2})).code == "not_now"
