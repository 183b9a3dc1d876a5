"""How much somebody's documents take up.  Everything runs inside `Database.read` or `.write`; sizes are bytes."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from octavo.catalog.tables import documents, heads, images
from octavo.errors import Invalid


def used(connection: Connection, owner_id: str) -> int:
    """The operations logged in somebody's own documents, and the images in them; the trash counts too."""
    own = select(documents.c.id).where(documents.c.owner_id == owner_id)
    logged = select(func.coalesce(func.sum(heads.c.bytes), 0)).where(heads.c.document_id.in_(own))
    pictures = select(func.coalesce(func.sum(images.c.size), 0)).where(images.c.document_id.in_(own))
    return int(connection.execute(logged).scalar_one()) + int(connection.execute(pictures).scalar_one())


def check(connection: Connection, owner_id: str, adding: int, limit: int) -> None:
    """Raises Invalid when `adding` more would go past the owner's storage; a limit of 0 is none."""
    if limit and used(connection, owner_id) + adding > limit:
        raise Invalid(
            "TOO_LARGE",
            f"this would go past the storage of the document's owner ({limit} bytes); delete documents with "
            "many images for good, or ask the server's operator for more (OCTAVO_STORAGE_BYTES)",
            storage_limit=limit,
        )
