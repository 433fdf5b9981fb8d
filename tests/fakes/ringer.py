"""A ringer that keeps what sounds, and when each sound began."""

import asyncio

from conductor.timers import Entry


class Ringer:
    """A `conductor.alarmclock.Ringer`. `rung`: id and loop's second of each beginning; `sounds`: ids now."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, float]] = []
        self.sounds: set[str] = set()

    async def ring(self, entry: Entry) -> None:
        self.rung.append((entry.id, asyncio.get_running_loop().time()))
        self.sounds.add(entry.id)

    async def hush(self, entry_id: str) -> None:
        self.sounds.discard(entry_id)
