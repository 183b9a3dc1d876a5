"""Versions (truth), and what jobs derive of the log for the history: editing sessions and attribution.

Everything runs inside `Database.read` or `.write`; times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from octavo.catalog.tables import attributions, documents, editing_sessions, heads, versions

# --- versions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Version:
    revision: int
    name: str
    user_id: str
    named_at: int


def versions_of(
    connection: Connection, document_id: str, *, after: int = -1, to: int | None = None
) -> list[Version]:
    """Those named after one revision and up to another, newest first."""
    query = select(versions.c.revision, versions.c.name, versions.c.user_id, versions.c.named_at).where(
        versions.c.document_id == document_id, versions.c.revision > after
    )
    if to is not None:
        query = query.where(versions.c.revision <= to)
    return [Version(*row) for row in connection.execute(query.order_by(versions.c.revision.desc()))]


def name_version(connection: Connection, document_id: str, version: Version) -> None:
    """Name it, or rename it."""
    values = {"name": version.name, "user_id": version.user_id, "named_at": version.named_at}
    where = (versions.c.document_id == document_id, versions.c.revision == version.revision)
    if connection.execute(update(versions).where(*where).values(**values)).rowcount == 0:
        connection.execute(
            insert(versions).values(document_id=document_id, revision=version.revision, **values)
        )


def unname_version(connection: Connection, document_id: str, revision: int) -> bool:
    """Whether it had a name."""
    where = (versions.c.document_id == document_id, versions.c.revision == revision)
    return connection.execute(delete(versions).where(*where)).rowcount > 0


def count_versions(connection: Connection, document_id: str) -> int:
    query = select(func.count()).select_from(versions).where(versions.c.document_id == document_id)
    return connection.scalar(query) or 0


# --- editing sessions ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionRow:
    """`detail`: who did what, as JSON."""

    from_revision: int
    to_revision: int
    started_at: int
    ended_at: int
    detail: bytes


_session_columns = (
    editing_sessions.c.from_revision,
    editing_sessions.c.to_revision,
    editing_sessions.c.started_at,
    editing_sessions.c.ended_at,
    editing_sessions.c.detail,
)


def sessions_of(
    connection: Connection, document_id: str, *, before: int | None = None, limit: int
) -> list[SessionRow]:
    """Those that began before a revision, newest first."""
    query = select(*_session_columns).where(editing_sessions.c.document_id == document_id)
    if before is not None:
        query = query.where(editing_sessions.c.from_revision < before)
    query = query.order_by(editing_sessions.c.from_revision.desc()).limit(limit)
    return [SessionRow(*row) for row in connection.execute(query)]


def put_sessions(connection: Connection, document_id: str, rows: Sequence[SessionRow]) -> None:
    """Keep sessions, unless the document is gone; one that began where one of these does is replaced."""
    if not rows or not _exists(connection, document_id):
        return
    begins = [row.from_revision for row in rows]
    connection.execute(
        delete(editing_sessions).where(
            editing_sessions.c.document_id == document_id, editing_sessions.c.from_revision.in_(begins)
        )
    )
    connection.execute(
        insert(editing_sessions),
        [
            {
                "document_id": document_id,
                "from_revision": row.from_revision,
                "to_revision": row.to_revision,
                "started_at": row.started_at,
                "ended_at": row.ended_at,
                "detail": row.detail,
            }
            for row in rows
        ],
    )


# --- attribution --------------------------------------------------------------------------------------------


def attribution_before(connection: Connection, document_id: str, at_most: int) -> tuple[int, bytes] | None:
    """The newest one kept at or before a revision: (revision, packed)."""
    query = (
        select(attributions.c.revision, attributions.c.packed)
        .where(attributions.c.document_id == document_id, attributions.c.revision <= at_most)
        .order_by(attributions.c.revision.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else (row.revision, row.packed)


def put_attribution(connection: Connection, document_id: str, revision: int, packed: bytes) -> None:
    """Keep it, unless the document is gone."""
    drop_attribution(connection, document_id, revision)
    if _exists(connection, document_id):
        connection.execute(
            insert(attributions).values(document_id=document_id, revision=revision, packed=packed)
        )


def drop_attribution(connection: Connection, document_id: str, revision: int) -> None:
    connection.execute(
        delete(attributions).where(
            attributions.c.document_id == document_id, attributions.c.revision == revision
        )
    )


# --- what is derived ----------------------------------------------------------------------------------------


def forget(connection: Connection, document_id: str) -> None:
    """Drop what was derived of a document's log, which holds pieces of its text; it is made anew from the log."""
    for table in (editing_sessions, attributions):
        connection.execute(delete(table).where(table.c.document_id == document_id))


def with_changes(connection: Connection) -> list[str]:
    """Every document that has a history."""
    return list(
        connection.scalars(select(heads.c.document_id).where(heads.c.revision > 0).order_by(heads.c.document))
    )


def _exists(connection: Connection, document_id: str) -> bool:
    return connection.execute(select(documents.c.id).where(documents.c.id == document_id)).first() is not None
