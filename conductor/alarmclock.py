"""Waits for what is due, and lets it ring.

Between two due times nothing runs: the clock wakes us when the next one comes or when somebody sets the clock, and the
household when its records change. What rings and what was missed is decided in `conductor.timers`.
"""

import asyncio
from collections.abc import Awaitable
from typing import Protocol
from zoneinfo import ZoneInfo

from conductor.clock import Clock, Instant
from conductor.household import Household
from conductor.timers import Entry

SAVE_TIME_S = 3600.0
"""How often the time is saved while nothing happens: 24 small writes a day."""


class Ringer(Protocol):
    """Makes a due timer or alarm heard. Neither method waits for the sound."""

    async def ring(self, entry: Entry) -> None:
        """This begins to ring now; again after a restart, if nobody has dismissed it."""

    async def hush(self, entry_id: str) -> None:
        """This rings no longer: dismissed, snoozed, cancelled, or nobody came."""


class AlarmClock:
    """The household's timers and alarms, kept to the second. `run` until cancelled."""

    def __init__(self, household: Household, clock: Clock, ringer: Ringer, zone: ZoneInfo) -> None:
        self._household = household
        self._clock = clock
        self._ringer = ringer
        self._zone = zone
        self._sounding: frozenset[str] = frozenset()

    @property
    def zone(self) -> ZoneInfo:
        return self._zone

    def move_to(self, zone: ZoneInfo) -> None:
        """The household lives in another zone from now on; its alarms keep their time of the day."""
        self._zone = zone
        self._household.changed.set()

    async def run(self) -> None:
        """Let ring what is due, for ever."""
        while True:
            # Cleared before looking: what changes from here on is looked at again, our own notes included.
            self._household.changed.clear()
            now = self._clock.now()
            await self._save_time(now)
            wait_s = await self._look(now)
            await _first(self._clock.wait(min(wait_s, SAVE_TIME_S)), self._household.changed.wait())

    async def ring_again(self) -> None:
        """Whatever should be sounding is told to sound anew: the speaker's daemon was away."""
        for entry in self._household.ringing:
            if entry.id in self._sounding:
                await self._ringer.ring(entry)

    async def _look(self, now: Instant) -> float:
        """Act on what is due; seconds until the next."""
        verdict = await self._household.judge(now, self._zone, self._sounding)
        self._sounding = (self._sounding - frozenset(verdict.ends)) | frozenset(verdict.begins)
        for entry_id in verdict.ends:
            await self._ringer.hush(entry_id)
        for entry in verdict.entries:
            if entry.id in verdict.begins:
                await self._ringer.ring(entry)
        return verdict.wait_s

    async def _save_time(self, now: Instant) -> None:
        if not 0 <= now.wall - self._household.records.saved_wall < SAVE_TIME_S:
            await self._household.save_time(now)


async def _first(*waits: Awaitable[object]) -> None:
    """Return when one of these has; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
