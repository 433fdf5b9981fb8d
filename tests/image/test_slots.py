"""What is wrong with one slot ends in the other, with the same data."""

import json
import sys
import tempfile
from pathlib import Path

import pytest

from builder import target as targets
from builder.box import Box
from builder.machine import Machine
from builder.programs import run
from ota.slots import TRIES
from tests.image.slots import TARGET

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

SUPERBLOCK = 1024
"""Of EROFS: read at every start."""
CORRUPTED = "dm-verity device corrupted"
SETS_UP_S = 120.0


async def test_an_altered_byte_in_a_slot_that_was_confirmed_ends_in_the_other_with_the_same_data(box: Box) -> None:
    await box.guest.run("echo kept > /var/lib/spoq/proof; sync")
    await box.cut_power()
    box.flip_byte("root-a", SUPERBLOCK)
    await box.switch_on()
    assert await box.guest.run("cat /var/lib/spoq/proof /run/spoq/slot") == "kept\nSPOQ_SLOT=b\n"
    assert box.console.count(CORRUPTED) == TRIES


@pytest.mark.matrix
async def test_an_altered_byte_in_a_slot_that_is_new_ends_in_the_other_with_the_factorys_data(built: Path) -> None:
    """A disk from the factory, whose first system nobody has ever started."""
    with tempfile.TemporaryDirectory(prefix="spoq-box-") as folder:
        disk, machine = Path(folder, "disk.img"), Machine(targets.read(TARGET), Path(folder, "machine"))
        run("cp", "--sparse=always", str(built), str(disk))
        made = json.loads(run(sys.executable, "-m", "cli.factory", str(disk), "--label", f"{folder}/label", "--json"))
        machine.make(disk)
        box = Box(machine)
        box.flip_byte("root-a", SUPERBLOCK)
        try:
            await box.switch_on()
            await box.guest.until("test -e /run/spoq/factory/factory.json", SETS_UP_S)
            assert await box.guest.run("cat /run/spoq/slot; systemctl is-active box-data") == "SPOQ_SLOT=b\nactive\n"
            assert json.loads(await box.guest.run("cat /run/spoq/factory/factory.json"))["serial"] == made["serial"]
        finally:
            await box.cut_power()
        assert box.console.count(CORRUPTED) == TRIES
        # Its label is on the box; the code is known to nobody in it.
        assert "Pair " not in box.console
