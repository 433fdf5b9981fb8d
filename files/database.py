"""SQLite files that one program has to itself: what was committed is on the flash, what is damaged is put aside.

`synchronous=FULL` syncs at every commit, so that what was confirmed survives a power cut, and what was not is not there
at all. Every function may block on the disk.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path

PRAGMAS = (
    # One process has the file: then SQLite keeps the log's index in memory, and a full disk can still be read.
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA journal_mode={journal}",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=64",
    "PRAGMA journal_size_limit=524288",
    "PRAGMA foreign_keys=ON",
)
LOG_AHEAD, ROLL_BACK = "WAL", "TRUNCATE"
"""Quick; or without a log beside the file, in whose place a damaged or lost one would show what was there before."""
MAX_DAMAGED_FILES = 3
FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
BESIDE = ("-wal", "-shm", "-journal")


class TooNew(Exception):
    """A later version wrote this file."""


def opened(path: Path, version: int, *schema: str, journal: str = LOG_AHEAD) -> sqlite3.Connection:
    """The file, made by `schema` where it is new; for any thread, one at a time. Raises TooNew or sqlite3.Error."""
    database = sqlite3.connect(path, check_same_thread=False)
    try:
        for pragma in PRAGMAS:
            database.execute(pragma.format(journal=journal))
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found > version:
            raise TooNew
        if found < version:
            # Only once: opening must not need room on the disk. Python begins no transaction for a table of its own.
            with database:
                database.execute("BEGIN IMMEDIATE")
                for statement in schema:
                    database.execute(statement)
                database.execute(f"PRAGMA user_version={version}")
    except BaseException:
        database.close()
        raise
    return database


def put_aside(path: Path) -> None:
    """The file, which is closed, and its log, which may hold what is not in the file yet, under names that SQLite can
    open; only the last few are kept. Raises OSError."""
    begins = f"{path.name}.damaged-"
    names = [each.name for each in path.parent.iterdir() if each.name.startswith(begins)]
    numbers = sorted(int(name) for each in names if (name := each.removeprefix(begins)).isdecimal())
    for old in numbers[: max(0, len(numbers) - MAX_DAMAGED_FILES + 1)]:
        for suffix in ("", *BESIDE):
            Path(f"{path}.damaged-{old}{suffix}").unlink(missing_ok=True)
    aside = f"{path}.damaged-{numbers[-1] + 1 if numbers else 1}"
    for suffix in ("", *BESIDE):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")


def is_full(error: sqlite3.Error) -> bool:
    """Nothing more fits on the disk."""
    return _code(error) in FULL


def is_broken(error: sqlite3.Error) -> bool:
    """The file is damaged, or is no database."""
    return _code(error) & 0xFF in BROKEN


def _code(error: sqlite3.Error) -> int:
    """SQLite's own code; 0 for what Python itself raises."""
    return getattr(error, "sqlite_errorcode", 0)
