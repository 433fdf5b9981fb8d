"""A box that can be paired, as ordinary processes: `python -m tests.phone.box HOME` says when it is ready, and runs
until its input ends."""

import asyncio
import sys
from pathlib import Path

from daemons.runner import Box

UNITS = ("hardwared", "conductord", "identityd", "pairingd", "gatewayd")


async def main(home: Path) -> None:
    async with Box(home, units=UNITS) as box:
        print(*(f"{name}={child.pid}" for name, child in box.children.items()), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
