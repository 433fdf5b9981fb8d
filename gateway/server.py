"""The gateway's port: open on a box that has an owner, closed on any other; and the sweeping of its connections."""

import asyncio
import logging
import ssl
from typing import Protocol

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from gateway.callers import SWEEP_S, Callers
from gateway.config import Config
from identity.view import View, ViewStale
from lan.announcement import Announcement

log = logging.getLogger(__name__)

HANDSHAKE_S, END_S, KEEP_S = 5.0, 1.0, 75.0


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
            application, access_log=None, keepalive_timeout=KEEP_S, shutdown_timeout=END_S, handler_cancellation=True
        )
        self._listening: asyncio.Server | None = None

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
            owned = self._listening is not None
        if owned and self._config.port:
            await self._open()
        else:
            await self._close()
            self._tell("waits for an owner")
        self._callers.sweep(each.transport for each in self._connections())

    async def _open(self) -> None:
        if self._listening is None:
            loop = asyncio.get_running_loop()
            try:
                self._listening = await loop.create_server(
                    self._accept, None, self._config.port, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_S
                )
            except OSError as error:
                self._tell(f"can't listen on port {self._config.port}: {error.strerror}", degraded=True)
                return
        self._tell("answers paired devices")
        await self._announcement.update()

    async def _close(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.close()
            await self._announcement.withdraw()

    def _accept(self) -> asyncio.Protocol:
        """Called for each connection, before anything of it is read."""
        assert self._runner.server is not None
        if len(self._connections()) >= self._config.connections:
            return _Refused()
        return self._runner.server()

    def _connections(self) -> list[RequestHandler]:
        server = self._runner.server
        return server.connections if server is not None else []


class _Refused(asyncio.Protocol):
    """One too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
