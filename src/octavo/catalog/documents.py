"""The documents as things to list, name and throw away; their content is in the log.

Everything runs inside `Database.read` or `.write`; times are seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from octavo.catalog.tables import documents, heads, permissions, stars, visits
from octavo.errors import Missing

UNKNOWN: Final = "there is no such document, or it is not shared with you"


@dataclass(frozen=True, slots=True)
class Lock:
    """Why, by whom and since when (seconds since 1970) a document is read-only for all."""

    reason: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Switches:
    """What a document's owner allows: guests by the link; new comments; new suggestions; copying by all."""

    guests: bool
    comments: bool
    suggestions: bool
    copying: bool


@dataclass(frozen=True, slots=True)
class Document:
    id: str
    title: str
    owner_id: str
    link_role: str | None
    epoch: str
    revision: int
    created_at: int
    updated_at: int
    deleted_at: int | None
    lock: Lock | None
    switches: Switches


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in somebody's list."""

    document: Document
    own_role: str | None
    starred: bool


_updated_at: ColumnElement[int] = case(
    (heads.c.updated_at > documents.c.updated_at, heads.c.updated_at), else_=documents.c.updated_at
)
_columns = (
    documents.c.id,
    documents.c.title,
    documents.c.owner_id,
    documents.c.link_role,
    documents.c.created_at,
    documents.c.deleted_at,
    documents.c.locked_at,
    documents.c.locked_by,
    documents.c.lock_reason,
    documents.c.guests,
    documents.c.comments,
    documents.c.suggestions,
    documents.c.copying,
    heads.c.epoch,
    heads.c.revision,
    _updated_at.label("changed_at"),
)


def _document(row: Any) -> Document:
    return Document(
        row.id,
        row.title,
        row.owner_id,
        row.link_role,
        row.epoch,
        row.revision,
        row.created_at,
        row.changed_at,
        row.deleted_at,
        _lock(row),
        Switches(bool(row.guests), bool(row.comments), bool(row.suggestions), bool(row.copying)),
    )


def _lock(row: Any) -> Lock | None:
    return None if row.locked_at is None else Lock(row.lock_reason or "", row.locked_by or "", row.locked_at)


def add(connection: Connection, document_id: str, title: str, owner_id: str, now: int) -> None:
    """The catalog's row; its log is begun by `heads.create` in the same transaction."""
    connection.execute(
        insert(documents).values(
            id=document_id, title=title, owner_id=owner_id, created_at=now, updated_at=now
        )
    )


def get(connection: Connection, document_id: str) -> Document:
    """Raises Missing."""
    query = (
        select(*_columns)
        .join(heads, heads.c.document_id == documents.c.id)
        .where(documents.c.id == document_id)
    )
    row = connection.execute(query).first()
    if row is None:
        raise Missing("NOT_FOUND", UNKNOWN)
    return _document(row)


def find(
    connection: Connection,
    user_id: str,
    *,
    title: str = "",
    owned: bool = False,
    shared: bool = False,
    starred: bool = False,
    trashed: bool = False,
    before: tuple[int, str] | None = None,
    limit: int,
) -> list[Listed]:
    """The documents somebody owns, was given a role on, or opened through a link that is still there.

    Newest first; `before` is (updated_at, id) of the last one seen.  The trash is seen by owners only.
    """
    query = _reachable(user_id).order_by(_updated_at.desc(), documents.c.id.desc()).limit(limit)
    query = query.where(documents.c.deleted_at.is_not(None) if trashed else documents.c.deleted_at.is_(None))
    if owned or trashed:
        query = query.where(documents.c.owner_id == user_id)
    if shared:
        query = query.where(documents.c.owner_id != user_id)
    if starred:
        query = query.where(stars.c.user_id.is_not(None))
    if title:
        query = query.where(documents.c.title.icontains(title, autoescape=True))
    if before is not None:
        stamp, document_id = before
        query = query.where(
            or_(_updated_at < stamp, and_(_updated_at == stamp, documents.c.id < document_id))
        )
    return [
        Listed(_document(row), row.own_role, row.starred_by is not None)
        for row in connection.execute(query).all()
    ]


def _reachable(user_id: str) -> Select[Any]:
    mine = (permissions.c.document_id == documents.c.id) & (permissions.c.user_id == user_id)
    star = (stars.c.document_id == documents.c.id) & (stars.c.user_id == user_id)
    visited = exists().where(visits.c.document_id == documents.c.id, visits.c.user_id == user_id)
    return (
        select(*_columns, permissions.c.role.label("own_role"), stars.c.user_id.label("starred_by"))
        .select_from(documents)
        .join(heads, heads.c.document_id == documents.c.id)
        .outerjoin(permissions, mine)
        .outerjoin(stars, star)
        .where(
            or_(
                documents.c.owner_id == user_id,
                permissions.c.user_id.is_not(None),
                and_(documents.c.link_role.is_not(None), visited),
            )
        )
    )


def retitle(connection: Connection, document_id: str, title: str, now: int) -> None:
    _change(connection, document_id, title=title, updated_at=now)


def set_link_role(connection: Connection, document_id: str, role: str | None, now: int) -> None:
    _change(connection, document_id, link_role=role, updated_at=now)


def set_switches(connection: Connection, document_id: str, **switches: bool) -> None:
    """Those named, by the names of `Switches`."""
    _change(connection, document_id, **{name: int(on) for name, on in switches.items()})


def lock_of(connection: Connection, document_id: str) -> Lock | None:
    """The lock now; None for a document that is not there as well."""
    columns = (documents.c.locked_at, documents.c.locked_by, documents.c.lock_reason)
    row = connection.execute(select(*columns).where(documents.c.id == document_id)).first()
    return None if row is None else _lock(row)


def set_lock(connection: Connection, document_id: str, lock: Lock | None) -> None:
    """Read-only for all, or (None) not any more."""
    _change(
        connection,
        document_id,
        locked_at=None if lock is None else lock.at,
        locked_by=None if lock is None else lock.by,
        lock_reason=None if lock is None else lock.reason,
    )


def set_deleted(connection: Connection, document_id: str, now: int | None) -> None:
    """Into the trash, or (None) out of it."""
    _change(connection, document_id, deleted_at=now)


def _change(connection: Connection, document_id: str, **values: Any) -> None:
    connection.execute(update(documents).where(documents.c.id == document_id).values(**values))


def starred(connection: Connection, document_id: str, user_id: str) -> bool:
    query = select(stars.c.user_id).where(stars.c.document_id == document_id, stars.c.user_id == user_id)
    return connection.execute(query).first() is not None


def set_star(connection: Connection, document_id: str, user_id: str, on: bool, now: int) -> None:
    """One person's own star on a document."""
    connection.execute(delete(stars).where(stars.c.document_id == document_id, stars.c.user_id == user_id))
    if on:
        connection.execute(insert(stars).values(document_id=document_id, user_id=user_id, created_at=now))


def visited(connection: Connection, document_id: str, user_id: str) -> bool:
    query = select(visits.c.user_id).where(visits.c.document_id == document_id, visits.c.user_id == user_id)
    return connection.execute(query).first() is not None


def visit(connection: Connection, document_id: str, user_id: str, now: int) -> None:
    """Remember that somebody opened a document, so that it stands in their list."""
    if not visited(connection, document_id, user_id):
        connection.execute(insert(visits).values(document_id=document_id, user_id=user_id, opened_at=now))
