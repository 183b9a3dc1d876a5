"""Invitations of addresses that have no account yet.  The token of the link is nowhere: only its SHA-256.

Everything runs inside `Database.read` or `.write`; times are seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select

from octavo.catalog import audit, contacts, permissions, requests
from octavo.catalog.tables import SHARED_ROLES, documents, invitations, users


@dataclass(frozen=True, slots=True)
class Invitation:
    document_id: str
    email: str
    role: str
    invited_by: str
    title: str
    inviter: str


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(row.document_id, row.email, row.role, row.invited_by, row.title, row.inviter)


def _known() -> Select[Any]:
    return (
        select(invitations, documents.c.title, users.c.name.label("inviter"))
        .join(documents, documents.c.id == invitations.c.document_id)
        .join(users, users.c.id == invitations.c.invited_by)
    )


def of(connection: Connection, document_id: str) -> list[tuple[str, str]]:
    """(email, role) of those who were invited and have not come."""
    query = (
        select(invitations.c.email, invitations.c.role)
        .where(invitations.c.document_id == document_id)
        .order_by(invitations.c.email)
    )
    return [(row.email, row.role) for row in connection.execute(query).all()]


def add(
    connection: Connection,
    document_id: str,
    email: str,
    role: str,
    *,
    invited_by: str,
    token_hash: bytes,
    now: int,
    expires_at: int,
) -> None:
    """Invite an address, anew if it was invited before: the older link is void."""
    withdraw(connection, document_id, email)
    connection.execute(
        insert(invitations).values(
            document_id=document_id,
            email=email,
            role=role,
            invited_by=invited_by,
            created_at=now,
            token_hash=token_hash,
            expires_at=expires_at,
        )
    )


def withdraw(connection: Connection, document_id: str, email: str) -> bool:
    """Whether there was such an invitation."""
    found = connection.execute(
        delete(invitations).where(invitations.c.document_id == document_id, invitations.c.email == email)
    )
    return found.rowcount > 0


def by_token(connection: Connection, token_hash: bytes, now: int) -> Invitation | None:
    """The invitation that a link bears, while the link is good and the document not in the trash."""
    query = _known().where(
        invitations.c.token_hash == token_hash,
        invitations.c.expires_at > now,
        documents.c.deleted_at.is_(None),
    )
    row = connection.execute(query).first()
    return None if row is None else _invitation(row)


def by_email(connection: Connection, email: str) -> list[Invitation]:
    return [
        _invitation(row) for row in connection.execute(_known().where(invitations.c.email == email)).all()
    ]


def take_up(connection: Connection, invitation: Invitation, user_id: str, now: int) -> None:
    """It becomes a role by name, unless the person has a higher one, and is spent; who asked has it too."""
    document_id = invitation.document_id
    standing = permissions.standing(connection, document_id, user_id)
    present = None if standing is None else standing.by_name
    higher = () if present is None else ("owner", *SHARED_ROLES[: SHARED_ROLES.index(invitation.role)])
    if present not in higher:
        permissions.give(connection, document_id, user_id, invitation.role, now)
    withdraw(connection, document_id, invitation.email)
    requests.remove(connection, document_id, user_id)
    contacts.add(connection, invitation.invited_by, user_id, now)
    audit.add(
        connection,
        "invitation.taken",
        now=now,
        actor=user_id,
        document_id=document_id,
        subject=invitation.email,
        role=invitation.role,
    )
