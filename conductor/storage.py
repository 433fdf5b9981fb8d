"""The household's records on disk: one SQLite file, one writer.

A change is on the flash before it counts as done: WAL, and `synchronous=FULL`, which syncs the log at every commit, so
that what was confirmed survives a power cut, and what was not is not there at all. Writes are rare (a request, an
hour), so that costs nothing. A file that is damaged is put aside, never deleted, and a new one begun: the box goes on,
and says so.

Every method may block on the disk; `conductor.household` calls them on one thread of its own.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conductor.errors import DamagedRecord, StorageFailed, StorageFull, StorageNewer
from conductor.records import Difference, Record, Records, from_json, to_json

log = logging.getLogger(__name__)

VERSION = 1
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=64",
    "PRAGMA journal_size_limit=524288",
    "PRAGMA foreign_keys=ON",
)
SCHEMA = """
    CREATE TABLE IF NOT EXISTS records (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (kind, id)
    ) WITHOUT ROWID
"""
MAX_DAMAGED_FILES = 3
FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


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
                if error.sqlite_errorcode & 0xFF not in BROKEN:
                    raise
            log.error("the household's records are damaged: put aside, and begun anew")
            self._put_aside()
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
        database = sqlite3.connect(self._path, check_same_thread=False)
        try:
            for pragma in PRAGMAS:
                database.execute(pragma)
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise StorageNewer(StorageNewer.__doc__)
            with database:
                database.execute(SCHEMA)
                database.execute(f"PRAGMA user_version={VERSION}")
        except BaseException:
            database.close()
            raise
        return database

    def _read(self) -> Loaded:
        assert self._database is not None
        records: list[Record] = []
        damaged = False
        for kind, record_id, body in self._database.execute("SELECT kind, id, body FROM records"):
            try:
                record = from_json(str(kind), str(body))
                if record.id != record_id:
                    raise DamagedRecord(DamagedRecord.__doc__)
                records.append(record)
            except DamagedRecord:
                damaged = True
                log.error("a record of kind %.20r can't be read", kind)
        return Loaded(Records().with_(*records), damaged)

    def _put_aside(self) -> None:
        self.close()
        aside = sorted(self._path.parent.glob(f"{self._path.name}.damaged-*"))
        for old in aside[: max(0, len(aside) - MAX_DAMAGED_FILES + 1)]:
            old.unlink()
        number = 1 + max((int(old.suffix.removeprefix(".damaged-")) for old in aside), default=0)
        self._path.rename(f"{self._path}.damaged-{number}")
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        # `sqlite_errorcode` is missing on errors that Python itself raises.
        code = getattr(error, "sqlite_errorcode", 0)
        if code in FULL:
            raise StorageFull(StorageFull.__doc__) from error
        raise StorageFailed(StorageFailed.__doc__) from error
    except OSError as error:
        raise StorageFailed(StorageFailed.__doc__) from error
