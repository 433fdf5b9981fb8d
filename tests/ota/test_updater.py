"""A box takes an update from the offer to its end by itself, whoever is killed, away or of another mind meanwhile."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ota.journal import Journal
from ota.slots import TRIES, Slot
from ota.update import Outcome, State, Update
from ota.updater import SOMETHING_ELSE, UNDER_WAY
from ota.wishes import WishesFile
from tests.fakes.updating_box import CONFIG, FIRST, NIGHT
from tests.ota.world import DAY, NEW, NEWER, World, ended, ends_kept


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# --- by itself --------------------------------------------------------------------------------------


async def test_from_the_offer_to_the_system_that_is_kept(world: World) -> None:
    world.offers(NEW)
    async with world.box.on():
        await ends_kept(world.box)
        [report] = world.box.reports
        assert (report.before, report.after, report.fetched) == (FIRST, NEW, len("1.1.0"))
        assert report.way == "whole: no delta is from 1.0.0"
        assert (report.why, world.box.updater.entries[0].unix_s) == ("", NIGHT.timestamp())
        await world.box.shows(state=State.IDLE, version=NEW, why="Nothing new is there.", checked_s=NIGHT.timestamp())
    assert list(world.box.tries.values()) == [3, 3] and world.box.starts == 2
    assert Journal(world.box.state / "journal").read()[0] == Update(runs=NEW)
    assert sorted(each.name for each in world.box.state.iterdir()) == ["journal"]


async def test_one_after_the_other_where_it_takes_two_steps(world: World) -> None:
    world.offers(NEW)
    world.maker.offers("1.2.0", b"1.2.0", **{"from": "1.1.0"})
    async with world.box.on():
        await world.box.until(lambda: ended(world.box, Outcome.KEPT, Outcome.KEPT))
    assert (world.box.version, world.box.memory.floor) == (NEWER, NEWER)


async def test_a_system_that_is_not_well_goes_back_and_is_not_taken_again_by_itself(world: World) -> None:
    async with world.after_it_went_back() as box:
        assert (box.version, box.memory.floor) == (FIRST, FIRST)
        assert box.reports[0].why == "These were not well: turn (4 times)."
        await box.shows(state=State.IDLE, why="It was tried, and did not stay.")
        box.sick.clear()
        assert await box.updater.install() == ""
        await ends_kept(box, Outcome.WENT_BACK)


async def test_what_went_back_is_remembered_where_the_record_is_lost(world: World) -> None:
    async with world.after_it_went_back() as box:
        pass
    (box.state / "journal").unlink()
    async with box.on():
        await box.shows(state=State.IDLE, why="It was tried, and did not stay.")
        assert box.reports == []


async def test_an_hour_on_trial_is_enough(world: World) -> None:
    world.offers(NEW)
    world.box.when["restart"] = lambda: setattr(world.box, "up_for_s", 3600.0)
    async with world.box.on():
        await world.box.until(lambda: ended(world.box, Outcome.WENT_BACK))
        assert world.box.reports[0].why == "It was not seen well for long enough."


async def test_a_router_that_is_off_costs_one_more_try(world: World) -> None:
    world.offers(NEW)
    world.box.sick[NEW] = ["network"]
    async with world.box.on():
        await world.box.until(lambda: ended(world.box, Outcome.WENT_BACK))
        world.box.sick.clear()
        await ends_kept(world.box, Outcome.WENT_BACK)


async def test_what_did_not_work_before_is_not_asked_of_the_new_system(world: World) -> None:
    world.offers(NEW)
    world.box.sick = {FIRST: ["network"], NEW: ["network"]}
    async with world.box.on():
        await ends_kept(world.box)


async def test_a_system_that_does_not_start(world: World) -> None:
    world.offers(NEW)
    world.box.dies = {NEW}
    async with world.box.on():
        await world.box.until(lambda: ended(world.box, Outcome.WENT_BACK))
        assert world.box.reports[0].why == "The new system did not start."
    assert world.box.version == FIRST


async def test_a_bundle_with_another_version_in_it(world: World) -> None:
    world.maker.offers("1.1.0", b"1.1.5")
    async with world.box.on():
        await world.box.until(lambda: ended(world.box, Outcome.WENT_BACK))
        assert world.box.reports[0].why == "It says that it is version 1.1.5, and should be 1.1.0."


async def test_what_rauc_refuses_is_reported_and_noted(world: World) -> None:
    world.offers(NEW)
    world.box.refuses = "signature verification failed"
    async with world.box.on():
        await world.box.until(lambda: NEW in world.box.memory.in_vain)
        await world.box.shows(why="It was tried, and did not stay.")
        [report] = world.box.reports
        assert (report.outcome, report.why) == (Outcome.REFUSED, "RAUC says: signature verification failed")
    assert not world.box.bundle.exists() and world.box.starts == 1


async def test_what_runs_above_the_floor_is_on_trial_whatever_the_record_says(world: World) -> None:
    world.offers(NEW)
    world.box.when["trial"] = world.box.cut_power
    async with world.box.on():
        await world.box.until(lambda: world.box.version == NEW)
    (world.box.state / "journal").unlink()
    async with world.box.on():
        await ends_kept(world.box)


async def test_a_sick_system_stays_where_no_other_one_starts(world: World) -> None:
    world.box.flash(Slot.B, NEW)
    world.box.sick[NEW] = ["turn"]
    assert world.box.tries == {Slot.A: 0, Slot.B: TRIES - 1}
    async with world.box.on():
        await world.box.until(lambda: world.box.asked["stay"] > 0)
    assert world.box.tries == {Slot.A: 0, Slot.B: TRIES}
    assert (world.box.memory.floor, world.box.asked["restart"]) == (FIRST, 0)


# --- when -------------------------------------------------------------------------------------------


async def test_it_waits_for_the_night(world: World) -> None:
    async with world.ready_by_day() as box:
        assert box.asked["retire"] == 0
        box.doing = replace(box.doing, now=NIGHT)
        await ends_kept(box)


async def test_its_owner_need_not_wait_nor_say_it_again_after_a_power_cut(world: World) -> None:
    async with world.ready_by_day() as box:
        box.when["installing"] = box.cut_power
        assert await box.updater.install() == ""
        await ends_kept(box)
    assert box.starts == 3


@pytest.mark.parametrize(
    ("busy", "why"),
    [
        ({"turn": True}, "Somebody is talking to the box."),
        ({"call": True}, "There is a call."),
        ({"alarm_in_s": 600.0}, "An alarm is going to ring."),
    ],
)
async def test_it_disturbs_nobody(world: World, busy: dict[str, object], why: str) -> None:
    world.offers(NEW)
    quiet = world.box.doing
    world.box.doing = replace(quiet, **busy)  # type: ignore[arg-type]
    async with world.box.on():
        await world.box.shows(state=State.READY, why=why)
        assert await world.box.updater.install() == ""
        world.box.when["install"] = lambda: setattr(world.box, "doing", replace(quiet, **busy))  # type: ignore[arg-type]
        world.box.doing = quiet
        await world.box.shows(state=State.RESTARTING, why=why)
        assert world.box.asked["activate"] == 0
        world.box.doing = quiet
        await ends_kept(world.box)


async def test_nothing_is_taken_while_nobody_knows_the_time(world: World) -> None:
    world.offers(NEW)
    world.box.doing = replace(world.box.doing, now=None)
    async with world.box.on():
        assert await world.box.updater.install() == ""
        await world.box.until(lambda: world.box.updater.shown.fault.startswith("I don't know what time it is"))
        assert await world.box.updater.not_now() == "I don't know what time it is."
        world.box.doing = replace(world.box.doing, now=DAY)
        await ends_kept(world.box)


async def test_a_metered_line_is_used_on_the_owner_s_word(world: World) -> None:
    world.offers(NEW)
    world.box.doing = replace(world.box.doing, metered=True)
    async with world.box.on():
        await world.box.shows(state=State.IDLE, why="Fetching it may cost money on this line.")
        assert await world.box.updater.install() == ""
        await ends_kept(world.box)


async def test_updates_that_are_switched_off_are_told_of(world: World) -> None:
    world.offers(NEW)
    world.box.config = replace(CONFIG, automatic=False)
    async with world.box.on():
        await world.box.shows(state=State.IDLE, why="Updates are switched off.")
        offered = world.box.updater.shown.offered
        assert offered is not None and offered.version == NEW


async def test_who_asks_whether_there_is_something_new_need_not_wait_for_it(world: World) -> None:
    world.box.config = replace(CONFIG, every_s=1e6)
    async with world.box.on():
        await world.box.shows(why="Nothing new is there.")
        world.offers(NEW)
        await world.box.updater.check()
        await ends_kept(world.box)


async def test_a_box_without_a_server_asks_nobody_by_itself(world: World) -> None:
    world.maker.folder.rename(world.maker.folder.with_name("elsewhere"))
    world.box.config = replace(CONFIG, server="")
    async with world.box.on():
        await world.box.shows(version=FIRST)
        assert (world.box.asked["moment"], world.box.updater.shown.fault) == (0, "")


# --- its owner --------------------------------------------------------------------------------------


async def test_not_now_holds_for_one_night(world: World) -> None:
    async with world.ready_by_day() as box:
        assert await box.updater.not_now() == ""
        box.doing = replace(box.doing, now=NIGHT + timedelta(days=1))
        await box.shows(why="Somebody said “not now”.")
        box.doing = replace(box.doing, now=NIGHT + timedelta(days=2))
        await ends_kept(box)


async def test_what_its_owner_skips_is_gone_and_a_newer_one_is_not(world: World) -> None:
    async with world.ready_by_day() as box:
        assert await box.updater.skip() == ""
        await box.shows(state=State.IDLE, why="This version is to be skipped.")
        assert ended(box, Outcome.DROPPED) and box.reports[0].why == "Its owner skips it."
        assert not box.bundle.exists()
        world.offers(NEWER)
        await box.until(lambda: box.updater.shown.state is State.READY)
        assert box.bundle.read_text() == str(NEWER)


async def test_what_is_skipped_before_root_answers_does_not_forget_what_was(world: World) -> None:
    async with world.ready_by_day() as box:
        assert await box.updater.skip() == ""
    box.deaf = ["status"] * 3
    box.when["idle"] = lambda: box.wish(box.updater.not_now())
    async with box.on():
        await box.until(lambda: box.answers == [""])
        await box.shows(state=State.IDLE, why="This version is to be skipped.", fault="")
    wishes = WishesFile(box.state / "wishes").read()
    assert wishes.skipped == {NEW} and wishes.not_before is not None


async def test_nothing_can_be_skipped_where_nothing_is_offered(world: World) -> None:
    async with world.box.on():
        await world.box.shows(why="Nothing new is there.")
        assert await world.box.updater.skip() == "Nothing new is there that could be skipped."


async def test_the_owner_has_the_one_before_and_later_the_new_one_again(world: World) -> None:
    world.offers(NEW)
    async with world.box.on():
        await ends_kept(world.box)
        assert await world.box.updater.go_back() == ""
        await world.box.until(lambda: ended(world.box, Outcome.KEPT, Outcome.WENT_BACK))
        assert (world.box.reports[1].why, world.box.version) == ("Its owner wanted the one before.", FIRST)
        await world.box.shows(why="It was tried, and did not stay.")
        assert world.box.memory.floor == NEW and NEW in world.box.memory.in_vain
        assert await world.box.updater.install() == ""
        await ends_kept(world.box, Outcome.KEPT, Outcome.WENT_BACK)


async def test_nobody_goes_back_to_what_does_not_start(world: World) -> None:
    world.offers(NEW)
    world.box.refuses = "it is broken"
    async with world.box.on():
        await world.box.until(lambda: ended(world.box, Outcome.REFUSED))
        assert await world.box.updater.go_back() == "There is no other system that would start."


@pytest.mark.parametrize("state", [State.INSTALLING, State.RESTARTING, State.KEEPING])
async def test_once_it_is_being_written_nobody_changes_it_any_more(world: World, state: State) -> None:
    def wishes() -> None:
        updater = world.box.updater
        for wish in (updater.install, updater.go_back):
            world.box.wish(wish())

    world.offers(NEW)
    world.box.when[state] = wishes
    async with world.box.on():
        await ends_kept(world.box)
        await world.box.until(lambda: world.box.answers == [UNDER_WAY, SOMETHING_ELSE])


async def test_a_system_on_trial_goes_back_on_its_owners_word(world: World) -> None:
    world.offers(NEW)
    world.box.config = replace(CONFIG, gate=replace(CONFIG.gate, wanted=10**6))
    world.box.when["trial"] = lambda: world.box.wish(world.box.updater.go_back())
    async with world.box.on():
        await world.box.until(lambda: ended(world.box, Outcome.WENT_BACK))
        assert (world.box.reports[0].why, world.box.version) == ("Its owner wanted the one before.", FIRST)


async def test_where_the_one_before_does_not_start_any_more_the_new_one_stays(world: World) -> None:
    world.offers(NEW)
    async with world.box.on():
        await ends_kept(world.box)
        world.box.dies.add(FIRST)
        assert await world.box.updater.go_back() == ""
        await world.box.until(lambda: ended(world.box, Outcome.KEPT, Outcome.STAYED))
        assert world.box.version == NEW
        assert world.box.reports[1].why == "Its owner wanted the one before. The other system does not start."
        # And it takes what comes next.
        world.offers(NEWER)
        await world.box.until(lambda: ended(world.box, Outcome.KEPT, Outcome.STAYED, Outcome.KEPT))


@pytest.mark.parametrize("wish", ["install", "skip", "go_back"])
async def test_a_wish_that_comes_while_a_step_is_written_changes_nothing(world: World, wish: str) -> None:
    """It is told so: the slot is about to be written."""
    world.offers(NEW)
    # Who looks how the box is notes then that it begins.
    world.box.when["seen"] = lambda: world.box.wish(getattr(world.box.updater, wish)())
    async with world.box.on():
        await ends_kept(world.box)
        assert world.box.answers in ([UNDER_WAY], [SOMETHING_ELSE])
    assert world.box.asked["retire"] == 1


@pytest.mark.parametrize("state", [State.DOWNLOADING, State.READY])
async def test_who_wants_it_while_it_comes_loses_no_step(world: World, state: State) -> None:
    world.offers(NEW)
    world.box.doing = replace(world.box.doing, now=DAY)
    world.box.when[state] = lambda: world.box.wish(world.box.updater.install())
    async with world.box.on():
        await ends_kept(world.box)
        assert world.box.answers == [""]


async def test_who_asks_for_news_shortens_no_trial(world: World) -> None:
    world.offers(NEW)
    world.box.config = replace(CONFIG, gate=replace(CONFIG.gate, every_s=1e6))
    async with world.box.on():
        await world.box.shows(state=State.TRIAL)
        looks = world.box.asked["seen"]
        for _ in range(100):
            await world.box.updater.check()
            await asyncio.sleep(0)
        assert world.box.asked["seen"] == looks
