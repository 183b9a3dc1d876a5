"""Each person's tree of folders, and in which of them they keep a document.

Everything runs inside `Database.read` or `.write`; times are seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from octavo.catalog.tables import documents, folders, placements
from octavo.errors import Missing


@dataclass(frozen=True, slots=True)
class Folder:
    """`parent_id` is None at the top."""

    id: str
    name: str
    parent_id: str | None
    created_at: int


def tree(connection: Connection, user_id: str) -> dict[str, Folder]:
    """All folders of a person by id, by name."""
    columns = (folders.c.id, folders.c.name, folders.c.parent_id, folders.c.created_at)
    query = select(*columns).where(folders.c.user_id == user_id).order_by(folders.c.name, folders.c.id)
    return {
        row.id: Folder(row.id, row.name, row.parent_id, row.created_at) for row in connection.execute(query)
    }


def path(found: dict[str, Folder], folder_id: str) -> list[Folder]:
    """From the top to this folder of `tree`'s.  Raises Missing."""
    steps: list[Folder] = []
    current: str | None = folder_id
    while current is not None:
        folder = found.get(current)
        if folder is None:
            raise missing()
        steps.append(folder)
        current = folder.parent_id
    return steps[::-1]


def counts(connection: Connection, user_id: str) -> dict[str, int]:
    """How many documents lie in each folder, those in the trash not counted."""
    query = (
        select(placements.c.folder_id, func.count())
        .join(documents, documents.c.id == placements.c.document_id)
        .where(placements.c.user_id == user_id, documents.c.deleted_at.is_(None))
        .group_by(placements.c.folder_id)
    )
    return {folder_id: int(count) for folder_id, count in connection.execute(query).all()}


def add(connection: Connection, user_id: str, folder: Folder) -> None:
    connection.execute(
        insert(folders).values(
            id=folder.id,
            user_id=user_id,
            parent_id=folder.parent_id,
            name=folder.name,
            created_at=folder.created_at,
        )
    )


def change(connection: Connection, folder_id: str, **values: Any) -> None:
    """`name` and `parent_id`, as they are from now on."""
    connection.execute(update(folders).where(folders.c.id == folder_id).values(**values))


def remove(connection: Connection, folder: Folder) -> None:
    """What was in it moves up."""
    below = update(folders).where(folders.c.parent_id == folder.id)
    connection.execute(below.values(parent_id=folder.parent_id))
    inside = placements.c.folder_id == folder.id
    if folder.parent_id is None:
        connection.execute(delete(placements).where(inside))
    else:
        connection.execute(update(placements).where(inside).values(folder_id=folder.parent_id))
    connection.execute(delete(folders).where(folders.c.id == folder.id))


def place(connection: Connection, user_id: str, document_id: str, folder_id: str | None) -> None:
    """Keep a document in a folder, or (None) in none."""
    mine = (placements.c.user_id == user_id) & (placements.c.document_id == document_id)
    connection.execute(delete(placements).where(mine))
    if folder_id is not None:
        connection.execute(
            insert(placements).values(user_id=user_id, document_id=document_id, folder_id=folder_id)
        )


def place_of(connection: Connection, user_id: str, document_id: str) -> str | None:
    query = select(placements.c.folder_id).where(
        placements.c.user_id == user_id, placements.c.document_id == document_id
    )
    found: str | None = connection.scalar(query)
    return found


def missing() -> Missing:
    return Missing("NOT_FOUND", "you have no such folder")
