"""The set-up port, in the home's network: open as long as somebody may come in by it, and announced (mDNS)."""

import logging
from types import TracebackType
from typing import Self

from aiohttp import web

from lan.announcement import Announcement
from lan.listener import Limits, Listener
from pairing.port import Port

log = logging.getLogger(__name__)

END_S, KEEP_S = 1.0, 10.0
"""For those who are being answered when it closes, and for who asks nothing."""
LIMITS = Limits(all=32, of_one=8, stays_s=30.0)
"""A device may ask on another connection: its attempt goes on."""
MOST_HEADERS, MOST_FIELD = 32, 1024


class Doors:
    """An asynchronous context. `let_in` as often as one likes; what can't be opened is tried again with the next."""

    def __init__(self, port: Port, number: int, announcement: Announcement) -> None:
        self._port, self._number, self._announcement = port, number, announcement
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None
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
        if self._runner is not None:
            return
        application = web.Application()
        application.add_routes(self._port.routes)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            shutdown_timeout=END_S,
            keepalive_timeout=KEEP_S,
            max_headers=MOST_HEADERS,
            max_field_size=MOST_FIELD,
            max_line_size=MOST_FIELD,
        )
        await self._runner.setup()
        assert self._runner.server is not None
        self._listener = Listener(self._number, self._runner.server, LIMITS)
        self._listener.open()
        log.info("the set-up port is open")

    async def _close(self) -> None:
        runner, self._runner = self._runner, None
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.close()
        if runner is None:
            return
        await self._announcement.withdraw()
        self._port.close()
        await runner.cleanup()
        log.info("the set-up port is closed")

    def _tell(self, trouble: str) -> None:
        """Once."""
        if trouble and trouble != self._told:
            log.error("%s", trouble)
        self._told = trouble
