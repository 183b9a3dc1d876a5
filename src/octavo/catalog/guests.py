"""People without an account who came in by a document's link.  Everything runs inside `Database.read` or `.write`."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from octavo.catalog import documents as catalog
from octavo.catalog.people import Person
from octavo.catalog.tables import documents, guests, users
from octavo.errors import Missing


def add(connection: Connection, user_id: str, name: str, color: str | None, now: int) -> Person:
    """A new guest; `now` in seconds since 1970."""
    connection.execute(insert(users).values(id=user_id, name=name, color=color, created_at=now, guest=1))
    return Person(user_id, "", name, None, False, color=color, guest=True)


def link_of(connection: Connection, document_id: str) -> str:
    """The role with which a document's link lets guests in.  Raises Missing where it lets none in."""
    query = select(documents.c.link_role).where(
        documents.c.id == document_id, documents.c.guests == 1, documents.c.deleted_at.is_(None)
    )
    role = connection.execute(query).scalar()
    if role is None:
        raise Missing("NOT_FOUND", catalog.UNKNOWN)
    return str(role)


def entered(connection: Connection, document_id: str, user_id: str) -> bool:
    """Whether this guest has come in by this document's link."""
    query = select(guests.c.user_id).where(guests.c.document_id == document_id, guests.c.user_id == user_id)
    return connection.execute(query).first() is not None


def enter(connection: Connection, document_id: str, user_id: str, now: int) -> None:
    """Once is enough."""
    if not entered(connection, document_id, user_id):
        connection.execute(insert(guests).values(document_id=document_id, user_id=user_id, created_at=now))
