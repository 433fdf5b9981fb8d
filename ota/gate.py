"""Whether a new system is kept: it has to be well at so many checks in a row. Pure; docs/updates.md.

Leaves to others: doing the checks, keeping this over a restart (it begins anew), and what follows from it.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

MUST_WORK = frozenset({"daemons", "bus", "turn"})
"""Whatever was before; a system without these is no use to anybody."""
AS_BEFORE = frozenset({"gateway", "network", "tunnel"})
"""Only where they worked before the update: a router that is off is no fault of a new system."""


class Verdict(StrEnum):
    """What is known of the new system."""

    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True)
class Config:
    """A check each `every_s`; so many good ones in a row pass, so many bad ones in all fail, and so does `longest_s`
    without either: a clock that hangs is no way to stay for ever on trial."""

    every_s: float = 60.0
    wanted: int = 15
    most_bad: int = 30
    longest_s: float = 3600.0


@dataclass(frozen=True)
class Gate:
    """One trial, begun at `began_s`. `worked`: what worked before the update. `failing`: at the last bad check."""

    config: Config
    began_s: float
    worked: Set[str]
    good: int = 0
    bad: int = 0
    failing: tuple[str, ...] = ()

    @property
    def wanted(self) -> Set[str]:
        """What has to be well at each check."""
        return MUST_WORK | (AS_BEFORE & self.worked)

    def checked(self, seen: Mapping[str, bool]) -> "Gate":
        """After one check; what it does not tell of was not well."""
        failing = tuple(sorted(each for each in self.wanted if not seen.get(each, False)))
        if failing:
            return Gate(self.config, self.began_s, self.worked, 0, self.bad + 1, failing)
        return Gate(self.config, self.began_s, self.worked, self.good + 1, self.bad, self.failing)

    def verdict(self, now_s: float) -> Verdict:
        """Times are seconds of a clock that never goes back."""
        if self.good >= self.config.wanted:
            return Verdict.PASSED
        if self.bad >= self.config.most_bad or now_s - self.began_s >= self.config.longest_s:
            return Verdict.FAILED
        return Verdict.OPEN

    @property
    def reason(self) -> str:
        """Why it failed, for a report."""
        if not self.failing:
            return "it was not seen well for long enough"
        return f"not well: {', '.join(self.failing)} ({self.bad} times)"
