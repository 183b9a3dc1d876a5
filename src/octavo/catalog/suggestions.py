"""The suggestions that a document's log has ever had: when each began.  Derived; a job keeps it.

Everything runs inside `Database.read` or `.write`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import islice
from typing import Final

from sqlalchemy import Connection, insert, select

from octavo.catalog.tables import job_cursors, suggestions

JOB: Final = "suggestions"
_PORTION: Final = 500  # values in one IN list


def began(connection: Connection, document_id: str, ids: Collection[str]) -> dict[str, int]:
    """When the known ones among these were first logged, in seconds since 1970."""
    found: dict[str, int] = {}
    wanted = iter(ids)
    while portion := list(islice(wanted, _PORTION)):
        rows = connection.execute(
            select(suggestions.c.id, suggestions.c.began_at).where(
                suggestions.c.document_id == document_id, suggestions.c.id.in_(portion)
            )
        )
        found.update((row.id, row.began_at) for row in rows)
    return found


def add(connection: Connection, document_id: str, began_at: Mapping[str, int]) -> None:
    """Remember when these were first logged; what is known already stays."""
    known = began(connection, document_id, began_at.keys())
    rows = [
        {"document_id": document_id, "id": one, "began_at": at}
        for one, at in began_at.items()
        if one not in known
    ]
    if rows:
        connection.execute(insert(suggestions), rows)


def indexed_to(connection: Connection, document_id: str) -> int:
    """The revision up to which the job has looked."""
    found = connection.execute(
        select(job_cursors.c.revision).where(
            job_cursors.c.job == JOB, job_cursors.c.document_id == document_id
        )
    ).scalar()
    return int(found or 0)
