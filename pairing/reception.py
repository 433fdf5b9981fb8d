"""Everybody who comes to a box to pair: one run at a time, in the window, and every guess counted. Pure.

Whoever carries messages (Bluetooth, the set-up port) calls `take` for each and `gone` when its other end is, somebody
calls `tick` now and then, and what comes back is done in that order. A visitor is known by any name that its way gives
it. Times are seconds of a clock that never goes back. docs/pairing.md has the drawings.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from pairing import box_side, messages, refusals
from pairing import messages_pb2 as pb
from pairing.box_side import Box, BoxSide, Enrol, Guessed, Knew, Newcomer, Record, Say
from pairing.errors import BoxFailed, Busy, Malformed, PairingError, TooSlow
from pairing.messages import NONCE_BYTES
from pairing.window import State, Window

HELLO_S = 10.0
"""scrypt takes a slow phone's page some seconds."""


@dataclass(frozen=True)
class Tell:
    """A message for a visitor; `last`: its run is over."""

    visitor: str
    message: bytes = field(repr=False)
    last: bool = False


@dataclass(frozen=True)
class Keep:
    """So many guesses have to be on the disk before anything that follows is done."""

    failures: int


@dataclass(frozen=True)
class Admit:
    """A device wants its certificate; `enrolled` or `failed` gives the answer to this run."""

    run: int
    newcomer: Newcomer


@dataclass(frozen=True)
class Remember:
    """A device has all that it gets, and has to be known; `recorded` or `failed` gives the answer to this run."""

    run: int
    newcomer: Newcomer


Task = Tell | Keep | Admit | Remember


@dataclass
class _Run:
    """The one that is going on."""

    number: int
    visitor: str
    since_s: float
    side: BoxSide
    newcomer: Newcomer | None = None


class Reception:
    """One box's. `random` gives so many random bytes."""

    def __init__(self, box: Box, window: Window, random: Callable[[int], bytes]) -> None:
        self.window = window
        self._box, self._random = box, random
        self._run: _Run | None = None
        self._runs = 0

    def state(self, now_s: float) -> State:
        """What a device that came now would find."""
        return self.window.state(now_s)

    def take(self, visitor: str, content: bytes, now_s: float) -> list[Task]:
        """A visitor said something. A hello begins anew: who mistyped need not go away first. Who has said no more than
        that for `HELLO_S` gives its place to the next."""
        mine = self._run is not None and self._run.visitor == visitor
        tasks, since_s = self.tick(now_s), now_s
        if mine and self._run is None and not _is_hello(content):
            # It was too slow, and has been told so.
            return tasks
        if self._run is not None and _is_hello(content):
            waits = self._run.side.state is box_side.State.SHARE
            if self._run.visitor == visitor:
                since_s = self._run.since_s if waits else now_s
                self._finish()
            elif waits and now_s - self._run.since_s >= HELLO_S:
                tasks += self._end(self._run, TooSlow())
        try:
            run = self._run or self._begin(visitor, now_s, since_s)
            if run.visitor != visitor:
                raise Busy
        except PairingError as error:
            return [*tasks, _refusal(visitor, error)]
        try:
            return [*tasks, *self._done(run, run.side.take(content), now_s)]
        except PairingError as error:
            return [*tasks, *self._end(run, error)]

    def press(self, now_s: float) -> list[Task]:
        """Somebody pressed the button, and stands before the box."""
        self.window.press(now_s)
        return [Keep(self.window.failures)]

    def gone(self, visitor: str) -> None:
        """Its way says that it is not there any more."""
        if self._run is not None and self._run.visitor == visitor:
            self._finish()

    def tick(self, now_s: float) -> list[Task]:
        """Time has passed."""
        if self._run is None or self.window.state(now_s) is State.PAIRING:
            return []
        return self._end(self._run, TooSlow())

    def enrolled(self, run: int, enrolment: pb.Enrolment) -> list[Task]:
        """What the device of this run gets is there."""
        current = self._current(run, box_side.State.ENROLLING)
        return [Tell(current.visitor, current.side.enrolled(enrolment).message)] if current else []

    def recorded(self, run: int, recovery_key: str) -> list[Task]:
        """The device of this run is known. The window closes."""
        self.window.close()
        current = self._current(run, box_side.State.RECORDING)
        if current is None:
            return []
        self._finish()
        return [Tell(current.visitor, current.side.recorded(recovery_key).message, last=True)]

    def failed(self, run: int, error: PairingError | None = None) -> list[Task]:
        """The box can't go on with this run; without an error it keeps the reason to itself."""
        return self._end(self._run, error or BoxFailed()) if self._run and self._run.number == run else []

    def stop(self, error: PairingError) -> list[Task]:
        """Whatever goes on ends here: what it needs can't be done."""
        return self._end(self._run, error) if self._run else []

    def _begin(self, visitor: str, now_s: float, since_s: float) -> _Run:
        self.window.begin(now_s)
        self._runs += 1
        self._run = _Run(self._runs, visitor, since_s, BoxSide(self._box, self._random(NONCE_BYTES)))
        return self._run

    def _done(self, run: _Run, effects: list[box_side.Effect], now_s: float) -> list[Task]:
        tasks: list[Task] = []
        for effect in effects:
            match effect:
                case Say(message):
                    tasks.append(Tell(run.visitor, message))
                case Guessed():
                    self.window.guess(now_s)
                    tasks.append(Keep(self.window.failures))
                case Knew():
                    self.window.succeed()
                    tasks.append(Keep(self.window.failures))
                case Enrol(newcomer):
                    run.newcomer = newcomer
                    tasks.append(Admit(run.number, newcomer))
                case Record():
                    assert run.newcomer is not None
                    tasks.append(Remember(run.number, run.newcomer))
        return tasks

    def _current(self, number: int, waiting: box_side.State) -> _Run | None:
        """The run of this number, where it still waits for that."""
        run = self._run
        return run if run is not None and run.number == number and run.side.state is waiting else None

    def _end(self, run: _Run, error: PairingError) -> list[Task]:
        self._finish()
        return [_refusal(run.visitor, error)]

    def _finish(self) -> None:
        self._run = None
        self.window.end()


def _is_hello(content: bytes) -> bool:
    try:
        return messages.from_device(content).HasField("hello")
    except Malformed:
        return False


def _refusal(visitor: str, error: PairingError) -> Tell:
    message = pb.FromBox(refusal=refusals.of(error))
    return Tell(visitor, message.SerializeToString(), last=True)
