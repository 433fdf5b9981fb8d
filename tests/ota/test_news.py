"""People are told once of what became of an update, and of nothing that they did themselves."""

from pathlib import Path

import pytest

from ota.journal import Entry
from ota.news import latest
from ota.update import OWNERS_WISH, Outcome, Report
from tests.ota.world import NEW, NEWER, World, ends_kept


def entry(outcome: Outcome, why: str = "", unix_s: int = 7) -> Entry:
    return Entry(Report(outcome, NEW, NEWER, why=why), unix_s)


@pytest.mark.parametrize("outcome", [Outcome.KEPT, Outcome.WENT_BACK, Outcome.STAYED])
def test_what_people_would_notice_is_told_once(outcome: Outcome) -> None:
    found = latest([entry(Outcome.KEPT, unix_s=1), entry(outcome), entry(Outcome.REFUSED), entry(Outcome.DROPPED)], "")
    assert found is not None and (found.outcome, found.version) == (outcome, NEWER)
    assert latest([entry(outcome)], found.id) is None
    assert latest([entry(outcome), entry(outcome, unix_s=8)], found.id) is not None


@pytest.mark.parametrize(
    "entries",
    [[], [entry(Outcome.REFUSED)], [entry(Outcome.KEPT), entry(Outcome.WENT_BACK, OWNERS_WISH)]],
    ids=["nothing", "nothing changed", "its owner went back"],
)
def test_where_there_is_nothing_new_nothing_is_told(entries: list[Entry]) -> None:
    assert latest(entries, "") is None


async def test_what_was_heard_is_not_told_after_a_restart_and_what_was_not_is(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.offers(NEW)
    async with world.box.on():
        await ends_kept(world.box)
        await world.box.until(lambda: world.box.updater.shown.news is not None)
    async with world.box.on():
        await world.box.until(lambda: world.box.updater.shown.news is not None)
        news = world.box.updater.shown.news
        assert news is not None and (news.outcome, news.version) == (Outcome.KEPT, NEW)
        await world.box.updater.heard("something else", taken_back=False)
        await world.box.updater.heard("something else", taken_back=True)
        assert world.box.updater.shown.news == news
        await world.box.updater.heard(news.id, taken_back=False)
        assert world.box.updater.shown.news is None
        await world.box.updater.heard(news.id, taken_back=True)
        assert world.box.updater.shown.news == news
        await world.box.updater.heard(news.id, taken_back=False)
    async with world.box.on():
        await world.box.shows(news=None, why="Nothing new is there.")
