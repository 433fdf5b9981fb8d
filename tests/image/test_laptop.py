"""A laptop pairs with the box by Bluetooth LE: another box's kernel and BlueZ, and programs of this computer."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from bleak import BleakScanner
from improv_ble_client import ImprovBLEClient, device_filter
from improv_ble_client.errors import ProvisioningFailed

from bench.browser import SOURCE, Person
from builder import home
from builder.box import Box
from builder.machine import Machine
from builder.radio import on_air
from pairing import improv
from pairing.setup_code import SetupCode
from tests.image.conftest import resumed
from tests.phone.computer import other
from tests.web.elsewhere import Elsewhere
from tests.web.node import program

pytestmark = [pytest.mark.matrix, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

ACTION_KEY, PRESSED_S, HELD_S = 148, 0.3, 4.0
SOON_S, LOOK_S = 60.0, 10.0
WRONG = "wrong horse"
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


@pytest_asyncio.fixture(loop_scope="session")
async def at_home(box: Box, laptop: Box, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The box is in reach of a Wi-Fi network, and of the laptop, whose programs find its BlueZ as the system's."""
    async with on_air(box) as air, air.laptop(laptop) as address:
        await home.on_air(box, [home.HOME])
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        yield


async def test_home_assistants_client_sets_the_wi_fi_up(at_home: None, box: Box) -> None:
    seen = await BleakScanner.discover(LOOK_S, return_adv=True, service_uuids=[improv.SERVICE])
    [client] = [ImprovBLEClient(device, said) for device, said in seen.values() if device_filter(said)]
    assert await client.need_authorization()
    assert (await client.get_device_info()).firmware_name == b"Spoq"
    await box.press(ACTION_KEY, PRESSED_S)
    async with asyncio.timeout(SOON_S):
        while await client.need_authorization():
            await asyncio.sleep(LOOK_S / 10)
    with pytest.raises(ProvisioningFailed):
        await client.provision("Home", WRONG, None)
    page = await client.provision("Home", home.PASSWORD.decode(), None)
    assert page is not None
    assert page.startswith("http://10.9.0.")


async def test_a_page_of_others_sets_the_wi_fi_up(at_home: None, box: Box) -> None:
    person = await asyncio.create_subprocess_exec(
        *("node", program("improv")), cwd=SOURCE, stdout=asyncio.subprocess.PIPE
    )
    assert person.stdout is not None
    async with asyncio.timeout(3 * SOON_S):
        assert json.loads(await person.stdout.readline()) == {"waits": "button"}
        await box.press(ACTION_KEY, PRESSED_S)
        seen = json.loads(await person.stdout.readline())
        assert await person.wait() == 0
    assert seen["states"][-4:] == ["PROVISIONING", "AUTHORIZED", "PROVISIONING", "PROVISIONED"]
    assert seen["next"].startswith("http://10.9.0.")
