"""spoq-hardwared: the LED ring and the buttons."""

import asyncio
import sys

from daemons.runtime import Daemon, run
from hardware import leds
from hardware.config import Config
from hardware.indicator import Indicator


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
            showing = tasks.create_task(indicator.run())
            daemon.ready("shows on the bus only" if isinstance(ring, leds.NoLeds) else "shows on the ring")
            await daemon.stopped()
            showing.cancel()


def main() -> int:
    return run("hardwared", serve)


if __name__ == "__main__":
    sys.exit(main())
