"""What is wrong with one slot ends in the other, with the same data."""

import pytest

from builder.box import Box
from tests.image.slots import activate_b

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

SUPERBLOCK = 1024
"""Of EROFS: read at every start."""


async def test_a_power_cut_leaves_the_data(box: Box) -> None:
    await box.guest.run("echo kept > /var/lib/spoq/proof; sync")
    await box.cut_power()
    await box.switch_on()
    assert await box.guest.run("cat /var/lib/spoq/proof /run/spoq/slot") == "kept\nSPOQ_SLOT=a\n"


async def test_an_altered_byte_in_a_confirmed_slot_ends_in_the_other(box: Box) -> None:
    await box.guest.run("echo kept > /var/lib/spoq/proof; sync")
    await box.cut_power()
    box.flip_byte("root-a", SUPERBLOCK)
    await box.switch_on()
    assert await box.guest.run("cat /var/lib/spoq/proof /run/spoq/slot") == "kept\nSPOQ_SLOT=b\n"
    assert box.console.count("dm-verity device corrupted") == 3


async def test_an_altered_byte_in_a_slot_that_is_new_ends_in_the_other(box: Box) -> None:
    await box.guest.run("echo kept > /var/lib/spoq/proof; sync")
    await activate_b(box)
    await box.cut_power()
    box.flip_byte("root-b", SUPERBLOCK)
    await box.switch_on()
    assert await box.guest.run("cat /var/lib/spoq/proof /run/spoq/slot") == "kept\nSPOQ_SLOT=a\n"
    assert box.console.count("dm-verity device corrupted") == 3
