"""The household's records, kept: one writer that performs effects, undoes them, and notes what rings.

Everything is in memory as well, so asking is free; a change counts once it is on the disk. When the disk refuses:

    a timer or an alarm          runs all the same, from memory, and the person is told that a power cut would lose it
    one that is cancelled        is gone, and the person is told that a power cut would bring it back
    a list                       stays as it was, and the person is told
    what rings is dismissed      it is silent; nothing more is said

What could not be written is tried again with the next change.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from conductor.clock import Clock, Instant
from conductor.effects import (
    AlarmCancel,
    AlarmSet,
    HouseholdEffect,
    ListAdd,
    ListClear,
    ListRemove,
    Snooze,
    TimerAdd,
    TimerCancel,
    TimerSet,
    applied,
)
from conductor.errors import StorageFailed, StorageFull
from conductor.records import Difference, Records, SavedTime, differences, reverted
from conductor.speech import Sentences
from conductor.storage import Loaded, Storage
from conductor.timers import Entry, Missed, State, Verdict, judge

log = logging.getLogger(__name__)

T = TypeVar("T")

FILE = "household.db"
DAMAGED = "damaged"
"""The kind of the `Missed` that tells of records that could not be read."""

SENTENCES = Sentences(
    en={
        "timer_full": "It's running, but my storage is full: if I lose power, it's gone.",
        "timer_failed": "It's running, but I couldn't save it: if I lose power, it's gone.",
        "gone_full": "It's cancelled, but my storage is full: if I lose power, it comes back.",
        "gone_failed": "It's cancelled, but I couldn't save that: if I lose power, it comes back.",
        "list_full": "I couldn't save that: my storage is full.",
        "list_failed": "I couldn't save that: my storage doesn't work.",
    },
    de={
        "timer_full": "Er läuft, aber mein Speicher ist voll: Ohne Strom ist er weg.",
        "timer_failed": "Er läuft, aber ich konnte ihn nicht speichern: Ohne Strom ist er weg.",
        "gone_full": "Gelöscht, aber mein Speicher ist voll: Nach einem Stromausfall ist er wieder da.",
        "gone_failed": "Gelöscht, aber ich konnte es nicht speichern: Nach einem Stromausfall ist er wieder da.",
        "list_full": "Das konnte ich nicht speichern: Mein Speicher ist voll.",
        "list_failed": "Das konnte ich nicht speichern: Mein Speicher funktioniert nicht.",
    },
)


async def nothing() -> None:
    """Undoes what did nothing."""


@dataclass(frozen=True)
class Done:
    """What became of some effects. `undo` takes them back; `problem` is the sentence to say instead of the answer."""

    undo: Callable[[], Awaitable[None]] = nothing
    problem: str = ""


class Household:
    """Made by `Household.opened`. `records` is the state now; `changed` is set with every change."""

    def __init__(self, storage: Storage, clock: Clock, new_id: Callable[[], str]) -> None:
        self.records = Records()
        self.changed = asyncio.Event()
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._writing = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="household")
        self._unsaved: dict[tuple[str, str], Difference] = {}

    @staticmethod
    @asynccontextmanager
    async def opened(
        folder: Path, clock: Clock, new_id: Callable[[], str] = lambda: uuid.uuid4().hex[:8]
    ) -> AsyncIterator["Household"]:
        """The records in `folder`, with the clock told its floor.

        A disk that can't be read costs what is on it, not the box its voice: it goes on from memory, and says so.
        """
        household = Household(Storage(folder / FILE), clock, new_id)
        try:
            await household._load()
            yield household
        finally:
            await household._close()

    # --- effects -----------------------------------------------------------------------------------------

    async def perform(self, effects: Sequence[HouseholdEffect], language: str = "en") -> Done:
        """Do all of these, or none of them."""
        async with self._writing:
            now, before, after = self._clock.now(), self.records, self.records
            for effect in effects:
                after = applied(after, effect, now, self._new_id)
            changes = differences(before, after)
            if not changes:
                return Done()
            problem = await self._saved(changes)
            sentence = "" if problem is None else _sentence(effects, problem, language)
            if problem is not None and _about_a_list(effects):
                return Done(problem=sentence)
            self._become(after)
            if problem is not None:
                self._keep_in_mind(changes)
            return Done(lambda: self._undo(changes), sentence)

    async def _undo(self, changes: tuple[Difference, ...]) -> None:
        async with self._writing:
            await self._change_to(reverted(self.records, changes))

    # --- time passes ---------------------------------------------------------------------------------------

    async def judge(self, now: Instant, zone: ZoneInfo, sounding: frozenset[str]) -> Verdict:
        """What rings and what was missed, noted."""
        async with self._writing:
            verdict = judge(self.records.entries, now, zone, sounding)
            after = self.records.without(*self.records.entries).with_(*verdict.entries, *verdict.missed)
            await self._change_to(after)
            return verdict

    async def save_time(self, now: Instant) -> None:
        """Note what time it is, if that is known: the clock's floor after a restart."""
        if now.known:
            async with self._writing:
                await self._change_to(self.records.with_(SavedTime(now.wall)))

    @property
    def ringing(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.records.entries if entry.state is State.RINGING)

    # --- keeping ---------------------------------------------------------------------------------------------

    async def _load(self) -> None:
        try:
            loaded = await self._on_thread(self._storage.load)
        except StorageFailed as error:
            log.error("going on without the saved timers and lists: %s", error)
            loaded = Loaded(Records(), damaged=True)
        self.records = loaded.records
        self._clock.believe(loaded.records.saved_wall)
        if loaded.damaged:
            await self._change_to(self.records.with_(Missed(DAMAGED, DAMAGED, self._clock.now().wall)))

    async def _change_to(self, after: Records) -> None:
        """Become `after`; what can't be written is kept in memory."""
        changes = differences(self.records, after)
        if not changes and not self._unsaved:
            return
        if await self._saved(changes) is not None:
            self._keep_in_mind(changes)
        if changes:
            self._become(after)

    def _become(self, after: Records) -> None:
        self.records = after
        self.changed.set()

    async def _saved(self, changes: Sequence[Difference]) -> StorageFailed | None:
        """Write these and what is still unwritten; why not, if it failed."""
        pending = {**self._unsaved, **{(change.kind, change.id): change for change in changes}}
        try:
            await self._on_thread(lambda: self._storage.save(tuple(pending.values())))
        except StorageFailed as error:
            log.error("not saved: %s", error)
            return error
        self._unsaved.clear()
        return None

    def _keep_in_mind(self, changes: Sequence[Difference]) -> None:
        self._unsaved |= {(change.kind, change.id): change for change in changes}

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _close(self) -> None:
        await self._on_thread(self._storage.close)
        self._thread.shutdown()


def _about_a_list(effects: Sequence[HouseholdEffect]) -> bool:
    return any(isinstance(effect, ListAdd | ListRemove | ListClear) for effect in effects)


def _sentence(effects: Sequence[HouseholdEffect], problem: StorageFailed, language: str) -> str:
    """What the person has to know; empty where nothing is lost that anyone would miss."""
    how = "full" if isinstance(problem, StorageFull) else "failed"
    if _about_a_list(effects):
        return SENTENCES.say(language, f"list_{how}")
    if any(isinstance(effect, TimerSet | TimerAdd | AlarmSet | Snooze) for effect in effects):
        return SENTENCES.say(language, f"timer_{how}")
    if any(isinstance(effect, TimerCancel | AlarmCancel) for effect in effects):
        return SENTENCES.say(language, f"gone_{how}")
    return ""
