"""A computer can't pair with a box: its code was wrong too often, or the box's disk is full. Then it can."""

import asyncio
import json
from pathlib import Path

import pytest

from builder.box import Box
from gateway.config import PORT as GATEWAY_PORT
from pairing.config import PORT as PAIRING_PORT
from pairing.setup_code import SetupCode
from pairing.window import WindowConfig
from tests.image.test_endurance import fill
from tests.phone.computer import Computer, other

pytestmark = [pytest.mark.matrix, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

ACTION_KEY, PRESSED_S = 148, 0.3
OPENS_S = 120.0
READY = "systemctl show -P StatusText spoq-pairingd | grep 'ready to pair'"
SOONER = b"[pairing.window]\nfirst_delay_s = 0.01\n"


async def test_a_code_that_was_wrong_too_often_is_taken_after_a_press(box: Box, tmp_path: Path) -> None:
    code, anna = await somebody(box, tmp_path)
    await box.guest.put(SOONER, "/etc/spoq/spoq.toml")
    await box.guest.run("systemctl restart spoq-pairingd", OPENS_S)
    await box.guest.until(READY, OPENS_S)
    for _ in range(WindowConfig.most_guesses):
        assert "not this box's code" in await asyncio.to_thread(anna.refused, "pair", "--code", other(code).digits)
    locked = "The code was wrong too often. Press the box's button to go on."
    assert await asyncio.to_thread(anna.refused, "pair", "--code", code.digits) == locked
    await box.guest.run("systemctl restart spoq-pairingd", OPENS_S)
    assert await asyncio.to_thread(anna.refused, "pair", "--code", code.digits) == locked
    await box.press(ACTION_KEY, PRESSED_S)
    await box.guest.until(READY, OPENS_S)
    assert "Paired with" in await asyncio.to_thread(anna.pair, code)


async def test_a_full_data_partition_lets_nobody_in_until_there_is_room(box: Box, tmp_path: Path) -> None:
    code, anna = await somebody(box, tmp_path)
    await fill(box)
    told = await asyncio.to_thread(anna.refused, "pair", "--code", code.digits)
    assert told == "The box can't take a device just now."
    await box.guest.run("rm /var/lib/spoq/filler /var/filler; sync")
    await box.press(ACTION_KEY, PRESSED_S)
    await box.guest.until(READY, OPENS_S)
    assert "Paired with" in await asyncio.to_thread(anna.pair, code)


async def somebody(box: Box, folder: Path) -> tuple[SetupCode, Computer]:
    """Its code, and who wants to pair with it."""
    code = SetupCode(json.loads(await box.guest.run("cat /run/spoq/factory/factory.json"))["code"])
    return code, Computer(folder / "anna", await box.forward(PAIRING_PORT), await box.forward(GATEWAY_PORT))
