"""Personal API tokens.  The token itself is nowhere: only its SHA-256.  Times are seconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from octavo.catalog import people
from octavo.catalog.tables import api_tokens
from octavo.errors import Conflict, Missing


@dataclass(frozen=True, slots=True)
class ApiToken:
    id: str
    user_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: int
    used_at: int | None
    expires_at: int | None


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        row.id,
        row.user_id,
        row.name,
        tuple(row.scopes.split()),
        row.created_at,
        row.used_at,
        row.expires_at,
    )


def add(connection: Connection, token: ApiToken, token_hash: bytes) -> None:
    """Raises Conflict when the id is taken: the same Idempotency-Key has made a token already."""
    if connection.execute(select(api_tokens.c.id).where(api_tokens.c.id == token.id)).first():
        raise Conflict(
            "ALREADY_EXISTS",
            "this Idempotency-Key has made a token already, shown once only; delete it and use another key",
        )
    connection.execute(
        insert(api_tokens).values(
            id=token.id,
            token_hash=token_hash,
            user_id=token.user_id,
            name=token.name,
            scopes=" ".join(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
        )
    )


def of(connection: Connection, user_id: str) -> list[ApiToken]:
    query = select(api_tokens).where(api_tokens.c.user_id == user_id).order_by(api_tokens.c.created_at.desc())
    return [_token(row) for row in connection.execute(query).all()]


def find(connection: Connection, token_hash: bytes, now: int) -> tuple[ApiToken, people.Person] | None:
    """A token that is good now, and whose it is."""
    row = connection.execute(select(api_tokens).where(api_tokens.c.token_hash == token_hash)).first()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    person = people.by_id(connection, row.user_id)
    return None if person is None else (_token(row), person)


def use(connection: Connection, token_id: str, now: int) -> None:
    connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(used_at=now))


def remove(connection: Connection, user_id: str, token_id: str) -> None:
    """Raises Missing."""
    found = connection.execute(
        delete(api_tokens).where(api_tokens.c.id == token_id, api_tokens.c.user_id == user_id)
    )
    if found.rowcount == 0:
        raise Missing("NOT_FOUND", "you have no such token")
