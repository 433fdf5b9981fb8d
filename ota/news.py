"""What people are told aloud of updates that have ended: of the last one that they would notice, once."""

from collections.abc import Sequence
from dataclasses import dataclass

from ota.journal import Entry
from ota.update import OWNERS_WISH, Outcome
from ota.version import Version

NOTICED = frozenset({Outcome.KEPT, Outcome.WENT_BACK, Outcome.STAYED})


@dataclass(frozen=True)
class News:
    """`id` names it; `version` is the one that was tried."""

    id: str
    outcome: Outcome
    version: Version


def latest(entries: Sequence[Entry], told: str) -> News | None:
    """None: nothing happened, its owner did it, or they were `told` of it, by its id."""
    last = next((each for each in reversed(entries) if each.report.outcome in NOTICED), None)
    if last is None or last.report.why == OWNERS_WISH:
        return None
    news = News(f"{last.report.outcome} {last.report.after} {last.unix_s}", last.report.outcome, last.report.after)
    return news if news.id != told else None
