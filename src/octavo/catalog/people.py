"""Accounts and logins.  Everything runs inside `Database.read` or `.write`; times are seconds since 1970."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, union, update

from octavo.catalog.tables import api_tokens, documents, logins, permissions, pictures, users
from octavo.errors import Conflict, Missing


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    email: str
    name: str
    password_hash: str | None
    disabled: bool
    color: str | None = None
    picture_id: str | None = None
    admin: bool = False
    guest: bool = False
    generation: int = 0
    """Access tokens of an older one are void."""


@dataclass(frozen=True, slots=True)
class Login:
    id: str
    device: str
    created_at: int
    seen_at: int


def person_of(row: Row[Any]) -> Person:
    """A person from a row that holds all columns of `users`."""
    return Person(
        row.id,
        row.email or "",
        row.name,
        row.password_hash,
        row.disabled_at is not None,
        row.color,
        row.picture_id,
        bool(row.admin),
        bool(row.guest),
        row.generation,
    )


def add(
    connection: Connection, *, user_id: str, email: str, name: str, password_hash: str, now: int
) -> Person:
    """A new account.  Raises Conflict for a taken address."""
    if by_email(connection, email) is not None:
        raise Conflict("ALREADY_EXISTS", "there is an account with this email already; sign in instead")
    connection.execute(
        insert(users).values(id=user_id, email=email, name=name, password_hash=password_hash, created_at=now)
    )
    return Person(user_id, email, name, password_hash, False)


def by_id(connection: Connection, user_id: str) -> Person | None:
    row = connection.execute(select(users).where(users.c.id == user_id)).first()
    return None if row is None else person_of(row)


def by_email(connection: Connection, email: str) -> Person | None:
    """The account with this address, which is compared in lower case."""
    row = connection.execute(select(users).where(users.c.email == email)).first()
    return None if row is None else person_of(row)


def by_ids(connection: Connection, user_ids: Iterable[str]) -> dict[str, Person]:
    rows = connection.execute(select(users).where(users.c.id.in_(list(user_ids)))).all()
    return {row.id: person_of(row) for row in rows}


def every(connection: Connection) -> list[Person]:
    """All accounts; guests have none."""
    query = select(users).where(users.c.guest == 0).order_by(users.c.email)
    return [person_of(row) for row in connection.execute(query).all()]


def change(connection: Connection, user_id: str, **values: Any) -> None:
    """Columns of `users`, as they are from now on."""
    connection.execute(update(users).where(users.c.id == user_id).values(**values))


def set_picture(connection: Connection, user_id: str, picture: tuple[str, str, bytes] | None) -> None:
    """(id, media type, bytes) of the one picture of a person, or None."""
    connection.execute(delete(pictures).where(pictures.c.user_id == user_id))
    picture_id = None
    if picture is not None:
        picture_id, media_type, data = picture
        connection.execute(
            insert(pictures).values(id=picture_id, user_id=user_id, media_type=media_type, data=data)
        )
    change(connection, user_id, picture_id=picture_id)


def picture(connection: Connection, picture_id: str) -> tuple[str, bytes]:
    """Media type and bytes.  Raises Missing."""
    query = select(pictures.c.media_type, pictures.c.data).where(pictures.c.id == picture_id)
    row = connection.execute(query).first()
    if row is None:
        raise Missing("NOT_FOUND", "there is no such picture")
    return row.media_type, row.data


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
    connection: Connection,
    *,
    login_id: str,
    token_hash: bytes,
    user_id: str,
    device: str,
    now: int,
    expires_at: int,
) -> None:
    connection.execute(delete(logins).where(logins.c.expires_at <= now))
    connection.execute(
        insert(logins).values(
            id=login_id,
            token_hash=token_hash,
            user_id=user_id,
            device=device,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
        )
    )


def by_login(connection: Connection, token_hash: bytes, now: int) -> tuple[Person, str, int] | None:
    """Whose login this is, its id, and when it was last seen; None when it is unknown or over."""
    query = (
        select(users, logins.c.id.label("login_id"), logins.c.seen_at)
        .join(logins, logins.c.user_id == users.c.id)
        .where(logins.c.token_hash == token_hash, logins.c.expires_at > now)
    )
    row = connection.execute(query).first()
    return None if row is None else (person_of(row), row.login_id, row.seen_at)


def see_login(connection: Connection, token_hash: bytes, now: int, expires_at: int) -> None:
    connection.execute(
        update(logins).where(logins.c.token_hash == token_hash).values(seen_at=now, expires_at=expires_at)
    )


def logins_of(connection: Connection, user_id: str, now: int) -> list[Login]:
    """Those that are good, the latest used first."""
    query = (
        select(logins)
        .where(logins.c.user_id == user_id, logins.c.expires_at > now)
        .order_by(logins.c.seen_at.desc(), logins.c.created_at.desc(), logins.c.id)
    )
    rows = connection.execute(query).all()
    return [Login(row.id, row.device, row.created_at, row.seen_at) for row in rows]


def remove_login(connection: Connection, user_id: str, login_id: str) -> None:
    """Raises Missing."""
    found = connection.execute(delete(logins).where(logins.c.id == login_id, logins.c.user_id == user_id))
    if found.rowcount == 0:
        raise Missing("NOT_FOUND", "you have no such login")


def end_logins(connection: Connection, user_id: str, *, but: str = "") -> list[str]:
    """Sign somebody out everywhere (`but`: a login to keep); older access tokens are void.

    Returns what was granted by them, as `Identity.grant` names it: sockets and tickets of these must end.
    """
    ended = delete(logins).where(logins.c.user_id == user_id, logins.c.id != but).returning(logins.c.id)
    found = [row.id for row in connection.execute(ended).all()]
    generation = connection.execute(select(users.c.generation).where(users.c.id == user_id)).scalar_one()
    change(connection, user_id, generation=generation + 1)
    return [*found, access_grant(user_id, generation)]


def access_grant(user_id: str, generation: int) -> str:
    """What the access tokens of one generation grant."""
    return f"{user_id}.{generation}"
