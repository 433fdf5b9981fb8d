"""What comes when a device is known: the recovery key, without which the first owner is not let go, and Wi-Fi."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio
from aiohttp.test_utils import BaseTestServer, TestServer

from bench.browser import Person
from identity import keys
from identity.household import Limits
from identity.service import Identity
from identity.store import Store
from pairing import page
from pairing.port import Port
from pairing.wifi import Wanted
from pairing.window import State
from tests.conftest import Connect
from tests.fakes.wifi import CAFE, HOME, PASSWORD
from tests.pairing.test_port import World
from tests.pairing.visitors import CODE
from tests.phone.computer import other

KEY = "ABCD-EFGH-JKMN-PQRS-TUVW-XYZ2-3456-789A"


@dataclass
class Box:
    """With its page, encrypted data and a radio, as only an image has them."""

    world: World
    server: BaseTestServer


@pytest_asyncio.fixture
async def there(connect: Connect, tmp_path: Path) -> AsyncIterator[Box]:
    own = keys.ensure(tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    async with AsyncExitStack() as stack:
        roles = "identityd", "pairingd", "cli", "hardwared"
        identityd, pairingd, terminal, hardwared = [await stack.enter_async_context(connect(role)) for role in roles]
        identity = Identity(identityd, own, Store(tmp_path / "identity.db"), lambda: KEY, lambda: 0, lambda _: None)
        await identity.serve(Limits())
        world = World(tmp_path, pairingd, terminal, hardwared, own)
        port = Port(world.desk, pages=page.found())
        async with TestServer(port.application()) as running:
            yield Box(world, running)
        port.close()
        await identity.close()


def anna(there: Box, folder: Path) -> Person:
    """Somebody who has the code."""
    allowed = {"permissions": ["clipboard-read", "clipboard-write"]}
    return Person(str(there.server.make_url("/")), folder, CODE.digits, options=dict(allowed))


async def test_the_key_is_shown_copied_and_saved_and_who_leaves_without_is_asked(there: Box, tmp_path: Path) -> None:
    seen = await asyncio.to_thread(anna(there, tmp_path).sees, "owns")
    assert (seen["key"], seen["copied"], seen["said"]) == (KEY, KEY, "Copied.")
    assert seen["asked"] == "beforeunload"
    assert f"\n{KEY}\n" in seen["file"]
    assert seen["title"] == "Paired – Pair with your Spoq"


async def test_the_box_joins_the_network_that_its_device_chooses(there: Box, tmp_path: Path) -> None:
    seen = await asyncio.to_thread(anna(there, tmp_path).sees, "joins")
    assert seen["said"] == "You can choose a Wi-Fi network for your box below."
    assert seen["names"] == [HOME.name, CAFE.name, "Another network …"]
    name_and_password = [[False, True], [False, False], [True, True]]
    assert seen["asked"] == name_and_password
    assert seen["refused"].startswith("The password is wrong, or missing.")
    assert seen["done"] == "Your box is in the Wi-Fi “Home”."
    assert there.world.wifi.known == [Wanted(HOME.ssid, PASSWORD)]
    assert there.world.reception.state(there.world.now_s) is State.CLOSED


async def test_who_loses_the_box_is_told_where_it_may_be_and_hears_the_end_when_it_is_back(
    there: Box, tmp_path: Path
) -> None:
    seen = await asyncio.to_thread(anna(there, tmp_path).sees, "loses")
    assert seen["told"].startswith("The box does not answer here any more. If it has joined “Home”, it is there")
    assert seen["key"]
    assert seen["done"] == "Your box is in the Wi-Fi “Home”."


async def test_addresses_fit_a_narrow_window_in_either_language(there: Box, tmp_path: Path) -> None:
    there.world.desk._addresses = lambda: [
        "2001:db8:1234:5678:5054:ff:fe12:3456",
        "fd00:1234:5678:9abc:def0:1234:5678:9abc",
    ]
    somebody = replace(anna(there, tmp_path), wrong=other(CODE).digits)
    seen = await asyncio.to_thread(somebody.sees, "pairs")
    assert any("2001:db8" in each for each in seen["about"])
