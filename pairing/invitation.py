"""What a box that can be paired shows, says and opens, by the state of its window (`pairing/window.py`).

    state                 ring              port     a press of the button
    CLOSED                nothing           closed   is for others; held for three seconds and let go: OPEN, aloud
    OPEN, WAITING         ready_to_pair     open     tells the code, of a box that made it itself
      without Bluetooth     …_without_bluetooth
    PAIRING               pairing           open     the same
    LOCKED                pairing_locked    open     the same, and wrong codes are forgotten

A box that nobody owns greets whoever is there, once and by day.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress

from bus import messages_pb2 as pb
from bus import subjects as s
from bus.buttons import ACTION, Act
from bus.client import Bus
from bus.envelope import Received
from bus.sealed import SETUP_CODE, seal
from pairing.box_side import Newcomer
from pairing.config import Config
from pairing.desk import Desk
from pairing.settling import settle
from pairing.setup_code import SetupCode
from pairing.voice import Voice
from pairing.window import State

log = logging.getLogger(__name__)

SOURCE, HERE = "pairingd", "pairingd.here"
RING = {
    State.CLOSED: "",
    State.OPEN: "ready_to_pair",
    State.WAITING: "ready_to_pair",
    State.PAIRING: "pairing",
    State.LOCKED: "pairing_locked",
}
WITHOUT_BLUETOOTH = "ready_to_pair_without_bluetooth"
WORDS = {
    State.CLOSED: "lets no new device in",
    State.OPEN: "ready to pair",
    State.WAITING: "ready to pair, after a wrong code",
    State.PAIRING: "pairing a device",
    State.LOCKED: "waits for its button, after too many wrong codes",
}
HERE_S = 5.0
LEAVES_S = 3.0
"""How long the ways in stay open behind the window: who has just been paired still hears it, on a slow radio too."""
RUN_TICK_S = 1.0
"""Somebody is pairing: whoever falls silent is noticed soon."""


class Invitation:
    """`run` until cancelled. `ways` are opened and closed with the window; `pressed` is called when somebody pressed
    the button in it; `tell` hears the state in words."""

    def __init__(
        self,
        bus: Bus,
        desk: Desk,
        tell: Callable[[str], None],
        language: str,
        config: Config,
    ) -> None:
        self.ways: list[Callable[[bool], Awaitable[None]]] = []
        self.pressed: Callable[[], None] = _nobody
        self._bus, self._desk, self._tell, self._config = bus, desk, tell, config
        self._code: SetupCode | None = None
        self._owned = False
        self._voice = Voice(bus, language, config.again_s)
        self._changed = asyncio.Event()
        self._shown = State.CLOSED
        self._leave_at_s = 0.0
        self._trouble = ""
        self._doing: set[asyncio.Task[None]] = set()
        self._identifying: asyncio.Task[None] | None = None
        desk.listen(self._changed.set, self._on_paired)

    async def run(self, code: SetupCode | None, owned: bool) -> None:
        """Serve until cancelled. `code`: of a box that made it itself."""
        self._code, self._owned = code, owned
        await self._bus.subscribe(s.HARDWARE_BUTTON, self._on_button)
        await self._bus.serve(s.PAIRING_OPEN, self._on_open)
        async with asyncio.TaskGroup() as tasks:
            if not self._owned:
                tasks.create_task(self._voice.greet("ready_with_code" if self._code else "ready"))
            while True:
                await self._show()
                # Again and again: a daemon that starts later, or anew, has to hear it, too.
                soon = self._shown is State.PAIRING or self._leaving
                period_s = RUN_TICK_S if soon else self._config.tell_every_s
                with suppress(TimeoutError):
                    async with asyncio.timeout(period_s):
                        await self._changed.wait()
                self._changed.clear()
                await self._desk.tick()

    def trouble(self, sentence: str) -> None:
        """Bluetooth can't be used, and why; "": it can."""
        if sentence and sentence != self._trouble:
            log.warning("%s", sentence)
        if sentence != self._trouble:
            self._trouble = sentence
            self._changed.set()

    def identify(self) -> None:
        """Somebody asks which of several boxes this is."""
        if self._identifying is None:
            self._identifying = asyncio.get_running_loop().create_task(self._identify())

    async def _identify(self) -> None:
        await self._bus.publish(s.HARDWARE_RING_SET, pb.RingWish(source=HERE, state="here"))
        await asyncio.sleep(HERE_S)
        await self._bus.publish(s.HARDWARE_RING_SET, pb.RingWish(source=HERE, state=""))
        self._identifying = None

    async def _show(self) -> None:
        state = self._desk.state()
        if state is State.LOCKED is not self._shown:
            self._say("locked")
        if state is State.CLOSED is not self._shown:
            self._leave_at_s = asyncio.get_running_loop().time() + LEAVES_S
        self._shown = state
        self._tell(WORDS[state] + (f". {self._trouble}" if self._trouble and state is not State.CLOSED else ""))
        for let_in in self.ways:
            await let_in(state is not State.CLOSED or self._leaving)
        ring = WITHOUT_BLUETOOTH if self._trouble and RING[state] == RING[State.OPEN] else RING[state]
        await self._bus.publish(s.HARDWARE_RING_SET, pb.RingWish(source=SOURCE, state=ring))
        await self._bus.publish(
            s.PAIRING_STATE, pb.PairingState(open=state is not State.CLOSED, state=state, owned=self._owned)
        )

    @property
    def _leaving(self) -> bool:
        return asyncio.get_running_loop().time() < self._leave_at_s

    async def _on_button(self, message: Received[pb.Button]) -> None:
        if message.body.button != ACTION:
            return
        if message.body.action == Act.PRESS and self._desk.state() is not State.CLOSED:
            await self._desk.press()
            self.pressed()
            if self._desk.by_device:
                self._say("on_the_device")
            elif self._code is None:
                self._say("on_the_label")
            else:
                self._say("code", code=self._code.spoken(self._voice.language))
        elif message.body.action == Act.PAIR:
            await self._desk.press(held=True)
            self.pressed()
            self._say_open()

    async def _on_open(self, message: Received[pb.OpenPairing]) -> pb.PairingOpened:
        """A device of the owner's wants to let one in: aloud, so that nobody does it behind the others' backs."""
        asked, open_s = message.body, self._config.window.open_s
        try:
            seal(b"", asked.key, SETUP_CODE)
        except ValueError:
            return pb.PairingOpened(refusal="Nobody could read that code.")
        code = await self._desk.open(asked.opening)
        self._say("open_by_device", minutes=_minutes(open_s))
        sealed = seal(code.digits.encode(), asked.key, SETUP_CODE)
        return pb.PairingOpened(sealed_code=sealed, seconds=round(open_s))

    def _say_open(self) -> None:
        if not self._owned:
            self._say("ready_with_code" if self._code else "on_the_label")
            return
        self._say("open_with_code" if self._code else "open", minutes=_minutes(self._config.window.open_s))

    def _on_paired(self, newcomer: Newcomer, first: bool) -> None:
        log.info("a device was paired")
        if first:
            self._do(settle(self._bus, newcomer, self._config.again_s))
        self._owned = True
        self._say("paired", name=newcomer.name)

    def _say(self, sentence: str, **values: str) -> None:
        self._do(self._voice.say(sentence, **values))

    def _do(self, what: Coroutine[None, None, None]) -> None:
        """Nothing waits for it."""
        doing = asyncio.get_running_loop().create_task(what)
        self._doing.add(doing)
        doing.add_done_callback(self._doing.discard)


def _minutes(seconds: float) -> str:
    return str(round(seconds / 60))


def _nobody() -> None:
    pass
