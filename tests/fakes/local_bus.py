"""A bus within one process: what is published reaches its subscribers at once, packed and unpacked as on the wire."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from google.protobuf.message import Message

from bus.envelope import Context, Received, pack, unpack
from bus.errors import BusUnreachable, NoAnswer
from bus.subjects import RequestSubject, SessionSubject, Subject

M = TypeVar("M", bound=Message)
R = TypeVar("R", bound=Message)

NO_CONTEXT = Context()


class LocalBus:
    """`sent` holds everything published, in order, with its subject's name.

    Its fault is `away`: what is published is dropped, and requests fail as on a bus that is lost.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self.sent: list[tuple[str, Any, Context]] = []
        self.away = False
        self._clock = clock
        self._handlers: dict[str, list[Callable[[Received[Any]], Any]]] = defaultdict(list)
        self._servers: dict[str, Callable[[Received[Any]], Any]] = {}

    def bodies(self, subject: Subject[M]) -> list[M]:
        """What was published on `subject`, oldest first."""
        return [body for name, body, _ in self.sent if name == subject.name]

    async def publish(self, subject: Subject[M], body: M, context: Context = NO_CONTEXT) -> None:
        if self.away:
            return
        self.sent.append((subject.name, body, context))
        received = self._carried(subject.name, body, type(body), context)
        patterns = (subject.name, f"{subject.name.rpartition('.')[0]}.*")
        for handler in [each for pattern in patterns for each in self._handlers[pattern]]:
            result = handler(received)
            if isinstance(result, Awaitable):
                await result

    async def subscribe(
        self, subject: Subject[M] | SessionSubject[M], handler: Callable[[Received[M]], Awaitable[None] | None]
    ) -> Callable[[], Awaitable[None]]:
        self._handlers[subject.pattern].append(handler)

        async def end() -> None:
            self._handlers[subject.pattern].remove(handler)

        return end

    async def serve(
        self, subject: RequestSubject[M, R], server: Callable[[Received[M]], Awaitable[R] | R]
    ) -> Callable[[], Awaitable[None]]:
        self._servers[subject.name] = server

        async def end() -> None:
            del self._servers[subject.name]

        return end

    async def request(
        self, subject: RequestSubject[M, R], body: M, context: Context = NO_CONTEXT, timeout_s: float = 0
    ) -> R:
        if self.away:
            raise BusUnreachable(BusUnreachable.__doc__)
        if subject.name not in self._servers:
            raise NoAnswer(f"nobody answers {subject.name}: is its daemon running?")
        result = self._servers[subject.name](self._carried(subject.name, body, subject.message, context))
        reply: R = await result if isinstance(result, Awaitable) else result
        return reply

    def _carried(self, name: str, body: M, kind: type[M], context: Context) -> Received[M]:
        now = self._clock()
        return unpack(pack(body, context, now), kind, name, now)
