"""What an updater has to work with: the owner's settings, the box around it, and what does the work."""

from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ota.download import File
from ota.gate import Config as GateConfig
from ota.keeper_client import Told
from ota.news import News
from ota.packed import Earlier
from ota.policy import Moment, Settings, System
from ota.release import Channel, Release
from ota.source import Source
from ota.update import Running, State
from ota.version import Version
from ota.wishes import Wishes


@dataclass(frozen=True)
class Config:
    """`server`: below its address are the releases; empty: nobody is asked. The box asks so long after it was started
    and then `every_s`, each time a little earlier or later (`jitter`, a part of it); what failed is tried `again_s`
    later, and what came damaged, `damaged_s`; each time twice as late. A system that is not well waits for silence for
    `patience_s` at most. `most_rate`: bytes a second, 0 without limit."""

    server: str = ""
    automatic: bool = True
    channel: str = "stable"
    hour: int = 3
    first_s: float = 600.0
    every_s: float = 24 * 3600.0
    jitter: float = 0.2
    again_s: float = 300.0
    damaged_s: float = 3600.0
    look_s: float = 30.0
    patience_s: float = 600.0
    most_rate: float = 0.0
    gate: GateConfig = field(default_factory=GateConfig)

    def settings(self, said: Wishes) -> Settings:
        """The owner's, with what they `said` meanwhile."""
        return Settings(self.automatic, Channel(self.channel), self.hour, said.skipped, said.not_before)


class Box(Protocol):
    """Where it all happens."""

    async def moment(self) -> Moment:
        """What it is doing."""

    async def seen(self) -> Mapping[str, bool]:
        """What is well, by the names of `ota/gate.py`."""

    def up_s(self) -> float:
        """Since it was started."""

    def unix_s(self) -> int:
        """0: nobody knows."""


class Offers(Protocol):
    """As `ota.metadata.Repository`."""

    async def releases(self, now: datetime | None) -> Sequence[Release]: ...

    async def file(self, name: str, now: datetime | None) -> File | None: ...


@dataclass(frozen=True)
class Means:
    """`ask`: root, about the slots (`ota/keeper.py`), who lends what runs, too; `install`: RAUC. `boot` names this
    start of the box; `room` has a slot's bytes."""

    ask: Callable[..., Awaitable[Told]]
    lend: Callable[[], AbstractContextManager[Earlier]]
    install: Callable[[Path, Callable[[int], None]], Awaitable[None]]
    offers: Offers
    source: Source
    box: Box
    folder: Path
    serial: str
    compatible: str
    room: int
    boot: str

    def about(self, running: Running, in_vain: Set[Version]) -> System:
        """This box, for the policy."""
        return System(self.serial, self.compatible, running.version, running.floor, self.room, in_vain)


@dataclass(frozen=True)
class Shown:
    """How far it is, for people. `offered`: what is being taken, or could be; `why` it is not, or waits; `fault`: what
    failed last; `checked_s`: when somebody answered last, in Unix time, 0 for never in this start; `news` that people
    were not told yet."""

    state: State = State.IDLE
    version: Version | None = None
    offered: Release | None = None
    per_cent: int = 0
    why: str = ""
    fault: str = ""
    checked_s: int = 0
    news: News | None = None
