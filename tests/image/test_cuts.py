"""Power is cut at any moment of an update: one of the two systems starts, whole, and the update goes on.

Everything that a box writes from its start until the update is kept is noted below it. The disk as it was after each
flush, after each write to the start-up partition, and after writes drawn at random is judged from outside; some of
these disks are started, and have to agree.
"""

import asyncio
import json
import random
import shutil
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from builder import order
from builder import target as targets
from builder.box import UP_S, Box, booted, copied
from builder.guest import CommandFailed
from builder.machine import Machine
from builder.programs import output, run
from tests.image.judge import DeadError, Judge
from tests.image.shop import Shop, says
from tests.image.slots import TARGET
from tests.image.test_update import PROOF, installs, until_it_ended
from tests.image.write_log import Replay, read

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(4 * 3600)]

SEED, AT_RANDOM, STARTED, FINISHED = 20261124, 200, 10, 2
"""Of all cuts, so many are started, and of these so many finish the update."""
KILLS, WAITS_S, FINISHED_S = 30, (5.0, 120.0), 1800.0
SNAPSHOT = "up"


def as_it_was_saved(first_start: Machine, folder: Path) -> Path:
    """Its disk as if the power had been cut then, as a raw image."""
    disk, before = folder / "disk.qcow2", folder / "before.raw"
    shutil.copyfile(first_start.disk, disk)
    run("qemu-img", "convert", "-l", SNAPSHOT, "-O", "raw", str(disk), str(before))
    disk.unlink()
    return before


def with_disk(first_start: Machine, disk: Path, folder: Path, write_log: Path | None = None) -> Machine:
    """The machine, with another disk in it, which stays as it is."""
    machine = Machine(first_start.target, copied(first_start, folder).folder, write_log)
    machine.disk.unlink()
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(disk), str(machine.disk))
    return machine


def kernels(shop: Shop, folder: Path) -> Mapping[str, bytes]:
    """The kernel images of both systems."""
    [bundle] = shop.public.glob("targets/*9.0.0.raucb")
    run("unsquashfs", "-no-progress", "-dest", str(folder / "new"), str(bundle), "kernel.efi")
    return {"old": (order.OUT / f"spoq-{TARGET}.efi").read_bytes(), "new": (folder / "new/kernel.efi").read_bytes()}


def drawn(verdicts: Mapping[int, tuple[str, str]], dice: random.Random) -> Sequence[int]:
    """Cuts to be started: on both sides of where the verdict changes, and others."""
    cuts = sorted(verdicts)
    turns = {each for one, other in pairwise(cuts) if verdicts[one] != verdicts[other] for each in (one, other)}
    others = [each for each in cuts if each not in turns]
    return sorted({*sorted(turns)[:STARTED], *dice.sample(others, max(0, STARTED - len(turns)))})


@pytest.mark.matrix
async def test_power_may_be_cut_at_any_moment_of_an_update(first_start: Machine, tmp_path: Path) -> None:
    shop, before, log = Shop(tmp_path), as_it_was_saved(first_start, tmp_path), tmp_path / "writes"
    shop.has_had_what_runs()
    shop.offers("9.0.0")
    async with booted(with_disk(first_start, before, tmp_path / "noted", log)) as box:
        await box.until_well()
        await box.guest.run(f"echo kept > {PROOF}; sync")
        async with shop.open_for(box):
            await installs(box)
            assert (await until_it_ended(box))["outcome"] == "kept"
        await box.switch_off()
        ended = tmp_path / "ended.raw"
        run("qemu-img", "convert", "-O", "raw", str(box.machine.disk), str(ended))
    verdicts = judged(first_start, shop, before, log, ended, tmp_path)
    dice = random.Random(SEED)
    cuts = drawn(verdicts, dice)
    finished = dice.sample(cuts, FINISHED)
    replay = Replay(before, log, read(log))
    for cut in cuts:
        replay.to(cut)
        async with booted(with_disk(first_start, before, tmp_path / f"cut-{cut}")) as box:
            slot = await box.guest.run("cat /run/spoq/slot")
            assert slot == f"SPOQ_SLOT={verdicts[cut][0]}\n", (cut, verdicts[cut])
            if cut in finished:
                await box.until_well()
                async with shop.open_for(box):
                    if (await says(box, "status"))["version"] != "9.0.0":
                        await installs(box)
                    await box.guest.until("spoq update history --json | grep -q kept", 900.0)
        shutil.rmtree(tmp_path / f"cut-{cut}")


def judged(
    first_start: Machine, shop: Shop, before: Path, log: Path, ended: Path, folder: Path
) -> Mapping[int, tuple[str, str]]:
    """What starts after so many writes, for each cut. Raises AssertionError: nothing would, after some."""
    disk, entries = folder / "cut.raw", read(log)
    run("cp", "--sparse=always", str(before), str(disk))
    judge, replay = Judge(targets.read(TARGET), disk, kernels(shop, folder), folder), Replay(disk, log, entries)
    flushes = {number + 1 for number, entry in enumerate(entries) if entry.is_flush}
    starts = {number + each for number, entry in enumerate(entries) if judge.is_start_up(entry) for each in (0, 1)}
    at_random = random.Random(SEED).sample(range(len(entries) + 1), AT_RANDOM)
    verdicts, dead = dict[int, tuple[str, str]](), dict[int, str]()
    for cut in sorted({0, len(entries), *flushes, *starts, *at_random}):
        judge.touched(replay.to(cut))
        try:
            verdicts[cut] = judge.verdict()
        except DeadError as error:
            dead[cut] = str(error)
    # Whatever is not in the log would have been written by nobody.
    output("cmp", str(disk), str(ended))
    disk.unlink()
    figures = {"writes": len(entries), "cuts_tried": len(verdicts) + len(dead), "cuts_survived": len(verdicts)}
    print(json.dumps(figures | {"new": sum(system == "new" for _, system in verdicts.values())}))
    assert dead == {}
    assert {system for _, system in verdicts.values()} == {"old", "new"}
    return verdicts


@pytest.mark.matrix
async def test_a_box_that_loses_its_power_again_and_again_gets_there(first_start: Machine, tmp_path: Path) -> None:
    shop, dice, made = Shop(tmp_path), random.Random(SEED), copied(first_start, tmp_path / "machine")
    shop.has_had_what_runs()
    offered = ""
    async with booted(made, "-loadvm", SNAPSHOT) as box, shop.open_for(box):
        await box.guest.run(f"echo kept > {PROOF}; sync")
        for _ in range(KILLS):
            offered = await wants_the_next(box, shop, offered)
            await asyncio.sleep(dice.uniform(*WAITS_S))
            await box.cut_power()
            await box.switch_on()
            assert await box.guest.run(f"cat {PROOF}") == "kept\n"
        await wants_the_next(box, shop, offered)
        async with asyncio.timeout(FINISHED_S):
            while offered not in await kept(box):
                await asyncio.sleep(WAITS_S[0])
        print(json.dumps({"kills": KILLS, "kept": await kept(box)}))


async def wants_the_next(box: Box, shop: Shop, offered: str) -> str:
    """The release that is wanted now: another one, once this one is kept."""
    done = await kept(box)
    if offered in ("", *done):
        offered = f"9.{len(done)}.0"
        shop.offers(offered)
    await box.guest.run("spoq update install --json >/dev/null 2>&1 &")
    return offered


async def kept(box: Box) -> Sequence[str]:
    """The versions that stayed, as the box says; it may be restarting just now."""
    try:
        await box.guest.until("spoq update status", UP_S)
        return [each["to"] for each in (await says(box, "history"))["reports"] if each["outcome"] == "kept"]
    except (CommandFailed, TimeoutError, OSError):
        await box.until_up()
        return await kept(box)
