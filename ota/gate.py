"""Whether a new system is kept: it has to be well at so many checks in a row. Pure; docs/updates.md.

Leaves to others: doing the checks, and what follows. A daemon that is started anew begins the row anew, and not the
time, which is counted from the start of the box.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum

MUST_WORK = frozenset({"daemons", "bus", "turn", "system"})
"""Whatever was before; a box without these is no use to anybody. `system`: after an unclean end every byte was read."""
AS_BEFORE = frozenset({"gateway", "network", "tunnel"})
"""Only where they worked before the update; and a router that is off then may be no fault of the new system."""


class Verdict(StrEnum):
    """What is known of the new system."""

    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True)
class Config:
    """A check each `every_s`; so many good ones in a row pass, so many bad ones in all fail, and so does `longest_s`
    since the start of the box without either."""

    every_s: float = 60.0
    wanted: int = 15
    most_bad: int = 30
    longest_s: float = 3600.0


@dataclass(frozen=True)
class Gate:
    """One trial. `worked`: what worked before the update; `failed`: how often each was not well."""

    config: Config
    worked: Set[str]
    good: int = 0
    bad: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)

    @property
    def wanted(self) -> Set[str]:
        """What has to be well at each check."""
        return MUST_WORK | (AS_BEFORE & self.worked)

    def checked(self, seen: Mapping[str, bool]) -> "Gate":
        """After one check; what it does not tell of was not well."""
        failing = [each for each in self.wanted if not seen.get(each, False)]
        if not failing:
            return replace(self, good=self.good + 1)
        failed = dict(self.failed) | {each: self.failed.get(each, 0) + 1 for each in failing}
        return replace(self, good=0, bad=self.bad + 1, failed=failed)

    def verdict(self, up_s: float) -> Verdict:
        """`up_s`: since the start of the box."""
        if self.good >= self.config.wanted:
            return Verdict.PASSED
        if self.bad >= self.config.most_bad or up_s >= self.config.longest_s:
            return Verdict.FAILED
        return Verdict.OPEN

    @property
    def outage(self) -> bool:
        """Nothing failed but what may have been no fault of the new system."""
        return bool(self.failed) and self.failed.keys() <= AS_BEFORE

    @property
    def why(self) -> str:
        """Why it failed: a sentence for a report."""
        if not self.failed:
            return "It was not seen well for long enough."
        told = (f"{each} ({times} times)" for each, times in sorted(self.failed.items()))
        return f"These were not well: {', '.join(told)}."
