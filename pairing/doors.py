"""The set-up port, in the home's network: open as long as somebody may come in by it, and announced (mDNS)."""

import logging
from types import TracebackType
from typing import Self

from lan.announcement import Announcement
from lan.listener import Limits
from lan.site import Site
from pairing.port import Port

log = logging.getLogger(__name__)

KEEP_S = 10.0
LIMITS = Limits(all=32, of_one=8, stays_s=90.0)
"""A device may ask on another connection: its attempt goes on."""


class Doors:
    """An asynchronous context. `let_in` as often as one likes; what can't be opened is tried again with the next."""

    def __init__(self, port: Port, number: int, announcement: Announcement) -> None:
        self._port, self._number, self._announcement = port, number, announcement
        self._site = Site(port.application, number, LIMITS, KEEP_S)
        self._told = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.let_in(False)

    async def let_in(self, wanted: bool) -> None:
        """Open, or closed."""
        try:
            if not wanted:
                await self._close()
            elif self._number:
                await self._open()
                await self._announcement.update()
        except OSError as error:
            await self._close()
            self._tell(f"the set-up port {self._number} can't be opened: {error.strerror}")
        else:
            self._tell("")

    async def _open(self) -> None:
        """Raises OSError."""
        if not self._site.is_open:
            await self._site.open()
            log.info("the set-up port is open")

    async def _close(self) -> None:
        if self._site.is_open:
            await self._announcement.withdraw()
            self._port.close()
            await self._site.close()
            log.info("the set-up port is closed")

    def _tell(self, trouble: str) -> None:
        """Once."""
        if trouble and trouble != self._told:
            log.error("%s", trouble)
        self._told = trouble
