"""A box takes a newer release by itself: by HTTP, into the other slot, on trial, and it stays, or comes back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from builder.box import Box
from ota.slots import TRIES
from ota.update import OWNERS_WISH
from tests.image.shop import Shop, says
from tests.image.slots import HANGS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(2400)]

FETCHED_S, INSTALLED_S, ENDED_S, GOES_BACK_S = 300.0, 600.0, 300.0, 1200.0
PROOF, SAID = "/var/lib/spoq/proof", "/var/lib/spoq/said"
MOST_OF_A_DELTA = 20_000_000
"""Of one whose kernel image is signed anew."""
RESTARTS = "reboot: Restarting system"


async def until_it_ended(box: Box, reports: int = 1) -> dict[str, Any]:
    """The report of the update that has just ended, when there are so many."""
    await box.guest.until(f"[ $(spoq update history --json | grep -o outcome | wc -l) = {reports} ]", ENDED_S)
    report: dict[str, Any] = (await says(box, "history"))["reports"][0]
    return report


async def installs(box: Box, restarts: int = 1) -> None:
    """Its owner says so; returns in the next start, so many after it was switched on."""
    # The box may be down before its agent could tell.
    await box.guest.run(f"spoq update install --json >{SAID} 2>&1 &")
    await box.until_console_says(RESTARTS, FETCHED_S + INSTALLED_S, restarts)
    await box.until_up()
    state = json.loads(await box.guest.run(f"cat {SAID}"))
    assert (state["state"], state["fault"]) == ("restarting", ""), state


async def test_a_release_is_taken_and_stays(box: Box, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.has_had_what_runs()
    shop.offers("9.0.0")
    await box.guest.run(f"echo kept > {PROOF}")
    async with shop.open_for(box):
        found = await says(box, "check")
        assert (found["offered"], found["state"], found["why"]) == ("9.0.0", "idle", "Updates are switched off.")
        await installs(box)
        assert await box.guest.run(f"cat /run/spoq/slot {PROOF}") == "SPOQ_SLOT=b\nkept\n"
        report = await until_it_ended(box)
    assert (report["outcome"], report["why"], report["to"], report["way"]) == ("kept", "", "9.0.0", "delta")
    assert 0 < report["bytes"] < MOST_OF_A_DELTA and report["seconds"] > 0
    status = await says(box, "status")
    assert (status["version"], status["state"]) == ("9.0.0", "idle")
    told = [await box.guest.run("spoq ask 'what time is it'") for _ in range(2)]
    assert ["this is version 9.0.0." in each for each in told] == [True, False], told


@pytest.mark.matrix
async def test_two_in_a_row_stay_and_its_owner_goes_back(box: Box, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    await box.guest.run(f"echo kept > {PROOF}")
    async with shop.open_for(box):
        for number, slot in enumerate("ba"):
            shop.offers(f"9.{number}.0")
            await says(box, "check")
            await installs(box, restarts=number + 1)
            assert await box.guest.run(f"cat /run/spoq/slot {PROOF}") == f"SPOQ_SLOT={slot}\nkept\n"
            report = await until_it_ended(box, reports=number + 1)
            assert (report["outcome"], report["to"]) == ("kept", f"9.{number}.0")
        await box.guest.run("spoq update rollback >/dev/null 2>&1 &")
        await box.until_console_says(RESTARTS, INSTALLED_S, 3)
        await box.until_up()
        assert await box.guest.run(f"cat /run/spoq/slot {PROOF}") == "SPOQ_SLOT=b\nkept\n"
        report = await until_it_ended(box, reports=3)
        assert (report["outcome"], report["why"]) == ("went back", OWNERS_WISH)
        # The one that was kept longer is there, well, and what its owner did not want is not taken by itself.
        await box.until_well()
        assert (await says(box, "status"))["version"] == "9.0.0"
        assert "9.1.0" in (await says(box, "check"))["offered"]


def crashes(tree: Path) -> None:
    """Its conductor ends as soon as it begins."""
    unit = tree / "usr/lib/systemd/system/spoq-conductord.service.d/90-broken.conf"
    unit.parent.mkdir(exist_ok=True)
    unit.write_text("[Service]\nExecStartPre=/bin/false\n")


def has_no_network(tree: Path) -> None:
    """Nobody brings it into a network."""
    (tree / "etc/systemd/system/NetworkManager.service").symlink_to("/dev/null")


@dataclass(frozen=True)
class Broken:
    """A release that was signed and is not well: `change` of its root, or `init`, its first program. So many `starts`
    until the one before is back, and `why`, in its report."""

    name: str
    starts: int
    why: str
    change: Callable[[Path], None] = lambda _: None
    init: str | None = None


BROKEN = [
    Broken("a daemon crashes", 2, "daemons (5 times)", crashes),
    Broken("no network", 2, "network (5 times)", has_no_network),
    Broken("it panics", 1 + TRIES, "did not start", init="#!/bin/sh\nexit 1\n"),
    Broken("it hangs in the initrd", 1 + TRIES, "did not start", init=HANGS),
]


@pytest.mark.matrix
@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
async def test_a_release_that_is_not_well_goes_back(box: Box, tmp_path: Path, broken: Broken) -> None:
    shop = Shop(tmp_path)
    shop.offers("9.0.0", broken.change, broken.init)
    await box.guest.run(f"echo kept > {PROOF}")
    async with shop.open_for(box):
        await box.guest.run(f"spoq update install --json >{SAID} 2>&1 &")
        await box.until_console_says(RESTARTS, FETCHED_S + INSTALLED_S)
        await box.until_console_says("starting Boot", GOES_BACK_S, broken.starts)
        await box.until_up()
        report = await until_it_ended(box)
        assert (report["outcome"], report["to"]) == ("went back", "9.0.0")
        assert broken.why in report["why"]
        assert "I tried version 9.0.0, and it did not work well." in await box.guest.run("spoq ask 'what time is it'")
        assert await box.guest.run(f"cat /run/spoq/slot {PROOF}") == "SPOQ_SLOT=a\nkept\n"
        # It is not taken again by itself, and it can be: by its owner's word.
        found = await says(box, "check")
        assert (found["state"], found["offered"]) == ("idle", "9.0.0")
