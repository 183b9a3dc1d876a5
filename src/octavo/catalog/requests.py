"""Who asked for access to what.  Everything runs inside `Database.read` or `.write`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from octavo.catalog.tables import access_requests


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """`created_at` in seconds since 1970."""

    document_id: str
    user_id: str
    role: str
    message: str
    created_at: int


def add(connection: Connection, request: AccessRequest) -> None:
    """One of a person per document: a later one takes the place of an earlier."""
    remove(connection, request.document_id, request.user_id)
    connection.execute(
        insert(access_requests).values(
            document_id=request.document_id,
            user_id=request.user_id,
            role=request.role,
            message=request.message,
            created_at=request.created_at,
        )
    )


def of(connection: Connection, document_id: str, limit: int) -> list[AccessRequest]:
    """The oldest first."""
    query = (
        select(access_requests)
        .where(access_requests.c.document_id == document_id)
        .order_by(access_requests.c.created_at, access_requests.c.user_id)
        .limit(limit)
    )
    return [
        AccessRequest(row.document_id, row.user_id, row.role, row.message, row.created_at)
        for row in connection.execute(query).all()
    ]


def remove(connection: Connection, document_id: str, user_id: str) -> bool:
    """Whether there was one."""
    found = connection.execute(
        delete(access_requests).where(
            access_requests.c.document_id == document_id, access_requests.c.user_id == user_id
        )
    )
    return found.rowcount > 0
