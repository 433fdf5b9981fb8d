"""Buttons on the bus, and the factory reset: first seen on the ring, asked for in words, left to systemd."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from hardware import buttons, keyboard
from hardware.config import Config
from hardware.pressing import CONFIRM, WISH, Pressing
from tests.fakes.local_bus import LocalBus
from tests.hardware.test_keyboard import event, plugged_in

ACTION_KEY, DOWN, UP = 148, 1, 0


class Room:
    """Buttons that are read, the ring's wishes in their order, and what systemd would see."""

    def __init__(self, folder: Path, under_systemd: bool = True) -> None:
        self.bus = LocalBus(lambda: 0)
        self.devices, self.runtime = folder / "input", folder / "runtime"
        self.devices.mkdir()
        self.runtime.mkdir()
        self.wishes: asyncio.Queue[str] = asyncio.Queue()
        config = Config(input_devices=str(self.devices))
        runtime = self.runtime if under_systemd else None
        self.pressing = Pressing(cast(Bus, self.bus), config, self.wishes.put_nowait, runtime)

    @property
    def reset_wanted(self) -> bool:
        return (self.runtime / WISH).exists()

    @property
    def acts(self) -> list[tuple[str, str]]:
        return [(body.button, body.action) for body in self.bus.bodies(s.HARDWARE_BUTTON)]


@pytest_asyncio.fixture
async def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    monkeypatch.setattr(keyboard, "LOOK_S", 0.01)
    monkeypatch.setattr(buttons, "LONG_MS", 30)
    monkeypatch.setattr(buttons, "RESET_MS", 60)
    room = Room(tmp_path)
    running = asyncio.create_task(room.pressing.run())
    yield room
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_button_that_is_held_warns_and_then_erases(room: Room) -> None:
    device = await plugged_in(room.devices, "event0")
    os.write(device, event(keyboard.EV_KEY, ACTION_KEY, DOWN))
    assert [await room.wishes.get() for _ in range(3)] == ["", "reset_ahead", "factory_reset"]
    assert room.reset_wanted
    os.write(device, event(keyboard.EV_KEY, ACTION_KEY, UP))
    while len(room.acts) < 3:
        await asyncio.sleep(0)
    assert room.acts == [("action", "press"), ("action", "long_press"), ("action", "release")]
    assert room.wishes.empty(), "the ring goes on showing that it erases"


async def test_a_short_press_is_told(room: Room) -> None:
    device = await plugged_in(room.devices, "event0")
    os.write(device, event(keyboard.EV_KEY, ACTION_KEY, DOWN) + event(keyboard.EV_KEY, ACTION_KEY, UP))
    assert [await room.wishes.get() for _ in range(2)] == ["", ""]
    assert room.acts[0] == ("action", "press")
    assert not room.reset_wanted


async def test_asked_for_in_the_right_words_it_erases(room: Room) -> None:
    await asyncio.sleep(0)
    reply = await room.bus.request(s.FACTORY_RESET, pb.FactoryReset(confirm=CONFIRM))
    assert (reply.refusal, room.reset_wanted) == ("", True)


@pytest.mark.parametrize("words", ["", "yes", CONFIRM.upper()])
async def test_other_words_erase_nothing(room: Room, words: str) -> None:
    await asyncio.sleep(0)
    reply = await room.bus.request(s.FACTORY_RESET, pb.FactoryReset(confirm=words))
    assert CONFIRM in reply.refusal
    assert not room.reset_wanted


async def test_a_program_on_a_computer_is_no_box(tmp_path: Path) -> None:
    room = Room(tmp_path, under_systemd=False)
    running = asyncio.create_task(room.pressing.run())
    await asyncio.sleep(0)
    reply = await room.bus.request(s.FACTORY_RESET, pb.FactoryReset(confirm=CONFIRM))
    assert "no box" in reply.refusal
    running.cancel()
