"""The end of a process, bounded: from SIGTERM to the exit at most `END_S`, whatever hangs.

First the unit is asked to stop; half-way it is cancelled; at the end the process leaves without what would not close,
naming it in the log, with exit code 1. A thread keeps the time: the kernel's wake-up byte reaches it even while the
event loop is blocked, and it also bounds what comes after the event loop (executor threads, the interpreter's own end).
Where even the thread is held up, by a log that nobody reads any more, faulthandler's own thread leaves at `LAST_S`.
"""

import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

log = logging.getLogger(__name__)

END_S = 1.7
LAST_S = 1.9
ATTACH_S = 0.5
"""A signal that comes while the process still starts waits so long for the event loop."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Ending:
    """Made in the main thread, before the event loop runs. Lasts until the process has gone."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ask: Callable[[], object] = lambda: None
        self._insist: Callable[[], object] = lambda: None
        self._attached = threading.Event()
        self._nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - lasts as long as the process
        self._awake, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, _noted)
        threading.Thread(target=self._keep_time, name="ending", daemon=True).start()

    def attach(self, loop: asyncio.AbstractEventLoop, ask: Callable[[], object], insist: Callable[[], object]) -> None:
        """From now on a signal calls `ask` in the loop, and `insist` half-way to the end."""
        self._loop, self._ask, self._insist = loop, ask, insist
        self._attached.set()

    def begin(self) -> None:
        """The end begins, also without a signal: what is left has `END_S`."""
        with contextlib.suppress(BlockingIOError):
            self._wake.send(b"\0")

    def _keep_time(self) -> None:
        self._awake.recv(1)
        began = time.monotonic()
        faulthandler.dump_traceback_later(LAST_S, exit=True, file=self._nowhere)
        self._attached.wait(ATTACH_S)
        self._in_loop(self._ask)
        time.sleep(max(0.0, began + END_S / 2 - time.monotonic()))
        self._in_loop(self._insist)
        time.sleep(max(0.0, began + END_S - time.monotonic()))
        self._leave()

    def _in_loop(self, call: Callable[[], object]) -> None:
        """A loop that is not there yet, or no more, has nothing to close."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(call)

    def _leave(self) -> None:
        for sentence in self._hanging():
            log.error("did not end in time: %s", sentence)
        for handler in logging.getLogger().handlers:
            handler.flush()
        os._exit(1)

    def _hanging(self) -> Iterator[str]:
        tasks = asyncio.all_tasks(self._loop) if self._loop is not None else set()
        for task in tasks:
            frames = task.get_stack(limit=1)
            yield f"task {task.get_name()} ({_what(task)}) at {_place(frames[0] if frames else None)}"
        frames_of = sys._current_frames()
        for thread in threading.enumerate():
            if not thread.daemon and thread.ident is not None:
                yield f"thread {thread.name} at {_place(frames_of.get(thread.ident))}"


def _noted(_number: int, _frame: FrameType | None) -> None:
    """The wake-up byte has told the thread; only a handler makes Python write it."""


def _what(task: "asyncio.Task[object]") -> str:
    return getattr(task.get_coro(), "__qualname__", "a coroutine")


def _place(frame: FrameType | None) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else "an unknown place"
