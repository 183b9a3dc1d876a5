"""Accounts and logins.  Everything runs inside `Database.read` or `.write`; times are seconds since 1970."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, union, update

from octavo.catalog.tables import api_tokens, documents, invitations, logins, permissions, users
from octavo.errors import Conflict, Missing


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    email: str
    name: str
    password_hash: str | None
    disabled: bool


def _person(row: Row[Any]) -> Person:
    return Person(row.id, row.email or "", row.name, row.password_hash, row.disabled_at is not None)


def add(
    connection: Connection, *, user_id: str, email: str, name: str, password_hash: str, now: int
) -> Person:
    """A new account; invitations to this address become permissions.  Raises Conflict for a taken address."""
    if by_email(connection, email) is not None:
        raise Conflict("ALREADY_EXISTS", "there is an account with this email already; sign in instead")
    connection.execute(
        insert(users).values(id=user_id, email=email, name=name, password_hash=password_hash, created_at=now)
    )
    invited = select(invitations.c.document_id, invitations.c.role).where(invitations.c.email == email)
    for row in connection.execute(invited).all():
        connection.execute(
            insert(permissions).values(
                document_id=row.document_id, user_id=user_id, role=row.role, created_at=now
            )
        )
    connection.execute(delete(invitations).where(invitations.c.email == email))
    return Person(user_id, email, name, password_hash, False)


def by_id(connection: Connection, user_id: str) -> Person | None:
    row = connection.execute(select(users).where(users.c.id == user_id)).first()
    return None if row is None else _person(row)


def by_email(connection: Connection, email: str) -> Person | None:
    """The account with this address, which is compared in lower case."""
    row = connection.execute(select(users).where(users.c.email == email)).first()
    return None if row is None else _person(row)


def by_ids(connection: Connection, user_ids: Iterable[str]) -> dict[str, Person]:
    rows = connection.execute(select(users).where(users.c.id.in_(list(user_ids)))).all()
    return {row.id: _person(row) for row in rows}


def every(connection: Connection) -> list[Person]:
    return [_person(row) for row in connection.execute(select(users).order_by(users.c.email)).all()]


def rename(connection: Connection, user_id: str, name: str) -> None:
    connection.execute(update(users).where(users.c.id == user_id).values(name=name))


def set_password(connection: Connection, user_id: str, password_hash: str) -> None:
    """A new password; every login of the account ends."""
    connection.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))
    connection.execute(delete(logins).where(logins.c.user_id == user_id))


def disable(connection: Connection, user_id: str, now: int | None) -> list[str]:
    """Close an account (`now` None: open it again); logins and API tokens end.

    Returns the documents on which it may have had rights: their fences must rise in this transaction.
    """
    found = connection.execute(update(users).where(users.c.id == user_id).values(disabled_at=now))
    if found.rowcount == 0:
        raise Missing("NOT_FOUND", "there is no such account")
    if now is not None:
        for table in (logins, api_tokens):
            connection.execute(delete(table).where(table.c.user_id == user_id))
    rights = union(
        select(documents.c.id).where(documents.c.owner_id == user_id),
        select(permissions.c.document_id).where(permissions.c.user_id == user_id),
        # Through a link anybody signed in may write, and the log does not say who still has it open.
        select(documents.c.id).where(documents.c.link_role.is_not(None)),
    )
    return [row[0] for row in connection.execute(rights).all()]


# --- logins of browsers -------------------------------------------------------------------------------------


def add_login(
    connection: Connection, *, login_id: str, token_hash: bytes, user_id: str, now: int, expires_at: int
) -> None:
    connection.execute(delete(logins).where(logins.c.expires_at <= now))
    connection.execute(
        insert(logins).values(
            id=login_id,
            token_hash=token_hash,
            user_id=user_id,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
        )
    )


def by_login(connection: Connection, token_hash: bytes, now: int) -> tuple[Person, int] | None:
    """Whose login this is, and when it was last seen; None when it is unknown or over."""
    query = (
        select(users, logins.c.seen_at)
        .join(logins, logins.c.user_id == users.c.id)
        .where(logins.c.token_hash == token_hash, logins.c.expires_at > now)
    )
    row = connection.execute(query).first()
    return None if row is None else (_person(row), row.seen_at)


def see_login(connection: Connection, token_hash: bytes, now: int, expires_at: int) -> None:
    connection.execute(
        update(logins).where(logins.c.token_hash == token_hash).values(seen_at=now, expires_at=expires_at)
    )


def remove_login(connection: Connection, token_hash: bytes) -> None:
    connection.execute(delete(logins).where(logins.c.token_hash == token_hash))
