"""The gateway's port: open on a box that has an owner, closed on any other; and the sweeping of its connections."""

import asyncio
import logging
import ssl
from typing import Protocol

from aiohttp import web

from gateway.callers import SWEEP_S, Callers
from gateway.config import Config
from identity.view import View, ViewStale
from lan.announcement import Announcement
from lan.listener import Limits, Listener

log = logging.getLogger(__name__)

END_S, KEEP_S = 1.0, 75.0
MOST_HEADERS, MOST_FIELD = 32, 1024
"""Of a request: what a browser sends fits."""


class Tell(Protocol):
    """How the daemon says how it is."""

    def __call__(self, text: str, degraded: bool = False) -> None: ...


class Server:
    """`run` until cancelled."""

    def __init__(
        self,
        application: web.Application,
        context: ssl.SSLContext,
        view: View,
        callers: Callers,
        announcement: Announcement,
        tell: Tell,
        config: Config,
    ) -> None:
        self._view, self._callers, self._announcement, self._tell = view, callers, announcement, tell
        self._context, self._config = context, config
        self._runner = web.AppRunner(
            application,
            access_log=None,
            keepalive_timeout=KEEP_S,
            shutdown_timeout=END_S,
            handler_cancellation=True,
            max_headers=MOST_HEADERS,
            max_field_size=MOST_FIELD,
            max_line_size=MOST_FIELD,
        )
        self._listener: Listener | None = None

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._runner.setup()
        try:
            while True:
                await self._look()
                await asyncio.sleep(SWEEP_S)
        finally:
            await self._close()
            await self._runner.cleanup()

    async def _look(self) -> None:
        try:
            owned = self._view.household().owned
        except ViewStale:
            # Nobody knows: nobody is let in, but the port stays as it is.
            owned = self._listener is not None
        if owned and self._config.port:
            await self._open()
        else:
            await self._close()
            self._tell("waits for an owner" if self._config.port else "is switched off by its settings")
        self._callers.sweep(self._listener.transports if self._listener else [])

    async def _open(self) -> None:
        if self._listener is None:
            assert self._runner.server is not None
            limits = Limits(self._config.connections, self._config.connections_of_one)
            listener = Listener(self._config.port, self._runner.server, limits, self._context)
            try:
                listener.open()
            except OSError as error:
                self._tell(f"can't listen on port {self._config.port}: {error.strerror}", degraded=True)
                return
            self._listener = listener
        self._tell("answers paired devices")
        await self._announcement.update()

    async def _close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.close()
            for each in listener.transports:
                each.abort()
            await self._announcement.withdraw()
