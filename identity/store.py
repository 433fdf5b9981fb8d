"""Who belongs here, on the disk: one SQLite file of `spoq-identityd`, and in it a log that can only grow.

A change and the log's line about it are one write (`files/database.py`), in the file itself and in none beside it.
Damaged records are put aside and *not* begun anew: a box without records would take the next device that comes for its
owner's. A mark beside the file says that there was an owner, also when the file is empty or gone.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from files import database, durable
from identity.errors import RecordsDamaged, RecordsError, RecordsFull, RecordsNewer
from identity.household import Household, Limits
from identity.records import OWNER, Device, Entry, Profile

log = logging.getLogger(__name__)

VERSION = 1
LOG_KEEPS = 10_000
"""Lines; the schema says so, too. No slip of a program removes newer ones, or changes any."""
MOST_WORDS = 256
MODE = 0o600
SCHEMA = (
    "CREATE TABLE profiles (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    """
    CREATE TABLE devices (
        key BLOB PRIMARY KEY,
        wireguard_key BLOB NOT NULL,
        name TEXT NOT NULL UNIQUE,
        profile INTEGER NOT NULL REFERENCES profiles (number),
        place INTEGER NOT NULL,
        UNIQUE (profile, place)
    ) STRICT
    """,
    """
    CREATE TABLE log (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        unix_ms INTEGER NOT NULL,
        deed TEXT NOT NULL,
        by TEXT NOT NULL,
        whom TEXT NOT NULL,
        words TEXT NOT NULL
    ) STRICT
    """,
    "CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log only grows'); END",
    """
    CREATE TRIGGER log_is_kept BEFORE DELETE ON log WHEN OLD.number > (SELECT MAX(number) FROM log) - 10000
    BEGIN SELECT RAISE(ABORT, 'the log only grows'); END
    """,
)
WITHHELD = """
    CREATE TABLE IF NOT EXISTS withheld (
        profile INTEGER NOT NULL, service TEXT NOT NULL, PRIMARY KEY (profile, service)
    ) STRICT
    """
"""Of each service that a profile may not use. Made when it is first written: records of an earlier release have none,
and opening must not need room on the disk. No reference: a release without it writes all profiles anew."""


class Store:
    """One open file. `close` when done. Every method may block on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None

    def load(self, limits: Limits) -> Household:
        """Open the file, and read who belongs here.

        Raises:
            RecordsDamaged: they were put aside; nobody belongs here until there is a reset.
            RecordsNewer, RecordsError: they can't be read.
        """
        if self._aside():
            raise RecordsDamaged
        with _our_errors():
            try:
                self._opened = database.opened(self._path, VERSION, *SCHEMA, journal=database.ROLL_BACK)
                return self._read(limits)
            except (sqlite3.DatabaseError, ValueError) as error:
                if isinstance(error, sqlite3.DatabaseError) and not database.is_broken(error):
                    self.close()
                    raise
                log.error("the records of who belongs here are damaged: put aside")
                self.close()
                database.put_aside(self._path)
                raise RecordsDamaged from error

    def save(self, household: Household, *entries: Entry) -> None:
        """All of it is on the flash when this returns, or nothing. Raises RecordsFull or RecordsError."""
        with self._transaction() as transaction:
            transaction.execute("DELETE FROM devices")
            transaction.execute("DELETE FROM profiles")
            transaction.executemany(
                "INSERT INTO profiles VALUES (?, ?)", [(each.number, each.name) for each in household.profiles]
            )
            transaction.execute(WITHHELD)
            transaction.execute("DELETE FROM withheld")
            transaction.executemany(
                "INSERT INTO withheld VALUES (?, ?)",
                [(each.number, service) for each in household.profiles for service in sorted(each.withheld)],
            )
            transaction.executemany(
                "INSERT INTO devices VALUES (?, ?, ?, ?, ?)",
                [(each.key, each.wireguard_key, each.name, each.profile, each.place) for each in household.devices],
            )
            _remember(transaction, entries)
        self._marked(household)

    def note(self, *entries: Entry) -> None:
        """Lines of the log alone. Raises RecordsFull or RecordsError."""
        with self._transaction() as transaction:
            _remember(transaction, entries)

    def entries(self, most: int) -> tuple[Entry, ...]:
        """The last ones, the newest first. Raises RecordsError."""
        with self._transaction() as transaction:
            found = transaction.execute(
                "SELECT deed, by, whom, words, unix_ms FROM log ORDER BY number DESC LIMIT ?", (most,)
            )
            return tuple(Entry(*row) for row in found)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _read(self, limits: Limits) -> Household:
        assert self._opened is not None
        damaged = self._opened.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damaged != "ok" or self._opened.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise ValueError(damaged)
        withheld = self._withheld()
        found = Household(
            tuple(
                Profile(number, name, frozenset(service for profile, service in withheld if profile == number))
                for number, name in self._opened.execute("SELECT number, name FROM profiles ORDER BY number")
            ),
            tuple(
                Device(*row)
                for row in self._opened.execute(
                    "SELECT key, wireguard_key, name, profile, place FROM devices ORDER BY profile, place"
                )
            ),
            limits,
        )
        if self._mark.exists() and not any(each.number == OWNER for each in found.profiles):
            raise ValueError("there was an owner")
        self._marked(found)
        return found

    def _withheld(self) -> list[tuple[int, str]]:
        assert self._opened is not None
        if not self._opened.execute("SELECT 1 FROM sqlite_master WHERE name = 'withheld'").fetchone():
            return []
        return self._opened.execute("SELECT profile, service FROM withheld").fetchall()

    def _marked(self, household: Household) -> None:
        """What could not be marked now is at the next start: the household itself is on the disk."""
        if household.owned and not self._mark.exists():
            try:
                durable.write(self._mark, b"", MODE)
            except OSError as error:
                log.error("that there is an owner could not be marked: %s", error)

    @property
    def _mark(self) -> Path:
        return self._path.with_suffix(".owned")

    def _aside(self) -> bool:
        """Damaged records of an earlier start; a reset erases them with everything else."""
        return any(self._path.parent.glob(f"{self._path.name}.damaged-*"))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if self._opened is None:
            raise RecordsError
        with _our_errors(), self._opened as transaction:
            yield transaction


def _remember(transaction: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    transaction.executemany(
        "INSERT INTO log (unix_ms, deed, by, whom, words) VALUES (?, ?, ?, ?, ?)",
        [
            (each.unix_ms, each.deed, each.by[:MOST_WORDS], each.whom[:MOST_WORDS], each.words[:MOST_WORDS])
            for each in entries
        ],
    )
    transaction.execute("DELETE FROM log WHERE number <= (SELECT MAX(number) FROM log) - ?", (LOG_KEEPS,))


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except database.TooNew as error:
        raise RecordsNewer from error
    except sqlite3.Error as error:
        raise (RecordsFull if database.is_full(error) else RecordsError) from error
    except OSError as error:
        raise RecordsError from error
