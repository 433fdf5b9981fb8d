"""A box in a process of its own, to be killed: `python -m tests.daemons.box HOME` prints its children's process ids."""

import asyncio
import sys
from pathlib import Path

from daemons.runner import Box


async def main(home: Path) -> None:
    async with Box(home, units=("hardwared",)) as box:
        print(*(child.pid for child in box.children.values()), flush=True)
        await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
