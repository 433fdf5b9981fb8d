"""What the owner said about updates and holds until it is unsaid: “not now”, and versions to be skipped; and what they
were told."""

import json
from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from files.reserved import Reserved
from ota.errors import NoVersion
from ota.version import Version

MOST_SKIPPED = 20
"""The highest; what is older is nobody's offer any more."""


@dataclass(frozen=True)
class Wishes:
    """`not_before`: nothing is installed by itself until then. `told`: the news that they heard (`ota/news.py`)."""

    skipped: Set[Version] = frozenset()
    not_before: datetime | None = None
    told: str = ""

    def skipping(self, version: Version) -> "Wishes":
        """This one, too."""
        return replace(self, skipped=frozenset(sorted({*self.skipped, version})[-MOST_SKIPPED:]))


class WishesFile:
    """One file. Both methods may block on the disk, and raise OSError."""

    def __init__(self, path: Path) -> None:
        self._record = Reserved(path)

    def read(self) -> Wishes:
        """None, where nothing can be read."""
        content = self._record.read()
        try:
            return _decoded(content) if content is not None else Wishes()
        except (ValueError, KeyError, TypeError, RecursionError, NoVersion):
            return Wishes()

    def keep(self, wishes: Wishes) -> None:
        """On the disk when this returns."""
        not_before = wishes.not_before.isoformat() if wishes.not_before else ""
        said = {
            "skipped": [str(each) for each in sorted(wishes.skipped)],
            "not_before": not_before,
            "told": wishes.told,
        }
        self._record.write(json.dumps(said).encode())


def _decoded(content: bytes) -> Wishes:
    said = json.loads(content)
    not_before = datetime.fromisoformat(said["not_before"]) if said["not_before"] != "" else None
    if not_before is not None and not_before.tzinfo is None:
        raise ValueError
    # A release before this one told nobody.
    return Wishes(frozenset(map(Version.parse, said["skipped"])), not_before, str(said.get("told", "")))
