"""Somebody pairs with the page that the box serves, in Chromium."""

import asyncio
import json
from pathlib import Path

import pytest

from bench.browser import Person
from builder.box import Box
from pairing.config import PORT as PAIRING_PORT
from pairing.setup_code import SetupCode
from tests.phone.computer import other

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

OPENS_S = 60.0


async def test_somebody_pairs_on_the_boxs_page(box: Box, tmp_path: Path) -> None:
    code = SetupCode(json.loads(await box.guest.run("cat /run/spoq/factory/factory.json"))["code"])
    url = f"http://127.0.0.1:{await box.forward(PAIRING_PORT)}/"
    anna = Person(url, tmp_path, code.digits, wrong=other(code).digits)
    seen = await asyncio.to_thread(anna.sees, "pairs")
    assert seen["refusal"] == "That is not this box’s code."
    assert (seen["told"], seen["kept"]) == ("This device is “Anna’s phone”.", True)
    await box.guest.until("systemctl show -P StatusText spoq-gatewayd | grep 'answers paired devices'", OPENS_S)
