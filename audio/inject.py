"""Sound that comes over the bus in the microphone's place (`spoq say`, `spoq hear`, the health gate). Pure.

One injection at a time; its messages are numbered from 0 without a gap. The sender keeps the pace; what it sends too
early is refused once `waiting_ms` of it wait.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio.config import InjectConfig
from audio.errors import AudioError

RATE = 16_000
LONGEST_BYTES = 2 * RATE // 10
"""100 ms."""
MAX_NAME = 64


class InjectionRefused(AudioError):
    """The sound can't be taken in the microphone's place."""


@dataclass(frozen=True)
class Injected:
    """One accepted message."""

    injection: str
    first: bool
    samples: NDArray[np.int16]
    last: bool
    open_turn: bool
    received_ns: int


class Injections:
    """Decides which messages are taken."""

    def __init__(self, config: InjectConfig) -> None:
        self._config = config
        self._running = ""
        self._next = 0
        self._latest_ns = 0

    def running(self, now_ns: int) -> bool:
        """Whether sound stands in the microphone's place."""
        return bool(self._running) and now_ns - self._latest_ns <= self._config.silence_ms * 1_000_000

    def take(
        self, name: str, sequence: int, pcm: bytes, last: bool, open_turn: bool, now_ns: int, waiting_ms: float
    ) -> Injected:
        """The message as samples; `waiting_ms` of earlier ones were not heard yet.

        Raises:
            InjectionRefused: with the reason, as a sentence.
        """
        first = not self.running(now_ns) or (sequence == 0 and name == self._running)
        self._check(name, sequence, pcm, first, waiting_ms)
        self._running, self._next, self._latest_ns = ("" if last else name), sequence + 1, now_ns
        return Injected(name, first, np.frombuffer(pcm, "<i2"), last, open_turn, now_ns)

    def end(self) -> None:
        """The microphone was muted: whatever ran is over."""
        self._running = ""

    def _check(self, name: str, sequence: int, pcm: bytes, first: bool, waiting_ms: float) -> None:
        if not 0 < len(name) <= MAX_NAME:
            raise InjectionRefused(f"An injection has a name of 1 to {MAX_NAME} characters.")
        if len(pcm) % 2 or len(pcm) > LONGEST_BYTES:
            raise InjectionRefused("Send whole 16-bit samples, at most 100 ms of them at once.")
        if not first and name != self._running:
            raise InjectionRefused("Somebody else speaks in the microphone's place just now.")
        if sequence != (0 if first else self._next):
            raise InjectionRefused("A message of this injection is missing, or came too late.")
        if waiting_ms > self._config.waiting_ms:
            raise InjectionRefused("The sound comes faster than it can be heard: send it in real time.")
