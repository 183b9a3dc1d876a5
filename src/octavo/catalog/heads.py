"""The heads of the logs, for those who write the catalog: logs begin, and rights go, in their transaction.

Everything here runs inside `Database.write` (reading also inside `Database.read`).
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select, update

from octavo.catalog.chain import GENESIS
from octavo.catalog.tables import dead_letters, heads, job_cursors
from octavo.errors import Conflict, Missing
from octavo.ports import Head


def create(connection: Connection, document_id: str, epoch: str, *, now: int = 0) -> None:
    """Start the log of a new document at revision 0, fence 0; `now` in seconds since 1970.

    Raises Conflict when there is one.
    """
    if connection.execute(select(heads.c.document).where(heads.c.document_id == document_id)).first():
        raise Conflict("ALREADY_EXISTS", f"document {document_id} already has a log; choose another id")
    connection.execute(
        insert(heads).values(
            document_id=document_id,
            epoch=epoch,
            revision=0,
            fence=0,
            clients=0,
            bytes=0,
            chain=GENESIS,
            updated_at=now,
        )
    )


def get(connection: Connection, document_id: str) -> Head:
    """Where the log ends.  Raises Missing."""
    row = connection.execute(
        select(heads.c.epoch, heads.c.revision, heads.c.fence).where(heads.c.document_id == document_id)
    ).first()
    if row is None:
        raise missing(document_id)
    return Head(row.epoch, row.revision, row.fence)


def raise_fence(connection: Connection, document_id: str) -> int:
    """Take the append right from everybody who holds the present fence; returns the new one.

    Call it in the transaction that takes rights from anyone, after the rights are changed.  Raises Missing.
    """
    row = connection.execute(
        update(heads)
        .where(heads.c.document_id == document_id)
        .values(fence=heads.c.fence + 1)
        .returning(heads.c.fence)
    ).first()
    if row is None:
        raise missing(document_id)
    return int(row.fence)


def raise_fences(connection: Connection, document_ids: Iterable[str]) -> None:
    """`raise_fence` for several, in order of id as every writer takes them.  Raises Missing."""
    for document_id in sorted(set(document_ids)):
        raise_fence(connection, document_id)


def renew_epoch(connection: Connection, document_id: str, epoch: str) -> None:
    """The log's history is another from now on (restored from a backup, found forked).  Raises Missing."""
    found = connection.execute(
        update(heads).where(heads.c.document_id == document_id).values(epoch=epoch, fence=heads.c.fence + 1)
    )
    if found.rowcount == 0:
        raise missing(document_id)


def remove(connection: Connection, document_id: str) -> None:
    """Delete a document's whole log, for good; changes, clients and snapshots go with it.  Raises Missing."""
    if connection.execute(delete(heads).where(heads.c.document_id == document_id)).rowcount == 0:
        raise missing(document_id)
    for table in (job_cursors, dead_letters):
        connection.execute(delete(table).where(table.c.document_id == document_id))


def missing(document_id: str) -> Missing:
    return Missing("NOT_FOUND", f"there is no document {document_id}")
