"""The key that a browser keeps: one for all attempts, that nobody can read, and a device of the box from then on."""

import asyncio
import base64
import json
import ssl
from pathlib import Path
from typing import Any

from aiohttp import ClientConnectionError, ClientSession, TCPConnector
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bench.browser import ended
from gateway.sessions import signed
from identity.records import BOX_NAME
from tests.phone.conftest import RunningBox
from tests.web.person import before

TRIES, EVERY_S = 60, 0.5


class Page:
    """Asks the gateway as a page would: it trusts the box's authority, and has no certificate."""

    def __init__(self, box: RunningBox, authority: bytes) -> None:
        trusted = x509.load_der_x509_certificate(authority).public_bytes(Encoding.PEM).decode()
        self._context = ssl.create_default_context(cadata=trusted)
        self._url = f"https://127.0.0.1:{box.gateway_port}"

    async def asks(self, method: str, path: str, token: str = "", **body: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with ClientSession(connector=TCPConnector(ssl=self._context)) as http:
            request = http.request(
                method, self._url + path, json=body or None, headers=headers, server_hostname=BOX_NAME
            )
            async with request as response:
                assert response.status == 200
                return await response.json()

    async def challenge(self) -> bytes:
        """As soon as the gateway answers, which begins when somebody owns the box."""
        for _ in range(TRIES):
            try:
                return base64.b64decode((await self.asks("POST", "/v1/challenge"))["challenge"])
            except ClientConnectionError:
                await asyncio.sleep(EVERY_S)
        raise AssertionError("the gateway does not answer")


async def test_it_signs_for_a_session_at_the_gateway(box: RunningBox, tmp_path: Path) -> None:
    scene = before(box, tmp_path).begins("keeps")
    assert scene.stdout is not None
    told = json.loads(await asyncio.to_thread(scene.stdout.readline))
    kept = told["box"]
    assert (told["first"]["key"], told["left"], kept["readable"]) == (kept["key"], {}, False)
    page = Page(box, bytes.fromhex(kept["authority"]))
    challenge = await page.challenge()
    seen = await asyncio.to_thread(ended, scene, signed(challenge, bytes.fromhex(kept["box_key"])).hex())
    shown = {"key": kept["key"], "signature": seen["signature"], "challenge": challenge.hex()}
    encoded = {name: base64.b64encode(bytes.fromhex(each)).decode() for name, each in shown.items()}
    session = await page.asks("POST", "/v1/session", **encoded)
    status = await page.asks("GET", "/v1/status", session["token"])
    assert (status["device"]["name"], status["device"]["owner"]) == ("Anna’s phone", True)
