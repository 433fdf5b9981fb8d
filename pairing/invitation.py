"""What a box that can be paired shows, says and opens, by the state of its window (`pairing/window.py`).

    state                 ring              port     a press of the button
    CLOSED                nothing           closed   is for others; held for three seconds and let go: OPEN, aloud
    OPEN, WAITING         ready_to_pair     open     tells the code, of a box that made it itself
    PAIRING               pairing           open     the same
    LOCKED                pairing_locked    open     the same, and wrong codes are forgotten

A box that nobody owns greets whoever is there, once and by day.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.client import Bus
from bus.envelope import Received
from pairing.box_side import Newcomer
from pairing.config import Config
from pairing.desk import Desk
from pairing.setup_code import SetupCode
from pairing.voice import Voice
from pairing.window import State

log = logging.getLogger(__name__)

SOURCE = "pairingd"
BUTTON, PRESS, PAIR = "action", "press", "pair"
RING = {
    State.CLOSED: "",
    State.OPEN: "ready_to_pair",
    State.WAITING: "ready_to_pair",
    State.PAIRING: "pairing",
    State.LOCKED: "pairing_locked",
}
WORDS = {
    State.CLOSED: "lets no new device in",
    State.OPEN: "ready to pair",
    State.WAITING: "ready to pair, after a wrong code",
    State.PAIRING: "pairing a device",
    State.LOCKED: "waits for its button, after too many wrong codes",
}
RUN_TICK_S = 1.0
"""Somebody is pairing: whoever falls silent is noticed soon."""


class Invitation:
    """`run` until cancelled. `ways` are opened and closed with the window; `tell` hears the state in words."""

    def __init__(
        self,
        bus: Bus,
        desk: Desk,
        tell: Callable[[str], None],
        language: str,
        config: Config,
    ) -> None:
        self.ways: list[Callable[[bool], Awaitable[None]]] = []
        self._bus, self._desk, self._tell, self._config = bus, desk, tell, config
        self._code: SetupCode | None = None
        self._owned = False
        self._voice = Voice(bus, language, config.again_s)
        self._changed = asyncio.Event()
        self._shown = State.CLOSED
        self._trouble = ""
        self._saying: set[asyncio.Task[None]] = set()
        desk.listen(self._changed.set, self._on_paired)

    async def run(self, code: SetupCode | None, owned: bool) -> None:
        """Serve until cancelled. `code`: of a box that made it itself."""
        self._code, self._owned = code, owned
        await self._bus.subscribe(s.HARDWARE_BUTTON, self._on_button)
        await self._bus.subscribe(s.PAIRING_WANTED, self._on_wanted)
        async with asyncio.TaskGroup() as tasks:
            if not self._owned:
                tasks.create_task(self._voice.greet("ready_with_code" if self._code else "ready"))
            while True:
                await self._show()
                # Again and again: a daemon that starts later, or anew, has to hear it, too.
                period_s = RUN_TICK_S if self._shown is State.PAIRING else self._config.tell_every_s
                with suppress(TimeoutError):
                    async with asyncio.timeout(period_s):
                        await self._changed.wait()
                self._changed.clear()
                await self._desk.tick()

    def trouble(self, sentence: str) -> None:
        """One of the ways in can't be used, and why; "": all can."""
        if sentence and sentence != self._trouble:
            log.warning("%s", sentence)
        if sentence != self._trouble:
            self._trouble = sentence
            self._changed.set()

    async def _show(self) -> None:
        state = self._desk.state()
        if state is State.LOCKED is not self._shown:
            self._say("locked")
        self._shown = state
        self._tell(WORDS[state] + (f". {self._trouble}" if self._trouble and state is not State.CLOSED else ""))
        for let_in in self.ways:
            await let_in(state is not State.CLOSED)
        await self._bus.publish(s.HARDWARE_RING_SET, pb.RingWish(source=SOURCE, state=RING[state]))
        await self._bus.publish(
            s.PAIRING_STATE, pb.PairingState(open=state is not State.CLOSED, state=state, owned=self._owned)
        )

    async def _on_button(self, message: Received[pb.Button]) -> None:
        if message.body.button != BUTTON:
            return
        if message.body.action == PRESS and self._desk.state() is not State.CLOSED:
            await self._desk.press()
            if self._code is None:
                self._say("on_the_label")
            else:
                self._say("code", code=self._code.spoken(self._voice.language))
        elif message.body.action == PAIR:
            await self._desk.press()
            self._say_open()

    async def _on_wanted(self, _: Received[pb.OpenPairing]) -> None:
        """A device of the owner's wants to let one in: aloud, so that nobody does it behind the others' backs."""
        await self._desk.open()
        self._say_open()

    def _say_open(self) -> None:
        if not self._owned:
            self._say("ready_with_code" if self._code else "on_the_label")
            return
        minutes = str(round(self._config.window.open_s / 60))
        self._say("open_with_code" if self._code else "open", minutes=minutes)

    def _on_paired(self, newcomer: Newcomer) -> None:
        log.info("a device was paired")
        self._owned = True
        self._say("paired", name=newcomer.name)

    def _say(self, sentence: str, **values: str) -> None:
        """Nothing waits for it."""
        saying = asyncio.get_running_loop().create_task(self._voice.say(sentence, **values))
        self._saying.add(saying)
        saying.add_done_callback(self._saying.discard)
