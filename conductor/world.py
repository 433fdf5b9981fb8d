"""What the skills may know when they answer: one frozen picture, taken when the request was understood. No I/O."""

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from conductor.clock import Instant
from conductor.records import Records
from conductor.timers import Entry, State

LOUDEST = 100


@dataclass(frozen=True)
class Box:
    """The appliance itself. Empty or None: not known here."""

    version: str = ""
    address: str = ""
    celsius: float | None = None


@dataclass(frozen=True)
class News:
    """Of an update that has ended, by the words of `ota/update.py`: its `outcome`, and the `version` that was tried."""

    id: str
    outcome: str
    version: str


@dataclass(frozen=True)
class Update:
    """How far updates are; `state` by the words of `ota/update.py`, empty where nobody has said. `offered`: the version
    that is taken, or could be. `has_server`: somebody is asked; `has_looked`: they have answered in this start."""

    state: str = ""
    offered: str = ""
    security: bool = False
    per_cent: int = 0
    has_server: bool = False
    has_looked: bool = False
    news: News | None = None


@dataclass(frozen=True)
class World:
    """`asked`: the intent that the last answer asked a question about, "" where it asked none."""

    now: Instant
    zone: ZoneInfo
    records: Records = field(default_factory=Records)
    volume_percent: int = 50
    last_answer: str = ""
    asked: str = ""
    box: Box = field(default_factory=Box)
    update: Update = field(default_factory=Update)
    imperial: bool = False

    @property
    def local(self) -> datetime:
        """The wall clock in the household's zone."""
        return datetime.fromtimestamp(self.now.wall, self.zone)

    @property
    def today(self) -> date:
        return self.local.date()

    @property
    def ringing(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.records.entries if entry.state is State.RINGING)
