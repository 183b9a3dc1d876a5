"""`octavo migrate`: moves everything from one store to another, SQLite to PostgreSQL or back.

It can be killed at any moment and started again.  The tables of the catalog are copied first, page by page, which does
nothing to rows that are there already.  Then each document's log: it is locked and fenced off at the source, copied,
read back and checked whole (numbering, chain, every operation, every snapshot) and only then opened at the target.  The
source's documents stay locked, so that nobody writes into what was left.  Epochs, numbers and revisions stay the same:
browsers go on where they were.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, Table, delete, func, select, text, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from octavo.catalog import heads as catalog_heads
from octavo.catalog.tables import documents, heads, job_cursors, metadata, snapshots
from octavo.errors import Conflict, Unavailable
from octavo.ports import BlobStore, Database, SnapshotStore
from octavo.verify import verify

MARK: Final = "octavo migrate"
"""In `documents.locked_by`: locked by the move and by nobody."""

_REASON: Final = "This document is being moved to another store."
_JOB: Final = "migrate"  # its cursors at the target say what is done, until all is
_PAGE: Final = 500
_PAGE_OF_SNAPSHOTS: Final = 10  # which may be long

_LOG: Final = tuple(table for table in metadata.sorted_tables if "document" in table.c and table is not heads)
_CATALOG: Final = tuple(table for table in metadata.sorted_tables if table not in (*_LOG, heads))


@dataclass(frozen=True, slots=True)
class Moved:
    """What one run has done; `skipped` documents were there from a run before."""

    documents: int
    skipped: int
    changes: int
    blobs: int


Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, how much there is: rows of the catalog, changes of the log, files."""


async def move(
    source: Database,
    target: Database,
    target_snapshots: SnapshotStore,
    *,
    now: int,
    name: str,
    blobs: tuple[BlobStore, BlobStore],
    progress: Progress = lambda what, done, whole: None,
) -> Moved:
    """Move all; `now` in seconds since 1970, `name` says at the target whose move it is.

    `blobs`: files (images, sealed segments) are copied from the first to the second, unless both are one.  Raises
    Conflict for a target that holds something else, Unavailable where what was copied is not what was there.
    """
    await target.write(partial(_begin, name=name))
    await source.write(partial(_lock, now=now))
    await _copy_catalog(source, target, progress)
    copied = await _copy_blobs(blobs, progress)
    logs = await source.read(_logs)
    whole = sum(log.revision for log in logs)
    done = skipped = changes = 0
    for log in logs:
        if await target.read(partial(_is_done, log=log)):
            skipped += 1
        else:
            await _copy_log(source, target, log)
            await _check(target, target_snapshots, blobs[1], log)
            changes += log.revision
        done += log.revision
        progress("changes", done, whole)
    await target.write(_end)
    return Moved(len(logs), skipped, changes, copied)


async def unlock(source: Database) -> int:
    """The move is given up: open the documents that it locked.  Returns how many."""

    def work(connection: Connection) -> int:
        return connection.execute(
            update(documents)
            .where(documents.c.locked_by == MARK)
            .values(locked_at=None, locked_by=None, lock_reason=None)
        ).rowcount

    return await source.write(work)


# --- beginning and end --------------------------------------------------------------------------------------


def _begin(connection: Connection, name: str) -> None:
    mark = f"from:{name}"
    query = select(job_cursors.c.document_id).where(job_cursors.c.job == _JOB)
    marks = [found for found in connection.scalars(query) if found.startswith("from:")]
    if mark in marks:
        return
    taken = [table.name for table in (*_CATALOG, heads) if connection.execute(select(table).limit(1)).first()]
    if marks or taken:
        raise Conflict(
            "ALREADY_EXISTS",
            f"the target holds something already ({', '.join(marks or taken)}): name an empty database or directory",
        )
    _insert(connection, job_cursors, [{"job": _JOB, "document_id": mark, "revision": 0}])


def _lock(connection: Connection, now: int) -> None:
    """Nobody writes at the source from here on: a lock for people, a fence for what is on its way."""
    free = list(connection.scalars(select(documents.c.id).where(documents.c.locked_at.is_(None))))
    for part in _parts(free, _PAGE):
        connection.execute(
            update(documents)
            .where(documents.c.id.in_(part))
            .values(locked_at=now, locked_by=MARK, lock_reason=_REASON)
        )
    catalog_heads.raise_fences(connection, free)


def _end(connection: Connection) -> None:
    connection.execute(delete(job_cursors).where(job_cursors.c.job == _JOB))
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        for column in table.primary_key:
            if column.autoincrement is True:
                last = connection.scalar(select(func.max(column)))
                if last is not None:
                    connection.execute(
                        text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"),
                        {"table": table.name, "column": column.name, "last": last},
                    )


# --- the catalog --------------------------------------------------------------------------------------------


async def _copy_catalog(source: Database, target: Database, progress: Progress) -> None:
    def count(connection: Connection) -> int:
        return sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in _CATALOG)

    whole, done = await source.read(count), 0
    for table in _CATALOG:
        own = _own_reference(table)
        waves: list[Collection[Any] | None] = [None]
        while waves:
            within, found = waves.pop(0), []
            after: Row[Any] | None = None
            while rows := await source.read(partial(_page, table=table, own=own, within=within, after=after)):
                after = rows[-1]
                await target.write(
                    partial(_insert, table=table, rows=[_as_copied(table, row) for row in rows])
                )
                done += len(rows)
                progress("catalog", done, whole)
                if own is not None:
                    found += [row._mapping[own.referenced.name] for row in rows]
            waves += list(_parts(found, _PAGE))


@dataclass(frozen=True, slots=True)
class _Own:
    """A table's column that points into the same table: those that are pointed at come first."""

    column: Column[Any]
    referenced: Column[Any]


def _own_reference(table: Table) -> _Own | None:
    for key in table.foreign_keys:
        if key.column.table is table:
            return _Own(key.parent, key.column)
    return None


def _page(
    connection: Connection,
    table: Table,
    own: _Own | None = None,
    within: Collection[Any] | None = None,
    after: Row[Any] | None = None,
) -> Sequence[Row[Any]]:
    keys = list(table.primary_key)
    query = select(table).order_by(*keys).limit(_PAGE)
    if own is not None:
        query = query.where(own.column.is_(None) if within is None else own.column.in_(within))
    if table is job_cursors:
        query = query.where(job_cursors.c.job != _JOB)
    if after is not None:
        last = [after._mapping[key.name] for key in keys]
        query = query.where(tuple_(*keys) > tuple_(*last) if len(keys) > 1 else keys[0] > last[0])
    return connection.execute(query).all()


def _as_copied(table: Table, row: Row[Any]) -> dict[str, Any]:
    """Documents come locked, until their logs are there."""
    values = dict(row._mapping)
    if table is documents and values["locked_at"] is None:
        values |= {"locked_at": 0, "locked_by": MARK, "lock_reason": _REASON}
    return values


def _insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """What is there already stays as it is."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


async def _copy_blobs(blobs: tuple[BlobStore, BlobStore], progress: Progress) -> int:
    one, other = blobs
    if one is other:
        return 0
    keys = await one.keys()
    for number, key in enumerate(keys, 1):
        await other.put(key, await one.get(key))
        progress("files", number, len(keys))
    return len(keys)


# --- the logs -----------------------------------------------------------------------------------------------


def _logs(connection: Connection) -> list[Row[Any]]:
    return list(connection.execute(select(heads).order_by(heads.c.document)))


def _is_done(connection: Connection, log: Row[Any]) -> bool:
    """Whether the target has the log, checked and opened, exactly as it is at the source."""
    row = connection.execute(select(heads).where(heads.c.document == log.document)).first()
    if row is None or (row.document_id, row.epoch, row.revision, row.chain) != (
        *(log.document_id, log.epoch, log.revision, log.chain),
    ):
        return False
    mark = connection.scalar(select(documents.c.locked_by).where(documents.c.id == log.document_id))
    return mark != MARK and _cursor(connection, log.document_id)


def _cursor(connection: Connection, document_id: str) -> bool:
    query = select(job_cursors.c.revision).where(
        job_cursors.c.job == _JOB, job_cursors.c.document_id == f"log:{document_id}"
    )
    return connection.execute(query).first() is not None


async def _copy_log(source: Database, target: Database, log: Row[Any]) -> None:
    def begin(connection: Connection) -> None:
        connection.execute(
            delete(heads).where(heads.c.document == log.document)
        )  # what a killed run has left
        _insert(connection, heads, [dict(log._mapping)])

    await target.write(begin)
    for table in _LOG:
        after: Row[Any] | None = None
        while rows := await source.read(partial(_log_page, table=table, document=log.document, after=after)):
            after = rows[-1]
            await target.write(partial(_insert, table=table, rows=[dict(row._mapping) for row in rows]))


async def _check(target: Database, snapshots: SnapshotStore, blobs: BlobStore, log: Row[Any]) -> None:
    """Read it back, every change and every file of it, and only then open it."""
    checked = await verify(target, snapshots, document_id=log.document_id, blobs=blobs)
    faults = [fault for report in checked.reports for fault in report.faults] + checked.faults
    if faults:
        raise Unavailable(
            "UNAVAILABLE",
            f"document {log.document_id} is not sound where it was copied to ({faults[0]}): run `octavo verify` "
            "on the source; if that is sound, run the move again",
        )
    await target.write(partial(_open, log=log))


def _log_page(
    connection: Connection, table: Table, document: int, after: Row[Any] | None
) -> Sequence[Row[Any]]:
    keys = [key for key in table.primary_key if key.name != "document"]
    most = _PAGE_OF_SNAPSHOTS if table is snapshots else _PAGE
    query = select(table).where(table.c.document == document).order_by(*keys).limit(most)
    if after is not None:
        last = [after._mapping[key.name] for key in keys]
        query = query.where(tuple_(*keys) > tuple_(*last) if len(keys) > 1 else keys[0] > last[0])
    return connection.execute(query).all()


def _open(connection: Connection, log: Row[Any]) -> None:
    """Checked: nobody but its own lock keeps anybody out."""
    connection.execute(
        update(documents)
        .where(documents.c.id == log.document_id, documents.c.locked_by == MARK)
        .values(locked_at=None, locked_by=None, lock_reason=None)
    )
    _insert(
        connection,
        job_cursors,
        [{"job": _JOB, "document_id": f"log:{log.document_id}", "revision": log.revision}],
    )


def _parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
