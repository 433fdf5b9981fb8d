"""spoq-hardwared: the LED ring and the buttons."""

import asyncio
import os
import sys
from functools import partial
from pathlib import Path

from daemons.runtime import Daemon, run
from hardware import leds
from hardware.attention import Attention
from hardware.config import Config
from hardware.indicator import Indicator
from hardware.pressing import Pressing


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
            runtime = os.environ.get("RUNTIME_DIRECTORY")
            pressing = Pressing(bus, config, partial(indicator.wish, "buttons"), Path(runtime) if runtime else None)
            attention = Attention(partial(indicator.wish, "systemd"))
            running = [tasks.create_task(each.run()) for each in (indicator, pressing, attention)]
            daemon.ready("shows on the bus only" if isinstance(ring, leds.NoLeds) else "shows on the ring")
            await daemon.stopped()
            for task in running:
                task.cancel()


def main() -> int:
    return run("hardwared", serve)


if __name__ == "__main__":
    sys.exit(main())
