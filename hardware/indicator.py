"""The ring on the bus: follows the turn, mute and everybody's wishes, shows the first of the priority table.

A change is shown and told (`hardware.ring`) at once; the ring is redrawn only while its picture moves, and only where
there are LEDs.
"""

import asyncio
import time

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Context, Received
from hardware import ring
from hardware.config import Config
from hardware.leds import Leds, NoLeds

FRAME_S = 1 / 30
MAX_SOURCES = 32
MAX_SOURCE = 64
"""Characters of a source's name."""
OF_PHASE = {
    pb.OPENED: "listening",
    pb.LISTENING: "listening",
    pb.COMMITTED: "thinking",
    pb.ANSWERING: "speaking",
    pb.DUCKED: "listening",
}
FAILURES = frozenset({"deaf", "engine_failed", "voice_failed", "bus_lost", "playback_lost"})
TURN, MUTE, FAULT, BUS = "turn", "mute", "fault", "bus"


class Indicator:
    """`run` until cancelled."""

    def __init__(self, bus: Bus, leds: Leds, config: Config) -> None:
        self._bus = bus
        self._leds = leds
        self._config = config
        self._wishes: dict[str, str] = {}
        self._generation = 0
        self._state = ""
        self._since_s = time.monotonic()
        self._changed = asyncio.Event()
        self._forgetting: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._bus.subscribe(s.TURN_STATE, self._on_turn_state)
        await self._bus.subscribe(s.AUDIO_MUTE_STATE, self._on_mute)
        await self._bus.subscribe(s.HARDWARE_RING_SET, self._on_wish)
        await self._show(Context())
        while True:
            await self._draw()

    async def _on_turn_state(self, message: Received[pb.TurnState]) -> None:
        if message.context.generation < self._generation:
            return
        self._generation = message.context.generation
        state = message.body
        if state.phase in (pb.CLOSED, pb.CANCELLED) and state.reason in FAILURES:
            self._show_fault()
        elif state.phase == pb.OPENED:
            self._wish(FAULT, "")
        self._wish(TURN, OF_PHASE.get(state.phase, ""))
        await self._show(message.context)

    async def _on_mute(self, message: Received[pb.MuteState]) -> None:
        self._wish(MUTE, "muted" if message.body.muted else "")
        await self._show(message.context)

    async def _on_wish(self, message: Received[pb.RingWish]) -> None:
        wish = message.body
        if wish.source in (TURN, MUTE, FAULT, BUS) or not 0 < len(wish.source) <= MAX_SOURCE:
            return
        if wish.state not in (*ring.LOOKS, ""):
            return
        if wish.source in self._wishes or len(self._wishes) < MAX_SOURCES:
            self._wish(wish.source, wish.state)
            await self._show(message.context)

    def wish(self, source: str, state: str) -> None:
        """A wish of this daemon's own; empty: withdrawn."""
        self._wish(source, state)
        self._changed.set()

    def on_bus_lost(self) -> None:
        """Nobody can be told any more, but the ring can be seen."""
        self._wish(TURN, "")
        self._wish(BUS, "no_bus")
        self._changed.set()

    def on_bus_back(self) -> None:
        self._wish(BUS, "")
        self._changed.set()

    def _show_fault(self) -> None:
        """A fault that follows another is shown as long."""
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._wish(FAULT, "error")
        self._forgetting = asyncio.get_running_loop().call_later(self._config.error_shown_s, self._forget_fault)

    def _forget_fault(self) -> None:
        self._wish(FAULT, "")
        self._changed.set()

    def _wish(self, source: str, state: str) -> None:
        if state:
            self._wishes[source] = state
        else:
            self._wishes.pop(source, None)

    async def _show(self, context: Context) -> None:
        state = ring.shown(self._wishes.values())
        if state == self._state:
            return
        self._state, self._since_s = state, time.monotonic()
        self._leds.show(ring.picture(state, 0.0))
        shown = pb.RingShown(state=state, pattern=ring.LOOKS[state].pattern, shown_monotonic_ns=time.monotonic_ns())
        await self._bus.publish(s.HARDWARE_RING, shown, context)
        self._changed.set()

    async def _draw(self) -> None:
        """One picture of the movement, or wait until there is something to draw."""
        if ring.shown(self._wishes.values()) != self._state:
            await self._show(Context())
        if isinstance(self._leds, NoLeds) or not ring.LOOKS[self._state].moves:
            self._changed.clear()
            await self._changed.wait()
            return
        self._leds.show(ring.picture(self._state, time.monotonic() - self._since_s))
        await asyncio.sleep(FRAME_S)
