"""What was done to whose rights, written in the transaction that does it; rows are never altered nor deleted.

`docs/sharing.md` lists the actions.  Everything runs inside `Database.read` or `.write`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from octavo.catalog.tables import audit, heads


@dataclass(frozen=True, slots=True)
class Entry:
    """`at` in seconds since 1970; `actor_id` is None where nobody was signed in."""

    id: int
    at: int
    actor_id: str | None
    action: str
    document_id: str | None
    subject: str | None
    detail: dict[str, Any]
    address: str | None


def add(
    connection: Connection,
    action: str,
    *,
    now: int,
    actor: str | None,
    document_id: str | None = None,
    subject: str | None = None,
    address: str | None = None,
    **detail: Any,
) -> None:
    """Write down one act; for one on a document `detail` also says where its log stood (`revision`)."""
    if document_id is not None:
        query = select(heads.c.revision).where(heads.c.document_id == document_id)
        detail["revision"] = connection.execute(query).scalar()
    connection.execute(
        insert(audit).values(
            at=now,
            actor_id=actor,
            action=action,
            document_id=document_id,
            subject=subject,
            detail=msgspec.json.encode(detail),
            address=address,
        )
    )


def page(
    connection: Connection, *, document_id: str | None = None, before: int | None = None, limit: int
) -> list[Entry]:
    """The newest entries with an id below `before`, of one document or of everything."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if document_id is not None:
        query = query.where(audit.c.document_id == document_id)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [
        Entry(
            row.id,
            row.at,
            row.actor_id,
            row.action,
            row.document_id,
            row.subject,
            msgspec.json.decode(row.detail),
            row.address,
        )
        for row in connection.execute(query).all()
    ]
