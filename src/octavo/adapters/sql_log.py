"""The log's hot path on SQLite's own driver: appends of many documents in few statements, and reading.

Few statements and rows, because the driver lets go of the interpreter's lock in each step, and a busy event
loop gives it back only after a switch interval: one statement writes many rows, or reads them as one
JSON value.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain as concatenate
from typing import Any, Final

import msgspec

from octavo.adapters.sql_connect import primary_code
from octavo.catalog.chain import SALT_BYTES, link
from octavo.catalog.heads import missing
from octavo.errors import Conflict, Invalid, OctavoError, Unavailable
from octavo.ports import AlreadyLogged, ClientRow, Fenced, Head, RevisionTaken
from octavo.protocol import Change, ops_from_json

_MOST_ROWS: Final = 256  # of one statement: 256 x 11 values lie below SQLite's limit of 32,766

_encode: Final = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Append:
    """One call of `OperationLog.append`, waiting for the writer."""

    document_id: str
    epoch: str
    expected_revision: int
    fence: int
    changes: Sequence[Change]


@dataclass(slots=True)
class _Client:
    number: int
    row: ClientRow


@dataclass(slots=True)
class _Log:
    """A document's head and the clients that matter, as they stand within this transaction."""

    document: int
    epoch: str
    revision: int
    fence: int
    count: int
    chain: bytes
    updated_at: int = 0
    added: int = 0  # bytes of ops, within this transaction
    clients: dict[str, _Client] = field(default_factory=dict)


_heads_decoder: Final = msgspec.json.Decoder(list[tuple[str, int, str, int, int, int, str]])
_clients_decoder: Final = msgspec.json.Decoder(list[tuple[int, str, int, str, int, int, str]])

_HEADS: Final = """
    SELECT json_group_array(json_array(document_id, document, epoch, revision, fence, clients, hex(chain)))
    FROM heads WHERE document_id IN (SELECT value FROM json_each(?))"""
_CLIENTS: Final = """
    SELECT json_group_array(json_array(
        c.document, c.client_id, c.number, c.user_id, c.seq, c.revision, hex(c.digest)))
    FROM json_each(?) AS wanted CROSS JOIN clients AS c
    ON c.document = json_extract(wanted.value, '$[0]') AND c.client_id = json_extract(wanted.value, '$[1]')"""


def append_all(connection: sqlite3.Connection, appends: Sequence[Append]) -> list[OctavoError | None]:
    """Check and write what waits, inside the writer's transaction; None for what its commit will store.

    Each append is checked whole before anything of it is written, in order of document id, so that it
    succeeds or fails alone.  Raises sqlite3.Error, after which the whole transaction must be rolled back.
    """
    logs = _load(connection, appends)
    outcomes: list[OctavoError | None] = [None] * len(appends)
    rows: list[tuple[Any, ...]] = []
    written: dict[str, _Log] = {}
    touched: dict[tuple[int, str], _Client] = {}
    for index in sorted(range(len(appends)), key=lambda index: appends[index].document_id):
        append = appends[index]
        log = logs.get(append.document_id)
        try:
            if log is None:
                raise missing(append.document_id)
            clients = _check(append, log)
        except OctavoError as refusal:
            outcomes[index] = refusal
            continue
        _advance(log, append, clients, rows)
        written[append.document_id] = log
        touched.update(((log.document, client_id), client) for client_id, client in clients.items())
    _write(connection, rows, touched, list(written.values()))
    return outcomes


def _load(connection: sqlite3.Connection, appends: Sequence[Append]) -> dict[str, _Log]:
    wanted = _encode(sorted({append.document_id for append in appends}))
    (found,) = connection.execute(_HEADS, (wanted.decode(),)).fetchone()
    logs = {
        document_id: _Log(document, epoch, revision, fence, count, bytes.fromhex(chain))
        for document_id, document, epoch, revision, fence, count, chain in _heads_decoder.decode(found)
    }
    by_number = {log.document: log for log in logs.values()}
    pairs = {
        (logs[append.document_id].document, change.client_id)
        for append in appends
        if append.document_id in logs
        for change in append.changes
    }
    (found,) = connection.execute(_CLIENTS, (_encode(list(pairs)).decode(),)).fetchone()
    for document, client_id, number, user_id, seq, revision, digest in _clients_decoder.decode(found):
        row = ClientRow(user_id, seq, revision, bytes.fromhex(digest))
        by_number[document].clients[client_id] = _Client(number, row)
    return logs


def _check(append: Append, log: _Log) -> dict[str, _Client]:
    """The laws of `OperationLog.append`; returns the clients as they will stand."""
    if append.epoch != log.epoch:
        raise Conflict("EPOCH_CHANGED", f"the log's history has changed: its epoch is {log.epoch}")
    if append.fence != log.fence:
        raise Fenced(log.fence)
    if append.expected_revision != log.revision:
        raise RevisionTaken(log.revision)
    clients: dict[str, _Client] = {}
    count = log.count
    for revision, change in enumerate(append.changes, log.revision + 1):
        if change.revision != revision:
            raise Invalid("INVALID_REQUEST", f"change {change.revision} stands where {revision} belongs")
        known = clients.get(change.client_id) or log.clients.get(change.client_id)
        if known is None:
            count += 1
            number = count
        else:
            number, row = known.number, known.row
            if change.seq <= row.seq or change.base_revision < row.revision or change.user_id != row.user_id:
                raise AlreadyLogged(change.client_id, row)
        clients[change.client_id] = _Client(
            number, ClientRow(change.user_id, change.seq, revision, change.digest)
        )
    return clients


def _advance(log: _Log, append: Append, clients: dict[str, _Client], rows: list[tuple[Any, ...]]) -> None:
    """Let the head follow the changes, and add their rows to what will be written."""
    salts = os.urandom(SALT_BYTES * len(append.changes))
    chain = log.chain
    for index, change in enumerate(append.changes):
        salt = salts[index * SALT_BYTES : (index + 1) * SALT_BYTES]
        chain = link(chain, change, salt)
        rows.append(
            (
                log.document,
                change.revision,
                clients[change.client_id].number,
                change.seq,
                change.timestamp,
                change.base_revision,
                change.ops,
                change.at,
                change.origin,
                change.digest,
                salt,
            )
        )
        log.updated_at = change.timestamp
        log.added += len(change.ops)
    log.chain = chain
    log.revision += len(append.changes)
    log.count = max(log.count, max((client.number for client in clients.values()), default=0))
    log.clients.update(clients)


def _write(
    connection: sqlite3.Connection,
    rows: list[tuple[Any, ...]],
    touched: dict[tuple[int, str], _Client],
    logs: list[_Log],
) -> None:
    for part in _portions(rows):
        connection.execute(_insert_changes(len(part)), list(concatenate.from_iterable(part)))
    clients = [
        (
            document,
            client_id,
            client.number,
            client.row.user_id,
            client.row.seq,
            client.row.revision,
            client.row.digest,
        )
        for (document, client_id), client in touched.items()
    ]
    for part in _portions(clients):
        connection.execute(_upsert_clients(len(part)), list(concatenate.from_iterable(part)))
    heads = [
        (log.document, log.revision, log.count, log.chain, log.updated_at, log.added) for log in logs if rows
    ]
    for part in _portions(heads):
        connection.execute(_update_heads(len(part)), list(concatenate.from_iterable(part)))


def _portions(rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Cut rows into powers of two: a few statements, each prepared once, then write any number of them."""
    start = 0
    while start < len(rows):
        size = min(_MOST_ROWS, 1 << ((len(rows) - start).bit_length() - 1))
        yield rows[start : start + size]
        start += size


def _values(rows: int, columns: int) -> str:
    row = "(" + ",".join("?" * columns) + ")"
    return ",".join([row] * rows)


@cache
def _insert_changes(rows: int) -> str:
    return (
        "INSERT INTO changes"  # noqa: S608  only question marks go in
        " (document, revision, client, seq, timestamp, base_revision, ops, at, origin, digest, salt)"
        f" VALUES {_values(rows, 11)}"
    )


@cache
def _upsert_clients(rows: int) -> str:
    return (
        "INSERT INTO clients (document, client_id, number, user_id, seq, revision, digest)"  # noqa: S608
        f" VALUES {_values(rows, 7)} ON CONFLICT (document, client_id) DO UPDATE"
        " SET seq = excluded.seq, revision = excluded.revision, digest = excluded.digest"
    )


@cache
def _update_heads(rows: int) -> str:
    return (
        "UPDATE heads SET revision = new.column2, clients = new.column3,"  # noqa: S608
        " chain = new.column4, updated_at = new.column5, bytes = bytes + new.column6"
        f" FROM (VALUES {_values(rows, 6)}) AS new WHERE heads.document = new.column1"
    )


# --- reading ------------------------------------------------------------------------------------------------


_HEAD: Final = """
    SELECT h.epoch, h.revision, h.fence,
        h.revision = 0 OR (c.revision = h.revision AND c.seq = r.seq AND c.digest = r.digest),
        EXISTS (SELECT 1 FROM changes WHERE document = h.document AND revision > h.revision)
    FROM heads AS h
    LEFT JOIN changes AS r ON r.document = h.document AND r.revision = h.revision
    LEFT JOIN clients AS c ON c.document = h.document AND c.number = r.client
    WHERE h.document_id = ?"""


def read_head(connection: sqlite3.Connection, document_id: str) -> Head:
    """Raises Missing; Unavailable where head, last change and its client's row contradict each other.

    That is how a log looks into which two histories have run: nothing may be added to it.  The whole chain is
    `octavo verify`'s to check; this costs three look-ups by key.
    """
    row = connection.execute(_HEAD, (document_id,)).fetchone()
    if row is None:
        raise missing(document_id)
    epoch, revision, fence, agrees, followed = row
    if not agrees or followed:
        raise damaged(document_id, revision + 1 if followed else revision)
    return Head(epoch, revision, fence)


def read_heads(connection: sqlite3.Connection, document_ids: Sequence[str]) -> dict[str, Head]:
    """As the rows have them, unchecked; unknown documents are left out."""
    rows = connection.execute(
        "SELECT document_id, epoch, revision, fence FROM heads WHERE document_id IN (SELECT value FROM json_each(?))",
        (_encode(document_ids).decode(),),
    )
    return {document_id: Head(epoch, revision, fence) for document_id, epoch, revision, fence in rows}


def read_client(connection: sqlite3.Connection, document_id: str, client_id: str) -> ClientRow | None:
    """Raises Missing for an unknown document."""
    row = connection.execute(
        "SELECT c.user_id, c.seq, c.revision, c.digest FROM heads AS h LEFT JOIN clients AS c"
        " ON c.document = h.document AND c.client_id = ? WHERE h.document_id = ?",
        (client_id, document_id),
    ).fetchone()
    if row is None:
        raise missing(document_id)
    return None if row[0] is None else ClientRow(*row)


_CHANGES: Final = """
    SELECT json_group_array(json_array(
        revision, CAST(ops AS TEXT), client_id, seq, user_id, timestamp, base_revision, hex(digest), at,
        CAST(origin AS TEXT)))
    FROM (SELECT r.*, c.client_id, c.user_id
        FROM changes AS r LEFT JOIN clients AS c ON c.document = r.document AND c.number = r.client
        WHERE r.document = ? AND r.revision > ? ORDER BY r.revision LIMIT ?)"""
_changes_decoder: Final = msgspec.json.Decoder(
    list[tuple[int, str, str | None, int, str | None, int, int, str, str | None, str | None]]
)


def read_changes(connection: sqlite3.Connection, document_id: str, after: int, limit: int) -> list[Change]:
    """Inside a read transaction.  Raises Missing; Unavailable when changes are not there that should be."""
    head = connection.execute(
        "SELECT document, revision FROM heads WHERE document_id = ?", (document_id,)
    ).fetchone()
    if head is None:
        raise missing(document_id)
    document, revision = head
    if after >= revision or limit <= 0:
        return []
    rows = _rows(connection, document_id, document, after, min(limit, revision - after))
    last = min(after + limit, revision)
    for number, row in zip(range(after + 1, last + 1), rows, strict=False):
        if row[0] != number or row[2] is None:
            raise damaged(document_id, number)
    if len(rows) != last - after:
        raise damaged(document_id, after + len(rows) + 1)
    return [_change(document_id, row) for row in rows]


def _rows(
    connection: sqlite3.Connection, document_id: str, document: int, after: int, count: int
) -> list[tuple[Any, ...]]:
    try:
        (found,) = connection.execute(_CHANGES, (document, after, count)).fetchone()
    except (sqlite3.DataError, sqlite3.OperationalError) as fault:
        if primary_code(fault) != sqlite3.SQLITE_TOOBIG or count < 2:
            raise
        half = count // 2  # pages of very long operations are read in parts
        first = _rows(connection, document_id, document, after, half)
        return first + _rows(connection, document_id, document, after + half, count - half)
    try:
        return list(_changes_decoder.decode(found))
    except msgspec.DecodeError as fault:
        raise damaged(document_id, after + 1) from fault


def _change(document_id: str, row: tuple[Any, ...]) -> Change:
    number, text, client_id, seq, user_id, timestamp, base, digest, at, origin = row
    ops = text.encode()
    try:
        delta = ops_from_json(ops)
    except (msgspec.DecodeError, OctavoError) as fault:
        raise damaged(document_id, number) from fault
    return Change(
        number,
        delta,
        ops,
        client_id,
        seq,
        user_id,
        timestamp,
        base,
        bytes.fromhex(digest),
        at,
        None if origin is None else origin.encode(),
    )


def damaged(document_id: str, revision: int) -> Unavailable:
    """A read error is an error, never an empty document."""
    return Unavailable(
        "UNAVAILABLE",
        f"change {revision} of document {document_id} is missing, damaged or of another history: "
        "run `octavo verify`",
        document_id=document_id,
        revision=revision,
    )
