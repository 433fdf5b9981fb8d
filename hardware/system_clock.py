"""The system clock, as long as nothing keeps it: a device that has just paired says what time it is.

A network's time is better, and takes over when there is one. Who may set the clock is a program of its own, which
systemd starts for the file that is left here (`box-clock.path`, `hardware/set_clock.py`).
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from files import durable
from hardware import set_clock

WISH = "clock"
LEAST_S = 60.0
"""What a device says is some seconds old: a clock that is nearer is left alone."""
LONGEST_S = 30 * 365.0 * 86400
"""A box is not used longer behind its build: such a clock is wrong."""
NOT_NOW = "The box's clock is set already."
NOT_A_TIME = "That is no time that this box could be at."
NOT_HERE = "This computer's clock is not the box's to set."


class SystemClock:
    """`serve` once. `runtime`: where systemd looks, None where there is none; `built_s`: no time before that is
    believed; `synchronised`: whether something else keeps the clock."""

    def __init__(
        self,
        runtime: Path | None,
        built_s: float,
        synchronised: Callable[[], bool],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._runtime, self._built_s, self._synchronised, self._now_s = runtime, built_s, synchronised, now_s
        self._was_set = False

    async def serve(self, bus: Bus) -> None:
        await bus.serve(s.HARDWARE_CLOCK, self._on_set)

    async def _on_set(self, message: Received[pb.SetClock]) -> pb.Reply:
        told_s = message.body.unix_ms / 1000
        if not self._built_s <= told_s <= self._built_s + LONGEST_S:
            return pb.Reply(refusal=NOT_A_TIME)
        if self._runtime is None:
            return pb.Reply(refusal=NOT_HERE)
        if self._synchronised() or self._was_set:
            return pb.Reply(refusal=NOT_NOW)
        if abs(told_s - self._now_s()) >= LEAST_S:
            wish = set_clock.written(told_s, time.clock_gettime(time.CLOCK_BOOTTIME))
            try:
                await asyncio.to_thread(durable.write, self._runtime / WISH, wish)
            except OSError as error:
                return pb.Reply(refusal=f"The box can't set its clock: {error.strerror}.")
            # A box has one first owner.
            self._was_set = True
        return pb.Reply()
