"""One update: what is known of it, kept on the disk before anything that it speaks of is done. Pure.

docs/updates.md has the drawing, with the same states. Each step gives the record that has to be on the disk next;
`started` says what a record means at a start, whatever happened meanwhile, and the same however often it is asked. What
ends an update gives a report. Leaves to others: doing all that, when, and at what time it was.
"""

import json
from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from ota.errors import NoRecord, NoVersion, WrongState
from ota.slots import Slot
from ota.version import Version

MOST_ATTEMPTS = 3
MOST_OUTAGES = 2
"""So often a system may be given up for what may be no fault of its own, and is taken again."""
NO_OTHER = "The other system does not start."
OWNERS_WISH = "Its owner wanted the one before."


class State(StrEnum):
    """What is known."""

    IDLE = "idle"
    DOWNLOADING = "downloading"
    READY = "ready"
    INSTALLING = "installing"
    RESTARTING = "restarting"
    """It is written; it is made the one that starts next, and the box restarts."""
    TRIAL = "trial"
    KEEPING = "keeping"
    """It passed: its slot is confirmed, and then the floor raised."""
    GOING_BACK = "going back"
    """It is not to stay: the other one is started."""


class Outcome(StrEnum):
    """How an update ended."""

    KEPT = "kept"
    WENT_BACK = "went back"
    REFUSED = "refused"
    """It could not be installed. What was in the slot before is gone all the same."""
    DROPPED = "dropped"
    STAYED = "stayed"
    """It is not to stay, and no other starts."""


@dataclass(frozen=True)
class Running:
    """What a start finds: the slot, its version, `boot` (another one each time the box is started), which slot is
    `primary`, and the `floor`."""

    slot: Slot
    version: Version
    boot: str
    primary: Slot
    floor: Version


@dataclass(frozen=True)
class Report:
    """From `before` to `after`; `seconds` of work, restarts not counted; `outage`: it went back for what may have been
    no fault of the new system. `why` is a sentence, empty where it was kept."""

    outcome: Outcome
    before: Version
    after: Version
    way: str = ""
    fetched: int = 0
    seconds: float = 0.0
    why: str = ""
    outage: bool = False


@dataclass(frozen=True)
class Update:
    """`runs`: the system that was kept last, also while idle. `manifest`: of the bundle; `slot`: where it is written;
    `boot`: the start in which this was noted; `worked`: what did before; `asked`: its owner wants it."""

    state: State = State.IDLE
    runs: Version | None = None
    after: Version | None = None
    before: Version | None = None
    manifest: str = ""
    asked: bool = False
    way: str = ""
    fetched: int = 0
    seconds: float = 0.0
    attempts: int = 0
    slot: Slot | None = None
    boot: str = ""
    worked: Set[str] = field(default_factory=frozenset)
    why: str = ""
    outage: bool = False

    # --- until it is here -----------------------------------------------------------------------

    def taken(self, after: Version, before: Version, manifest: str, asked: bool = False) -> "Update":
        """An offer that the policy takes."""
        self._needs(State.IDLE)
        return Update(State.DOWNLOADING, self.runs, after, before, manifest, asked)

    def wanted(self) -> "Update":
        """Its owner says so, who need not say it again after a power cut."""
        self._needs(State.DOWNLOADING, State.READY)
        return replace(self, asked=True)

    def put_off(self) -> "Update":
        """Its owner does not want it now, whatever was said before."""
        return replace(self, asked=False) if self.state in (State.DOWNLOADING, State.READY) else self

    def arrived(self, way: str, fetched: int, seconds: float) -> "Update":
        """All of it is here, and its hash is right. `fetched`: bytes."""
        self._needs(State.DOWNLOADING)
        return replace(self, state=State.READY, way=way, fetched=fetched, seconds=seconds)

    def damaged(self) -> tuple["Update", Report | None]:
        """What is here is not what arrived."""
        self._needs(State.READY)
        if self.attempts + 1 >= MOST_ATTEMPTS:
            return self._ended(Outcome.REFUSED, "What was fetched was damaged on the disk, again and again.")
        return replace(self, state=State.DOWNLOADING, attempts=self.attempts + 1), None

    def dropped(self, why: str) -> tuple["Update", Report]:
        """It was withdrawn, there is a newer one, or its owner does not want it."""
        self._needs(State.DOWNLOADING, State.READY)
        return self._ended(Outcome.DROPPED, why)

    # --- installing -----------------------------------------------------------------------------

    def begun(self, running: Running, worked: Set[str]) -> "Update":
        """The other slot is about to be written; the running one is confirmed."""
        self._needs(State.READY)
        return replace(
            self,
            state=State.INSTALLING,
            before=running.version,
            attempts=self.attempts + 1,
            slot=running.slot.other,
            boot=running.boot,
            worked=frozenset(worked),
        )

    def refused(self, why: str) -> tuple["Update", Report]:
        """It can't be installed: what was fetched is no use."""
        self._needs(State.INSTALLING)
        return self._ended(Outcome.REFUSED, why)

    def written(self, seconds: float) -> "Update":
        """The slot has it. Only then is it made the one that starts next."""
        self._needs(State.INSTALLING)
        return replace(self, state=State.RESTARTING, seconds=self.seconds + seconds)

    # --- on trial -------------------------------------------------------------------------------

    def passed(self) -> "Update":
        """The gate: it is well."""
        self._needs(State.TRIAL)
        return replace(self, state=State.KEEPING)

    def kept(self) -> tuple["Update", Report]:
        """It is confirmed, and the floor is where it is."""
        self._needs(State.KEEPING)
        return self._ended(Outcome.KEPT)

    def failed(self, why: str, outage: bool = False) -> "Update":
        """The gate: it is not well; or its owner wants the one before."""
        self._needs(State.TRIAL)
        return replace(self, state=State.GOING_BACK, why=why, outage=outage)

    def unwanted(self, running: Running) -> "Update":
        """The owner wants the system in the other slot back, long after."""
        self._needs(State.IDLE)
        return Update(
            State.GOING_BACK,
            running.version,
            running.version,
            running.version,
            slot=running.slot,
            boot=running.boot,
            why=OWNERS_WISH,
        )

    @property
    def is_wish(self) -> bool:
        """It goes back from a system that was kept."""
        return self.before == self.after

    def stayed(self) -> tuple["Update", Report]:
        """No other system starts."""
        self._needs(State.GOING_BACK)
        return self._ended(Outcome.STAYED, f"{self.why} {NO_OTHER}")

    # --- whatever happened meanwhile ------------------------------------------------------------

    def started(self, running: Running) -> tuple["Update", tuple[Report, ...]]:
        """What that means for a daemon that starts, in the same start of the box or another."""
        update, report = self._after_a_start(running)
        reports: tuple[Report, ...] = (report,) if report else ()
        if update.state in (State.IDLE, State.DOWNLOADING, State.READY):
            if running.version > running.floor:
                # Whatever the record says, or a lost one does not: nobody has seen it well for long enough.
                unproven = Update(
                    State.TRIAL, update.runs, running.version, running.floor, slot=running.slot, boot=running.boot
                )
                return unproven, reports
            if update.runs is not None and running.version < update.runs:
                why = "It ended again and again, long after the update."
                reports += (Report(Outcome.WENT_BACK, running.version, update.runs, why=why),)
            update = replace(update, runs=running.version)
        return update, reports

    def _after_a_start(self, running: Running) -> tuple["Update", Report | None]:
        is_other = running.slot is not self.slot
        again = running.boot != self.boot
        match self.state:
            case State.DOWNLOADING | State.READY if self.after is not None and running.version >= self.after:
                return self._ended(Outcome.DROPPED, "It is not newer than what is running.")
            case State.INSTALLING:
                return self._once_more("It could not be written, again and again.")
            case State.RESTARTING if again and is_other and running.primary is not self.slot:
                # The power went before it was made the one that starts next.
                return self._once_more("The new system was to start, again and again, and did not.")
            case State.RESTARTING if again and is_other:
                return self._went_back(running, "The new system did not start.")
            case State.RESTARTING if again:
                return self._on_trial(running), None
            case State.TRIAL if is_other:
                return self._went_back(running, "The new system ended before it was known to be well.")
            case State.TRIAL:
                return self._on_trial(running), None
            case State.KEEPING if self.after is not None and running.floor >= self.after:
                return self._ended(Outcome.KEPT)
            case State.KEEPING if is_other:
                return self._went_back(running, "The new system passed, and ended before it was kept.")
            case State.GOING_BACK if is_other:
                return self._went_back(running, self.why)
            case State.GOING_BACK if again and running.primary is not self.slot:
                # The other one was tried first.
                return self.stayed()
        return self, None

    def _on_trial(self, running: Running) -> "Update":
        trial = replace(self, state=State.TRIAL, boot=running.boot)
        if running.version == self.after:
            return trial
        return trial.failed(f"It says that it is version {running.version}, and should be {self.after}.")

    def _once_more(self, why: str) -> tuple["Update", Report | None]:
        """What is here is installed again, unless that was tried so often: `why` it is given up then."""
        if self.attempts >= MOST_ATTEMPTS:
            return self._ended(Outcome.REFUSED, why)
        return replace(self, state=State.READY, slot=None, boot="", worked=frozenset()), None

    def _went_back(self, running: Running, why: str) -> tuple["Update", Report]:
        _, report = self._ended(Outcome.WENT_BACK, why)
        return Update(runs=running.version), replace(report, before=running.version)

    def _ended(self, outcome: Outcome, why: str = "") -> tuple["Update", Report]:
        assert self.before is not None and self.after is not None
        report = Report(outcome, self.before, self.after, self.way, self.fetched, self.seconds, why, self.outage)
        return Update(runs=self.after if outcome is Outcome.KEPT else self.runs), report

    def _needs(self, *states: State) -> None:
        if self.state not in states:
            raise WrongState(f"This can't follow while an update is {self.state}.")


def in_vain(reports: Iterable[Report]) -> Set[Version]:
    """The versions that are not tried again by themselves: they could not be installed, or did not stay."""
    found, outages = set(), Counter[Version]()
    for report in reports:
        if report.outcome is Outcome.REFUSED or (report.outcome is Outcome.WENT_BACK and not report.outage):
            found.add(report.after)
        outages[report.after] += report.outage
    return frozenset(found | {version for version, times in outages.items() if times >= MOST_OUTAGES})


# --- on the disk ------------------------------------------------------------------------------------


def encoded(update: Update) -> bytes:
    """For the file."""
    said = asdict(replace(update, worked=frozenset()))
    said |= {name: str(getattr(update, name) or "") for name in ("runs", "after", "before", "slot")}
    return json.dumps(said | {"worked": sorted(update.worked)}, indent=1).encode()


def decoded(content: bytes) -> Update:
    """What the file says. Raises NoRecord: it says nothing that could be."""
    try:
        said = json.loads(content)
        found = Update(
            state=State(_text(said["state"])),
            runs=_version(said["runs"]),
            after=_version(said["after"]),
            before=_version(said["before"]),
            manifest=_text(said["manifest"]),
            asked=_flag(said["asked"]),
            way=_text(said["way"]),
            fetched=_count(said["fetched"]),
            seconds=_seconds(said["seconds"]),
            attempts=_count(said["attempts"]),
            slot=Slot(said["slot"]) if _text(said["slot"]) else None,
            boot=_text(said["boot"]),
            worked=frozenset(map(_text, _list(said["worked"]))),
            why=_text(said["why"]),
            outage=_flag(said["outage"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError, NoVersion) as error:
        raise NoRecord from error
    has_slot = found.state not in (State.IDLE, State.DOWNLOADING, State.READY)
    if (found.slot is not None) != has_slot or any(
        (each is None) != (found.state is State.IDLE) for each in (found.after, found.before)
    ):
        raise NoRecord
    return found


def _version(text: object) -> Version | None:
    return Version.parse(_text(text)) if text != "" else None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value


def _seconds(value: object) -> float:
    if type(value) not in (int, float) or not 0 <= value < float("inf"):  # type: ignore[operator]
        raise TypeError
    return float(value)  # type: ignore[arg-type]
