"""What time it is, how sure that is, and how to wait for it.

Two clocks: `wall` says what people call the time and may be set, in both directions, while we run; `elapsed` counts
seconds of this boot, sleep included, and is never set. A box without a battery for its clock does not know the time
until a network or a phone tells it: then `known` is False, and "I don't know the time yet" is the answer.

    the wall clock is …                                             known
    before the build                                                no, it can't be
    set by NTP (the kernel says so) or by a phone                   yes
    at or above the floor (the last time saved), policy "system"    yes: this computer's clock is believed
    anything else                                                   no

The floor is the later of the build and the last saved time; who saves is `conductor.household`.
"""

import asyncio
import ctypes
import errno
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

BUILT_NO_EARLIER = 1_790_000_000.0
"""This file was written after that second (September 2026), whatever a file system says about its date."""
CLOCK_SET_S = 1.0
"""The wall clock was set, rather than steered, when it moved by more than this against elapsed time."""

CLOCK_REALTIME, CLOCK_BOOTTIME = 0, 7
TFD_NONBLOCK, TFD_CLOEXEC = 0o4000, 0o2000000
TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET = 1, 2
TIME_ERROR = 5
TIMEX_BYTES = 512
NEVER_S = 4_000_000_000
"""An absolute time that does not come: only the cancelling is of interest."""


@dataclass(frozen=True)
class Instant:
    """One reading of both clocks. `wall`: Unix seconds; `elapsed`: seconds of the boot named `boot`."""

    wall: float
    elapsed: float
    boot: str
    known: bool = True

    def ahead(self, seconds: float) -> "Instant":
        """Both clocks, `seconds` later."""
        return Instant(self.wall + seconds, self.elapsed + seconds, self.boot, self.known)


class Clock(Protocol):
    """What waits for timers, and says what time it is."""

    def now(self) -> Instant: ...

    def believe(self, saved_wall: float) -> None:
        """The box was already running at `saved_wall`: the floor."""

    async def wait(self, seconds: float) -> None:
        """Return after so many elapsed seconds, or as soon as the wall clock is set, whichever comes first."""


def is_known(wall: float, floor: float, built: float, synchronised: bool, policy: str) -> bool:
    """Whether the wall clock may be believed; see the table above."""
    if wall < built:
        return False
    return synchronised or (policy == "system" and wall >= floor)


def built_at() -> float:
    """When this program was built, as well as its files say."""
    return max(BUILT_NO_EARLIER, Path(__file__).stat().st_mtime)


def kernel_says_synchronised() -> bool:
    """Whether something disciplines the system clock (adjtimex(2): the state is not TIME_ERROR)."""
    timex = ctypes.create_string_buffer(TIMEX_BYTES)
    return ctypes.CDLL(None, use_errno=True).adjtimex(timex) not in (-1, TIME_ERROR)


class SystemClock:
    """This computer's clocks. One task waits at a time; `close` when done.

    A timerfd on CLOCK_BOOTTIME wakes the waiter, another with TFD_TIMER_CANCEL_ON_SET tells that the wall clock was set
    (timerfd_create(2)): between the two nothing runs, and nothing is polled.
    """

    def __init__(
        self,
        policy: str = "system",
        built: float | None = None,
        synchronised: Callable[[], bool] = kernel_says_synchronised,
    ) -> None:
        self._policy = policy
        self._built = built_at() if built is None else built
        self._floor = self._built
        self._synchronised = synchronised
        # In the image systemd tells it: the sandbox hides this part of /proc.
        self._boot = os.environ.get("SPOQ_BOOT_ID") or Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        self._alarm = _Timerfd(CLOCK_BOOTTIME)
        self._steps = _Timerfd(CLOCK_REALTIME)
        self._steps.arm(NEVER_S, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)
        self._offset = self._measure_offset()

    def now(self) -> Instant:
        wall, elapsed = time.time(), time.clock_gettime(CLOCK_BOOTTIME)
        known = is_known(wall, self._floor, self._built, self._synchronised(), self._policy)
        return Instant(wall, elapsed, self._boot, known)

    def believe(self, saved_wall: float) -> None:
        self._floor = max(self._built, saved_wall)

    async def wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        self._alarm.arm(max(seconds, 1e-9), 0)
        for timer in (self._alarm, self._steps):
            loop.add_reader(timer.fd, woken.set)
        try:
            await woken.wait()
        finally:
            for timer in (self._alarm, self._steps):
                loop.remove_reader(timer.fd)
            self._alarm.read()
            if self._steps.read():
                self._was_set()

    def _was_set(self) -> None:
        """Somebody set the clock on purpose, perhaps back from a wrong future: what it says now is the new floor."""
        offset = self._measure_offset()
        if abs(offset - self._offset) > CLOCK_SET_S:
            self._floor = max(self._built, min(self._floor, time.time()))
        self._offset = offset

    @staticmethod
    def _measure_offset() -> float:
        return time.time() - time.clock_gettime(CLOCK_BOOTTIME)

    def close(self) -> None:
        self._alarm.close()
        self._steps.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class _Timerfd:
    """timerfd_create(2), which Python has from 3.13 on."""

    def __init__(self, clock: int) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self._checked(self._libc.timerfd_create(clock, TFD_NONBLOCK | TFD_CLOEXEC))

    def arm(self, seconds: float, flags: int) -> None:
        value = _Timespec(int(seconds), int(seconds % 1 * 1e9))
        self._checked(self._libc.timerfd_settime(self.fd, flags, ctypes.byref(_Itimerspec(_Timespec(), value)), None))

    def read(self) -> bool:
        """Take what has happened; True when the clock was set."""
        try:
            os.read(self.fd, 8)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno != errno.ECANCELED:
                raise
            return True
        return False

    def close(self) -> None:
        os.close(self.fd)

    @staticmethod
    def _checked(result: int) -> int:
        if result < 0:
            raise OSError(ctypes.get_errno(), "timerfd")
        return result
