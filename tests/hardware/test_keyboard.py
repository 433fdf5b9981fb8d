"""Key events from input devices that come and go; pipes stand in for them here, uinput in the guest."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hardware import keyboard
from hardware.keyboard import EV_KEY, EVENT, Keyboard

SYN, REPEAT = 0, 2


class Seen:
    """What a keyboard told."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[object] = asyncio.Queue()

    def key(self, code: int, down: bool) -> None:
        self.told.put_nowait((code, down))

    def lost(self) -> None:
        self.told.put_nowait("lost")


@pytest_asyncio.fixture
async def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Seen]:
    monkeypatch.setattr(keyboard, "LOOK_S", 0.01)
    seen = Seen()
    running = asyncio.create_task(Keyboard(seen.key, seen.lost, tmp_path).run())
    yield seen
    running.cancel()


async def plugged_in(folder: Path, name: str) -> int:
    """A device that is being read."""
    os.mkfifo(folder / name)
    while True:
        try:
            return os.open(folder / name, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads yet
            await asyncio.sleep(0.01)


def event(kind: int, code: int, value: int) -> bytes:
    return EVENT.pack(0, 0, kind, code, value)


async def test_downs_and_ups_are_told_and_repeats_are_not(seen: Seen, tmp_path: Path) -> None:
    device = await plugged_in(tmp_path, "event0")
    os.write(device, event(EV_KEY, 148, 1) + event(SYN, 0, 0) + event(EV_KEY, 148, REPEAT) + event(EV_KEY, 148, 0))
    assert [await seen.told.get() for _ in range(2)] == [(148, True), (148, False)]
    os.close(device)
    assert await seen.told.get() == "lost"


async def test_a_device_that_comes_later_is_read_too(seen: Seen, tmp_path: Path) -> None:
    first = await plugged_in(tmp_path, "event0")
    second = await plugged_in(tmp_path, "event1")
    os.write(second, event(EV_KEY, 30, 1))
    assert await seen.told.get() == (30, True)
    os.close(first)
    os.close(second)


async def test_what_is_no_device_is_left_alone(seen: Seen, tmp_path: Path) -> None:
    (tmp_path / "event0").write_bytes(b"a file")
    device = await plugged_in(tmp_path, "event1")
    os.write(device, event(EV_KEY, 30, 1))
    assert await seen.told.get() == (30, True)
    os.close(device)
