"""`octavo verify`: does the store hold what it promises?  Reads only; works beside a running server.

Checks of each document: revisions 1 … head without a gap, sealed or in rows; the checksums of its segments; the hash
chain from there ends at the head's; every client row agrees
with its last change and every change has its client; every operation can be read, applies and keeps the schema; the
content at each snapshot equals the replay.  Of each image that a revision has: its bytes are there and have
its hash.  What only a person can know, that a log was restored from a backup, is said to it by `renew_epochs`.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, select, text

from octavo.catalog import segments
from octavo.catalog.chain import GENESIS, link
from octavo.catalog.heads import renew_epoch
from octavo.catalog.tables import clients, documents, heads, images, snapshots
from octavo.convert.columns import Damaged
from octavo.convert.segment import Segment
from octavo.delta import Content, Delta, schema, wire
from octavo.errors import Invalid, Missing, OctavoError, Unavailable
from octavo.ports import BlobStore, ClientRow, Database, SnapshotStore
from octavo.protocol import Change, ops_from_json

_PAGE: Final = 1000
_MOST_FAULTS: Final = 20  # of one document; more say nothing new

_decode: Final = msgspec.json.Decoder().decode


@dataclass(slots=True)
class Report:
    """What was found in one document; no faults means sound."""

    document_id: str
    revision: int
    snapshots: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.faults

    def fault(self, message: str) -> None:
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(message)
        elif len(self.faults) == _MOST_FAULTS:
            self.faults.append("… and more")


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole store: `faults` are those that concern no single document."""

    reports: list[Report]
    faults: list[str]

    @property
    def sound(self) -> bool:
        return not self.faults and all(report.sound for report in self.reports)

    @property
    def exit_status(self) -> int:
        """For scripts: 0 sound, 1 damaged."""
        return 0 if self.sound else 1


async def verify(
    database: Database,
    snapshot_store: SnapshotStore,
    *,
    document_id: str | None = None,
    blobs: BlobStore | None = None,
    progress: Callable[[Report], None] | None = None,
) -> Summary:
    """Check one document or all, with their images where `blobs` is given; `progress` is told of each as it is done.

    Raises Missing for a document that is not there, Unavailable when the store cannot be read at all.
    """
    faults = [] if document_id is not None else await database.read(_check_store)
    reports: list[Report] = []
    for name in await database.read(lambda connection: _names(connection, document_id)):
        report = await _Check(database, snapshot_store, name, blobs).run()
        if report is None:
            continue  # deleted for good meanwhile
        reports.append(report)
        if progress is not None:
            progress(report)
    if blobs is not None:
        faults += await _check_images(database, blobs, document_id)
    return Summary(reports, faults)


async def renew_epochs(database: Database, document_id: str | None = None) -> int:
    """Say of one log, or of all, that its history is another now: it was restored from a backup.

    Clients that have seen what the backup lacks then start over, and keep what they had not sent, instead of taking
    other changes for those they know.  Returns how many; the server must not be running.  Raises Missing.
    """

    def work(connection: Connection) -> int:
        names = _names(connection, document_id)
        for name in names:
            renew_epoch(connection, name, "e" + secrets.token_hex(8))
        return len(names)

    return await database.write(work)


def _names(connection: Connection, document_id: str | None) -> list[str]:
    query = select(heads.c.document_id).order_by(heads.c.document)
    if document_id is None:
        return list(connection.scalars(query))
    found = list(connection.scalars(query.where(heads.c.document_id == document_id)))
    if not found:
        raise Missing("NOT_FOUND", f"there is no document {document_id} in this store")
    return found


def _check_store(connection: Connection) -> list[str]:
    faults = []
    if connection.dialect.name == "sqlite":
        found = list(connection.scalars(text("PRAGMA quick_check(5)")))
        faults += [f"the file is damaged: {line}" for line in found if line != "ok"]
        faults += [
            f"a row of {row[0]} points at nothing"
            for row in connection.execute(text("PRAGMA foreign_key_check"))
        ]
    without = (
        select(documents.c.id)
        .outerjoin(heads, heads.c.document_id == documents.c.id)
        .where(heads.c.document.is_(None))
    )
    return faults + [f"document {name} has no log" for name in connection.scalars(without)]


async def _check_images(database: Database, blobs: BlobStore, document_id: str | None) -> list[str]:
    """Those without a used one's bytes; one that no revision has yet may still be on its way."""

    def work(connection: Connection) -> list[tuple[str, str, str]]:
        query = select(images.c.hash, images.c.id, images.c.document_id).where(images.c.used_at.is_not(None))
        if document_id is not None:
            query = query.where(images.c.document_id == document_id)
        return [(*row,) for row in connection.execute(query.order_by(images.c.document_id, images.c.id))]

    faults: list[str] = []
    known: dict[str, str | None] = {}
    for key, image_id, document in await database.read(work):
        if key not in known:
            known[key] = await _blob_fault(blobs, key)
        if known[key] is not None:
            faults.append(f"image {image_id} of document {document}: its bytes are {known[key]}")
    return faults


async def _blob_fault(blobs: BlobStore, key: str) -> str | None:
    try:
        data = await blobs.get(key)
    except Missing:
        return "missing"
    except Unavailable as fault:
        return f"not to be read ({fault.message})"
    return None if hashlib.sha256(data).hexdigest() == key else "damaged"


class _Check:
    """One document, read page by page while the server may go on writing behind the head first seen."""

    def __init__(
        self, database: Database, snapshot_store: SnapshotStore, document_id: str, blobs: BlobStore | None
    ) -> None:
        self._database = database
        self._snapshots = snapshot_store
        self._id = document_id
        self._blobs = blobs
        self._chain = GENESIS
        self._sealed = 0
        self._content: Content | None = Content()
        self._clients: dict[str, ClientRow] = {}

    async def run(self) -> Report | None:
        start = await self._database.read(self._start)
        if start is None:
            return None
        document, head, chain, stored, marks = start
        report = Report(self._id, head, len(marks))
        marks_due = _Due(iter(marks))
        await self._compare_due(report, marks_due, 0)
        revision = await self._check_segments(report, marks_due)
        while revision < head:
            first, last = revision, min(revision + _PAGE, head)
            rows = await self._database.read(
                partial(segments.rows, document=document, after=first, last=last)
            )
            if not rows:
                if await self._sealed_since(revision):
                    return await _Check(self._database, self._snapshots, self._id, self._blobs).run()
                report.fault(f"changes {revision + 1} to {head} are missing")
                self._content = None
                break
            for row in rows:
                if row.revision != revision + 1:
                    report.fault(f"changes {revision + 1} to {row.revision - 1} are missing")
                    self._content = None
                revision = row.revision
                self._check(report, row)
                await self._compare_due(report, marks_due, revision)
        if marks_due.next is not None:
            report.fault(f"there is a snapshot at revision {marks_due.next}, past the head {head}")
        if self._chain != chain:
            report.fault("the chain of hashes does not end at the head's: the log was altered or has forked")
        self._compare_clients(report, stored)
        return report

    def _start(
        self, connection: Connection
    ) -> tuple[int, int, bytes, dict[str, ClientRow], list[int]] | None:
        head = connection.execute(select(heads).where(heads.c.document_id == self._id)).first()
        if head is None:
            return None
        rows = connection.execute(select(clients).where(clients.c.document == head.document))
        stored = {row.client_id: ClientRow(row.user_id, row.seq, row.revision, row.digest) for row in rows}
        marks = select(snapshots.c.revision).where(snapshots.c.document == head.document)
        return (
            head.document,
            head.revision,
            head.chain,
            stored,
            sorted(connection.scalars(marks)),
        )

    async def _compare_due(self, report: Report, due: _Due, revision: int) -> None:
        while due.next is not None and due.next <= revision:
            await self._compare(report, due.next)
            due.step()

    async def _sealed_since(self, revision: int) -> bool:
        """A running server may have sealed what was to be read next."""
        found = await self._database.read(lambda connection: segments.border(connection, self._id))
        return found.sealed > max(self._sealed, revision)

    async def _check_segments(self, report: Report, due: _Due) -> int:
        """The sealed part: its blobs, their chain of checksums, every change in them; returns where the rows begin."""
        checksum = GENESIS
        for sealed in await self._database.read(lambda connection: segments.listed(connection, self._id)):
            if sealed.first != self._sealed + 1:
                report.fault(f"changes {self._sealed + 1} to {sealed.first - 1} are missing")
                self._content = None
            blob = await self._blob(report, sealed)
            if blob is not None:
                found = segments.checksum(checksum, self._id, sealed.first, sealed.last, sealed.link, blob)
                if found != sealed.checksum:
                    report.fault(
                        f"the sealed changes {sealed.first} to {sealed.last} are not those that were sealed"
                    )
            await self._check_segment(report, due, sealed, blob)
            checksum, self._chain, self._sealed = sealed.checksum, sealed.link, sealed.last
        return self._sealed

    async def _blob(self, report: Report, sealed: segments.Sealed) -> bytes | None:
        if self._blobs is None:
            fault: object = "no file store was given"
        else:
            try:
                return await self._blobs.get(sealed.key)
            except (Missing, Unavailable) as error:
                fault = error.message
        report.fault(
            f"the sealed changes {sealed.first} to {sealed.last} cannot be read: file {sealed.key}: {fault}"
        )
        return None

    async def _check_segment(
        self, report: Report, due: _Due, sealed: segments.Sealed, blob: bytes | None
    ) -> None:
        try:
            changes = [] if blob is None else await asyncio.to_thread(_unsealed, self._id, sealed, blob)
        except Damaged as fault:
            report.fault(f"the sealed changes {sealed.first} to {sealed.last} are damaged: {fault}")
            changes = []
        if not changes:
            self._content = None
        for change in changes:
            self._check_order(report, change)
            self._apply(report, change)
            await self._compare_due(report, due, change.revision)

    def _check(self, report: Report, row: Row[Any]) -> None:
        if row.client_id is None:
            report.fault(f"change {row.revision}: its client is not known")
            self._chain = b""
            return
        if not all(isinstance(value, bytes) for value in (row.ops, row.digest, row.salt, row.origin or b"")):
            report.fault(f"change {row.revision}: what is stored is of another kind")
            self._chain, self._content = b"", None
            return
        change = Change(
            row.revision,
            Delta(),
            row.ops,
            row.client_id,
            row.seq,
            row.user_id,
            row.timestamp,
            row.base_revision,
            row.digest,
            row.at,
            row.origin,
        )
        self._chain = link(self._chain, change, row.salt)
        self._check_order(report, change)
        self._apply(report, change)

    def _check_order(self, report: Report, change: Change) -> None:
        before = self._clients.get(change.client_id)
        if before is not None and (change.seq <= before.seq or change.base_revision < before.revision):
            report.fault(f"change {change.revision}: seq or base revision is not after its client's last one")
        if change.base_revision >= change.revision:
            report.fault(
                f"change {change.revision}: its base revision {change.base_revision} is not before it"
            )
        self._clients[change.client_id] = ClientRow(
            change.user_id, change.seq, change.revision, change.digest
        )

    def _apply(self, report: Report, change: Change) -> None:
        try:
            delta = ops_from_json(change.ops)
            if self._content is not None:
                schema.check(delta, self._content)
                self._content.apply(delta)
        except (OctavoError, msgspec.DecodeError, UnicodeDecodeError) as fault:
            report.fault(f"change {change.revision}: {fault}")
            self._content = None  # nothing after it can be judged

    async def _compare(self, report: Report, revision: int) -> None:
        found = await self._snapshots.latest(self._id, at_most=revision)
        if found is None or found.revision != revision:
            report.fault(
                f"the snapshot at revision {revision} is damaged; it can be deleted, the log is not touched"
            )
            return
        if self._content is None:
            return
        try:
            same = wire.from_content(_decode(found.content)) == self._content.to_delta()
        except (Invalid, msgspec.DecodeError) as fault:
            report.fault(f"the snapshot at revision {revision} cannot be read: {fault}")
            return
        if not same:
            report.fault(f"the snapshot at revision {revision} is not what the log gives there")

    def _compare_clients(self, report: Report, stored: dict[str, ClientRow]) -> None:
        for client_id in sorted(stored.keys() | self._clients.keys()):
            if stored.get(client_id) != self._clients.get(client_id):
                report.fault(f"client {client_id}: its row does not agree with its last change")


class _Due:
    """The revisions of snapshots, in order."""

    def __init__(self, revisions: Iterator[int]) -> None:
        self._more = revisions
        self.next = next(revisions, None)

    def step(self) -> None:
        self.next = next(self._more, None)


def _unsealed(document_id: str, sealed: segments.Sealed, blob: bytes) -> list[Change]:
    segment = Segment(blob)
    if (segment.document_id, segment.first, segment.last) != (document_id, sealed.first, sealed.last):
        raise Damaged("they are others")
    return segment.changes(sealed.first - 1, sealed.last - sealed.first + 1)
