"""A unit for tests, run as a program: `python -m tests.daemons.unit BEHAVIOUR`. It says "closed" when it has closed."""

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bus import subjects as s
from daemons.runtime import Daemon, run

SPOKEN = "the secret word is marzipan"
NAME = "hardwared"
"""A client that the bus knows."""

Behaviour = Callable[[Daemon], Awaitable[None]]


async def good(daemon: Daemon) -> None:
    daemon.ready("all is well")
    await daemon.stopped()


async def deaf(daemon: Daemon) -> None:
    """Never asks whether it should end."""
    daemon.ready("deaf")
    await asyncio.Future()


async def stubborn_task(daemon: Daemon) -> None:
    daemon.ready("stubborn")
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(_never_ends(), name="stubborn")
        await daemon.stopped()
        task.cancel()


async def _never_ends() -> None:
    while True:
        try:
            await asyncio.Future()
        except asyncio.CancelledError:
            continue


async def blocked_thread(daemon: Daemon) -> None:
    asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
    await good(daemon)


async def blocked_loop(daemon: Daemon) -> None:
    daemon.ready("about to block")
    await asyncio.sleep(0)
    time.sleep(3600)


async def unread_log(daemon: Daemon) -> None:
    """Its log is a pipe that nobody reads: the loop blocks on a full pipe, and holds the log's lock."""
    daemon.ready("about to fill the pipe")
    while True:
        logging.getLogger(__name__).info("x" * 4096)


async def crash(daemon: Daemon) -> None:
    raise RuntimeError(SPOKEN)


async def crash_twice_in_a_group(daemon: Daemon) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_fails(ValueError(SPOKEN)))
        tasks.create_task(_fails(KeyError(SPOKEN)))


async def _fails(error: Exception) -> None:
    try:
        raise OSError(2, SPOKEN)
    except OSError:
        raise error from None


async def crash_in_a_thread(daemon: Daemon) -> None:
    thread = threading.Thread(target=_raise, name="worker")
    thread.start()
    await asyncio.to_thread(thread.join)


async def crash_in_a_callback(daemon: Daemon) -> None:
    called = asyncio.Event()

    def call() -> None:
        called.set()
        _raise()

    asyncio.get_running_loop().call_soon(call)
    await called.wait()


async def crash_where_nobody_waits(daemon: Daemon) -> None:
    async def fails() -> None:
        _raise()

    task = asyncio.create_task(fails(), name="orphan")
    await asyncio.wait({task})
    del task


async def crash_while_ending(daemon: Daemon) -> None:
    await good(daemon)
    _raise()


async def line_that_cannot_be_formatted(daemon: Daemon) -> None:
    logging.getLogger(__name__).error("%d", SPOKEN)


def _raise() -> None:
    raise RuntimeError(SPOKEN)


async def without_a_microphone(daemon: Daemon) -> None:
    daemon.ready("There is no microphone.", degraded=True)
    await daemon.stopped()


async def refused_by_the_bus(daemon: Daemon) -> None:
    """Sends what the server answers by closing the connection for good."""
    async with daemon.bus() as bus:
        assert bus._nats._transport is not None
        bus._nats._transport.write(b"NONSENSE\r\n")
        await good(daemon)


async def on_the_bus(daemon: Daemon) -> None:
    def lost() -> None:
        daemon.status("without the bus", degraded=True)

    def back() -> None:
        daemon.status("on the bus again")

    async with daemon.bus(lost, back) as bus:
        await bus.subscribe(s.TURN_STATE, lambda _m: daemon.status("a turn is open"))
        await bus.flush()
        await good(daemon)


@dataclass(frozen=True)
class Settings:
    brightness: float = 0.4


async def configured(daemon: Daemon) -> None:
    daemon.ready(f"brightness {daemon.config('hardware', Settings).brightness:g}")
    await daemon.stopped()


async def serve(daemon: Daemon) -> None:
    behaviour: Behaviour = globals()[sys.argv[1]]
    try:
        await behaviour(daemon)
    finally:
        print("closed", flush=True)


if __name__ == "__main__":
    code = run(NAME, serve)
    print("returned", os.getpid(), flush=True)
    sys.exit(code)
