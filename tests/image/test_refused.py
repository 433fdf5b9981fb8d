"""What the firmware refuses and what hangs counts as a try; with no slot left the rescue system starts."""

import asyncio

import pytest

from builder import kernel_image
from builder.box import Box
from ota.slots import TRIES
from tests.image.slots import HANGS, ON_ESP, TARGET, install

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

IN_CODE = 5_000_000
HANG = "(sleep 1; echo 1 >/sys/fs/cgroup/init.scope/cgroup.freeze)"
"""Nobody feeds the watchdog any more."""
WATCHDOG_S = 5
PROOF = "/var/lib/spoq/proof"


@pytest.mark.parametrize("tries", [1, pytest.param(TRIES, marks=pytest.mark.matrix)])
async def test_an_altered_image_is_refused_until_the_other_slot_starts(box: Box, tries: int) -> None:
    left = f"mv /run/esp/loader/entries/spoq-a+* /run/esp/loader/entries/spoq-a+{tries}.conf"
    alter = f"printf X | dd of=/run/esp/EFI/spoq/a.efi bs=1 seek={IN_CODE} conv=notrunc"
    await box.guest.run(ON_ESP.format(f"{left}; {alter}"))
    await box.cut_power()
    await box.switch_on()
    assert await box.guest.run("cat /run/spoq/slot") == "SPOQ_SLOT=b\n"
    assert box.console.count("a.efi: Access Denied") == tries


@pytest.mark.matrix
async def test_without_a_signature_in_either_slot_the_rescue_system_says_so(box: Box) -> None:
    unsigned = kernel_image.unsigned_of(TARGET)
    await install(box, "a", unsigned)
    await install(box, "b", unsigned)
    await box.cut_power()
    await box.power_on()
    await box.until_console_says("Neither of the two systems starts")
    assert "a.efi: Access Denied" in box.console
    assert "b.efi: Access Denied" in box.console


async def test_three_hung_starts_end_in_the_other_slot_and_another_release_finds_the_data(box: Box) -> None:
    hanging = await asyncio.to_thread(kernel_image.altered, TARGET, HANGS, f"spoq.watchdog={WATCHDOG_S}")
    another = await asyncio.to_thread(kernel_image.altered, TARGET, line="spoq.release=another")
    await install(box, "a", hanging)
    await install(box, "b", another)
    await box.guest.run(f"echo kept > {PROOF}; sync")
    await box.cut_power()
    await box.switch_on()
    assert box.console.count("starting Boot") == 4
    assert "spoq.release=another" in await box.guest.run("cat /proc/cmdline")
    assert await box.guest.run(f"cat {PROOF} /run/spoq/slot") == "kept\nSPOQ_SLOT=b\n"


@pytest.mark.matrix
async def test_a_system_that_hangs_once_it_is_up_is_restarted_by_the_hardware(box: Box) -> None:
    await box.guest.run(f"echo kept > {PROOF}; sync; {HANG} &")
    await box.until_console_says("starting Boot")
    await box.until_up()
    assert await box.guest.run(f"cat {PROOF}") == "kept\n"
