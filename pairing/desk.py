"""The reception at work: its tasks are done in their order, on the disk and over the bus, one message at a time.

A way (`pairing/port.py`, `pairing/radio.py`) says who its visitors are, brings what they say, and takes what they hear.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from bus import messages_pb2 as bus_pb
from bus import subjects as s
from bus.client import Bus
from bus.errors import BusError
from pairing import messages_pb2 as pb
from pairing import outcomes, setup_code
from pairing.box_side import Join, Look, Newcomer
from pairing.errors import BoxFailed, GuessesUnreadable, HouseholdFull, PairingError, WifiError
from pairing.factory import identities
from pairing.guesses import Guesses
from pairing.reception import Admit, Keep, Reception, Remember, Task, Tell, Work
from pairing.setup_code import SetupCode
from pairing.verifier import SALT_BYTES, register
from pairing.wifi import Network, Wanted
from pairing.window import State

log = logging.getLogger(__name__)

Told = Callable[[bytes, bool], None]
"""A message for a visitor, and whether it is the last."""
ANSWERS_S = 10.0
"""For identityd, whose disk may be busy."""


class Wifi(Protocol):
    """The box's radio; what it does takes seconds. Its methods raise WifiError."""

    async def look(self) -> list[Network]: ...

    async def join(self, wanted: Wanted) -> None: ...


class Desk:
    """One box's. `addresses` are where the box is reached at home, best first."""

    def __init__(
        self,
        bus: Bus,
        reception: Reception,
        guesses: Guesses,
        wifi: Wifi,
        addresses: Callable[[], list[str]],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus, self._reception, self._guesses, self._wifi = bus, reception, guesses, wifi
        self._addresses, self._monotonic_s = addresses, monotonic_s
        self._work: list[Work] = []
        self._changed: Callable[[], None] = _nobody_listens
        self._paired: Callable[[Newcomer, bool], None] = _nobody_listens
        self._visitors: dict[str, Told] = {}
        self._one_at_a_time = asyncio.Lock()

    def listen(self, changed: Callable[[], None], paired: Callable[[Newcomer, bool], None]) -> None:
        """`changed` hears that the state may be another, `paired` of each new device, and whether it is the first."""
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
            work, self._work = self._work, []
        self._changed()
        for each in work:
            answer = await self._worked(each.what)
            async with self._one_at_a_time:
                await self._do(self._reception.worked(each.run, answer, self._monotonic_s()))

    @property
    def by_device(self) -> bool:
        """Whether the code is one that was made for a device of the owner's."""
        return bool(self._reception.opening)

    async def press(self, held: bool = False) -> None:
        """Somebody pressed the button: the window is open, and wrong codes are forgotten. `held`: for the label's code,
        whatever there was before."""
        async with self._one_at_a_time:
            await self._do(self._reception.press(self._monotonic_s(), held))
        self._changed()

    async def open(self, opening: bytes) -> SetupCode:
        """A device of the owner's lets one in: with this code, which is in memory only. `opening` is its name."""
        code, salt = setup_code.make(os.urandom), os.urandom(SALT_BYTES)
        label = self._reception.label
        verifier = await asyncio.to_thread(register, code, salt, identities(label.serial))
        async with self._one_at_a_time:
            box = replace(label, salt=salt, verifier=verifier, opening=opening)
            await self._do(self._reception.open(box, self._monotonic_s()))
        self._changed()
        return code

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
                case Work():
                    self._work.append(task)

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
            opening=self._reception.opening,
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
        await self._do(self._reception.recorded(run, reply.recovery_key, reply.owner, self._monotonic_s()))
        self._paired(newcomer, reply.first)

    async def _worked(self, what: Look | Join) -> pb.WifiSeen | pb.WifiJoined:
        try:
            if isinstance(what, Look):
                return outcomes.seen(await self._wifi.look())
            await self._wifi.join(what.wanted)
            return pb.WifiJoined(outcome=pb.DONE, addresses=self._addresses())
        except WifiError as error:
            log.warning("a device that chose a Wi-Fi network: %s", error)
            outcome = outcomes.of(error)
            return pb.WifiSeen(outcome=outcome) if isinstance(what, Look) else pb.WifiJoined(outcome=outcome)

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
