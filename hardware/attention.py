"""What went wrong and stays wrong, shown on the ring: a daemon that does not stay up, data that did not open.

Others leave files for it; `run` looks now and then.
"""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

SIGNS = (Path("/run/spoq/failed"), Path("/run/spoq/data-fault"))
"""A folder with a file for each daemon that gave up (box-failed@.service), and storage's sentence."""
LOOK_S = 5.0
STATE = "attention"


class Attention:
    """`show` takes this source's wish for the ring."""

    def __init__(self, show: Callable[[str], None], signs: Iterable[Path] = SIGNS) -> None:
        self._show = show
        self._signs = tuple(signs)

    async def run(self) -> None:
        """Until cancelled."""
        shown = False
        while True:
            wanted = any(_is_set(sign) for sign in self._signs)
            if wanted != shown:
                self._show(STATE if wanted else "")
                shown = wanted
            await asyncio.sleep(LOOK_S)


def _is_set(sign: Path) -> bool:
    return any(sign.iterdir()) if sign.is_dir() else sign.exists()
