"""Whether an offer is taken, and when: what the owner wants, what the box is doing, and the release itself. Pure.

`take` says whether to fetch it, `install` whether to begin now with what was fetched. Each answer that is not yes has
its reason, which is a sentence for the owner. docs/updates.md has the table.
"""

import hashlib
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from ota.release import WHOLE, Channel, Release
from ota.version import Version

QUIET_S = 30 * 60.0
"""Before an alarm."""
LONGEST_PUT_OFF = timedelta(days=2)


class Answer(StrEnum):
    """What follows."""

    YES = "yes"
    LATER = "later"
    """It is asked again."""
    NOT_BY_ITSELF = "not by itself"
    """On the owner's word."""
    NEVER = "never"
    """This release is none for this box."""


@dataclass(frozen=True)
class Decision:
    """`why` is a sentence for the owner; empty with yes."""

    answer: Answer
    why: str = ""


YES = Decision(Answer.YES)


@dataclass(frozen=True)
class Settings:
    """The owner's. `hour`: of the night, local time; `not_before`: somebody said “not now”."""

    automatic: bool = True
    channel: Channel = Channel.STABLE
    hour: int = 3
    skipped: Set[Version] = frozenset()
    not_before: datetime | None = None


@dataclass(frozen=True)
class System:
    """This box. `floor`: nothing older is ever installed."""

    serial: str
    compatible: str
    version: Version
    floor: Version
    room: int
    """Bytes of a slot."""
    in_vain: Set[Version] = frozenset()
    """As `ota.update.in_vain` says."""


@dataclass(frozen=True)
class Moment:
    """`now`: local, with its zone; None where nobody knows what time it is. `alarm_in_s`: None where there is none, 0
    while one rings."""

    now: datetime | None
    metered: bool = False
    turn: bool = False
    call: bool = False
    alarm_in_s: float | None = None


def take(release: Release, system: System, settings: Settings, moment: Moment, asked: bool) -> Decision:
    """Whether to fetch it. `asked`: the owner wants it."""
    if moment.now is None:
        return Decision(Answer.LATER, "I don't know what time it is, so I can't tell an old offer from a new one.")
    decision = _fits(release, system, settings, asked)
    if decision is YES and moment.metered and not asked:
        return Decision(Answer.NOT_BY_ITSELF, "Fetching it may cost money on this line.")
    return decision


def install(release: Release, system: System, settings: Settings, moment: Moment, asked: bool) -> Decision:
    """Whether to begin now, with what was fetched."""
    if moment.now is None:
        return Decision(Answer.LATER, "I don't know what time it is.")
    decision = _fits(release, system, settings, asked)
    if decision is not YES:
        return decision
    if (decision := restart(moment)) is not YES or asked:
        return decision
    not_before = settings.not_before
    # What was said under a clock that was years ahead does not hold for years.
    if not_before is not None and moment.now < not_before <= moment.now + LONGEST_PUT_OFF:
        return Decision(Answer.LATER, "Somebody said “not now”.")
    if moment.now.hour != settings.hour:
        return Decision(Answer.LATER, f"It is installed at {settings.hour} o'clock in the night.")
    return YES


def restart(moment: Moment) -> Decision:
    """Whether nobody minds when the box restarts now: asked before it begins, and again before each restart of its."""
    for busy, why in (
        (moment.turn, "Somebody is talking to the box."),
        (moment.call, "There is a call."),
        (moment.alarm_in_s is not None and moment.alarm_in_s < QUIET_S, "An alarm is going to ring."),
    ):
        if busy:
            return Decision(Answer.LATER, why)
    return YES


def _fits(release: Release, system: System, settings: Settings, asked: bool) -> Decision:
    """Whatever the moment."""
    for refused, why in (
        (release.compatible != system.compatible, "It is for another kind of box."),
        (release.version == system.version, "This version is running already."),
        (release.version < system.version, "It is older than what is running."),
        (release.version < system.floor, "It is older than a version that this box had already."),
        (release.size > system.room, "It is too large for this box."),
    ):
        if refused:
            return Decision(Answer.NEVER, why)
    if system.version < release.oldest:
        return Decision(Answer.LATER, f"It wants version {release.oldest} to be installed first.")
    if asked:
        return YES
    for unwanted, why in (
        (not settings.automatic, "Updates are switched off."),
        (release.version in settings.skipped, "This version is to be skipped."),
        (release.version in system.in_vain, "It was tried, and did not stay."),
        (release.channel is Channel.BETA and settings.channel is not Channel.BETA, "It is for who tries them first."),
    ):
        if unwanted:
            return Decision(Answer.NOT_BY_ITSELF, why)
    if turn_of(system.serial, release.version) >= release.share:
        return Decision(Answer.LATER, "It comes to some boxes first, and this one's turn is later.")
    return YES


def not_now(moment: datetime, hour: int) -> datetime:
    """Until when “not now” holds: past this coming night, or the one that it is."""
    next_night = datetime.combine(moment.date(), time(hour), moment.tzinfo)
    if moment >= next_night + timedelta(hours=1):
        next_night += timedelta(days=1)
    return next_night + timedelta(hours=1)


def turn_of(serial: str, version: Version) -> int:
    """When this box's turn is with this version, in thousandths: the same box is not the first every time."""
    return int.from_bytes(hashlib.sha256(f"{serial} {version}".encode()).digest()[:8]) % WHOLE
