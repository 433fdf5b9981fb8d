"""How far an update is and what became of those before: one record, so that nothing of it is without the rest.

Its room is reserved (files/reserved.py): a full disk neither keeps a system on trial nor loses a report.
"""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from files.reserved import Reserved
from ota.errors import NoRecord, NoVersion
from ota.update import Outcome, Report, Update, decoded, encoded
from ota.version import Version

log = logging.getLogger(__name__)

MOST_ENTRIES = 40
MOST_WHY = 300
"""Characters of a reason."""


@dataclass(frozen=True)
class Entry:
    """One report; `unix_s`: when it was written, 0 where nobody knew."""

    report: Report
    unix_s: int


class Journal:
    """One file. Both methods may block on the disk, and raise OSError."""

    def __init__(self, path: Path) -> None:
        self._record = Reserved(path)

    def read(self) -> tuple[Update, tuple[Entry, ...]]:
        """Nothing is under way, and nothing was, where nothing can be read: the floor says what is on trial."""
        content = self._record.read()
        if content is None:
            return Update(), ()
        try:
            return _decoded(content)
        except NoRecord as error:
            log.error("%s: it is begun anew.", error)
            return Update(), ()

    def keep(self, update: Update, entries: tuple[Entry, ...]) -> None:
        """On the disk when this returns; of the entries, the last ones."""
        kept = [{"report": _told(each.report), "unix_s": each.unix_s} for each in entries[-MOST_ENTRIES:]]
        self._record.write(
            json.dumps({"update": json.loads(encoded(update)), "entries": kept}, ensure_ascii=False).encode()
        )


def _decoded(content: bytes) -> tuple[Update, tuple[Entry, ...]]:
    """Raises NoRecord."""
    try:
        said = json.loads(content)
        return decoded(json.dumps(said["update"]).encode()), tuple(_entry(each) for each in said["entries"])
    except (ValueError, KeyError, TypeError, RecursionError, NoVersion) as error:
        raise NoRecord from error


def _told(report: Report) -> dict[str, Any]:
    versions = {"before": str(report.before), "after": str(report.after)}
    return asdict(report) | versions | {"why": report.why[:MOST_WHY]}


def _entry(said: dict[str, Any]) -> Entry:
    """Raises what a wrong one raises."""
    report = said["report"]
    versions = {name: Version.parse(str(report[name])) for name in ("before", "after")}
    return Entry(Report(**report | versions | {"outcome": Outcome(report["outcome"])}), int(said["unix_s"]))
