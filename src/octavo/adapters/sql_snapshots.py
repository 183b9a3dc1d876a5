"""Snapshots in the database: canonical JSON under zstd, each with a checksum over what it claims to be."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from typing import Final

import zstandard
from sqlalchemy import Connection, delete, insert, select

from octavo.catalog.heads import missing
from octavo.catalog.tables import heads, snapshots
from octavo.ports import Database, Snapshot

log = logging.getLogger(__name__)

OnDamaged = Callable[[str, int, str], None]
LEVEL: Final = 3
_MOST_BYTES: Final = 1 << 30  # of one content; more is damage


class SqlSnapshots:
    """`ports.SnapshotStore`."""

    def __init__(
        self, database: Database, now: Callable[[], int], on_damaged: OnDamaged | None = None
    ) -> None:
        self._database = database
        self._now = now
        self._on_damaged = on_damaged

    async def latest(self, document_id: str, *, at_most: int | None = None) -> Snapshot | None:
        found, damaged = await self._database.read(
            lambda connection: latest(connection, document_id, at_most)
        )
        for revision, fault in damaged:
            log.error(
                "snapshot %d of document %s is damaged (%s): using one before it; run `octavo verify`",
                revision, document_id, fault,
            )  # fmt: skip
            if self._on_damaged is not None:
                self._on_damaged(document_id, revision, fault)
        return found

    async def put(self, document_id: str, snapshot: Snapshot) -> None:
        checksum = _checksum(document_id, snapshot.revision, snapshot.content)
        packed = zstandard.ZstdCompressor(level=LEVEL).compress(snapshot.content)
        now = self._now()

        def write(connection: Connection) -> None:
            document = connection.scalar(select(heads.c.document).where(heads.c.document_id == document_id))
            if document is None:
                raise missing(document_id)
            connection.execute(
                delete(snapshots).where(
                    snapshots.c.document == document, snapshots.c.revision == snapshot.revision
                )
            )
            connection.execute(
                insert(snapshots).values(
                    document=document,
                    revision=snapshot.revision,
                    content=packed,
                    checksum=checksum,
                    created_at=now,
                )
            )

        await self._database.write(write)


def latest(
    connection: Connection, document_id: str, at_most: int | None
) -> tuple[Snapshot | None, list[tuple[int, str]]]:
    """The newest sound snapshot, and the (revision, fault) of the damaged ones that were passed over."""
    query = (
        select(snapshots.c.revision, snapshots.c.content, snapshots.c.checksum)
        .join(heads, heads.c.document == snapshots.c.document)
        .where(heads.c.document_id == document_id)
        .order_by(snapshots.c.revision.desc())
    )
    damaged: list[tuple[int, str]] = []
    before = at_most
    while True:
        bounded = query if before is None else query.where(snapshots.c.revision <= before)
        row = connection.execute(bounded.limit(1)).first()
        if row is None:
            return None, damaged
        try:
            return Snapshot(
                row.revision, unpack(document_id, row.revision, row.content, row.checksum)
            ), damaged
        except ValueError as fault:
            damaged.append((row.revision, str(fault)))
            before = row.revision - 1


def unpack(document_id: str, revision: int, packed: bytes, checksum: bytes) -> bytes:
    """The canonical JSON of a stored snapshot.  Raises ValueError with what is wrong with it."""
    try:
        content = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MOST_BYTES)
    except zstandard.ZstdError as fault:
        raise ValueError(f"cannot be decompressed: {fault}") from fault
    if not hmac.compare_digest(checksum, _checksum(document_id, revision, content)):
        raise ValueError("checksum does not match")
    return content


def _checksum(document_id: str, revision: int, content: bytes) -> bytes:
    return hashlib.sha256(b"%b\n%d\n%b" % (document_id.encode(), revision, content)).digest()
