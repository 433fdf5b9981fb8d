"""How far an update is, and what became of those before, as the disk has it, one step at a time."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from ota.journal import Entry, Journal
from ota.update import Report, State, Update

log = logging.getLogger(__name__)

Change = Callable[[Update], Update | tuple[Update, Report | None]]


class Recording:
    """The record in `journal`; `forget` is called when nothing is under way any more. `unix_s`: the time."""

    def __init__(self, journal: Path, forget: Callable[[], None], unix_s: Callable[[], int]) -> None:
        self._journal, self._forget, self._unix_s = Journal(journal), forget, unix_s
        self._writing = asyncio.Lock()
        self.update, self.entries = Update(), tuple[Entry, ...]()

    async def read(self) -> Update:
        """What the disk has. Raises OSError."""
        self.update, self.entries = await asyncio.to_thread(self._journal.read)
        return self.update

    async def step(self, change: Change) -> Sequence[Report]:
        """What is known is another; the report of what has ended. Raises WrongState: it can't be, since somebody else
        was faster; OSError."""
        async with self._writing:
            changed = change(self.update)
            update, report = changed if isinstance(changed, tuple) else (changed, None)
            reports = (report,) if report else ()
            await self.keep(update, reports)
        return reports

    async def keep(self, update: Update, reports: Sequence[Report]) -> None:
        """On the disk before anything that it speaks of is done. Raises OSError."""
        now = self._unix_s()
        entries = (*self.entries, *(Entry(each, now) for each in reports))
        await asyncio.to_thread(self._journal.keep, update, entries)
        self.update, self.entries = update, entries
        for each in reports:
            log.info("Version %s: %s. %s", each.after, each.outcome, each.why)
        if update.state is State.IDLE:
            await asyncio.to_thread(self._forget)
