"""Data that does not open is left alone until the recovery key comes; test_refused.py has data that does."""

import asyncio

import pytest

from builder import kernel_image
from builder.box import Box
from tests.image.slots import ON_ESP, TARGET, activate_b, install

pytestmark = [pytest.mark.matrix, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

DATA = "/dev/disk/by-partlabel/data"
IDENTITY = "sha256sum /var/lib/spoq/identityd/identity.pem"
PROOF = "/var/lib/spoq/proof"
B_IS_USED_UP = ON_ESP.format("cd /run/esp/loader/entries; mv spoq-b+*.conf spoq-b+0-3.conf; cd /")
QUESTION, ANSWER = "spoq ask what is seven times eight", "Seven times eight is fifty-six.\n"
LOCKED, RESTARTS = "The data is locked", "reboot: Restarting system"
SAYS_S = 120.0


async def update(box: Box, content: bytes) -> None:
    """Slot b gets this kernel image, and is started next."""
    await install(box, "b", content)
    await activate_b(box)


async def sectors_written(box: Box) -> int:
    """To the data partition, in this start."""
    return int((await box.guest.run(f"cat /sys/class/block/$(basename $(readlink -f {DATA}))/stat")).split()[6])


async def recover(box: Box, key: str) -> None:
    """Returns at once: nobody is there any more to hear how it ended."""
    await box.guest.run(f"echo '{key}' | spoq recover >/dev/console 2>&1 &")


async def restarted(box: Box, times: int = 1) -> None:
    """It has restarted so often since it was switched on, and is up."""
    await box.until_console_says(RESTARTS, times=times)
    await box.until_up()


async def test_with_another_tpm_the_data_is_left_alone_until_the_recovery_key_opens_it(box: Box) -> None:
    await box.guest.run(f"echo kept > {PROOF}; sync; {B_IS_USED_UP}")
    key = (await box.guest.run("cat /data/recovery-key")).strip()
    known = await box.guest.run(f"{IDENTITY}; cat /etc/machine-id")
    await box.cut_power()
    box.replace_tpm()
    await box.switch_on()
    await box.until_well()

    assert LOCKED in await box.guest.run("cat /run/spoq/data-fault")
    assert LOCKED in box.console
    assert "Pair " not in box.console
    await box.guest.until(f"systemctl show -P StatusText spoq-pairingd | grep '{LOCKED}'", SAYS_S)
    assert (await box.guest.outcome(IDENTITY))[0] != 0
    assert await box.guest.run("spoq mute show") == "The microphone is muted.\n"
    assert await box.guest.run("systemctl --failed --no-legend --plain") == ""
    assert await box.guest.run(QUESTION) == ANSWER
    slip = key[:-1] + ("c" if key[-1] != "c" else "b")
    code, said = await box.guest.outcome(f"echo {slip} | spoq recover", SAYS_S)
    assert (code, said.count("\n"), "does not open the data" in said) == (1, 1, True)
    assert await sectors_written(box) == 0

    await recover(box, key.upper().replace("-", " "))
    await restarted(box)
    assert await box.guest.run(f"cat {PROOF}; {IDENTITY}; cat /etc/machine-id") == f"kept\n{known}"
    assert (await box.guest.run("cat /data/recovery-key")).strip() == key
    assert (await box.guest.run(f"cryptsetup luksDump {DATA}")).count("systemd-tpm2") == 1
    code, said = await box.guest.outcome(f"echo {key} | spoq recover", SAYS_S)
    assert (code, "not locked" in said) == (1, True)


async def test_with_another_tpm_and_two_slots_the_box_stays_up_and_takes_the_key(box: Box) -> None:
    key = (await box.guest.run(f"cat /data/recovery-key; echo kept > {PROOF}; sync")).strip()
    await box.cut_power()
    box.replace_tpm()
    await box.power_on()
    await restarted(box)
    await box.until_well()
    assert await box.guest.run("cat /run/spoq/slot") == "SPOQ_SLOT=b\n"
    await recover(box, key)
    await restarted(box, times=2)
    assert await box.guest.run(f"cat {PROOF} /run/spoq/slot") == "kept\nSPOQ_SLOT=a\n"


async def test_a_release_that_may_not_open_the_data_gives_way_to_the_one_before(box: Box) -> None:
    await box.guest.run(f"echo kept > {PROOF}; sync")
    await update(box, await asyncio.to_thread(kernel_image.altered, TARGET, opens=False))
    await box.cut_power()
    await box.power_on()
    await restarted(box)
    assert LOCKED in box.console
    await box.until_well()
    assert await box.guest.run(f"cat {PROOF} /run/spoq/slot") == "kept\nSPOQ_SLOT=a\n"
