"""The buttons on the bus, and the factory reset that ten seconds on one of them, or the terminal, ask for.

Erasing needs rights that this daemon does not have: it leaves a file where systemd looks for one (box-reset.path), and
whoever sees that file writes the wish down and restarts the box.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.buttons import ACTION, Act
from bus.client import Bus
from bus.envelope import Received
from hardware.buttons import Buttons, Event
from hardware.config import Config
from hardware.keyboard import Keyboard

log = logging.getLogger(__name__)

WISH = "factory-reset"
NOT_HERE = "This is no box: there is nothing here that could be reset."
CONFIRM = "erase everything"


class Pressing:
    """`run` until cancelled.

    `show` takes this source's wish for the ring. `runtime` is the folder that systemd gave this daemon, where it runs
    under systemd.
    """

    def __init__(self, bus: Bus, config: Config, show: Callable[[str], None], runtime: Path | None) -> None:
        self._bus = bus
        self._show = show
        self._runtime = runtime
        self._buttons = Buttons({code: button for button, codes in config.keys.items() for code in codes})
        self._keyboard = Keyboard(self._on_key, self._buttons.lost, Path(config.input_devices))
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None
        self._resetting = False

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._bus.serve(s.FACTORY_RESET, self._on_reset_request)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keyboard.run())
            while True:
                await self._carry_out(await self._events.get())

    def _on_key(self, code: int, down: bool) -> None:
        self._post(self._buttons.key(code, down, _now_ms()))

    def _tick(self) -> None:
        self._post(self._buttons.tick(_now_ms()))

    def _post(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self._events.put_nowait(event)
        if self._timer is not None:
            self._timer.cancel()
        due_ms = self._buttons.next_ms()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(0, due_ms - _now_ms()) / 1000, self._tick) if due_ms is not None else None

    async def _carry_out(self, event: Event) -> None:
        if event.act is Act.RESET:
            self._reset()
            return
        if event.button == ACTION and not self._resetting:
            self._show("reset_ahead" if event.act is Act.LONG_PRESS else "")
        told = pb.Button(button=event.button, action=event.act, held_ms=event.held_ms)
        await self._bus.publish(s.HARDWARE_BUTTON, told)

    def _on_reset_request(self, message: Received[pb.FactoryReset]) -> pb.Reply:
        if message.body.confirm != CONFIRM:
            return pb.Reply(refusal=f"A factory reset has to be confirmed with the words “{CONFIRM}”.")
        if not self._reset():
            return pb.Reply(refusal=NOT_HERE)
        return pb.Reply()

    def _reset(self) -> bool:
        """Whether somebody will see to it."""
        if self._runtime is None:
            log.warning(NOT_HERE)
            return False
        log.warning("a factory reset was asked for: everything will be erased")
        self._resetting = True
        self._show("factory_reset")
        (self._runtime / WISH).touch()
        return True


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
