"""Connections to SQLite that keep Octavo's promises, and SQLite's errors in words that say what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, StaticPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from octavo.errors import OctavoError, Unavailable

BUSY_SECONDS: Final = 5.0
OLDEST: Final = (3, 38, 0)
_CACHE_KIB: Final = 16 * 1024
_WAL_KEPT: Final = 64 << 20
VALUE_BYTES: Final = 64 << 20
"""The longest value, and so the longest page of changes that is read as one."""


def connect_writer(path: Path | None, *, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """The connection that writes (None: in memory).  Raises Unavailable unless commits are durable."""
    if sqlite3.sqlite_version_info < OLDEST:
        raise Unavailable(
            "UNAVAILABLE",
            f"this Python has SQLite {sqlite3.sqlite_version}, too old: Octavo needs 3.38 or newer",
        )
    try:
        connection = _connect(
            ":memory:" if path is None else f"file:{quote(str(path))}?mode=rwc", busy_seconds
        )
        if path is not None:
            _make_durable(connection, path)
    except sqlite3.Error as fault:
        raise explain(fault, f"opening {path}") from fault
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; it and the writer never wait for each other.  Raises Unavailable."""
    try:
        connection = _connect(f"file:{quote(str(path))}?mode=rw")
        connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error as fault:
        raise explain(fault, f"opening {path}") from fault
    return connection


def _connect(address: str, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    # isolation_level None: this module says BEGIN and COMMIT, not the driver.
    connection = sqlite3.connect(
        address,
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_BYTES)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _make_durable(connection: sqlite3.Connection, path: Path) -> None:
    path.chmod(0o600)
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone leaves the data in the drive's cache
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 0")  # sql_checkpoint does it, away from the commits
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT}")
    check_durable(str(mode), connection.execute("PRAGMA synchronous").fetchone()[0], path)


def check_durable(journal_mode: str, synchronous: int, path: Path) -> None:
    """Refuse a database whose commits might not survive a loss of power.  Raises Unavailable."""
    if journal_mode != "wal":
        raise Unavailable(
            "UNAVAILABLE",
            f"SQLite cannot keep a write-ahead log for {path} (it uses {journal_mode!r}): "
            "put the data directory on a local disk",
        )
    if synchronous < 2:
        raise Unavailable(
            "UNAVAILABLE",
            f"SQLite does not wait for the disk on commit (synchronous is {synchronous}, not 2): "
            "this build of SQLite cannot hold Octavo's data",
        )


def wrap(connection: sqlite3.Connection, begin: str) -> Connection:
    """The same connection for SQLAlchemy; its transactions begin with the statement `begin`."""
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def _begin(wrapped: Connection) -> None:
        wrapped.exec_driver_sql(begin)

    return engine.connect()


def driver_error(fault: BaseException) -> sqlite3.Error | None:
    """The driver's own error in whatever SQLAlchemy made of it."""
    if isinstance(fault, DBAPIError):
        fault = fault.orig if fault.orig is not None else fault
    return fault if isinstance(fault, sqlite3.Error) else None


def primary_code(fault: sqlite3.Error) -> int:
    """SQLite's result code without its extension; -1 for an error of the driver itself."""
    code = getattr(fault, "sqlite_errorcode", None)
    return -1 if code is None else int(code) & 0xFF


_ADVICE: Final[dict[int, str]] = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space; nothing that was acknowledged is lost",
    sqlite3.SQLITE_BUSY: "the database is locked: close what else has octavo.db open",
    sqlite3.SQLITE_LOCKED: "the database is locked: close what else has octavo.db open",
    sqlite3.SQLITE_IOERR: "the disk fails: look at the system's log, replace it, restore a backup if need be",
    sqlite3.SQLITE_CORRUPT: "the database is damaged: stop Octavo, run `octavo verify`, restore a backup",
    sqlite3.SQLITE_NOTADB: "this is not a database of Octavo: check the data directory, restore a backup",
    sqlite3.SQLITE_READONLY: "the database may not be written: check owner and rights of the data directory",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened: check the data directory, its owner and rights",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
}


def explain(fault: BaseException, doing: str) -> OctavoError:
    """An error of the driver as Unavailable that says what to do; one of Octavo's own as it is."""
    if isinstance(fault, OctavoError):
        return fault
    error = driver_error(fault)
    if error is None:
        return Unavailable("UNAVAILABLE", f"{doing} failed: {fault}", retry_after_ms=1000)
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    advice = _ADVICE.get(primary_code(error), str(error))
    return Unavailable("UNAVAILABLE", f"{doing} failed, {advice} ({name})", retry_after_ms=1000)
