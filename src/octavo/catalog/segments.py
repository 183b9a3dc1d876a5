"""Which parts of the logs are sealed: the rows that name segments, and the exchange of rows of changes for one.

Everything runs inside `Database.read` or `.write`, on either database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select

from octavo.catalog import images
from octavo.catalog.chain import GENESIS
from octavo.catalog.heads import missing
from octavo.catalog.tables import changes, clients, heads, segments, snapshots
from octavo.errors import Conflict
from octavo.protocol import Change, ops_from_json

PREFIX: Final = "s-"
"""How the keys of segments' blobs begin; those of images are hexadecimal."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One segment: the changes first … last, in the blob `key` of `size` bytes."""

    first: int
    last: int
    key: str
    size: int
    link: bytes
    """The chain of rows as it stood after `last`."""
    checksum: bytes
    was: bytes | None
    """The checksum of what a redaction has written anew."""
    sealed_at: int


@dataclass(frozen=True, slots=True)
class Border:
    """A log with the place where its rows begin: after revision `sealed`."""

    document: int
    head: int
    chain: bytes
    sealed: int
    link: bytes
    checksum: bytes


def listed(connection: Connection, document_id: str) -> list[Sealed]:
    """The segments of a document, first ones first; none for one that is not there."""
    columns = [column for column in segments.c if column is not segments.c.document]
    query = (
        select(*columns)
        .join(heads, heads.c.document == segments.c.document)
        .where(heads.c.document_id == document_id)
        .order_by(segments.c.first)
    )
    return [Sealed(*row) for row in connection.execute(query)]


def covering(connection: Connection, document_id: str, revision: int) -> Sealed | None:
    """The segment that holds a revision; None when it is not sealed."""
    columns = [column for column in segments.c if column is not segments.c.document]
    query = (
        select(*columns)
        .join(heads, heads.c.document == segments.c.document)
        .where(heads.c.document_id == document_id, segments.c.first <= revision, segments.c.last >= revision)
    )
    row = connection.execute(query).first()
    return None if row is None else Sealed(*row)


def border(connection: Connection, document_id: str) -> Border:
    """Raises Missing."""
    query = select(heads.c.document, heads.c.revision, heads.c.chain)
    head = connection.execute(query.where(heads.c.document_id == document_id)).first()
    if head is None:
        raise missing(document_id)
    last = connection.execute(
        select(segments.c.last, segments.c.link, segments.c.checksum)
        .where(segments.c.document == head.document)
        .order_by(segments.c.first.desc())
        .limit(1)
    ).first()
    if last is None:
        return Border(head.document, head.revision, head.chain, 0, GENESIS, GENESIS)
    return Border(head.document, head.revision, head.chain, last.last, last.link, last.checksum)


def checksum(previous: bytes, document_id: str, first: int, last: int, link: bytes, blob: bytes) -> bytes:
    """Of one segment, chained to the one before it (or GENESIS): 32 bytes."""
    statement = b"%b\n%d\n%d\n" % (document_id.encode(), first, last)
    return hashlib.sha256(previous + statement + link + hashlib.sha256(blob).digest()).digest()


def blob_key(document: int, now: int, blob: bytes) -> str:
    """Says whose it is and since when, so that one that nothing names can be told from one on its way."""
    return f"{PREFIX}{document}-{now}-{hashlib.sha256(blob).hexdigest()[:32]}"


def rows(connection: Connection, document: int, after: int, last: int) -> Sequence[Row[Any]]:
    """The rows of the changes after + 1 … last, with client and user; `client_id` None where that is lost."""
    query = (
        select(changes, clients.c.client_id, clients.c.user_id)
        .outerjoin(
            clients, (clients.c.document == changes.c.document) & (clients.c.number == changes.c.client)
        )
        .where(changes.c.document == document, changes.c.revision > after, changes.c.revision <= last)
        .order_by(changes.c.revision)
    )
    return connection.execute(query).all()


def change_of(row: Row[Any]) -> Change:
    """Raises what `ops_from_json` raises."""
    return Change(
        row.revision,
        ops_from_json(row.ops),
        row.ops,
        row.client_id,
        row.seq,
        row.user_id,
        row.timestamp,
        row.base_revision,
        row.digest,
        row.at,
        row.origin,
    )


def seal(connection: Connection, document_id: str, before: Border, new: Sealed, named: Iterable[str]) -> None:
    """Put a segment, whose blob is durable, in the place of its rows; `named`: the images that those name.

    Raises Conflict when the log has been sealed further meanwhile, and nothing is done.
    """
    now = border(connection, document_id)
    if (now.sealed, now.checksum) != (before.sealed, before.checksum):
        raise Conflict("REVISION_CONFLICT", f"the log of {document_id} has been sealed by another")
    images.mark_used(connection, named, new.sealed_at)
    removed = connection.execute(
        delete(changes).where(
            changes.c.document == now.document,
            changes.c.revision >= new.first,
            changes.c.revision <= new.last,
        )
    ).rowcount
    if removed != new.last - new.first + 1:
        raise Conflict("REVISION_CONFLICT", f"the rows of {document_id} are others than were read")
    values = {name: getattr(new, name) for name in Sealed.__slots__}
    connection.execute(insert(segments).values(document=now.document, **values))
    _thin_snapshots(connection, now.document, new)


def _thin_snapshots(connection: Connection, document: int, new: Sealed) -> None:
    """Leave the last one in the range of a segment: a segment is read whole anyway, and runs are cheap to apply."""
    inside = (
        snapshots.c.document == document,
        snapshots.c.revision >= new.first,
        snapshots.c.revision <= new.last,
    )
    last = connection.scalar(select(func.max(snapshots.c.revision)).where(*inside))
    if last is not None:
        connection.execute(delete(snapshots).where(*inside, snapshots.c.revision != last))


def named_keys(connection: Connection) -> set[str]:
    """The blobs of all segments."""
    return set(connection.scalars(select(segments.c.key)))


def tails(connection: Connection, longer_than: int) -> list[str]:
    """Documents with more rows than that."""
    ends = (
        select(segments.c.document, func.max(segments.c.last).label("sealed"))
        .group_by(segments.c.document)
        .subquery()
    )
    tail = heads.c.revision - func.coalesce(ends.c.sealed, 0)
    query = (
        select(heads.c.document_id)
        .outerjoin(ends, ends.c.document == heads.c.document)
        .where(tail > longer_than)
        .order_by(heads.c.document)
    )
    return list(connection.scalars(query))
