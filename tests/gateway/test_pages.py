"""Pages sign a challenge with their device's key; no other page is answered, and by no other name."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from gateway.sessions import MOST_OF_ONE, signed
from tests.conftest import Connect
from tests.gateway.rig import BOX_KEY, PAGE, Device, Gateway, ended, gateway


@pytest_asyncio.fixture
async def here(connect: Connect, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(connect, tmp_path) as running:
        yield running


def signature(key: ec.EllipticCurvePrivateKey, challenge: bytes) -> str:
    numbers = decode_dss_signature(key.sign(signed(challenge, BOX_KEY), ec.ECDSA(hashes.SHA256())))
    return base64.b64encode(b"".join(each.to_bytes(32, "big") for each in numbers)).decode()


async def session(here: Gateway, device: Device) -> str:
    """A page's token."""
    challenge = (await here.asked(here.stranger, "POST", "/v1/challenge", Origin=PAGE)).body["challenge"]
    body = {
        "challenge": challenge,
        "key": base64.b64encode(device.key).decode(),
        "signature": signature(device.private, base64.b64decode(challenge)),
    }
    answer = await here.asked(here.stranger, "POST", "/v1/session", body, Origin=PAGE)
    assert answer.status == 200, answer.body
    return str(answer.body["token"])


async def test_a_page_signs_a_challenge_and_is_its_device(here: Gateway) -> None:
    token = await session(here, here.ben)
    answer = await here.asked(here.stranger, "GET", "/v1/status", Origin=PAGE, Authorization=f"Bearer {token}")
    assert answer.body["device"]["name"] == "ben"
    answer = await here.asked(here.stranger, "GET", "/v1/status", Authorization="Bearer 00")
    assert (answer.status, answer.code) == (403, "not_paired")


async def test_a_connection_is_not_who_its_last_request_was(here: Gateway) -> None:
    token = await session(here, here.ben)
    async with ClientSession() as http:
        own = here.request(http, here.stranger, "GET", "/v1/status", Authorization=f"Bearer {token}")
        async with own as response:
            assert response.status == 200
            await response.read()
        async with here.request(http, here.stranger, "GET", "/v1/status") as response:
            assert response.status == 403


async def test_a_removed_devices_page_is_out_too(here: Gateway) -> None:
    token = await session(here, here.ben)
    bearer = f"Bearer {token}"
    async with (
        ClientSession() as http,
        here.request(http, here.stranger, "GET", "/v1/events", Authorization=bearer) as events,
    ):
        assert await events.content.readline() == b": hello\n"
        here.know(here.anna)
        assert await ended(events)
    assert (await here.asked(here.stranger, "GET", "/v1/status", Authorization=bearer)).code == "not_paired"


async def test_whose_device_is_unknown_ends_nobody_elses_session(here: Gateway) -> None:
    token = await session(here, here.ben)
    here.know(here.ben)
    for _ in range(MOST_OF_ONE + 1):
        challenge = (await here.asked(here.stranger, "POST", "/v1/challenge")).body["challenge"]
        body = {
            "challenge": challenge,
            "key": base64.b64encode(here.anna.key).decode(),
            "signature": signature(here.anna.private, base64.b64decode(challenge)),
        }
        assert (await here.asked(here.stranger, "POST", "/v1/session", body)).code == "not_paired"
    answer = await here.asked(here.stranger, "GET", "/v1/status", Authorization=f"Bearer {token}")
    assert answer.status == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}, {"Host": "evil.example:7768"}],
    ids=str,
)
async def test_no_other_page_is_answered(here: Gateway, headers: dict[str, str]) -> None:
    answer = await here.anna.ask("GET", "/v1/status", **headers)
    assert (answer.status, answer.code) == (403, "not_from_there")


@pytest.mark.parametrize("host", ["spoq-x9rc.local", "192.168.1.20:7768", "[fd00::2]:7768", "box.spoq.internal"])
async def test_by_its_own_names_it_is(here: Gateway, host: str) -> None:
    assert (await here.anna.ask("GET", "/v1/status", Host=host)).status == 200
