"""A maker of releases and a box that takes them: what the tests of the updater have in common."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ota.source import Folder, Source
from ota.update import Outcome, State
from ota.version import Version
from tests.fakes.updating_box import NIGHT, UpdatingBox
from tests.ota.publisher import Maker

NEW, NEWER = Version(1, 1, 0), Version(1, 2, 0)
DAY = NIGHT + timedelta(hours=9)
WAITS_FOR_THE_NIGHT = "It is installed at 3 o'clock in the night."


class World:
    """A maker whose releases are in a folder, and a box, which has them from there or from another source."""

    def __init__(self, folder: Path, source: Source | None = None) -> None:
        (folder / "public").mkdir()
        self.maker = Maker(folder / "public").begins()
        self.box = UpdatingBox(folder / "box", source or Folder(self.maker.folder), self.maker.root)

    def offers(self, version: Version, **said: object) -> str:
        """A release whose bundle has that version in it."""
        return self.maker.offers(str(version), str(version).encode(), **said)

    def withdraws(self, version: Version) -> None:
        self.maker.publisher.withdraw(f"spoq-{version}.raucb")
        self.maker.publisher.publish()

    @asynccontextmanager
    async def ready_by_day(self) -> AsyncIterator[UpdatingBox]:
        """The box has fetched a release and waits for the night."""
        self.offers(NEW)
        self.box.doing = replace(self.box.doing, now=DAY)
        async with self.box.on():
            await self.box.shows(state=State.READY, why=WAITS_FOR_THE_NIGHT)
            yield self.box

    @asynccontextmanager
    async def after_it_went_back(self) -> AsyncIterator[UpdatingBox]:
        """A release was taken, and did not stay."""
        self.offers(NEW)
        self.box.sick[NEW] = ["turn"]
        async with self.box.on():
            await self.box.until(lambda: ended(self.box, Outcome.WENT_BACK) and NEW in self.box.memory.in_vain)
            yield self.box


def ended(box: UpdatingBox, *outcomes: Outcome) -> bool:
    return [each.outcome for each in box.reports] == list(outcomes)


async def ends_kept(box: UpdatingBox, *before: Outcome) -> None:
    await box.until(lambda: ended(box, *before, Outcome.KEPT))
    assert (box.version, box.memory.floor) == (NEW, NEW)
