"""Where a daemon's log lines go, and what never gets into them.

To the journal where systemd has connected our stderr to it, with priority, logger and place as fields; to stderr as
plain lines elsewhere. An exception's message may hold what somebody said or typed, so of an exception only its type and
the places it passed are written: by log calls, and by the hooks for what nobody caught.
"""

import asyncio
import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

try:
    from systemd import journal
except ImportError:  # pragma: no cover - only where systemd-python could not be built
    journal = None

log = logging.getLogger(__name__)

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

PLAIN_FORMAT = "%(asctime)s %(name)s %(levelname)s %(message)s"
PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


def begin(name: str) -> None:
    """Send all log lines of this process, called `name`, to the right place."""
    handler: logging.Handler
    if journal is not None and _stderr_is_the_journal(os.environ.get("JOURNAL_STREAM", "")):
        handler = JournalHandler(f"spoq-{name}")
        handler.setFormatter(DiscreetFormatter())
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(DiscreetFormatter(PLAIN_FORMAT))
    logging.basicConfig(level=os.environ.get("SPOQ_LOG", "INFO"), handlers=[handler], force=True)
    logging.getLogger("nats").setLevel(logging.WARNING)
    # A line that cannot be formatted is lost; otherwise logging prints its arguments.
    logging.raiseExceptions = False
    sys.excepthook = lambda _kind, error, _places: _uncaught("the program", error)
    sys.unraisablehook = lambda found: _uncaught("what nobody waits for", found.exc_value)
    threading.excepthook = lambda found: _uncaught(f"thread {found.thread and found.thread.name}", found.exc_value)


def _uncaught(where: str, error: BaseException | None) -> None:
    log.critical("ended by what nobody expected: %s", where, exc_info=error)


def on_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An event loop's exception handler. The usual one writes the task's repr, and with it the exception's message."""
    task = context.get("task") or context.get("future")
    name = task.get_name() if isinstance(task, asyncio.Task) else ""
    log.error("%s %s", context.get("message", "something went wrong in the event loop"), name, exc_info=_error(context))


def _error(context: dict[str, Any]) -> BaseException | None:
    error = context.get("exception")
    return error if isinstance(error, BaseException) else None


class DiscreetFormatter(logging.Formatter):
    """Formats as usual, and leaves out what exceptions say."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's name
        return "".join(_told(ei[1])).rstrip() if ei[1] is not None else ""


def _told(error: BaseException) -> Iterator[str]:
    """The types and places of `error`, of what caused it, and of what is grouped in it."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _told(before)
        yield "which led to:\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__qualname__}{_reason(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _told(each)


def _reason(error: BaseException) -> str:
    """The system's own words are safe to tell."""
    return f": {os.strerror(error.errno)}" if isinstance(error, OSError) and error.errno else ""


class JournalHandler(logging.Handler):
    """Like systemd's own, which also sends a record's arguments and its exception's repr."""

    def __init__(self, identifier: str) -> None:
        super().__init__()
        self._identifier = identifier

    def emit(self, record: logging.LogRecord) -> None:
        try:
            journal.send(
                self.format(record),
                PRIORITY=str(PRIORITIES.get(record.levelno, 6)),
                SYSLOG_IDENTIFIER=self._identifier,
                LOGGER=record.name,
                CODE_FILE=record.pathname,
                CODE_LINE=record.lineno,
                CODE_FUNC=record.funcName,
            )
        except OSError:
            self.handleError(record)


def _stderr_is_the_journal(stream: str) -> bool:
    """Whether `stream`, systemd's device:inode of the journal's end of stderr, is what our stderr still is."""
    try:
        ours = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return stream == f"{ours.st_dev}:{ours.st_ino}"
