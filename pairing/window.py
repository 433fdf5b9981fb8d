"""When a device may try to pair, and how often. Pure; docs/pairing.md has the drawing, with the same names.

Times are seconds of a clock that never goes back. Leaves to others: keeping `failures` on the disk before the box shows
its confirmation, the run itself, and who may open the window.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from pairing.errors import Busy, LockedOut, TooSoon, WindowClosed


class State(StrEnum):
    """What a device that came now would find."""

    CLOSED = "closed"
    OPEN = "open"
    PAIRING = "pairing"
    WAITING = "waiting"
    LOCKED = "locked"


@dataclass(frozen=True)
class WindowConfig:
    """How long it is open when somebody asked for it, how long a run may last, and what wrong guesses cost."""

    open_s: float = 600.0
    run_s: float = 60.0
    # For a device that is known then, and chooses a Wi-Fi network.
    stays_s: float = 300.0
    # Once it has what it asked for: then it leaves, or was in a hotspot that is gone.
    leaves_s: float = 30.0
    # People mistype: so many cost nothing.
    free_guesses: int = 3
    first_delay_s: float = 5.0
    # So many lock the box until somebody presses its button.
    most_guesses: int = 10


class Window:
    """One box's. `failures` are the guesses that nobody made good, as kept from before a restart at `now_s`."""

    def __init__(self, config: WindowConfig, failures: int, now_s: float) -> None:
        self.failures = failures
        self._config = config
        self._open_until_s = -math.inf
        self._run_until_s = -math.inf
        # What was waited for before a restart nobody knows: it is waited for anew.
        self._wait_until_s = now_s + self._delay_s()

    def state(self, now_s: float) -> State:
        if now_s < self._run_until_s:
            return State.PAIRING
        if now_s >= self._open_until_s:
            return State.CLOSED
        if self.failures >= self._config.most_guesses:
            return State.LOCKED
        return State.WAITING if now_s < self._wait_until_s else State.OPEN

    def open(self, now_s: float) -> None:
        """An owner's device asked for it."""
        self._open_until_s = max(self._open_until_s, now_s + self._config.open_s)

    def stay_open(self) -> None:
        """The box has no owner."""
        self._open_until_s = math.inf

    def close(self) -> None:
        """For who comes next; a run goes on."""
        self._open_until_s = -math.inf

    def press(self, now_s: float) -> None:
        """Somebody stands before the box: earlier guesses are forgotten. `failures` has to be kept."""
        self.failures, self._wait_until_s = 0, -math.inf
        self.open(now_s)

    def begin(self, now_s: float) -> None:
        """A run begins. Raises WindowClosed, Busy, TooSoon or LockedOut."""
        match self.state(now_s):
            case State.CLOSED:
                raise WindowClosed
            case State.PAIRING:
                raise Busy
            case State.LOCKED:
                raise LockedOut
            case State.WAITING:
                raise TooSoon(math.ceil(self._wait_until_s - now_s))
        self._run_until_s = now_s + self._config.run_s

    def stay(self, now_s: float, done: bool = False) -> None:
        """The run's device is known, and has more to ask; `done`: not much."""
        self._run_until_s = now_s + (self._config.leaves_s if done else self._config.stays_s)

    def guess(self, now_s: float) -> None:
        """The box is about to show its confirmation. `failures` has to be kept before it does."""
        self.failures += 1
        self._wait_until_s = now_s + self._delay_s()

    def succeed(self) -> None:
        """The device knew the code. `failures` has to be kept."""
        self.failures, self._wait_until_s = 0, -math.inf

    def end(self) -> None:
        """The run is over, however it went."""
        self._run_until_s = -math.inf

    def _delay_s(self) -> float:
        paid = self.failures - self._config.free_guesses
        if paid <= 0:
            return 0.0
        return self._config.first_delay_s * 2.0 ** (min(paid, self._config.most_guesses) - 1)
