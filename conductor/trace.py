"""Where the milliseconds of a turn went, and the last turns: in memory only, wiped on request.

Spans arrive as `obs.span` from every daemon, with the turn's generation in the envelope. Times are CLOCK_MONOTONIC in
nanoseconds; what comes out is milliseconds.
"""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from bus import messages_pb2 as pb

KEPT_TURNS = 50
HOPS = ("wake", "endpoint", "stt", "intent", "llm", "tts", "playback")


@dataclass
class Trace:
    """One turn's record while it runs."""

    session: str
    opened_by: str
    started_unix_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    heard: str = ""
    intent: str = ""
    answer: str = ""
    end_reason: str = ""
    false_starts: int = 0
    hops_ms: dict[str, float] = field(default_factory=dict)
    bus_ms: dict[str, float] = field(default_factory=dict)
    last_voice_ns: int = 0
    first_sound_ns: int = 0

    def add(self, hop: str, start_ns: int, end_ns: int, bus_ns: int = 0) -> None:
        """A later span of the same hop takes the place of an earlier one (speculation that was dropped)."""
        self.hops_ms[hop] = max(0.0, (end_ns - start_ns) / 1e6)
        self.bus_ms[hop] = bus_ns / 1e6

    def message(self) -> pb.Turn:
        turn = pb.Turn(
            session=self.session,
            started_unix_ms=self.started_unix_ms,
            opened_by=self.opened_by,
            heard=self.heard,
            intent=self.intent,
            answer=self.answer,
            end_reason=self.end_reason,
        )
        for hop in HOPS:
            turn.ms[hop] = round(self.hops_ms.get(hop, 0.0), 2)
        turn.ms["bus"] = round(sum(self.bus_ms.values()), 2)
        turn.marks["false_starts"] = self.false_starts
        if self.last_voice_ns and self.first_sound_ns:
            turn.marks["answered_after_ms"] = round((self.first_sound_ns - self.last_voice_ns) / 1e6, 2)
        return turn


class Turns:
    """The last turns, newest first."""

    def __init__(self, kept: int = KEPT_TURNS) -> None:
        self._turns: deque[Trace] = deque(maxlen=kept)

    def add(self, trace: Trace) -> None:
        self._turns.appendleft(trace)

    def wipe(self) -> None:
        self._turns.clear()

    def newest(self, limit: int) -> Sequence[Trace]:
        return list(self._turns)[: limit or None]
