"""A computer pairs with a box over its network, asks it and is answered; others come in, and go out at once."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from builder.box import Box
from gateway.config import PORT as GATEWAY_PORT
from pairing.config import PORT as PAIRING_PORT
from pairing.setup_code import SetupCode
from tests.phone.computer import ZONE, Computer, ended, other

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

ACTION_KEY, HELD_S = 148, 4.0
OPENS_S, NEAR_S = 60.0, 300.0
RECOVERY_KEY = "cat /data/recovery-key"


async def test_a_computer_pairs_and_asks_and_lets_others_in_and_throws_them_out(box: Box, tmp_path: Path) -> None:
    code = SetupCode(json.loads(await box.guest.run("cat /run/spoq/factory/factory.json"))["code"])
    ports = await box.forward(PAIRING_PORT), await box.forward(GATEWAY_PORT)
    anna, tablet, ben = (Computer(tmp_path / name, *ports) for name in ("anna", "tablet", "ben"))

    # Without a network the box does not know what time it is, nor where.
    await box.guest.run("date -s '+1 hour'")
    assert await asyncio.to_thread(anna.refused, "pair", "--code", other(code).digits) == "That is not this box's code."
    told = await asyncio.to_thread(anna.pair, code)
    assert (await box.guest.run(RECOVERY_KEY)).strip() in told
    await box.guest.until("systemctl show -P StatusText spoq-gatewayd | grep 'answers paired devices'", OPENS_S)
    assert ZONE in await asyncio.to_thread(anna.said, "region")
    await box.guest.until("journalctl -b -u box-clock --no-pager | grep 'is set'", OPENS_S)
    assert abs(int(await box.guest.run("date +%s")) - time.time()) < NEAR_S
    answer = await asyncio.to_thread(anna.said, "ask", "what is seven times eight")
    assert answer.strip() == "Seven times eight is fifty-six."
    assert "for three seconds" in await asyncio.to_thread(tablet.refused, "pair", "--code", code.digits)

    await lets_one_in(box)
    assert (await box.guest.run(RECOVERY_KEY)).strip() not in await asyncio.to_thread(tablet.pair, code)
    await lets_one_in(box)
    full = "This box has all the devices that it takes. Its owner can remove one."
    assert await asyncio.to_thread(ben.refused, "pair", "--code", code.digits) == full
    await asyncio.to_thread(anna.said, "add-profile", "Ben")
    assert "all the people" in await asyncio.to_thread(anna.refused, "add-profile", "Cleo")

    following = await asyncio.to_thread(tablet.follow)
    await asyncio.to_thread(anna.said, "revoke", await asyncio.to_thread(tablet.id))
    assert "does not answer" in await asyncio.to_thread(ended, following)
    assert "Pair it again" in await asyncio.to_thread(tablet.refused, "status")


async def lets_one_in(box: Box) -> None:
    """Somebody holds the button, and lets go."""
    await box.press(ACTION_KEY, HELD_S)
    await box.guest.until("systemctl show -P StatusText spoq-pairingd | grep 'ready to pair'", OPENS_S)
