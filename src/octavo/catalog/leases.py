"""Which worker has which part of the documents.  Everything runs inside `Database.read` or `.write`.

Time is nobody's here: a lease is over when its `beats` have stood still for long by the watcher's own clock.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select, update

from octavo.catalog.tables import leases
from octavo.errors import Conflict

PARTS: Final = 32


@dataclass(frozen=True, slots=True)
class Lease:
    part: int
    holder: str | None
    token: int
    beats: int


class LeaseLost(Conflict):
    """Another worker has this part by now: nothing of this is stored."""

    def __init__(self, part: int) -> None:
        super().__init__("ALREADY_EXISTS", f"part {part} of the documents is another worker's by now")


def part_of(document_id: str) -> int:
    """Always the same for a document."""
    return zlib.crc32(document_id.encode()) % PARTS


def every(connection: Connection) -> list[Lease]:
    """All parts, in order; they are made when they are missing."""
    found = {row.part: Lease(*row) for row in connection.execute(select(leases))}
    missing = [part for part in range(PARTS) if part not in found]
    if missing:
        rows = [{"part": part, "holder": None, "token": 0, "beats": 0} for part in missing]
        connection.execute(insert(leases), rows)
        found.update({part: Lease(part, None, 0, 0) for part in missing})
    return [found[part] for part in sorted(found)]


def renew(connection: Connection, holder: str) -> None:
    connection.execute(update(leases).where(leases.c.holder == holder).values(beats=leases.c.beats + 1))


def take(connection: Connection, lease: Lease, holder: str) -> Lease:
    """From whoever had it as it is stated here.  Raises LeaseLost when it is not so any more."""
    values = {"holder": holder, "token": lease.token + 1, "beats": 0}
    found = connection.execute(
        update(leases).where(leases.c.part == lease.part, leases.c.token == lease.token).values(**values)
    )
    if found.rowcount == 0:
        raise LeaseLost(lease.part)
    return Lease(lease.part, holder, lease.token + 1, 0)


def release(connection: Connection, holder: str) -> None:
    """Its parts are free at once."""
    connection.execute(
        update(leases).where(leases.c.holder == holder).values(holder=None, token=leases.c.token + 1)
    )


def check(connection: Connection, part: int, token: int) -> None:
    """In the transaction of what is done under a lease.  Raises LeaseLost."""
    if connection.scalar(select(leases.c.token).where(leases.c.part == part)) != token:
        raise LeaseLost(part)
