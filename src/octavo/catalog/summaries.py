"""What jobs keep of contents for lists, and what search still has to read again.

Everything runs inside `Database.read` or `.write`; times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from octavo.catalog.tables import documents, job_cursors, permissions, summaries, tags, unindexed, visits


@dataclass(frozen=True, slots=True)
class Summary:
    """Of the content at `revision`; `preview` is its first lines as JSON of wire ops."""

    revision: int
    words: int
    characters: int
    preview: bytes
    edited_by: str | None
    edited_at: int | None


def summary_of(row: Any) -> Summary | None:
    """From a row that holds all columns of `summaries`, outer joined."""
    if row.words is None:
        return None
    return Summary(row.summary_revision, row.words, row.characters, row.preview, row.edited_by, row.edited_at)


columns = (
    summaries.c.revision.label("summary_revision"),
    summaries.c.words,
    summaries.c.characters,
    summaries.c.preview,
    summaries.c.edited_by,
    summaries.c.edited_at,
)


def get(connection: Connection, document_id: str) -> Summary | None:
    row = connection.execute(select(*columns).where(summaries.c.document_id == document_id)).first()
    return None if row is None else summary_of(row)


def put(connection: Connection, document_id: str, summary: Summary) -> None:
    """Keep it, unless the document is gone."""
    values = {
        "revision": summary.revision,
        "words": summary.words,
        "characters": summary.characters,
        "preview": summary.preview,
        "edited_by": summary.edited_by,
        "edited_at": summary.edited_at,
    }
    where = summaries.c.document_id == document_id
    if connection.execute(update(summaries).where(where).values(**values)).rowcount:
        return
    if connection.execute(select(documents.c.id).where(documents.c.id == document_id)).first() is not None:
        connection.execute(insert(summaries).values(document_id=document_id, **values))


# --- what search has to read again ------------------------------------------------------------------------


def touch(connection: Connection, document_id: str) -> None:
    """Title, tags, or who may read it have changed, or it is gone: in the transaction that changes them."""
    again = update(unindexed).where(unindexed.c.document_id == document_id)
    if connection.execute(again.values(count=unindexed.c.count + 1)).rowcount == 0:
        connection.execute(insert(unindexed).values(document_id=document_id, count=1))


def touched(connection: Connection, limit: int) -> list[str]:
    """Some of what has to be read again."""
    return list(connection.scalars(select(unindexed.c.document_id).limit(limit)))


def touches(connection: Connection, document_id: str) -> int:
    """How often it was touched since it was read; 0: not."""
    found = connection.scalar(select(unindexed.c.count).where(unindexed.c.document_id == document_id))
    return found or 0


def settle(connection: Connection, document_id: str, count: int) -> None:
    """It was read after this many touches; later ones stay."""
    connection.execute(
        delete(unindexed).where(unindexed.c.document_id == document_id, unindexed.c.count == count)
    )


def touch_all(connection: Connection, job: str) -> None:
    """Everything has to be read again: the index was lost."""
    connection.execute(delete(job_cursors).where(job_cursors.c.job == job))
    connection.execute(delete(unindexed))
    connection.execute(insert(unindexed).from_select(["document_id", "count"], select(documents.c.id, 1)))


@dataclass(frozen=True, slots=True)
class Indexable:
    """What the catalog knows of a document that search needs; `readers` maps people to their own tags."""

    title: str
    readers: dict[str, list[str]]


def indexable(connection: Connection, document_id: str) -> Indexable | None:
    """None when the document is gone.  In the trash, only its owner finds it."""
    query = select(
        documents.c.title, documents.c.owner_id, documents.c.link_role, documents.c.deleted_at
    ).where(documents.c.id == document_id)
    row = connection.execute(query).first()
    if row is None:
        return None
    readers: dict[str, list[str]] = {row.owner_id: []}
    if row.deleted_at is None:
        named = select(permissions.c.user_id).where(permissions.c.document_id == document_id)
        _add(readers, connection.scalars(named))
        if row.link_role is not None:
            _add(
                readers,
                connection.scalars(select(visits.c.user_id).where(visits.c.document_id == document_id)),
            )
    own = select(tags.c.user_id, tags.c.name).where(tags.c.document_id == document_id).order_by(tags.c.name)
    for user_id, name in connection.execute(own).all():
        if user_id in readers:
            readers[user_id].append(name)
    return Indexable(row.title, readers)


def _add(readers: dict[str, list[str]], user_ids: Iterable[str]) -> None:
    for user_id in user_ids:
        readers.setdefault(user_id, [])
