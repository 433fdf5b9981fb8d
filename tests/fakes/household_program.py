"""A household in a process of its own, to be killed or to run out of disk. Each line it prints is JSON.

python -m tests.fakes.household_program FOLDER set      sets timers for ever, and prints each id once it is confirmed
python -m tests.fakes.household_program FOLDER fill     what a full disk leaves possible
python -m tests.fakes.household_program FOLDER read     what a start on a full disk still finds
"""

import asyncio
import json
import resource
import sys
from pathlib import Path

from conductor.clock import SystemClock
from conductor.effects import ListAdd, ListClear, TimerCancel, TimerSet
from conductor.household import Household


def tell(**values: object) -> None:
    print(json.dumps(values), flush=True)


def fill_disk(bytes_: int) -> None:
    """From now on no file of this process grows beyond that: writes fail as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, resource.RLIM_INFINITY))


async def set_for_ever(household: Household) -> None:
    number = 0
    while True:
        number += 1
        done = await household.perform((TimerSet(3600, f"number {number}"),))
        assert not done.problem
        tell(confirmed=f"number {number}")


async def fill(household: Household, folder: Path) -> None:
    await household.perform((TimerSet(3600, "before"), ListAdd("shopping", ("bread",))))
    fill_disk((folder / "household.db-wal").stat().st_size)
    timer = await household.perform((TimerSet(600, "after"),))
    milk = await household.perform((ListAdd("shopping", ("milk",)),))
    clear = await household.perform(
        (
            ListClear(
                "shopping",
            ),
        ),
        "de",
    )
    before = next(timer.id for timer in household.records.timers if timer.name == "before")
    cancel = await household.perform((TimerCancel((before,)),))
    tell(
        timer=timer.problem,
        milk=milk.problem,
        clear=clear.problem,
        cancel=cancel.problem,
        timers=[timer.name for timer in household.records.timers],
        items=[item.text for item in household.records.items],
    )


def read(household: Household) -> None:
    tell(
        timers=[timer.name for timer in household.records.timers],
        items=[item.text for item in household.records.items],
        missed=[missed.kind for missed in household.records.missed],
    )


async def main(folder: Path, what: str) -> None:
    if what == "read":
        fill_disk(0)
    with SystemClock() as clock:
        async with Household.opened(folder, clock) as household:
            match what:
                case "set":
                    await set_for_ever(household)
                case "fill":
                    await fill(household, folder)
                case "read":
                    read(household)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
