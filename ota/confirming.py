"""Whether the system that runs may be confirmed: its daemons are up, and after an unclean end every byte was read.

A byte that was altered in a block that is read late crashes a box that was confirmed already; it would be confirmed
again at the next start, and crash again, for ever. So a mark says that the box runs, and goes when it ends in order.
Who finds the mark of the time before reads the whole root first: dm-verity stops the kernel at a wrong byte, and that
start stays unconfirmed.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from files import durable
from ota.errors import OtaError

log = logging.getLogger(__name__)

CHUNK = 1024 * 1024
WELL = Path("/run/spoq/well")
"""There once this start was seen well: its daemons are up, and after an unclean end every byte was read."""


class Unwell(OtaError):
    """The system is not well; this start stays unconfirmed."""


@dataclass(frozen=True)
class Config:
    """How long the daemons may take to come up, and how long they have to stay up."""

    wait_s: float = 600.0
    steady_s: float = 10.0
    poll_s: float = 1.0


class Mark:
    """The file that says: the box runs. It is there at a start if the end before was not in order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.ended_in_order = not path.exists()

    def set(self) -> None:
        """A disk that can't be written is no reason to give the slot up."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            durable.write(self._path, b"")
        except OSError as error:
            log.warning("That the box runs can't be written down: %s.", error.strerror)

    def clear(self) -> None:
        """The box ends in order."""
        self._path.unlink(missing_ok=True)


async def until_well(mark: Mark, well: Callable[[], Awaitable[bool]], root: Path, config: Config) -> None:
    """Returns when the running system may be confirmed. Raises Unwell."""
    mark.set()
    await _until_steady(well, config)
    if not mark.ended_in_order:
        log.info("The box did not end in order last time: reading the whole system before it is confirmed.")
        read = await asyncio.to_thread(read_through, root)
        log.info("Read %d MB, each byte as it was signed.", read // 1_000_000)


async def _until_steady(well: Callable[[], Awaitable[bool]], config: Config) -> None:
    loop = asyncio.get_running_loop()
    began = steady_since = loop.time()
    while True:
        if not await well():
            steady_since = loop.time()
        elif loop.time() - steady_since >= config.steady_s:
            return
        if loop.time() - began > config.wait_s:
            raise Unwell("The daemons did not come up and stay up: this start is not confirmed.")
        await asyncio.sleep(config.poll_s)


def read_through(root: Path) -> int:
    """All of the block device `root`, past the cache's use for anything else; how many bytes. Raises Unwell."""
    total = 0
    try:
        with root.open("rb", buffering=0) as device:
            os.posix_fadvise(device.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
            while block := device.read(CHUNK):
                os.posix_fadvise(device.fileno(), total, len(block), os.POSIX_FADV_DONTNEED)
                total += len(block)
    except OSError as error:
        raise Unwell(f"The system can't be read to its end: {error.strerror}.") from error
    return total
