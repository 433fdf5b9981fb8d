"""spoq-hardwared: the LED ring, the buttons, and the clock as long as no network keeps it."""

import asyncio
import os
import sys
from functools import partial
from pathlib import Path

from conductor.clock import built_at, kernel_says_synchronised
from daemons.runtime import Daemon, run
from hardware import leds
from hardware.attention import Attention
from hardware.config import Config
from hardware.indicator import Indicator
from hardware.pressing import Pressing
from hardware.system_clock import SystemClock


async def serve(daemon: Daemon) -> None:
    config = daemon.config("hardware", Config)
    indicator: Indicator | None = None

    def lost() -> None:
        if indicator is not None:
            indicator.on_bus_lost()

    def back() -> None:
        if indicator is not None:
            indicator.on_bus_back()

    with leds.opened(config.ring, config.brightness) as ring:
        async with daemon.bus(on_lost=lost, on_back=back) as bus, asyncio.TaskGroup() as tasks:
            indicator = Indicator(bus, ring, config)
            folder = os.environ.get("RUNTIME_DIRECTORY")
            runtime = Path(folder) if folder else None
            pressing = Pressing(bus, config, partial(indicator.wish, "buttons"), runtime)
            attention = Attention(partial(indicator.wish, "systemd"))
            await SystemClock(runtime, built_at(), kernel_says_synchronised).serve(bus)
            running = [tasks.create_task(each.run()) for each in (indicator, pressing, attention)]
            daemon.ready("shows on the bus only" if isinstance(ring, leds.NoLeds) else "shows on the ring")
            await daemon.stopped()
            for task in running:
                task.cancel()


def main() -> int:
    return run("hardwared", serve)


if __name__ == "__main__":
    sys.exit(main())
