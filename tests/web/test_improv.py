"""Improv on a page of others, as it is: improv-wifi-sdk in Chromium, which asks a BlueZ on a real D-Bus."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bench.browser import SOURCE, WORKS_S
from tests.fakes.bluez_central import Laptop
from tests.fakes.wifi import HOME, PASSWORD
from tests.pairing.improv_box import ADDRESS, NAME, PAGE, ImprovBox, in_reach
from tests.web.node import program

STATES = ["CONNECTING", "AUTHORIZATION_REQUIRED", "AUTHORIZED"]
STATES += ["PROVISIONING", "AUTHORIZED", "PROVISIONING", "PROVISIONED"]


@pytest_asyncio.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[ImprovBox, Laptop]]:
    async with in_reach(monkeypatch) as (box, laptop):
        laptop.near[ADDRESS].advertised = box.advertised
        yield box, laptop


async def test_somebody_sets_the_box_up_on_a_page_of_others(world: tuple[ImprovBox, Laptop]) -> None:
    box, laptop = world
    person = await asyncio.create_subprocess_exec(
        *("node", program("improv")), cwd=SOURCE, stdout=asyncio.subprocess.PIPE
    )
    assert person.stdout is not None
    async with asyncio.timeout(WORKS_S):
        assert json.loads(await person.stdout.readline()) == {"waits": "button"}
        box.radio.press()
        seen = json.loads(await person.stdout.readline())
        assert await person.wait() == 0
    assert (seen["questions"], seen["faults"]) == (2, [])
    assert f"that you want {NAME} to connect to" in seen["asked"]
    assert seen["states"] == STATES
    assert seen["next"] == PAGE
    assert box.identified == 1
    assert [(each.ssid, each.password) for each in box.wifi.known] == [(HOME.ssid, PASSWORD)]
    assert not laptop.near[ADDRESS].connected
