"""Connections to PostgreSQL that keep Octavo's promises, and PostgreSQL's errors in words that say what to do.

Every new connection is checked, not only the first: after a failover or a changed configuration the promise may
no longer hold.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy.exc import DBAPIError

from octavo.errors import Invalid, OctavoError, Unavailable, Unknown

SCHEMES: Final = ("postgresql", "postgres")
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
"""What a statement may take as seen from here; PostgreSQL itself gives up before."""

OLDEST: Final = 140_000  # server_version_num
_LIMITS: Final = {
    "statement_timeout": "12s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",  # a node that is stopped in mid-transaction lets go of its locks
    "client_min_messages": "warning",
}
# Said after connecting and not while: PgBouncer knows none of these as start-up parameters.
_GREETING: Final = (
    "SELECT "
    + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _LIMITS.items())
    + ", pg_is_in_recovery() AS replica, current_setting('server_version_num')::int AS version"
    + "".join(
        f", current_setting('{name}') AS {name}"
        for name in (
            *("server_version", "server_encoding", "fsync", "synchronous_commit", "full_page_writes"),
            "default_transaction_read_only",
        )
    )
)


async def connect(url: str) -> asyncpg.Connection[Any]:
    """A connection to the primary whose commits are durable.  Raises Unavailable with what to do."""
    connection: asyncpg.Connection[Any] | None = None
    try:
        async with asyncio.timeout(CONNECT_SECONDS + 1):
            connection = await asyncpg.connect(
                url,
                timeout=CONNECT_SECONDS,
                command_timeout=ANSWER_SECONDS,
                target_session_attrs="any" if _one_host(url) else "primary",
                server_settings={"application_name": "octavo"},
            )
            row = await connection.fetchrow(_GREETING)
        assert row is not None
        check(dict(row), url)
    except BaseException as fault:
        if connection is not None:
            connection.terminate()
        if isinstance(fault, Exception):
            raise explain(fault, f"connecting to {place(url)}") from fault
        raise
    return connection


def check(found: dict[str, Any], url: str) -> None:
    """Refuse a server where a commit might not survive, or that only repeats another.  Raises Unavailable."""
    where = place(url)
    faults = [
        (
            found["replica"],
            "is a replica, which may lag behind: name the primary in OCTAVO_DATABASE (several hosts may stand "
            "there, separated by commas; the primary among them is taken)",
        ),
        (
            found["version"] < OLDEST,
            f"is PostgreSQL {found['server_version']}, too old: Octavo needs 14 or newer",
        ),
        (
            found["server_encoding"] != "UTF8",
            f"keeps text as {found['server_encoding']}: make the database with ENCODING 'UTF8'",
        ),
        (
            found["fsync"] != "on",
            "has fsync = off, so a loss of power destroys it: set fsync = on in postgresql.conf and reload",
        ),
        (
            found["full_page_writes"] != "on",
            "has full_page_writes = off, so a loss of power can tear its pages: set full_page_writes = on in "
            "postgresql.conf and reload",
        ),
        (
            found["synchronous_commit"] == "off",
            "has synchronous_commit = off, so it acknowledges what is not on disk: set synchronous_commit = on "
            "(in postgresql.conf, and for this role and database: ALTER ROLE … RESET synchronous_commit)",
        ),
        (
            found["default_transaction_read_only"] != "off",
            "lets this role only read: ALTER ROLE … RESET default_transaction_read_only",
        ),
    ]
    for fault, words in faults:
        if fault:
            raise Unavailable("UNAVAILABLE", f"the database at {where} {words}")


def place(url: str) -> str:
    """Host and database of a URL, without the password."""
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2] or "the local socket"
    return f"{hosts}{parts.path}"


def _one_host(url: str) -> bool:
    return "," not in urlsplit(url).netloc and "host=" not in urlsplit(url).query


# --- errors ---------------------------------------------------------------------------------------------------


def root(fault: BaseException) -> BaseException:
    """The driver's own error in whatever SQLAlchemy made of it."""
    if isinstance(fault, DBAPIError) and fault.orig is not None:
        fault = fault.orig
        return fault.__cause__ if fault.__cause__ is not None else fault
    return fault


def sqlstate(fault: BaseException) -> str:
    """PostgreSQL's code for an error; empty for what is none of the server's."""
    return str(getattr(root(fault), "sqlstate", None) or "")


def is_ours(fault: BaseException) -> bool:
    """Whether the database, the driver or the network raised it."""
    return isinstance(
        root(fault), asyncpg.PostgresError | asyncpg.InterfaceError | asyncpg.InternalClientError | OSError
    ) or isinstance(fault, DBAPIError)


def is_lost(fault: BaseException) -> bool:
    """Whether the connection is gone, or never was."""
    found = root(fault)
    if isinstance(found, asyncpg.PostgresError):
        code = sqlstate(fault)
        return code[:2] == "08" or code in ("57P01", "57P02", "57P03", "25P03")
    return isinstance(found, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError)


def is_conflict(fault: BaseException) -> bool:
    """Whether transactions got in each other's way, so that the same may succeed when it is done again."""
    return sqlstate(fault) in ("40001", "40P01")


_ADVICE: Final[dict[str, str]] = {
    "28000": "this role may not connect: check OCTAVO_DATABASE and pg_hba.conf",
    "28P01": "the password is wrong: check OCTAVO_DATABASE",
    "3D000": "there is no such database: CREATE DATABASE … ENCODING 'UTF8', or mend OCTAVO_DATABASE",
    "42501": "this role lacks a right: let it own the database that OCTAVO_DATABASE names",
    "53100": "its disk is full: free some space; nothing that was acknowledged is lost",
    "53200": "it has no memory left",
    "53300": "it takes no more connections: raise max_connections, or put PgBouncer (session mode) in front",
    "55P03": "a row is locked by somebody else for too long: look for idle transactions in pg_stat_activity",
    "57014": "it took longer than its time limit: look at the load of the database",
    "57P01": "it is being stopped",
    "57P02": "it has crashed and recovers",
    "57P03": "it is starting",
    "25006": "it only reads, as a replica does: name the primary in OCTAVO_DATABASE",
    "58030": "its disk fails: look at its log",
    "XX001": "it is damaged: look at its log, restore a backup",
    "XX002": "an index is damaged: look at its log, then REINDEX",
}


def explain(fault: BaseException, doing: str) -> OctavoError:
    """An error of database or network in words that say what to do; one of Octavo's own as it is."""
    found = root(fault)
    if isinstance(found, OctavoError):
        return found
    code = sqlstate(fault)
    if code in ("22021", "22P05"):
        return Invalid("INVALID_REQUEST", "a text holds the character U+0000, which cannot be kept")
    if isinstance(found, TimeoutError):
        words = "the database does not answer"
    elif isinstance(found, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        words = f"the database cannot be reached ({found})"
    else:
        words = f"the database says: {_ADVICE.get(code, found)}"
    tail = f" ({code})" if code else ""
    return Unavailable("UNAVAILABLE", f"{doing} failed: {words}{tail}", retry_after_ms=1000)


def unknown(fault: BaseException, doing: str) -> Unknown:
    """For a connection that went away after the question and before the answer."""
    return Unknown(
        f"{explain(fault, doing).message}; whether it was stored is not known: read before sending it again",
        retry_after_ms=1000,
    )
