"""The household's records on disk: one SQLite file, one writer.

A change is on the flash before it counts as done (`files/database.py`). Writes are rare (a request, an hour), so that
costs nothing. A file that is damaged is put aside, never deleted, and a new one begun: the box goes on, and says so.

Every method may block on the disk; `conductor.household` calls them on one thread of its own.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from conductor.errors import DamagedRecord, StorageFailed, StorageFull, StorageNewer
from conductor.records import Difference, Record, Records, from_json, to_json
from files import database

log = logging.getLogger(__name__)

VERSION = 1
SCHEMA = """
    CREATE TABLE IF NOT EXISTS records (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (kind, id)
    ) WITHOUT ROWID
"""
READ = "SELECT kind, id, body FROM records WHERE kind NOT LIKE 'damaged %'"
SET_ASIDE = """
    UPDATE OR REPLACE records SET kind = 'damaged ' || kind WHERE CAST(kind AS BLOB) = ? AND CAST(id AS BLOB) = ?
"""


@dataclass(frozen=True)
class Loaded:
    """What was on the disk. `damaged`: something of it could not be read, and was left out."""

    records: Records
    damaged: bool


class Storage:
    """One open file. `close` when done."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None

    def load(self) -> Loaded:
        """Open the file and read all of it.

        Raises:
            StorageNewer: written by a later version.
            StorageFailed: the disk can't be read or written.
        """
        with _our_errors():
            try:
                self._database = self._open()
                return self._read()
            except sqlite3.DatabaseError as error:
                if not database.is_broken(error):
                    raise
            log.error("the household's records are damaged: put aside, and begun anew")
            self.close()
            database.put_aside(self._path)
            self._database = self._open()
            return Loaded(self._read().records, damaged=True)

    def save(self, changes: Sequence[Difference]) -> None:
        """Write all of these or none; they are on the flash when this returns.

        Raises:
            StorageFull: nothing more fits.
            StorageFailed: the disk can't be written.
        """
        if self._database is None:
            raise StorageFailed(StorageFailed.__doc__)
        with _our_errors(), self._database as transaction:
            for change in changes:
                if change.after is None:
                    transaction.execute("DELETE FROM records WHERE kind = ? AND id = ?", (change.kind, change.id))
                else:
                    row = (change.kind, change.id, to_json(change.after))
                    transaction.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", row)

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _open(self) -> sqlite3.Connection:
        try:
            opened = database.opened(self._path, VERSION, SCHEMA)
        except database.TooNew as error:
            raise StorageNewer(StorageNewer.__doc__) from error
        opened.text_factory = bytes
        return opened

    def _read(self) -> Loaded:
        assert self._database is not None
        records: list[Record] = []
        damaged: list[tuple[object, object]] = []
        for kind, record_id, body in self._database.execute(READ):
            try:
                records.append(_record(kind, record_id, body))
            except DamagedRecord as error:
                damaged.append((kind, record_id))
                log.error("a record of kind %.20r: %s", kind, error)
        # Told once: it stays in the file, and is not read again. Where that can't be written, it is told again.
        if damaged:
            with suppress(sqlite3.Error), self._database as transaction:
                transaction.executemany(SET_ASIDE, damaged)
        return Loaded(Records().with_(*records), bool(damaged))


def _record(kind: object, record_id: object, body: object) -> Record:
    """One row, which may hold anything where the flash has rotted."""
    if not (isinstance(kind, bytes) and isinstance(record_id, bytes) and isinstance(body, bytes)):
        raise DamagedRecord(DamagedRecord.__doc__)
    try:
        record = from_json(kind.decode(), body.decode())
        if record.id == record_id.decode():
            return record
    except UnicodeDecodeError as error:
        raise DamagedRecord(DamagedRecord.__doc__) from error
    raise DamagedRecord(DamagedRecord.__doc__)


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if database.is_full(error):
            raise StorageFull(StorageFull.__doc__) from error
        raise StorageFailed(StorageFailed.__doc__) from error
    except OSError as error:
        raise StorageFailed(StorageFailed.__doc__) from error
