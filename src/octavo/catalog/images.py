"""The images of documents: their rows; the bytes are blobs under their hash.

Everything runs inside `Database.read` or `.write`; times are seconds since 1970, sizes bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from octavo.catalog.heads import missing
from octavo.catalog.tables import changes, heads, images, job_cursors

JOB: Final = "images"
"""The job that marks images used."""

PATH: Final = b"/api/v1/images/"
_NAMED: Final = re.compile(re.escape(PATH) + rb"([A-Za-z0-9_-]{1,64})")
_PAGE: Final = 1000  # changes read at once
_PORTION: Final = 500  # values in one IN list


@dataclass(frozen=True, slots=True)
class Image:
    """One image in one document; the same bytes in another are another image, with the same hash."""

    id: str
    document_id: str
    user_id: str | None
    """Who brought it; None once the account is erased."""
    hash: str
    """SHA-256 of what is stored, in hexadecimal: the blob's key."""
    media_type: str
    width: int
    height: int
    size: int
    created_at: int
    used_at: int | None
    """When a logged change was first seen to name it; None: no revision of any document holds it."""


def add(connection: Connection, image: Image) -> None:
    connection.execute(insert(images).values(**asdict(image)))


def find(connection: Connection, image_id: str) -> Image | None:
    row = connection.execute(select(images).where(images.c.id == image_id)).first()
    return None if row is None else Image(**row._mapping)


def needed(connection: Connection, hashes: Iterable[str]) -> set[str]:
    """Those of the hashes that some image has."""
    found: set[str] = set()
    for portion in _portions(hashes):
        found.update(connection.scalars(select(images.c.hash).where(images.c.hash.in_(portion)).distinct()))
    return found


# --- what the logs name -------------------------------------------------------------------------------------


def named_after(connection: Connection, document_id: str, after: int) -> tuple[int, set[str]]:
    """The ids in a page of the changes after a revision, and the revision up to which they were read.

    Whatever reads like an image's address counts, in text too: rather one image too many is kept.  What a sealed
    change names was marked when it was sealed.
    Raises Missing.
    """
    head = connection.execute(
        select(heads.c.document, heads.c.revision).where(heads.c.document_id == document_id)
    ).first()
    if head is None:
        raise missing(document_id)
    reached = min(after + _PAGE, head.revision)
    return max(after, reached), _named_between(connection, head.document, after, reached)


def _named_between(connection: Connection, document: int, after: int, last: int) -> set[str]:
    query = select(changes.c.ops).where(
        changes.c.document == document, changes.c.revision > after, changes.c.revision <= last
    )
    return names_in(connection.scalars(query))


def names_in(operations: Iterable[bytes]) -> set[str]:
    """The ids in operations, as JSON."""
    named = (match for ops in operations if PATH in ops for match in _NAMED.findall(ops))
    return {name.decode() for name in named}


def mark_used(connection: Connection, image_ids: Iterable[str], now: int) -> None:
    for portion in _portions(image_ids):
        connection.execute(
            update(images).where(images.c.id.in_(portion), images.c.used_at.is_(None)).values(used_at=now)
        )


def remove_unused(connection: Connection, *, before: int, now: int, most: int) -> int | None:
    """Forget the images older than `before` that no logged change names; returns how many.

    The job may be a little behind: what it has not seen is read here, in the same transaction, so that an image
    named in the last moment stays.  None, and nothing is done, when more than `most` changes were to be read.
    """
    unused = (images.c.used_at.is_(None), images.c.created_at < before)
    if connection.execute(select(images.c.id).where(*unused).limit(1)).first() is None:
        return 0
    seen = func.coalesce(job_cursors.c.revision, 0)
    of_job = and_(job_cursors.c.document_id == heads.c.document_id, job_cursors.c.job == JOB)
    behind = connection.execute(
        select(heads.c.document, heads.c.revision, seen.label("seen"))
        .outerjoin(job_cursors, of_job)
        .where(heads.c.revision > seen)
    ).all()
    if sum(row.revision - row.seen for row in behind) > most:
        return None
    for row in behind:
        mark_used(connection, _named_between(connection, row.document, row.seen, row.revision), now)
    return connection.execute(delete(images).where(*unused)).rowcount


def _portions(values: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(sorted(values))
    while portion := list(islice(iterator, _PORTION)):
        yield portion
