"""`python -m hardware.set_clock FILE`: the system clock is set to what that file says. The only program that may.

The file says `UNIX BOOT`: what the time was, in seconds, when so many seconds of this boot had passed.
Sources: clock_settime(2), adjtimex(2).
"""

import ctypes
import logging
import sys
import time
from pathlib import Path

log = logging.getLogger("clock")

MOST_BYTES = 64
EARLIEST_S, LATEST_S = 1_790_000_000.0, 4_000_000_000.0
"""September 2026, when this was written, and 2096."""
ADJ_MAXERROR, ADJ_STATUS = 0x0004, 0x0010
ERROR_US = 5_000_000
"""The kernel adds half a millisecond each second, and calls the clock wrong at sixteen seconds."""


class _Timex(ctypes.Structure):
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


def written(unix_s: float, boot_s: float) -> bytes:
    """What the file says."""
    return f"{unix_s:.3f} {boot_s:.3f}\n".encode()


def read(content: bytes, boot_s: float) -> float:
    """What time it is now, `boot_s` seconds after the start. Raises ValueError."""
    unix_s, then_s = (float(word) for word in content.split())
    if not 0 <= boot_s - then_s < float("inf") or not EARLIEST_S <= unix_s <= LATEST_S:
        raise ValueError
    return unix_s + boot_s - then_s


def set_to(unix_s: float) -> None:
    """The kernel calls the clock right for the next hours, and the hardware's follows. Raises OSError."""
    time.clock_settime(time.CLOCK_REALTIME, unix_s)
    told = _Timex(modes=ADJ_STATUS | ADJ_MAXERROR, maxerror=ERROR_US, status=0)
    if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(told)) < 0:
        raise OSError(ctypes.get_errno(), "adjtimex")


def main() -> int:
    """The program; its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        with Path(sys.argv[1]).open("rb") as file:
            set_to(read(file.read(MOST_BYTES), time.clock_gettime(time.CLOCK_BOOTTIME)))
    except (OSError, ValueError, OverflowError) as error:
        # Not what it says: there may be anything in that file.
        log.error("The clock can't be set: %s.", type(error).__name__)
        return 1
    log.info("The clock is set to what a device said.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
