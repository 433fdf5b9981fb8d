"""spoq-conductord: the turn, what words mean, timers and alarms."""

import asyncio
import sys
from functools import partial

from conductor.alarmclock import AlarmClock
from conductor.clock import SystemClock
from conductor.config import Config
from conductor.household import Household
from conductor.intents import Recognizer
from conductor.region import Region, Regional
from conductor.ringing import BusRinger
from conductor.service import Service
from conductor.thinking import Thinking
from daemons.runtime import Daemon, run, version

REGION = "region.json"


async def serve(daemon: Daemon) -> None:
    config = daemon.config("conductor", Config)
    recognizer_of = partial(Recognizer.for_language, folder=daemon.state)
    recognizer = await asyncio.to_thread(recognizer_of, config.language)
    service: Service | None = None

    def lost() -> None:
        if service is not None:
            service.on_bus_lost()

    with SystemClock() as clock:
        async with Household.opened(daemon.state, clock) as household, daemon.bus(on_lost=lost) as bus:

            def moved(region: Region) -> None:
                thinking.move_to(region)
                alarms.move_to(region.zone)

            regional = Regional(daemon.state / REGION, config.zone, moved)
            thinking = Thinking(bus, household, clock, config, regional.region, version(), recognizer_of)
            ringer = BusRinger(bus, thinking.dismiss)
            alarms = AlarmClock(household, clock, ringer, regional.region.zone)
            service = Service(bus, thinking, ringer, config)
            await regional.serve(bus)
            await thinking.follow_updates()
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(each) for each in (service.run(), ringer.run(), alarms.run())]
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
