"""Timers and alarms made heard: a clip that repeats until somebody stops it, and the ring.

An alarm counts as delivered only while `playback.state` says that it sounds: whoever plays it may have died and
forgotten it, so it is asked for again until it does.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from math import inf

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.errors import BusError
from conductor.timers import Entry

log = logging.getLogger(__name__)

CLIP = "alarm"
SOURCE = "conductord"
PREFIX = "ring-"
SILENT_S = 2.0
"""No sign of it for so long: it is asked for again."""


class BusRinger:
    """A `conductor.alarmclock.Ringer`. `run` until cancelled; `on_stopped` gets each id that the stop word hushed."""

    def __init__(
        self,
        bus: Bus,
        on_stopped: Callable[[str], Awaitable[None]],
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._bus = bus
        self._monotonic_ns = monotonic_ns
        self._on_stopped = on_stopped
        self._heard_s: dict[str, float] = {}
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Ask again for what should sound and does not, until cancelled."""
        while True:
            if not self._heard_s:
                self._changed.clear()
                await self._changed.wait()
            await asyncio.sleep(SILENT_S / 2)
            for entry_id in tuple(self._heard_s):
                # It may have been hushed while another was asked for.
                if self._seconds() - self._heard_s.get(entry_id, inf) > SILENT_S:
                    log.warning("an alarm does not sound: asking again")
                    await self._play(entry_id)

    async def ring(self, entry: Entry) -> None:
        self._changed.set()
        await self._play(entry.id)
        await self._tell_ring()

    async def hush(self, entry_id: str) -> None:
        if self._heard_s.pop(entry_id, None) is not None:
            await self._silence(entry_id)

    async def on_playback(self, state: pb.PlaybackState) -> None:
        """What the speaker says of it."""
        if not state.utterance.startswith(PREFIX):
            return
        entry_id = state.utterance.removeprefix(PREFIX)
        if entry_id not in self._heard_s:
            if state.phase in (pb.STARTED, pb.PLAYING):
                # Hushed while the bus was away, or before a restart: it would sound for ever.
                await self._silence(entry_id)
            return
        if state.phase == pb.SILENCED and state.reason == "stop_word":
            await self._on_stopped(entry_id)
        elif state.phase in (pb.STARTED, pb.PLAYING):
            self._heard_s[entry_id] = self._seconds()

    async def _silence(self, entry_id: str) -> None:
        await self._tell_ring()
        try:
            await self._bus.request(
                s.PLAYBACK_CONTROL, pb.PlaybackControl(volume_percent=-1, action="silence", utterance=PREFIX + entry_id)
            )
        except BusError as error:
            log.warning("an alarm was not silenced: %s", error)

    def _seconds(self) -> float:
        return self._monotonic_ns() / 1e9

    async def _play(self, entry_id: str) -> None:
        self._heard_s[entry_id] = self._seconds()
        try:
            clip = pb.PlayClip(clip=CLIP, utterance=PREFIX + entry_id, repeat=True)
            await self._bus.publish(s.PLAYBACK_CLIP, clip)
        except BusError as error:
            log.warning("an alarm can't be heard yet: %s", error)

    async def _tell_ring(self) -> None:
        try:
            state = "alarm" if self._heard_s else ""
            await self._bus.publish(s.HARDWARE_RING_SET, pb.RingWish(source=SOURCE, state=state))
        except BusError as error:
            log.warning("the ring can't show an alarm: %s", error)
