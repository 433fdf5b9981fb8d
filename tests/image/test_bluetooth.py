"""Phones pair with the box by Bluetooth LE: its own kernel and BlueZ, a virtual radio, and another stack as phones."""

import asyncio
import json
import secrets
from contextlib import suppress

import pytest
from bumble.att import ATT_Error

from builder.box import Box
from builder.radio import Gatt, on_air
from pairing import gatt
from pairing.device_side import DeviceSide
from pairing.errors import PairingError
from pairing.fragments import split
from pairing.setup_code import SetupCode
from phone.bluetooth import converse
from tests.pairing.visitors import device
from tests.phone.computer import other

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

ACTION_KEY, HELD_S = 148, 4.0
SOON_S = 60.0
LONG = 400
"""Bytes of a fragment: longer than any packet of a phone that asks for no larger MTU."""
STATUS = "systemctl show -P StatusText spoq-pairingd"


def side(code: SetupCode) -> DeviceSide:
    return DeviceSide(device(), code, None, secrets.token_bytes(32), 1_700_000_000_000)


async def pair(radio: Gatt, code: SetupCode) -> str:
    """The name of how it ends."""
    try:
        await converse(radio, side(code))
    except PairingError as error:
        return type(error).__name__
    return "paired"


async def test_phones_pair_and_are_refused_over_the_air(box: Box) -> None:
    known = json.loads(await box.guest.run("cat /run/spoq/factory/factory.json"))
    code, name = SetupCode(known["code"]), f"Spoq-{known['serial'][-4:]}"
    async with on_air(box) as air:
        first, second = await air.phone(), await air.phone()

        async with first.connected(name, mtu=185) as pairing, second.connected(name) as late:
            with pytest.raises(ATT_Error):
                await late.write(gatt.TO_BOX, b"\x05nonsense")
            hello = side(code).first
            for fragment in split(hello, LONG):
                # Longer than a packet: prepared writes.
                await late.write(gatt.TO_BOX, fragment)
            assert await pair(pairing, code) == "Busy"

        # Both are gone: the next has the place at once.
        async with first.connected(name) as smallest:
            assert smallest.mtu == 23
            assert await pair(smallest, other(code)) == "WrongCode"
            await box.guest.run("systemctl restart bluetooth")
        # The phone that was connected does not hear of it: another one comes.
        third = await air.phone()
        async with third.connected(name) as smallest:
            assert await pair(smallest, code) == "paired"
        assert (await box.guest.run(STATUS)).startswith("lets no new device in")
        async with asyncio.timeout(SOON_S):
            with suppress(TimeoutError):
                while True:
                    await second.see(name, patience_s=3.0)

        await box.press(ACTION_KEY, HELD_S)
        await box.guest.until(f"{STATUS} | grep 'ready to pair'", SOON_S)
        async with second.connected(name, mtu=517) as largest:
            assert await pair(largest, code) == "paired"
    await box.guest.until(f"{STATUS} | grep 'lets no new device in'", SOON_S)
    # Its adapter is gone with the air.
    await box.press(ACTION_KEY, HELD_S)
    await box.guest.until(f"{STATUS} | grep 'ready to pair. There is no Bluetooth: no adapter is there.'", SOON_S)
    async with asyncio.timeout(SOON_S):
        said = await box.guest.run("journalctl -b -u spoq-pairingd --no-pager")
    assert "Traceback" not in said
