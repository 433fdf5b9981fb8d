"""A port for strangers: how many may be connected, all and of one address, and for how long, is settled before anything
of theirs is read, and before any cryptography."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

log = logging.getLogger(__name__)

HANDSHAKE_S, GOODBYE_S = 5.0, 1.0
BACKLOG = 16
PAUSE_S = 0.1


@dataclass(frozen=True)
class Limits:
    """`stays_s`: a connection is ended after so long, whatever it is doing; None: its owner sees to it."""

    all: int = 64
    of_one: int = 16
    stays_s: float | None = None


@dataclass(eq=False)
class _Connection:
    address: str
    transport: asyncio.Transport | None = None


class Listener:
    """A port on all addresses of this computer. `open` once, `refuse` and `close` when done. `protocol` serves a
    connection."""

    def __init__(
        self,
        port: int,
        protocol: Callable[[], asyncio.Protocol],
        limits: Limits,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._port, self._protocol, self._limits, self._context = port, protocol, limits, context
        self._sockets: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._beginning: set[asyncio.Task[None]] = set()
        self._connections: set[_Connection] = set()

    def open(self) -> None:
        """Raises OSError."""
        self._sockets = [socket.create_server(("", self._port), backlog=BACKLOG)]
        with suppress(OSError):
            # Where there is IPv6.
            self._sockets.append(socket.create_server(("", self._port), family=socket.AF_INET6, backlog=BACKLOG))
        for each in self._sockets:
            each.setblocking(False)
        self._accepting = [asyncio.create_task(self._accept(each), name="listener") for each in self._sockets]

    async def refuse(self) -> None:
        """Nobody is let in any more; who is connected stays."""
        ending = [*self._accepting, *self._beginning]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        for listening in self._sockets:
            listening.close()
        self._sockets, self._accepting = [], []

    def close(self) -> None:
        """Nobody stays, whatever there is still to be sent."""
        for each in self._connections:
            if each.transport is not None:
                each.transport.abort()

    @property
    def transports(self) -> list[asyncio.Transport]:
        """Of all who are connected."""
        return [each.transport for each in self._there() if each.transport is not None]

    def _there(self) -> set[_Connection]:
        self._connections = {
            each for each in self._connections if each.transport is None or not each.transport.is_closing()
        }
        return self._connections

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connected, (address, *_) = await loop.sock_accept(listening)
            except OSError as error:
                log.warning("a connection could not be taken: %s", error.strerror)
                await asyncio.sleep(PAUSE_S)
                continue
            there = self._there()
            of_one = sum(each.address == address for each in there)
            if len(there) >= self._limits.all or of_one >= self._limits.of_one:
                connected.close()
                continue
            connection = _Connection(address)
            there.add(connection)
            task = asyncio.create_task(self._begin(connected, connection))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)

    async def _begin(self, connected: socket.socket, connection: _Connection) -> None:
        loop = asyncio.get_running_loop()
        of_tls = {"ssl_handshake_timeout": HANDSHAKE_S, "ssl_shutdown_timeout": GOODBYE_S} if self._context else {}
        try:
            connection.transport, _ = await loop.connect_accepted_socket(
                self._protocol, sock=connected, ssl=self._context, **of_tls
            )
        except OSError:
            # It went away, or speaks something else.
            return
        finally:
            if connection.transport is None:
                connected.close()
                self._connections.discard(connection)
        if self._limits.stays_s is not None:
            loop.call_later(self._limits.stays_s, connection.transport.abort)
