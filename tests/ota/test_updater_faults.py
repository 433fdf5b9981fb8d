"""An update ends as it should, whoever is killed, away, damaged or deaf on its way."""

from dataclasses import replace
from pathlib import Path

import pytest

from ota import source
from ota.source import Server
from ota.update import Outcome, State
from tests.fakes.release_server import Fault, ReleaseServer
from tests.fakes.updating_box import CONFIG, FIRST, NIGHT, UpdatingBox
from tests.ota.publisher import Maker
from tests.ota.world import DAY, NEW, NEWER, WAITS_FOR_THE_NIGHT, World, ended, ends_kept

TAKEN = (State.DOWNLOADING, State.READY, State.INSTALLING, State.RESTARTING, State.TRIAL, State.KEEPING)
ROOT_DOES = ("retire", "activate", "restart", "keep")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_a_release_that_is_withdrawn_is_dropped(world: World) -> None:
    async with world.ready_by_day() as box:
        world.withdraws(NEW)
        await box.until(lambda: ended(box, Outcome.DROPPED))
        await box.shows(state=State.IDLE, why="Nothing new is there.", offered=None)
        assert box.reports[0].why == "It is offered no more."
    assert not box.bundle.exists()


async def test_a_newer_release_takes_its_place_and_is_still_wanted(world: World) -> None:
    async with world.ready_by_day() as box:
        box.doing = replace(box.doing, turn=True)
        assert await box.updater.install() == ""
        world.offers(NEWER)
        await box.until(lambda: ended(box, Outcome.DROPPED))
        assert box.reports[0].why == "There is a newer one."
        box.doing = replace(box.doing, turn=False)
        await box.until(lambda: ended(box, Outcome.DROPPED, Outcome.KEPT))
    assert box.version == NEWER


async def test_a_bundle_that_is_damaged_on_the_disk_is_fetched_again(world: World) -> None:
    async with world.ready_by_day() as box:
        box.bundle.write_bytes(b"9.9.9")
        box.when["downloading"] = lambda: box.answers.append("again")
        box.doing = replace(box.doing, now=NIGHT)
        await ends_kept(box)
    assert box.answers == ["again"]


async def test_a_server_that_is_away_is_asked_again_and_a_wish_is_not_forgotten(world: World) -> None:
    world.offers(NEW)
    world.box.config = replace(CONFIG, every_s=1e6)
    world.box.doing = replace(world.box.doing, now=DAY)
    away = world.maker.folder.rename(world.maker.folder.with_name("away"))
    async with world.box.on():
        assert await world.box.updater.install() == ""
        await world.box.until(lambda: world.box.updater.shown.fault.startswith("What is offered can't be read"))
        away.rename(world.maker.folder)
        await ends_kept(world.box)
        assert world.box.updater.shown.fault == ""


async def test_a_fault_that_is_over_is_shown_no_more(world: World) -> None:
    world.box.config = replace(CONFIG, every_s=1e6)
    async with world.ready_by_day() as box:
        away = world.maker.folder.rename(world.maker.folder.with_name("away"))
        await box.updater.check()
        await box.until(lambda: box.updater.shown.fault != "")
        away.rename(world.maker.folder)
        await box.shows(state=State.READY, why=WAITS_FOR_THE_NIGHT, fault="")
        assert ended(box)


async def test_a_server_that_sends_something_else_and_then_what_was_signed(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    async with ReleaseServer(tmp_path / "public").running() as mirror, source.session() as session:
        maker = Maker(mirror.folder).begins()
        maker.offers("1.1.0", b"1.1.0")
        box = UpdatingBox(tmp_path / "box", Server(session, mirror.address), maker.root)
        mirror.faults["raucb"] = Fault.FLIPS_A_BYTE
        async with box.on():
            await box.shows(state=State.DOWNLOADING, fault="What was fetched is not what was signed.")
            mirror.faults.clear()
            await ends_kept(box)


@pytest.mark.parametrize("happens", ["kill", "cut_power"])
@pytest.mark.parametrize("moment", [State.IDLE, *TAKEN, *ROOT_DOES, "install", "seen"])
async def test_whenever_the_daemon_ends_it_goes_on(world: World, moment: str, happens: str) -> None:
    world.offers(NEW)
    world.box.when[moment] = getattr(world.box, happens)
    async with world.box.on():
        await ends_kept(world.box)
    assert not world.box.when


@pytest.mark.parametrize("moment", [State.GOING_BACK, "leave", "restart", "note"])
async def test_whenever_the_daemon_ends_it_goes_back(world: World, moment: str) -> None:
    world.box.when[moment] = world.box.kill
    async with world.after_it_went_back() as box:
        assert box.version == FIRST
    assert not box.when


async def test_a_box_without_a_floor_waits_until_it_has_one(world: World) -> None:
    """Else what it takes would be confirmed as what it was flashed with."""
    world.offers(NEW)
    kept = (world.box.folder / "floor").rename(world.box.folder / "away")
    async with world.box.on():
        await world.box.shows(fault="This start of the box was not seen well yet.")
        kept.rename(world.box.folder / "floor")
        await ends_kept(world.box)


@pytest.mark.parametrize("word", ["status", *ROOT_DOES])
async def test_root_that_does_not_answer_is_asked_again(world: World, word: str) -> None:
    world.offers(NEW)
    world.box.deaf = [word] * 2
    async with world.box.on():
        await ends_kept(world.box)
    assert not world.box.deaf


async def test_root_that_does_not_answer_keeps_nobody_from_going_back(world: World) -> None:
    world.box.deaf = ["leave"]
    async with world.after_it_went_back() as box:
        assert (box.version, box.deaf) == (FIRST, [])


async def test_what_root_did_not_note_it_notes_at_the_next_start(world: World) -> None:
    world.offers(NEW)
    world.box.refuses = "it is broken"
    world.box.deaf = ["note"]
    async with world.box.on():
        await world.box.until(lambda: ended(world.box, Outcome.REFUSED) and not world.box.deaf)
        world.box.kill()
        await world.box.until(lambda: NEW in world.box.memory.in_vain)
