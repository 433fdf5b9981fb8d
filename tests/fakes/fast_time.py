"""An event loop whose time passes only while nobody has anything to do, and then at once.

`await asyncio.sleep(3600)` returns as soon as everything else waits as well: hours cost nothing, and a sleep of any
length is the way to let others finish. Work on threads takes its real time, during which the loop's clock stands.
"""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")

STARTS_AT_S = 1000.0
SETTLED_S = 0.001


class FastLoop(asyncio.SelectorEventLoop):
    """For tests only. Sockets are looked at, but time does not wait for them."""

    def __init__(self) -> None:
        self.now_s = STARTS_AT_S
        self.on_threads = 0
        super().__init__(_NoWaiting(self))

    def time(self) -> float:
        return self.now_s

    def run_in_executor(  # type: ignore[override] # typeshed names the same types by type variables
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self.on_threads += 1
        future.add_done_callback(self._back_from_thread)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        self.on_threads += 1
        await super().shutdown_default_executor()

    def _back_from_thread(self, _future: object) -> None:
        self.on_threads -= 1


class _NoWaiting(selectors.DefaultSelector):
    """Instead of waiting, the clock is put forward."""

    def __init__(self, loop: FastLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or (timeout > 0 and self._loop.on_threads):
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self._loop.now_s += max(0.0, timeout)
        return ready


async def settled() -> None:
    """Returns when everybody else waits for something."""
    await asyncio.sleep(SETTLED_S)


def monotonic_ns() -> int:
    """The running loop's time: what CLOCK_MONOTONIC is elsewhere."""
    return round(asyncio.get_running_loop().time() * 1e9)
