"""Key events of Linux' input devices: buttons on the box's pins, a keyboard on USB, a virtual one in tests.

Source: Linux, Documentation/input/input.rst, "Event interface"; include/uapi/linux/input.h.
"""

import asyncio
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

EVENT = struct.Struct("@llHHi")
"""Seconds, microseconds, type, code, value."""
EV_KEY = 1
UP, DOWN = 0, 1
EVENTS_AT_ONCE = 64
LOOK_S = 2.0
"""Between two looks for new devices."""

OnKey = Callable[[int, bool], None]


class Keyboard:
    """All input devices of `folder`; calls `on_key(code, down)`, and `on_lost()` when one of them goes."""

    def __init__(self, on_key: OnKey, on_lost: Callable[[], None], folder: Path = Path("/dev/input")) -> None:
        self._on_key = on_key
        self._on_lost = on_lost
        self._folder = folder
        self._devices: dict[Path, int] = {}
        self._left_alone: set[Path] = set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._look()
                await asyncio.sleep(LOOK_S)
        finally:
            for path in list(self._devices):
                self._close(path)

    def _look(self) -> None:
        there = set(self._folder.glob("event*"))
        self._left_alone &= there
        for path in there - self._devices.keys() - self._left_alone:
            try:
                self._devices[path] = device = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            except OSError:
                # Not there yet, or not ours to read: udev may still be at it.
                continue
            try:
                asyncio.get_running_loop().add_reader(device, self._read, path, device)
            except PermissionError:  # not a device that can be waited for
                os.close(self._devices.pop(path))
                self._left_alone.add(path)

    def _read(self, path: Path, device: int) -> None:
        try:
            content = os.read(device, EVENT.size * EVENTS_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            content = b""
        if not content:
            self._close(path)
            self._on_lost()
            return
        for _, _, kind, code, value in EVENT.iter_unpack(content[: len(content) // EVENT.size * EVENT.size]):
            if kind == EV_KEY and value in (UP, DOWN):
                self._on_key(code, value == DOWN)

    def _close(self, path: Path) -> None:
        device = self._devices.pop(path)
        asyncio.get_running_loop().remove_reader(device)
        with suppress(OSError):
            os.close(device)
