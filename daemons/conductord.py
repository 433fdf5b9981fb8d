"""spoq-conductord: the turn, what words mean, timers and alarms."""

import asyncio
import sys
from functools import partial

from conductor import box
from conductor.alarmclock import AlarmClock
from conductor.clock import SystemClock
from conductor.config import Config
from conductor.household import Household
from conductor.intents import Recognizer
from conductor.ringing import BusRinger
from conductor.service import Service
from conductor.thinking import Thinking
from daemons.runtime import Daemon, run, version


async def serve(daemon: Daemon) -> None:
    config = daemon.config("conductor", Config)
    recognizer_of = partial(Recognizer.for_language, folder=daemon.state)
    recognizer = await asyncio.to_thread(recognizer_of, config.language)
    zone = box.zone(config.zone)
    service: Service | None = None

    def lost() -> None:
        if service is not None:
            service.on_bus_lost()

    with SystemClock() as clock:
        async with Household.opened(daemon.state, clock) as household, daemon.bus(on_lost=lost) as bus:
            thinking = Thinking(bus, household, clock, config, zone, version(), recognizer_of)
            ringer = BusRinger(bus, thinking.dismiss)
            service = Service(bus, thinking, ringer, config)
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(each)
                    for each in (service.run(), ringer.run(), AlarmClock(household, clock, ringer, zone).run())
                ]
                await service.subscribed()
                warm = tasks.create_task(asyncio.to_thread(recognizer.warm_up))
                daemon.ready("understands")
                await daemon.stopped()
                for task in (*running, warm):
                    task.cancel()


def main() -> int:
    return run("conductord", serve)


if __name__ == "__main__":
    sys.exit(main())
