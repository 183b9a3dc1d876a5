"""Who has which role on which document.  Everything runs inside `Database.read` or `.write`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from octavo.catalog.summaries import touch
from octavo.catalog.tables import documents, guests, permissions, users
from octavo.errors import Missing


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is on a document: by name (or as owner), and through its link."""

    by_name: str | None
    by_link: str | None
    deleted: bool


def standing(connection: Connection, document_id: str, user_id: str) -> Standing | None:
    """None for an unknown document and for an unknown or disabled account.

    The link counts for a guest only where the document lets guests in, and this one has come in.
    """
    mine = (permissions.c.document_id == documents.c.id) & (permissions.c.user_id == user_id)
    came = (guests.c.document_id == documents.c.id) & (guests.c.user_id == user_id)
    query = (
        select(
            documents.c.owner_id,
            documents.c.link_role,
            documents.c.guests,
            documents.c.deleted_at,
            permissions.c.role,
            users.c.guest,
            guests.c.user_id.label("entered"),
        )
        .select_from(documents)
        .join(users, users.c.id == user_id)
        .outerjoin(permissions, mine)
        .outerjoin(guests, came)
        .where(documents.c.id == document_id, users.c.disabled_at.is_(None))
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    by_name = "owner" if row.owner_id == user_id else row.role
    by_link = row.link_role if not row.guest or (row.guests and row.entered is not None) else None
    return Standing(by_name, by_link, row.deleted_at is not None)


def people_of(connection: Connection, document_id: str) -> list[tuple[str, str]]:
    """(user id, role) of all who have one by name, but for the owner, in the order they came."""
    query = (
        select(permissions.c.user_id, permissions.c.role)
        .where(permissions.c.document_id == document_id)
        .order_by(permissions.c.created_at, permissions.c.user_id)
    )
    return [(row.user_id, row.role) for row in connection.execute(query).all()]


def documents_of(connection: Connection, user_id: str) -> list[str]:
    """Ids of the documents on which somebody has a role by name."""
    query = select(permissions.c.document_id).where(permissions.c.user_id == user_id)
    return list(connection.execute(query).scalars())


def give(connection: Connection, document_id: str, user_id: str, role: str, now: int) -> None:
    """A role by name: "editor", "commenter" or "viewer"."""
    take(connection, document_id, user_id, missing_ok=True)
    connection.execute(
        insert(permissions).values(document_id=document_id, user_id=user_id, role=role, created_at=now)
    )
    touch(connection, document_id)


def take(connection: Connection, document_id: str, user_id: str, *, missing_ok: bool = False) -> None:
    """Raises Missing when there is nothing to take."""
    found = connection.execute(
        delete(permissions).where(permissions.c.document_id == document_id, permissions.c.user_id == user_id)
    )
    if found.rowcount == 0 and not missing_ok:
        raise Missing("NOT_FOUND", "this person has no role by name on the document")
    touch(connection, document_id)


def hand_over(connection: Connection, document_id: str, user_id: str, now: int) -> None:
    """Make somebody the owner; who was it before stays as editor."""
    former = connection.execute(
        select(documents.c.owner_id).where(documents.c.id == document_id)
    ).scalar_one()
    take(connection, document_id, user_id, missing_ok=True)
    connection.execute(update(documents).where(documents.c.id == document_id).values(owner_id=user_id))
    give(connection, document_id, former, "editor", now)
