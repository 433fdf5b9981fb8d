"""A factory reset erases everything and ends as after the first start; power lost in the middle only delays it."""

import asyncio

import pytest

from builder.box import Box
from storage import luks

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

ACTION_KEY = 148
HELD_S = 11.0
MEMORY = "/var/lib/spoq/proof"
RECOVERY_KEY = "cat /data/recovery-key"
ERASES_S, LOOKS_S = 120.0, 0.1
READY_S = 240.0
MAGIC, LABEL = b"LUKS\xba\xbe", (24, 48)
RESTARTS = "reboot: Restarting system"
FACTORY = "mkdir -p /run/f && mount -o ro /dev/disk/by-partlabel/factory /run/f && cat /run/f/{}; umount /run/f"


async def remembered(box: Box) -> tuple[str, str, str]:
    """What a box may know: its factory data, its identity, and a thing that somebody left in it."""
    kept = await box.guest.run(FACTORY.format("factory.json"))
    identity = await box.guest.run("sha256sum /var/lib/spoq/identityd/identity.pem")
    return kept, identity, (await box.guest.outcome(f"cat {MEMORY}"))[1]


async def test_ten_seconds_on_the_button_erase_everything_but_the_factory_data(box: Box) -> None:
    await box.guest.run(f"echo mine > {MEMORY}; sync")
    before = await remembered(box)
    machine, recovery_key = await box.guest.run("cat /etc/machine-id"), await box.guest.run(RECOVERY_KEY)
    await box.press(ACTION_KEY, HELD_S)
    await box.until_console_says(RESTARTS)
    await box.until_up()
    await box.guest.until("systemctl show -P StatusText spoq-pairingd | grep 'ready to pair'", READY_S)
    after = await remembered(box)
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert "No such file" in after[2]
    assert await box.guest.run("cat /etc/machine-id") != machine
    assert await box.guest.run(FACTORY.format("machine-id")) == await box.guest.run("cat /etc/machine-id")
    assert await box.guest.run(RECOVERY_KEY) != recovery_key


@pytest.mark.matrix
@pytest.mark.parametrize("state", ["erased", "half made"])
async def test_power_lost_while_it_erases_only_delays_it(box: Box, state: str) -> None:
    await box.guest.run(f"echo mine > {MEMORY}; sync")
    before = await remembered(box)
    await box.guest.run("/usr/lib/spoq/environment/bin/python3 -I -m storage reset")
    await box.cut_power()
    assert header(box) == "whole"
    await box.power_on()
    async with asyncio.timeout(ERASES_S):
        while await asyncio.to_thread(header, box) != state:
            await asyncio.sleep(LOOKS_S)
    await box.cut_power()
    assert header(box) != "whole"
    await box.switch_on()
    await box.until_well()
    after = await remembered(box)
    assert (after[0] == before[0], after[1] != before[1]) == (True, True)
    assert "No such file" in after[2]


def header(box: Box) -> str:
    """How far the data partition is: its header, and the label that it gets last."""
    magic, label = box.read("data", 0, len(MAGIC)), box.read("data", *LABEL)
    if magic != MAGIC:
        return "erased"
    return "whole" if label.rstrip(b"\0") == luks.NAME.encode() else "half made"


async def test_the_terminal_asks_first_and_does_it_then(box: Box) -> None:
    code, said = await box.guest.outcome("echo no | spoq factory-reset")
    assert code == 1
    assert "erase everything" in said
    await box.guest.run("echo erase everything | spoq factory-reset")
    await box.until_console_says(RESTARTS)
    assert "Failed unmounting" not in box.console
