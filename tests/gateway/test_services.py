"""What the owner withholds from a profile its devices can't use, and everything else they can."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from aiohttp import ClientSession

from tests.conftest import Connect
from tests.gateway.rig import SOON_S, Gateway, gateway


@pytest_asyncio.fixture
async def here(connect: Connect, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(connect, tmp_path) as running:
        yield running


async def test_what_the_owner_withholds_is_used_no_more_and_only_that(here: Gateway) -> None:
    async with ClientSession() as http, here.request(http, here.ben.context, "GET", "/v1/events") as events:
        assert await events.content.readline() == b": hello\n"
        here.know(here.anna, here.ben, withheld=["follow", "what a later release has"])
        async with asyncio.timeout(SOON_S):
            await events.content.read()
    assert (await here.ben.ask("GET", "/v1/events")).code == "withheld"
    [own] = (await here.ben.ask("GET", "/v1/household")).body["profiles"]
    assert own["services"] == {"ask": True, "follow": False}
    here.know(here.anna, here.ben, withheld=["ask"])
    answer = await here.ben.ask("POST", "/v1/turns", {"text": "what time is it"})
    assert (answer.status, answer.code) == (403, "withheld")
    # The owner's may: nobody answers here.
    assert (await here.anna.ask("POST", "/v1/turns", {"text": "what time is it"})).code == "not_now"
