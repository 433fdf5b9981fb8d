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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from conductor.errors import DamagedRecord, StorageFailed, StorageFull, StorageNewer
from conductor.records import Difference, Record, Records, from_json, to_json

log = logging.getLogger(__name__)

VERSION = 1
PRAGMAS = (
    # One process has the file: then SQLite keeps the log's index in memory, and a full disk can still be read.
    "PRAGMA locking_mode=EXCLUSIVE",
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
READ = "SELECT kind, id, body FROM records WHERE kind NOT LIKE 'damaged %'"
SET_ASIDE = """
    UPDATE OR REPLACE records SET kind = 'damaged ' || kind WHERE CAST(kind AS BLOB) = ? AND CAST(id AS BLOB) = ?
"""
MAX_DAMAGED_FILES = 3
FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
BESIDE = ("-wal", "-shm")


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
                if _code(error) & 0xFF not in BROKEN:
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
        database.text_factory = bytes
        try:
            for pragma in PRAGMAS:
                database.execute(pragma)
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise StorageNewer(StorageNewer.__doc__)
            if version < VERSION:
                # Only once: opening must not need room on the disk.
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

    def _put_aside(self) -> None:
        """The file and its log, which may hold what is not in the file yet, under names that SQLite can open."""
        self.close()
        begins = f"{self._path.name}.damaged-"
        names = [path.name for path in self._path.parent.iterdir() if path.name.startswith(begins)]
        numbers = sorted(int(name) for each in names if (name := each.removeprefix(begins)).isdecimal())
        for old in numbers[: max(0, len(numbers) - MAX_DAMAGED_FILES + 1)]:
            for suffix in ("", *BESIDE):
                Path(f"{self._path}.damaged-{old}{suffix}").unlink(missing_ok=True)
        aside = f"{self._path}.damaged-{numbers[-1] + 1 if numbers else 1}"
        for suffix in ("", *BESIDE):
            with suppress(FileNotFoundError):
                Path(f"{self._path}{suffix}").rename(f"{aside}{suffix}")


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
        if _code(error) in FULL:
            raise StorageFull(StorageFull.__doc__) from error
        raise StorageFailed(StorageFailed.__doc__) from error
    except OSError as error:
        raise StorageFailed(StorageFailed.__doc__) from error


def _code(error: sqlite3.Error) -> int:
    """SQLite's own code; 0 for what Python itself raises."""
    return getattr(error, "sqlite_errorcode", 0)
