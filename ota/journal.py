"""How far an update is and what became of those before: one record, so that nothing of it is without the rest.

Its room is reserved (files/reserved.py): a full disk neither keeps a system on trial nor loses a report.
"""

import json
import logging
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from files.reserved import MOST_BYTES, Reserved
from ota.errors import NoRecord, NoVersion
from ota.update import Outcome, Report, Update, decoded, encoded
from ota.version import Version

log = logging.getLogger(__name__)

MOST_ENTRIES = 40
MOST_WHY = 300
"""Characters of a reason."""
FIELDS = tuple(each.name for each in fields(Report))


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
        """On the disk when this returns; of the entries, the last ones that fit."""
        said = [{"report": _told(each.report), "unix_s": each.unix_s} for each in entries[-MOST_ENTRIES:]]
        update = replace(update, why=_short(update.why))
        while True:
            content = json.dumps({"update": json.loads(encoded(update)), "entries": said}).encode()
            if len(content) <= MOST_BYTES:
                break
            said = said[1:]
        self._record.write(content)


def _decoded(content: bytes) -> tuple[Update, tuple[Entry, ...]]:
    """Entries that make no sense are left out: a later release may have written them. Raises NoRecord."""
    try:
        said = json.loads(content)
        update, listed = decoded(json.dumps(said["update"]).encode()), list(said["entries"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NoRecord from error
    return update, tuple(entry for each in listed if (entry := _entry(each)) is not None)


def _entry(said: Any) -> Entry | None:
    try:
        report = {name: said["report"][name] for name in FIELDS}
        versions = {name: Version.parse(str(report[name])) for name in ("before", "after")}
        return Entry(Report(**report | versions | {"outcome": Outcome(report["outcome"])}), int(said["unix_s"]))
    except (ValueError, KeyError, TypeError, OverflowError, NoVersion):
        log.warning("an entry of the journal can't be read")
        return None


def _told(report: Report) -> dict[str, Any]:
    versions = {"before": str(report.before), "after": str(report.after)}
    return asdict(report) | versions | {"why": _short(report.why)}


def _short(why: str) -> str:
    return why.encode(errors="replace").decode()[:MOST_WHY]
