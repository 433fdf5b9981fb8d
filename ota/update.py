"""One update: what is known of it, kept on the disk before anything that it speaks of is done. Pure.

docs/updates.md has the drawing, with the same states. Each step gives the record that has to be on the disk next;
`started` says what a record means at a start, whatever happened meanwhile, and the same however often it is asked. What
ends an update gives a Report. Leaves to others: doing all that, and when.
"""

import json
from collections.abc import Set
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from ota.errors import NoRecord, NoVersion, WrongState
from ota.slots import Slot
from ota.version import Version


class State(StrEnum):
    """What is known."""

    IDLE = "idle"
    DOWNLOADING = "downloading"
    READY = "ready"
    INSTALLING = "installing"
    RESTARTING = "restarting"
    TRIAL = "trial"
    KEEPING = "keeping"
    """The new system passed, and the floor is to be raised."""
    GOING_BACK = "going back"
    """The new system did not pass, and the other one is to be started."""


class Outcome(StrEnum):
    """How an update ended."""

    KEPT = "kept"
    WENT_BACK = "went back"
    REFUSED = "refused"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Running:
    """What a start finds; `boot` is another one each time the box is started."""

    slot: Slot
    version: Version
    boot: str


@dataclass(frozen=True)
class Report:
    """`before` and `after`: versions; `why` is empty where it was kept."""

    outcome: Outcome
    before: Version
    after: Version
    way: str
    fetched: int
    began_unix_s: int
    why: str = ""


@dataclass(frozen=True)
class Update:
    """`manifest`: of the bundle; `slot`: where it is written; `boot`: the start in which this was noted; `worked`: what
    did before; `way` and `fetched`: how it was fetched, and bytes."""

    state: State = State.IDLE
    after: Version | None = None
    before: Version | None = None
    manifest: str = ""
    way: str = ""
    fetched: int = 0
    began_unix_s: int = 0
    slot: Slot | None = None
    boot: str = ""
    worked: Set[str] = field(default_factory=frozenset)
    why: str = ""

    # --- until it is here -----------------------------------------------------------------------

    def taken(self, after: Version, before: Version, manifest: str, unix_s: int) -> "Update":
        """An offer that the policy takes, in the place of one that is not being installed."""
        self._needs(State.IDLE, State.DOWNLOADING, State.READY)
        return Update(State.DOWNLOADING, after, before, manifest, began_unix_s=unix_s)

    def arrived(self, way: str, fetched: int) -> "Update":
        """All of it is here, and its hash is right."""
        self._needs(State.DOWNLOADING)
        return replace(self, state=State.READY, way=way, fetched=fetched)

    def damaged(self) -> "Update":
        """What is here is not what arrived."""
        self._needs(State.READY)
        return replace(self, state=State.DOWNLOADING, way="", fetched=0)

    def dropped(self, why: str) -> tuple["Update", Report]:
        """It was withdrawn, or its owner does not want it."""
        self._needs(State.DOWNLOADING, State.READY)
        return self._ended(Outcome.DROPPED, why)

    # --- installing -----------------------------------------------------------------------------

    def begun(self, slot: Slot, boot: str, worked: Set[str]) -> "Update":
        """The slot is about to be written."""
        self._needs(State.READY)
        return replace(self, state=State.INSTALLING, slot=slot, boot=boot, worked=frozenset(worked))

    def refused(self, why: str) -> tuple["Update", Report]:
        """It was not written: what was fetched is no use."""
        self._needs(State.INSTALLING)
        return self._ended(Outcome.REFUSED, why)

    def written(self) -> "Update":
        """The slot has it, and is started next."""
        self._needs(State.INSTALLING)
        return replace(self, state=State.RESTARTING)

    # --- on trial -------------------------------------------------------------------------------

    def passed(self) -> "Update":
        """The gate: it is well. The slot is confirmed next, and then the floor raised."""
        self._needs(State.TRIAL)
        return replace(self, state=State.KEEPING)

    def kept(self) -> tuple["Update", Report]:
        """It is confirmed, and the floor is where it is."""
        self._needs(State.KEEPING)
        return self._ended(Outcome.KEPT)

    def failed(self, why: str) -> "Update":
        """The gate: it is not well. The other slot is started next."""
        self._needs(State.TRIAL)
        return replace(self, state=State.GOING_BACK, why=why)

    # --- whatever happened meanwhile ------------------------------------------------------------

    def started(self, running: Running) -> tuple["Update", Report | None]:
        """What that means for a daemon that starts, in the same start of the box or another."""
        is_new = running.slot is self.slot and running.version == self.after
        again = running.boot != self.boot
        match self.state:
            case State.DOWNLOADING | State.READY if running.version == self.after:
                return self._ended(Outcome.DROPPED, "It is running already.")
            case State.INSTALLING if again and is_new:
                # Power was lost when it had been written, and before that was noted.
                return replace(self, state=State.TRIAL, boot=running.boot), None
            case State.INSTALLING:
                return replace(self, state=State.READY, slot=None, boot="", worked=frozenset()), None
            case State.RESTARTING if again and is_new:
                return replace(self, state=State.TRIAL, boot=running.boot), None
            case State.RESTARTING if again:
                return self._ended(Outcome.WENT_BACK, "The new system did not start.")
            case State.TRIAL if is_new:
                return replace(self, boot=running.boot), None
            case State.TRIAL | State.KEEPING if not is_new:
                return self._ended(Outcome.WENT_BACK, "The new system ended before it was known to be well.")
            case State.GOING_BACK if not is_new:
                return self._ended(Outcome.WENT_BACK, self.why)
        return self, None

    def _ended(self, outcome: Outcome, why: str = "") -> tuple["Update", Report]:
        assert self.before is not None and self.after is not None
        return Update(), Report(outcome, self.before, self.after, self.way, self.fetched, self.began_unix_s, why)

    def _needs(self, *states: State) -> None:
        if self.state not in states:
            raise WrongState(f"This can't follow while an update is {self.state}.")


# --- on the disk ------------------------------------------------------------------------------------


def encoded(update: Update) -> bytes:
    """For the file."""
    said = asdict(replace(update, worked=frozenset()))
    said |= {name: str(getattr(update, name) or "") for name in ("after", "before", "slot")}
    return json.dumps(said | {"worked": sorted(update.worked)}, indent=1).encode()


def decoded(content: bytes) -> Update:
    """What the file says. Raises NoRecord: it says nothing that could be."""
    try:
        said = json.loads(content)
        found = Update(
            state=State(said["state"]),
            after=_version(said["after"]),
            before=_version(said["before"]),
            slot=Slot(said["slot"]) if said["slot"] else None,
            worked=frozenset(_text(each) for each in said["worked"]),
            manifest=_text(said["manifest"]),
            way=_text(said["way"]),
            fetched=_count(said["fetched"]),
            began_unix_s=_count(said["began_unix_s"]),
            boot=_text(said["boot"]),
            why=_text(said["why"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError, NoVersion) as error:
        raise NoRecord from error
    has_slot = found.state not in (State.IDLE, State.DOWNLOADING, State.READY)
    if (found.slot is not None) != has_slot or any(
        (each is None) != (found.state is State.IDLE) for each in (found.after, found.before)
    ):
        raise NoRecord
    return found


def _version(text: Any) -> Version | None:
    return Version.parse(_text(text)) if text else None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value
