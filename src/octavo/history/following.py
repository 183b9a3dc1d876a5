"""What follows the log for the history: editing sessions and attribution, each kept so that it can be made anew."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final

import msgspec
import zstandard
from sqlalchemy import Connection

from octavo import protocol
from octavo.catalog import history as catalog
from octavo.catalog.history import SessionRow
from octavo.collab.opening import content_at
from octavo.delta import Content, Delta
from octavo.history.reading import Contents, changes_between
from octavo.history.sessions import Grouping, Part, Session, Share
from octavo.history.tracking import Attribution, restored
from octavo.ports import Database, OperationLog, SnapshotStore

logger = logging.getLogger(__name__)

PAUSE: Final = 5.0
"""Seconds between two looks at one document."""
_OPEN: Final = 64  # documents whose present session is kept in memory; of others it is read again
_LEVEL: Final = 3
_MOST_BYTES: Final = 1 << 28

_decode: Final = msgspec.json.Decoder().decode


# --- editing sessions ---------------------------------------------------------------------------------------


class SessionJob:
    """Groups changes into editing sessions.  Where it stands is the end of the last one kept."""

    name = "sessions"

    def __init__(self, database: Database, operations: OperationLog) -> None:
        self._database = database
        self._log = operations
        self._contents: Contents
        self._open: OrderedDict[str, Grouping] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}

    def connect(self, contents: Contents) -> None:
        """The rooms, which themselves tell the jobs of changes."""
        self._contents = contents

    def noticed(self, document_id: str, changes: Sequence[protocol.Change]) -> bool:
        return bool(changes)

    async def run(self, document_id: str, after: int) -> int:
        """Bring a document's sessions up to its head; also called by whoever reads them."""
        lock = self._locks.setdefault(document_id, asyncio.Lock())
        try:
            async with lock:
                return await self._run(document_id)
        finally:
            if not lock.locked():
                self._locks.pop(document_id, None)

    async def _run(self, document_id: str) -> int:
        head = await self._log.head(document_id)
        last = await self._database.read(
            lambda connection: catalog.sessions_of(connection, document_id, limit=1)
        )
        reached = last[0].to_revision if last else 0
        if reached >= head.revision:
            return reached
        grouping = await self._grouping(document_id, last[0] if last else None)
        async for page in changes_between(self._log, document_id, reached, head.revision):
            closed = [session for change in page if (session := grouping.apply(change)) is not None]
            await self._keep(document_id, closed)
        finished = grouping.finished()
        if finished is not None:
            await self._keep(document_id, [finished])
            self._open[document_id] = grouping
            self._open.move_to_end(document_id)
            while len(self._open) > _OPEN:
                self._open.popitem(last=False)
        return head.revision

    async def _grouping(self, document_id: str, last: SessionRow | None) -> Grouping:
        """The present session, from memory or by reading it again."""
        held = self._open.pop(document_id, None)
        if last is None:
            return Grouping(Content())
        if held is not None and held.session is not None and held.session.to_revision == last.to_revision:
            return held
        content = await self._contents.content_at(document_id, last.from_revision)
        grouping = Grouping(Content.from_delta(content))
        async for page in changes_between(self._log, document_id, last.from_revision, last.to_revision):
            for change in page:
                grouping.apply(change)
        return grouping

    async def _keep(self, document_id: str, sessions: Sequence[Session]) -> None:
        rows = [session_row(session) for session in sessions]
        if rows:
            await self._database.write(lambda connection: catalog.put_sessions(connection, document_id, rows))

    def forget(self, document_id: str) -> None:
        """What is in memory of a document whose log was rewritten."""
        self._open.pop(document_id, None)


def session_row(session: Session) -> SessionRow:
    """As it is kept."""
    detail: dict[str, Any] = {
        "shares": {user: asdict(share) for user, share in session.shares.items()},
        "parts": [asdict(part) for part in session.parts],
    }
    return SessionRow(
        session.from_revision,
        session.to_revision,
        session.started_at,
        session.ended_at,
        msgspec.json.encode(detail),
    )


def session_of(row: SessionRow) -> Session:
    """As it was."""
    detail = _decode(row.detail)
    return Session(
        row.from_revision,
        row.to_revision,
        row.started_at,
        row.ended_at,
        {user: Share(**share) for user, share in detail["shares"].items()},
        [Part(**part) for part in detail["parts"]],
    )


# --- attribution --------------------------------------------------------------------------------------------

KEPT_EVERY: Final = 4_000
"""Changes between two that are kept: replayed in about 30 ms."""
_WORTH_KEEPING: Final = 500


class AttributionJob:
    """Keeps who wrote what at some revisions, from which any other is a short way."""

    name = "attribution"

    def __init__(self, database: Database, operations: OperationLog) -> None:
        self._database = database
        self._log = operations
        self._contents: Contents
        self._kept: OrderedDict[str, int] = OrderedDict()

    def connect(self, contents: Contents) -> None:
        """The rooms, which themselves tell the jobs of changes."""
        self._contents = contents

    def noticed(self, document_id: str, changes: Sequence[protocol.Change]) -> bool:
        kept = self._kept.get(document_id)
        return bool(changes) and (kept is None or changes[-1].revision >= kept + KEPT_EVERY)

    async def run(self, document_id: str, after: int) -> int:
        """Follow the log to its end, keeping what is due on the way."""
        head = await self._log.head(document_id)
        attribution = await self._nearest(document_id, head.revision)
        kept = attribution.revision
        async for page in changes_between(self._log, document_id, kept, head.revision):
            for change in page:
                await self._follow(document_id, attribution, change)
            if attribution.revision - kept >= KEPT_EVERY:
                await self._keep(document_id, attribution)
                kept = attribution.revision
        if attribution.revision - kept >= _WORTH_KEEPING:
            await self._keep(document_id, attribution)
            kept = attribution.revision
        self._kept[document_id] = kept
        self._kept.move_to_end(document_id)
        while len(self._kept) > 20_000:
            self._kept.popitem(last=False)
        return head.revision

    async def at(self, document_id: str, revision: int) -> Attribution:
        """Who wrote what in the content of a revision, which the log reaches."""
        attribution = await self._nearest(document_id, revision)
        async for page in changes_between(self._log, document_id, attribution.revision, revision):
            for change in page:
                await self._follow(document_id, attribution, change)
        return attribution

    async def _follow(self, document_id: str, attribution: Attribution, change: protocol.Change) -> None:
        back = restored(change)
        if back is None:
            attribution.apply(change)
        else:
            attribution.restore(change, await self.at(document_id, back))

    async def _nearest(self, document_id: str, at_most: int) -> Attribution:
        """The newest one kept that can be read, at or before a revision."""
        while True:
            found = await self._database.read(
                partial(catalog.attribution_before, document_id=document_id, at_most=at_most)
            )
            if found is None:
                return Attribution.empty()
            revision, packed = found
            content = await self._contents.content_at(document_id, revision)
            try:
                unpacked = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MOST_BYTES)
                return Attribution.unpack(revision, unpacked, content)
            except (ValueError, LookupError, TypeError, msgspec.DecodeError, zstandard.ZstdError) as fault:
                logger.warning(
                    "the attribution of %s at %d is damaged (%s); it is made anew",
                    document_id,
                    revision,
                    fault,
                )
                at_most = revision - 1

    async def _keep(self, document_id: str, attribution: Attribution) -> None:
        revision = attribution.revision
        # Packing takes tens of milliseconds for a long document: not on the event loop's thread.
        packed = await asyncio.to_thread(_packed, attribution)

        def work(connection: Connection) -> None:
            catalog.put_attribution(connection, document_id, revision, packed)

        await self._database.write(work)


def _packed(attribution: Attribution) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL).compress(attribution.pack())


async def rebuild(
    database: Database, sessions: SessionJob, attributions: AttributionJob, document_id: str
) -> None:
    """Drop what is kept of a document, and make it anew from nothing but its log."""
    await database.write(lambda connection: catalog.forget(connection, document_id))
    await sessions.run(document_id, 0)
    await attributions.run(document_id, 0)


async def rebuild_all(database: Database, operations: OperationLog, snapshots: SnapshotStore) -> int:
    """Make what is derived of every log anew, without a server or beside one; returns how many documents."""
    contents = _Stored(operations, snapshots)
    sessions = SessionJob(database, operations)
    attributions = AttributionJob(database, operations)
    sessions.connect(contents)
    attributions.connect(contents)
    found = await database.read(catalog.with_changes)
    for document_id in found:
        await rebuild(database, sessions, attributions, document_id)
    return len(found)


class _Stored:
    """Contents without rooms."""

    def __init__(self, operations: OperationLog, snapshots: SnapshotStore) -> None:
        self._log = operations
        self._snapshots = snapshots

    async def content_at(self, document_id: str, revision: int) -> Delta:
        return (await content_at(self._log, self._snapshots, document_id, revision)).to_delta()
