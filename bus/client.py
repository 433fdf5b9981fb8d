"""A typed connection to the bus.

    async with Bus.connected(config) as bus:
        bus.subscribe(subjects.AUDIO_WAKE, on_wake)
        await bus.publish(subjects.TURN_STATE, state, context)

Handlers are plain functions or coroutines that run one at a time per subscription, in the order of arrival. A message
that is not what its subject promises is counted and dropped, never raised into the handler.
"""

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.message import Message

from bus.envelope import Context, Received, pack, unpack
from bus.errors import BusUnreachable, MalformedMessage, NoAnswer, NotPermitted
from bus.library import Client, Msg, errors
from bus.permissions import role
from bus.subjects import RequestSubject, SessionSubject, Subject

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)
R = TypeVar("R", bound=Message)
Handler = Callable[[Received[M]], Awaitable[None] | None]
Server = Callable[[Received[M]], Awaitable[R] | R]

CONNECT_TIMEOUT_S = 2.0
RECONNECT_WAIT_S = 0.1
REQUEST_TIMEOUT_S = 2.0
SLOW_CONSUMER_MESSAGES = 4096
NO_CONTEXT = Context()
INBOXES = "_INBOX."


@dataclass(frozen=True)
class Config:
    """Where the bus is and who we are there. `seed_file` holds the NKey seed of `role`."""

    role: str
    url: str = "nats://127.0.0.1:4222"
    seed_file: Path = Path("/run/credentials/bus.nk")


@dataclass
class Counts:
    """What the connection has seen go wrong; part of a daemon's health."""

    malformed: int = 0
    failed: int = 0
    denied: int = 0
    dropped: int = 0
    lost_connections: int = 0


class Bus:
    """One client of the bus. Made by `Bus.connected`."""

    def __init__(self, connection: Client, on_lost: Callable[[], None], on_back: Callable[[], None]) -> None:
        self._nats = connection
        self.counts = Counts()
        self.denials: asyncio.Queue[str] = asyncio.Queue(maxsize=64)
        self._closing = False
        self._refused = asyncio.Event()
        self._on_lost = on_lost
        self._on_back = on_back

    @staticmethod
    @asynccontextmanager
    async def connected(
        config: Config,
        on_lost: Callable[[], None] = lambda: None,
        on_back: Callable[[], None] = lambda: None,
        wait_s: float = 10.0,
    ) -> AsyncIterator["Bus"]:
        """A connection that reconnects for ever; `on_lost` and `on_back` tell when it goes and returns.

        Raises:
            BusUnreachable: no server accepted these credentials within `wait_s`.
        """
        connection = Client()
        bus = Bus(connection, on_lost, on_back)
        await bus._connect(config, wait_s)
        try:
            yield bus
        finally:
            await bus._close()

    async def _connect(self, config: Config, wait_s: float) -> None:
        options: dict[str, Any] = {
            "servers": [config.url],
            "name": config.role,
            "nkeys_seed_str": config.seed_file.read_text().strip(),
            "inbox_prefix": role(config.role).inbox_prefix.encode(),
            "connect_timeout": CONNECT_TIMEOUT_S,
            "reconnect_time_wait": RECONNECT_WAIT_S,
            "max_reconnect_attempts": -1,
            "allow_reconnect": True,
            # What was published while the bus was away is stale: audio, states, answers. Nothing is kept.
            "pending_size": 2 * 1024 * 1024,
            "error_cb": self._on_error,
            "disconnected_cb": self._disconnected,
            "reconnected_cb": self._reconnected,
            "closed_cb": self._closed,
        }
        try:
            async with asyncio.timeout(wait_s):
                # nats-py itself tries again, for ever, until the server is there.
                await self._nats.connect(**options)
        except (OSError, errors.Error, TimeoutError) as error:
            self._closing = True
            await self._nats.close()
            raise BusUnreachable(BusUnreachable.__doc__) from error

    async def _close(self) -> None:
        self._closing = True
        try:
            async with asyncio.timeout(1.0):
                await self._nats.close()
        except TimeoutError:
            log.warning("the bus did not close in time")

    async def ended(self) -> None:
        """Returns never while the connection lasts or may come back.

        Raises:
            BusUnreachable: the server has refused this connection for good.
        """
        await self._refused.wait()
        raise BusUnreachable(BusUnreachable.__doc__)

    @property
    def connected_now(self) -> bool:
        return bool(self._nats.is_connected)

    async def publish(self, subject: Subject[M], body: M, context: Context = NO_CONTEXT) -> None:
        """Send without waiting for anyone. While the bus is away the message is dropped: what arrives late is stale."""
        if not self._nats.is_connected:
            self.counts.dropped += 1
            return
        await self._nats.publish(subject.name, pack(body, context, time.monotonic_ns()))

    async def subscribe(
        self, subject: Subject[M] | SessionSubject[M], handler: Handler[M]
    ) -> Callable[[], Awaitable[None]]:
        """Call `handler` for each message; the returned function ends it."""

        async def receive(message: Msg) -> None:
            received = self._unpack(message, subject.message)
            if received is not None:
                result = handler(received)
                if inspect.isawaitable(result):
                    await result

        subscription = await self._nats.subscribe(
            subject.pattern, cb=receive, pending_msgs_limit=SLOW_CONSUMER_MESSAGES
        )

        async def end() -> None:
            if not self._nats.is_closed:
                await subscription.unsubscribe()

        return end

    async def serve(self, subject: RequestSubject[M, R], server: Server[M, R]) -> None:
        """Answer each request with what `server` returns."""

        async def receive(message: Msg) -> None:
            received = self._unpack(message, subject.message)
            # The server lets us answer to any subject that the asker names. Only an inbox is one of an asker's own:
            # else whoever may ask us could make us say our reply where only we may speak.
            if received is None or not message.reply.startswith(INBOXES):
                return
            result = server(received)
            body = await result if inspect.isawaitable(result) else result
            await self._nats.publish(message.reply, pack(body, received.context, time.monotonic_ns()))

        await self._nats.subscribe(subject.name, cb=receive, pending_msgs_limit=SLOW_CONSUMER_MESSAGES)

    async def request(
        self,
        subject: RequestSubject[M, R],
        body: M,
        context: Context = NO_CONTEXT,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> R:
        """Ask and wait for the answer.

        Raises:
            NoAnswer: nobody serves the subject, or not within `timeout_s`.
            BusUnreachable: the bus is away.
        """
        if not self._nats.is_connected:
            raise BusUnreachable(BusUnreachable.__doc__)
        try:
            message = await self._nats.request(
                subject.name, pack(body, context, time.monotonic_ns()), timeout=timeout_s
            )
        except errors.NoRespondersError as error:
            raise NoAnswer(f"nobody answers {subject.name}: is its daemon running?") from error
        except (errors.TimeoutError, TimeoutError) as error:
            raise NoAnswer(f"no answer to {subject.name} within {timeout_s:g} s") from error
        except errors.ConnectionClosedError as error:
            raise BusUnreachable(BusUnreachable.__doc__) from error
        return unpack(message.data, subject.reply, subject.name, time.monotonic_ns()).body

    async def flush(self) -> None:
        """Wait until the server has everything sent so far.

        Raises:
            BusUnreachable: the bus is away.
        """
        try:
            # nats-py's ping overtakes what waits in its buffer, which is on its way before the pong comes back.
            for _ in range(2):
                await self._nats.flush()
        except (errors.Error, TimeoutError) as error:
            raise BusUnreachable(BusUnreachable.__doc__) from error

    def _unpack(self, message: Msg, kind: type[M]) -> Received[M] | None:
        try:
            return unpack(message.data, kind, message.subject, time.monotonic_ns())
        except MalformedMessage as error:
            self.counts.malformed += 1
            log.warning("dropped a message: %s", error)
            return None

    async def _on_error(self, error: Exception) -> None:
        text = str(error)
        if "permissions violation" in text.lower():
            self.counts.denied += 1
            if not self.denials.full():
                self.denials.put_nowait(text)
            log.error("%s", NotPermitted(text))
        elif isinstance(error, errors.SlowConsumerError):
            self.counts.dropped += 1
            log.warning("too slow for %s: messages were dropped", error.subject)
        elif isinstance(error, errors.Error | OSError):
            log.debug("bus: %s", error)
        else:
            # A handler did not expect this; the next message finds it as it is. nats-py keeps the subscription.
            self.counts.failed += 1
            log.error("a handler failed", exc_info=error)

    async def _disconnected(self) -> None:
        if self._closing:
            return
        self.counts.lost_connections += 1
        log.warning("the bus is away")
        self._on_lost()

    async def _closed(self) -> None:
        if not self._closing:
            log.error("the bus has closed this connection for good")
            self._refused.set()

    async def _reconnected(self) -> None:
        log.info("the bus is back")
        self._on_back()
