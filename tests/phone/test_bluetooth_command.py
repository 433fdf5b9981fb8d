"""`spoq phone pair --bluetooth`, as somebody types it; the box is one of real daemons, whose BlueZ is another."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.bluez import BlueZ, dbus
from tests.fakes.bluez_central import InReach, Laptop
from tests.pairing.visitors import CODE
from tests.phone.computer import Computer
from tests.phone.conftest import RunningBox

SOON_S = 100.0
ADDRESS, NAME = "C0:FF:EE:00:00:01", "Spoq-X9RC"
PAIR = ("phone", "pair", "--bluetooth", "--name", "anna", "--code")


@pytest_asyncio.fixture
async def laptop(tmp_path: Path) -> AsyncIterator[tuple[Laptop, dict[str, str]]]:
    """And the environment of its programs."""
    async with dbus() as address:
        laptop = await Laptop.started(address)
        yield laptop, {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address, "SPOQ_PHONE": str(tmp_path / "anna")}
        await laptop.stop()


async def spoq(environment: dict[str, str], *words: str) -> asyncio.subprocess.Process:
    # A shell that runs this in its background has its children ignore Ctrl-C.
    return await asyncio.create_subprocess_exec(
        *("env", "--default-signal=INT", sys.executable, "-m", "cli.main", *words),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def interrupted(process: asyncio.subprocess.Process) -> str:
    """What a program has told when somebody presses Ctrl-C, by which it ends."""
    process.send_signal(signal.SIGINT)
    _, told = await process.communicate()
    assert process.returncode == 130, told
    return told.decode()


async def test_a_computer_pairs_by_bluetooth_and_is_answered(
    laptop: tuple[Laptop, dict[str, str]], tmp_path: Path
) -> None:
    here, environment = laptop
    async with AsyncExitStack() as stack, asyncio.timeout(SOON_S):
        address = await stack.enter_async_context(dbus())
        of_box = await BlueZ.started(address)
        stack.push_async_callback(of_box.stop)
        box = await asyncio.to_thread(RunningBox, tmp_path / "box", address)
        stack.push_async_callback(asyncio.to_thread, box.close)
        while not (of_box.advertised and of_box.table):
            await asyncio.sleep(0.05)
        here.near[ADDRESS] = InReach(of_box.advertised["LocalName"], of_box.central("laptop"))
        pairing = await spoq(environment, *PAIR, box.code.digits)
        assert pairing.stdout is not None
        while not (line := (await pairing.stdout.readline()).decode()).startswith("Paired with "):
            assert line, "it ends without"
        assert "as “anna” of anna." in line
        # Where the box answers in this network is not for this test to find out.
        told = await interrupted(pairing)
        assert f"This is {of_box.advertised['LocalName']}." in told and "Traceback" not in told
        anna = Computer(tmp_path / "anna", box.pairing_port, box.gateway_port)
        status = json.loads(await asyncio.to_thread(anna.said, "status", "--json"))
        assert (status["device"]["name"], status["device"]["owner"]) == ("anna", True)


@pytest.mark.parametrize(("silent", "ends_with"), [("", "StopDiscovery"), ("Connect", "Disconnect")])
async def test_ctrl_c_leaves_the_radio_as_it_was(
    laptop: tuple[Laptop, dict[str, str]], silent: str, ends_with: str
) -> None:
    here, environment = laptop
    if silent:
        here.near[ADDRESS] = InReach(NAME)
        here.silent.add(silent)
    pairing = await spoq(environment, *PAIR, CODE.digits)
    async with asyncio.timeout(SOON_S):
        while (silent or "StartDiscovery") not in here.asked:
            await asyncio.sleep(0.05)
    assert "Traceback" not in await interrupted(pairing)
    assert ends_with in here.asked


def test_without_bleak_it_is_said_what_to_install_and_without_bluetooth_nobody_needs_it(tmp_path: Path) -> None:
    program = "import sys; sys.modules['bleak'] = None; from cli.main import main; sys.exit(main(sys.argv[1:]))"
    environment = {**os.environ, "SPOQ_PHONE": str(tmp_path)}

    def told(*words: str) -> str:
        command = (sys.executable, "-c", program, *words)
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stderr

    assert told(*PAIR, CODE.digits) == (
        f"spoq: Bluetooth needs a package that is not installed here: {sys.executable} -m pip install bleak\n"
    )
    assert "Begin with: spoq phone pair" in told("phone", "status")
