"""SQLite as the store's database: connections with their pragmas, the checks before use, and the lock of the process.

Not for SQL on messages (journal.py). One connection writes and checkpoints; all others only read.
"""

import fcntl
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from adapter.store.errors import StoreError, StoreInUse
from adapter.store.location import SETTING
from adapter.store.tables import SCHEMA_VERSION, schema_version

FULL: Final = 2
"""The value of `PRAGMA synchronous` that syncs the disk at each commit."""

_CACHED: Final = 256
"""Statements that a connection keeps prepared; those of the writer are one for each number of messages."""

_WAL_RESET_FIXED: Final = (3, 51, 3)


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What is worth a line in the log at start.

    `warnings` holds the words `sqlite-wal-reset` (the library is older than 3.51.3; harmless while this process is
    the only one that writes) and `readable-by-others` (file or folder permissions are wider than the owner).
    """

    sqlite_version: str
    synchronous: int
    schema_version: int
    warnings: tuple[str, ...]


def writing_engine(path: Path, busy_timeout: float) -> Engine:
    """The engine of the one connection that writes: WAL, synchronous FULL read back, transactions BEGIN IMMEDIATE.

    `busy_timeout` in seconds. Connecting raises StoreError where a pragma does not hold.
    """

    def connect() -> sqlite3.Connection:
        connection = _connect(path, busy_timeout)
        set_durable(connection)
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def reading_engine(path: Path, busy_timeout: float) -> Engine:
    """The engine of the connections that read; they neither write nor checkpoint."""

    def connect() -> sqlite3.Connection:
        connection = _connect(path, busy_timeout)
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4, hide_parameters=True)


def set_durable(connection: sqlite3.Connection) -> None:
    """WAL with a disk sync at each commit, read back; StoreError where SQLite does not take it."""
    if _pragma(connection, "journal_mode=WAL") != "wal":
        raise StoreError(f"{SETTING}: SQLite cannot keep a write-ahead log on this file system")
    connection.execute("PRAGMA synchronous=FULL")
    if _pragma(connection, "synchronous") != FULL:
        raise StoreError(f"{SETTING}: SQLite does not sync at each commit; messages could be lost")
    connection.execute("PRAGMA foreign_keys=ON")


def examine(readers: Engine, writing: Engine, path: Path, url: str) -> StoreInfo:
    """Check that the file is a sound store of this version that can be written durably.

    StoreError names the setting and the way out.
    """
    try:
        with readers.connect() as connection:
            _quick_check(connection)
        info = require_version(readers, path, url)
        with writing.connect():
            pass  # connecting sets the pragmas and reads them back
    except SQLAlchemyError:
        raise StoreError(_no_store(url)) from None
    return info


def require_version(readers: Engine, path: Path, url: str) -> StoreInfo:
    """Check that the file is a store of this schema version; StoreError where it is not."""
    try:
        with readers.connect() as connection:
            versions = connection.execute(select(schema_version.c.version)).scalars().all()
    except SQLAlchemyError:
        raise StoreError(_no_store(url)) from None
    if list(versions) != [SCHEMA_VERSION]:
        found = ", ".join(map(str, versions)) or "none"
        raise StoreError(f"{SETTING}: {url} has schema version {found}; this program needs version {SCHEMA_VERSION}")
    return StoreInfo(sqlite3.sqlite_version, FULL, SCHEMA_VERSION, tuple(_warnings(path)))


def _no_store(url: str) -> str:
    return (
        f"{SETTING}: {url} is no store that can be used: damaged, locked, or something else. "
        f"Restore it from a backup, or make a new one elsewhere with `ldt store init --store URL`"
    )


def require_file(path: Path, url: str) -> None:
    """StoreError where the store is missing or empty; nothing is ever made here."""
    state = "is missing" if not path.is_file() else "is an empty file" if not path.stat().st_size else ""
    if state:
        raise StoreError(
            f"the store {url} {state}. Correct {SETTING}, mount its volume, "
            f"or make a new one with `ldt store init --store {url}`"
        )


@contextmanager
def process_lock(path: Path) -> Iterator[None]:
    """Hold the store for this process alone: a lock on a file beside it, gone when the process ends."""
    descriptor = os.open(_beside(path, ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise StoreInUse(
            "another process has this store open for writing: SQLite means one server process; "
            "stop the other one, or give each its own store"
        ) from None


def _connect(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """A connection to a file that exists; without one it fails."""
    uri = f"file:{quote(str(path.absolute()))}?mode=rw"
    # SQLAlchemy hands a connection from thread to thread, never to two at once.
    return sqlite3.connect(
        uri, uri=True, timeout=busy_timeout, isolation_level=None, check_same_thread=False, cached_statements=_CACHED
    )


def _begin_immediate(connection: Connection) -> None:
    # A deferred transaction that turns into a writing one fails at once, whatever the busy time-out.
    try:
        connection.connection.cursor().execute("BEGIN IMMEDIATE").close()
    except sqlite3.Error as error:
        raise DBAPIError(None, None, error) from None


def _pragma(connection: sqlite3.Connection, text: str) -> object:
    row = connection.execute(f"PRAGMA {text}").fetchone()
    return row[0] if row else None


def _quick_check(connection: Connection) -> None:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalars().all()
    if found != ["ok"]:
        raise StoreError(f"{SETTING} names a damaged store: SQLite's quick_check fails; restore it from a backup")


def _warnings(path: Path) -> Iterator[str]:
    if sqlite3.sqlite_version_info < _WAL_RESET_FIXED:
        yield "sqlite-wal-reset"
    files = [path, _beside(path, "-wal"), _beside(path, "-shm"), path.absolute().parent]
    if any(stat.S_IMODE(file.stat().st_mode) & 0o077 for file in files if file.exists()):
        yield "readable-by-others"


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
