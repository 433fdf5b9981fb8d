"""HTTP in the home's network: a port that is opened and closed, with small requests and few connections."""

import asyncio
import ssl
from collections.abc import Callable, Collection
from ipaddress import ip_address

from aiohttp import web
from yarl import URL

from lan.listener import Limits, Listener

END_S = 0.5
"""For those who are being answered when it closes, and again until their handlers have ended."""
MOST_HEADERS, MOST_LINE = 32, 1024
"""Of a request, and bytes of each: what a browser sends fits."""


class Site:
    """`application` is made anew each time that it opens. `keeps_s`: for a connection on which nobody asks;
    `cancels`: whoever goes away ends what it has asked for."""

    def __init__(
        self,
        application: Callable[[], web.Application],
        port: int,
        limits: Limits,
        keeps_s: float,
        cancels: bool = False,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._application, self._port, self._limits = application, port, limits
        self._keeps_s, self._cancels, self._context = keeps_s, cancels, context
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None

    @property
    def transports(self) -> list[asyncio.Transport]:
        """Of all who are connected."""
        return self._listener.transports if self._listener is not None else []

    @property
    def is_open(self) -> bool:
        return self._listener is not None

    async def open(self) -> None:
        """Nothing happens where it is. Raises OSError: it is not open."""
        if self.is_open:
            return
        runner = web.AppRunner(
            self._application(),
            access_log=None,
            shutdown_timeout=END_S,
            keepalive_timeout=self._keeps_s,
            handler_cancellation=self._cancels,
            max_headers=MOST_HEADERS,
            max_field_size=MOST_LINE,
            max_line_size=MOST_LINE,
        )
        await runner.setup()
        assert runner.server is not None
        listener = Listener(self._port, runner.server, self._limits, self._context)
        try:
            listener.open()
        except OSError:
            await runner.cleanup()
            raise
        self._runner, self._listener = runner, listener

    async def close(self) -> None:
        """Nothing happens where it is. Who is being answered gets the answer, if it takes no longer than `END_S`."""
        runner, listener = self._runner, self._listener
        self._runner = self._listener = None
        if runner is not None and listener is not None:
            await listener.refuse()
            await runner.cleanup()
            listener.close()


def is_ours(host: str, names: Collection[str]) -> bool:
    """Whether a request's `Host` is one of these names or an address: no name that somebody else may give to ours."""
    try:
        name = URL(f"http://{host}").host or ""
        return name in names or bool(ip_address(name))
    except ValueError:
        return False
