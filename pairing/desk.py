"""The reception at work: its tasks are done in their order, on the disk and over the bus, one message at a time.

A way (`pairing/port.py`, `pairing/radio.py`) says who its visitors are, brings what they say, and takes what they hear.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from bus import messages_pb2 as bus_pb
from bus import subjects as s
from bus.client import Bus
from bus.errors import BusError
from pairing import messages_pb2 as pb
from pairing.box_side import Newcomer
from pairing.errors import BoxFailed, GuessesUnreadable, HouseholdFull, PairingError
from pairing.guesses import Guesses
from pairing.reception import Admit, Keep, Reception, Remember, Task, Tell
from pairing.window import State

log = logging.getLogger(__name__)

Told = Callable[[bytes, bool], None]
"""A message for a visitor, and whether it is the last."""
ANSWERS_S = 10.0
"""For identityd, whose disk may be busy."""


class Desk:
    """One box's. `addresses` are where the box is reached at home, best first."""

    def __init__(
        self,
        bus: Bus,
        reception: Reception,
        guesses: Guesses,
        addresses: Callable[[], list[str]],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus, self._reception, self._guesses = bus, reception, guesses
        self._addresses, self._monotonic_s = addresses, monotonic_s
        self._changed: Callable[[], None] = _nobody_listens
        self._paired: Callable[[Newcomer], None] = _nobody_listens
        self._visitors: dict[str, Told] = {}
        self._one_at_a_time = asyncio.Lock()

    def listen(self, changed: Callable[[], None], paired: Callable[[Newcomer], None]) -> None:
        """`changed` hears that the state may be another, `paired` of each new device."""
        self._changed, self._paired = changed, paired

    def state(self) -> State:
        """What a device that came now would find."""
        return self._reception.state(self._monotonic_s())

    def visit(self, visitor: str, told: Told) -> None:
        """Somebody has come by a way; `told` must not wait."""
        self._visitors[visitor] = told

    def leave(self, visitor: str) -> None:
        """They are not there any more."""
        self._visitors.pop(visitor, None)
        self._reception.gone(visitor)
        self._changed()

    async def hear(self, visitor: str, content: bytes) -> None:
        """A visitor said something; returns when all that follows from it is done."""
        async with self._one_at_a_time:
            # Who has gone while others were heard is not begun with.
            if visitor in self._visitors:
                await self._do(self._reception.take(visitor, content, self._monotonic_s()))
        self._changed()

    async def press(self) -> None:
        """Somebody pressed the button: the window is open, and wrong codes are forgotten."""
        async with self._one_at_a_time:
            await self._do(self._reception.press(self._monotonic_s()))
        self._changed()

    async def open(self) -> None:
        """A device of the owner's wants to let one in."""
        async with self._one_at_a_time:
            self._reception.window.open(self._monotonic_s())
        self._changed()

    async def tick(self) -> None:
        """Time has passed: who has fallen silent gives its place up."""
        async with self._one_at_a_time:
            await self._do(self._reception.tick(self._monotonic_s()))

    async def _do(self, tasks: list[Task]) -> None:
        for task in tasks:
            match task:
                case Tell(visitor, message, last):
                    self._tell(visitor, message, last)
                case Keep(failures):
                    try:
                        await asyncio.to_thread(self._guesses.keep, failures)
                    except GuessesUnreadable as error:
                        # What would follow is not done: nobody is shown anything for a guess that is not counted.
                        log.error("%s", error)
                        await self._do(self._reception.stop(error))
                        return
                case Admit(run, newcomer):
                    await self._admit(run, newcomer)
                case Remember(run, newcomer):
                    await self._remember(run, newcomer)

    def _tell(self, visitor: str, message: bytes, last: bool) -> None:
        told = self._visitors.get(visitor)
        if told is not None:
            told(message, last)

    async def _admit(self, run: int, newcomer: Newcomer) -> None:
        asked = bus_pb.Admit(
            key=newcomer.key,
            wireguard_key=newcomer.wireguard_key,
            name=newcomer.name,
            proof=newcomer.proof,
        )
        try:
            given = await self._bus.request(s.IDENTITY_ADMIT, asked, timeout_s=ANSWERS_S)
        except BusError as error:
            await self._fail(run, BoxFailed(str(error)))
            return
        if given.refusal:
            await self._fail(run, HouseholdFull() if given.full else BoxFailed(given.refusal))
            return
        await self._do(self._reception.enrolled(run, _enrolment(given, self._addresses())))

    async def _remember(self, run: int, newcomer: Newcomer) -> None:
        asked = bus_pb.Record(key=newcomer.key)
        try:
            reply = await self._bus.request(s.IDENTITY_RECORD, asked, timeout_s=ANSWERS_S)
        except BusError as error:
            # It may have been done, and only the answer been lost: then somebody owns the box from now on.
            log.error("nobody says whether a device is known now: %s", error)
            self._reception.window.close()
            await self._fail(run, BoxFailed())
            return
        if reply.refusal:
            await self._fail(run, BoxFailed(reply.refusal))
            return
        await self._do(self._reception.recorded(run, reply.recovery_key))
        self._paired(newcomer)

    async def _fail(self, run: int, error: PairingError) -> None:
        log.warning("a device that knew the set-up code was not let in: %s", error)
        await self._do(self._reception.failed(run, error))


def _nobody_listens(*_: object) -> None:
    pass


def _enrolment(given: bus_pb.Admission, addresses: list[str]) -> pb.Enrolment:
    return pb.Enrolment(
        signature=given.signature,
        certificate=given.certificate,
        authority=given.authority,
        profile=given.profile,
        device=given.device.name,
        wireguard_key=given.box_wireguard_key,
        device_address=given.device.address,
        box_address=given.box_address,
        addresses=addresses,
    )
