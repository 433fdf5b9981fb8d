"""Everybody who comes to a box to pair: one run at a time, in the window, and every guess counted. Pure.

Whoever carries messages (Bluetooth, the set-up port) calls `take` for each and `gone` when its other end is, somebody
calls `tick` now and then, and what comes back is done in that order. A visitor is known by any name that its way gives
it. Times are seconds of a clock that never goes back. docs/pairing.md has the drawings.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from pairing import box_side, messages, refusals
from pairing import messages_pb2 as pb
from pairing.box_side import Box, BoxSide, Enrol, Guessed, Join, Knew, Look, Newcomer, Record, Say
from pairing.errors import BoxFailed, Busy, Malformed, PairingError, TooSlow, WindowClosed
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


@dataclass(frozen=True)
class Work:
    """A known device asks for something that takes its time; `worked` gives the answer to this run."""

    run: int
    what: Look | Join


Task = Tell | Keep | Admit | Remember | Work


@dataclass
class _Run:
    """The one that is going on."""

    number: int
    visitor: str
    since_s: float
    side: BoxSide
    newcomer: Newcomer | None = None


class Reception:
    """One box's, with its label's code. `random` gives so many random bytes."""

    def __init__(self, box: Box, window: Window, random: Callable[[int], bytes]) -> None:
        self.window = window
        self.label = self._box = box
        self._random = random
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

    @property
    def opening(self) -> bytes:
        """Whose code lets somebody in; empty: the label's."""
        return self._box.opening

    def open(self, box: Box, now_s: float) -> list[Task]:
        """A device of the owner's lets one in, with this box's code and no other; a press of the button does not change
        that. Who was at the label's begins anew."""
        tasks = self._serve(box)
        self.window.press(now_s)
        return [*tasks, Keep(self.window.failures)]

    def press(self, now_s: float, held: bool = False) -> list[Task]:
        """Somebody pressed the button, and stands before the box; `held`: so long that the label's code lets one in."""
        tasks = self._serve(self.label) if held else []
        self.window.press(now_s)
        return [*tasks, Keep(self.window.failures)]

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

    def recorded(self, run: int, recovery_key: str, owner: bool, now_s: float) -> list[Task]:
        """The device of this run is known. The window closes for others; it may have more to ask."""
        self.window.close()
        self._box = self.label
        current = self._current(run, box_side.State.RECORDING)
        if current is None:
            return []
        told = current.side.recorded(recovery_key, owner).message
        stays = current.side.state is box_side.State.STAYING
        if stays:
            self.window.stay(now_s)
        else:
            self._finish()
        return [Tell(current.visitor, told, last=not stays)]

    def worked(self, run: int, answer: pb.WifiSeen | pb.WifiJoined, now_s: float) -> list[Task]:
        """What the device of this run asked for is done, or could not be."""
        current = self._current(run, box_side.State.WORKING)
        if current is None:
            return []
        if isinstance(answer, pb.WifiSeen):
            return [Tell(current.visitor, current.side.seen(answer).message)]
        self.window.stay(now_s, done=answer.outcome == pb.DONE)
        told = current.side.joined(answer)
        return [Tell(current.visitor, told.message)]

    def failed(self, run: int, error: PairingError | None = None) -> list[Task]:
        """The box can't go on with this run; without an error it keeps the reason to itself."""
        return self._end(self._run, error or BoxFailed()) if self._run and self._run.number == run else []

    def stop(self, error: PairingError) -> list[Task]:
        """Whatever goes on ends here: what it needs can't be done."""
        return self._end(self._run, error) if self._run else []

    def _serve(self, box: Box) -> list[Task]:
        if box is self._box:
            return []
        self._box = box
        return self.stop(WindowClosed())

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
                case Look() | Join():
                    self.window.stay(now_s)
                    tasks.append(Work(run.number, effect))
        if run.side.state is box_side.State.OVER:
            self._finish()
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
