"""A laptop pairs with the box by Bluetooth LE: another box's kernel and BlueZ, and programs of this computer."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bench.browser import Person
from builder.box import Box
from builder.machine import Machine
from builder.radio import on_air
from pairing.setup_code import SetupCode
from tests.image.conftest import resumed
from tests.phone.computer import other
from tests.web.elsewhere import Elsewhere

pytestmark = [pytest.mark.matrix, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

ACTION_KEY, HELD_S = 148, 4.0
SOON_S = 60.0
STATUS = "systemctl show -P StatusText spoq-pairingd"


@pytest_asyncio.fixture(loop_scope="session")
async def laptop(first_start: Machine) -> AsyncIterator[Box]:
    async with resumed(first_start) as found:
        yield found


async def test_a_page_from_elsewhere_and_a_program_pair_by_bluetooth(box: Box, laptop: Box, tmp_path: Path) -> None:
    code = SetupCode(json.loads(await box.guest.run("cat /run/spoq/factory/factory.json"))["code"])
    elsewhere = Elsewhere()
    try:
        async with on_air(box) as air, air.laptop(laptop) as address:
            environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address, "SPOQ_PHONE": str(tmp_path / "kept")}
            anna = Person(
                elsewhere.url,
                tmp_path,
                code.digits,
                wrong=other(code).digits,
                flags=("--enable-features=WebBluetooth",),
                environment=environment,
            )
            seen = await asyncio.to_thread(anna.sees, "near")
            assert seen["refusals"] == ["No box was chosen.", "That is not this box’s code."]
            assert seen["told"] == "This device is “Anna’s phone”."
            assert seen["key"] == (await box.guest.run("cat /data/recovery-key")).strip()

            await box.guest.until(f"{STATUS} | grep 'lets no new device in'", SOON_S)
            await box.press(ACTION_KEY, HELD_S)
            await box.guest.until(f"{STATUS} | grep 'ready to pair'", SOON_S)
            told = await paired(environment, "--bluetooth", "--name", "laptop", "--code", code.digits)
            assert told.startswith("Paired with")
    finally:
        elsewhere.close()


async def paired(environment: dict[str, str], *words: str) -> str:
    """What the program says of it. Then it looks for the box in this computer's network, where it is not."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "phone", "pair", *words), env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SOON_S):
            return (await process.stdout.readline()).decode()
    finally:
        process.kill()
        await process.wait()
