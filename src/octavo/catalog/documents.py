"""The documents as things to list, name and throw away; their content is in the log.

Everything runs inside `Database.read` or `.write`; times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, case, delete, insert, select, update

from octavo.catalog import heads as heads_of
from octavo.catalog.summaries import touch
from octavo.catalog.tables import documents, heads, stars, visits
from octavo.convert.terms import fold
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
    template: bool
    history_role: str
    """The least role that sees the history: viewer, editor or owner."""


changed_at: ColumnElement[int] = case(
    (heads.c.updated_at > documents.c.updated_at, heads.c.updated_at), else_=documents.c.updated_at
)
columns = (
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
    documents.c.template,
    documents.c.history_role,
    heads.c.epoch,
    heads.c.revision,
    changed_at.label("changed_at"),
)


def document_of(row: Any) -> Document:
    """From a row that holds all of `columns`."""
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
        bool(row.template),
        row.history_role,
    )


def _lock(row: Any) -> Lock | None:
    return None if row.locked_at is None else Lock(row.lock_reason or "", row.locked_by or "", row.locked_at)


def add(connection: Connection, document_id: str, title: str, owner_id: str, now: int) -> None:
    """The catalog's row; its log is begun by `heads.create` in the same transaction."""
    connection.execute(
        insert(documents).values(
            id=document_id,
            title=title,
            title_key=fold(title),
            owner_id=owner_id,
            created_at=now,
            updated_at=now,
        )
    )
    touch(connection, document_id)
    visit(connection, document_id, owner_id, now)


def get(connection: Connection, document_id: str) -> Document:
    """Raises Missing."""
    query = (
        select(*columns)
        .join(heads, heads.c.document_id == documents.c.id)
        .where(documents.c.id == document_id)
    )
    row = connection.execute(query).first()
    if row is None:
        raise Missing("NOT_FOUND", UNKNOWN)
    return document_of(row)


def titles(connection: Connection, document_ids: Iterable[str]) -> dict[str, str]:
    """Titles by id, of those that there are; in the trash too."""
    query = select(documents.c.id, documents.c.title).where(documents.c.id.in_(list(document_ids)))
    return {row.id: row.title for row in connection.execute(query).all()}


def retitle(connection: Connection, document_id: str, title: str, now: int) -> None:
    _change(connection, document_id, title=title, title_key=fold(title), updated_at=now)


def set_link_role(connection: Connection, document_id: str, role: str | None, now: int) -> None:
    _change(connection, document_id, link_role=role, updated_at=now)


def set_switches(connection: Connection, document_id: str, **switches: bool) -> None:
    """Those named, by the names of `Switches`."""
    _change(connection, document_id, **{name: int(on) for name, on in switches.items()})


def set_history_role(connection: Connection, document_id: str, role: str) -> None:
    """The least role that sees the history."""
    _change(connection, document_id, history_role=role)


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


def set_template(connection: Connection, document_id: str, on: bool) -> None:
    """Whether its owner makes new documents from it."""
    _change(connection, document_id, template=int(on))


def set_deleted(connection: Connection, document_id: str, now: int | None) -> None:
    """Into the trash, or (None) out of it."""
    _change(connection, document_id, deleted_at=now)


def _change(connection: Connection, document_id: str, **values: Any) -> None:
    connection.execute(update(documents).where(documents.c.id == document_id).values(**values))
    touch(connection, document_id)


def starred(connection: Connection, document_id: str, user_id: str) -> bool:
    query = select(stars.c.user_id).where(stars.c.document_id == document_id, stars.c.user_id == user_id)
    return connection.execute(query).first() is not None


def set_star(connection: Connection, document_id: str, user_id: str, on: bool, now: int) -> None:
    """One person's own star on a document."""
    connection.execute(delete(stars).where(stars.c.document_id == document_id, stars.c.user_id == user_id))
    if on:
        connection.execute(insert(stars).values(document_id=document_id, user_id=user_id, created_at=now))


def opened_at(connection: Connection, document_id: str, user_id: str) -> int | None:
    """When somebody last opened a document; None: never."""
    query = select(visits.c.opened_at).where(visits.c.document_id == document_id, visits.c.user_id == user_id)
    found: int | None = connection.scalar(query)
    return found


def visit(connection: Connection, document_id: str, user_id: str, now: int) -> None:
    """Remember that somebody opened a document, so that it stands in their list."""
    again = update(visits).where(visits.c.document_id == document_id, visits.c.user_id == user_id)
    if connection.execute(again.values(opened_at=now)).rowcount == 0:
        connection.execute(insert(visits).values(document_id=document_id, user_id=user_id, opened_at=now))
        touch(connection, document_id)


def remove(connection: Connection, document_id: str) -> None:
    """For good: with it go log, snapshots, roles, stars, tags and whatever else names it.  Raises Missing."""
    heads_of.remove(connection, document_id)
    connection.execute(delete(documents).where(documents.c.id == document_id))
    touch(connection, document_id)


def trashed(connection: Connection, *, before: int | None = None, owner_id: str | None = None) -> list[str]:
    """What lies in the trash: since before then, of this owner."""
    query = select(documents.c.id).where(documents.c.deleted_at.is_not(None)).order_by(documents.c.id)
    if before is not None:
        query = query.where(documents.c.deleted_at < before)
    if owner_id is not None:
        query = query.where(documents.c.owner_id == owner_id)
    return list(connection.scalars(query))
