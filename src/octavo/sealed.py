"""A log of which the older part lies in sealed segments, read as one: `OperationLog` over rows and blobs.

Rows are asked first, so that whoever follows the end of a log pays nothing for what is sealed.  Where a row is no
longer there, the segments are looked at; how far a log is sealed only grows, and is remembered.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import Final

from octavo.catalog.segments import Sealed, covering
from octavo.convert.columns import Damaged
from octavo.convert.segment import Segment
from octavo.delta import Delta
from octavo.errors import Missing, Unavailable
from octavo.ports import BlobStore, ClientRow, Database, Head, OperationLog
from octavo.protocol import Change

_SEGMENTS: Final = 64
"""Unpacked ones that are kept, as runs: about 150 kB each."""
_IN_FULL: Final = 4
"""Those of them that are kept change by change: a few megabytes each."""
_DOCUMENTS: Final = 10_000
_PAGE: Final = 1000


class SealedLog:
    """`ports.OperationLog` and `ports.Replays`; appends go to the rows alone."""

    def __init__(self, rows: OperationLog, database: Database, blobs: BlobStore) -> None:
        self._rows = rows
        self._database = database
        self._blobs = blobs
        self._ends: OrderedDict[str, int] = OrderedDict()  # how far each document is known to be sealed
        self._open: OrderedDict[str, Segment] = OrderedDict()
        self._full: OrderedDict[str, Segment] = OrderedDict()

    async def create(self, document_id: str, epoch: str) -> None:
        await self._rows.create(document_id, epoch)

    async def head(self, document_id: str) -> Head:
        return await self._rows.head(document_id)

    async def heads(self, document_ids: Collection[str]) -> dict[str, Head]:
        return await self._rows.heads(document_ids)

    async def append(
        self, document_id: str, *, epoch: str, expected_revision: int, fence: int, changes: Sequence[Change]
    ) -> None:
        await self._rows.append(
            document_id, epoch=epoch, expected_revision=expected_revision, fence=fence, changes=changes
        )

    async def client(self, document_id: str, client_id: str) -> ClientRow | None:
        return await self._rows.client(document_id, client_id)

    async def raise_fence(self, document_id: str) -> int:
        return await self._rows.raise_fence(document_id)

    async def read(self, document_id: str, *, after: int, limit: int = 1000) -> list[Change]:
        out: list[Change] = []
        while True:
            at, left = after + len(out), limit - len(out)
            if out and left <= 0:
                return out
            try:
                if at >= self._ends.get(document_id, 0):
                    return out + await self._rows.read(document_id, after=at, limit=left)
                sealed = await self._covering(document_id, at)
            except Unavailable as fault:
                sealed = await self._instead(document_id, at, fault)
            if sealed is None or left <= 0:
                self._ends.pop(document_id, None)  # not there any more: the rows say so
                return out + await self._rows.read(document_id, after=at, limit=left)
            segment = await self.open(document_id, sealed)
            out += await asyncio.to_thread(segment.changes, at, left)
            self._read_in_full(sealed.key, segment)

    async def deltas(self, document_id: str, *, after: int, to: int) -> tuple[list[Delta], int]:
        try:
            if after >= self._ends.get(document_id, 0):
                return await self._row_deltas(document_id, after, to)
            sealed = await self._covering(document_id, after)
        except Unavailable as fault:
            sealed = await self._instead(document_id, after, fault)
        if sealed is None:
            self._ends.pop(document_id, None)
            return await self._row_deltas(document_id, after, to)
        segment = await self.open(document_id, sealed)
        return await asyncio.to_thread(segment.deltas, after=after, upto=to), min(to, sealed.last)

    async def open(self, document_id: str, sealed: Sealed) -> Segment:
        """A segment of a document.  Raises Unavailable when its blob is missing or damaged."""
        known = self._open.get(sealed.key)
        if known is not None:
            self._open.move_to_end(sealed.key)
            return known
        try:
            blob = await self._blobs.get(sealed.key)
            segment = await asyncio.to_thread(Segment, blob)
        except (Missing, Damaged) as fault:
            raise damaged(document_id, sealed, fault) from fault
        if (segment.document_id, segment.first, segment.last) != (document_id, sealed.first, sealed.last):
            raise damaged(document_id, sealed, "it is another one")
        self._open[sealed.key] = segment
        while len(self._open) > _SEGMENTS:
            self._open.popitem(last=False)
        return segment

    def _read_in_full(self, key: str, segment: Segment) -> None:
        self._full[key] = segment
        self._full.move_to_end(key)
        while len(self._full) > _IN_FULL:
            _, folded = self._full.popitem(last=False)
            folded.fold()

    async def _row_deltas(self, document_id: str, after: int, to: int) -> tuple[list[Delta], int]:
        page = await self._rows.read(document_id, after=after, limit=min(_PAGE, to - after))
        return [change.delta for change in page], after + len(page)

    async def _instead(self, document_id: str, after: int, fault: Unavailable) -> Sealed:
        """The segment in which the change is that the rows lack; if there is none the fault stands."""
        sealed = None
        if fault.details.get("revision") == after + 1:
            sealed = await self._covering(document_id, after)
        if sealed is None:
            raise fault
        return sealed

    async def _covering(self, document_id: str, after: int) -> Sealed | None:
        """Asked each time, for a redaction may have written the segment anew."""
        found = await self._database.read(lambda connection: covering(connection, document_id, after + 1))
        if found is not None:
            self._ends[document_id] = max(found.last, self._ends.get(document_id, 0))
            self._ends.move_to_end(document_id)
            while len(self._ends) > _DOCUMENTS:
                self._ends.popitem(last=False)
        return found


def damaged(document_id: str, sealed: Sealed, fault: object) -> Unavailable:
    """A read error is an error, never an empty document."""
    return Unavailable(
        "UNAVAILABLE",
        f"the sealed changes {sealed.first} to {sealed.last} of document {document_id} cannot be read ({fault}): "
        f"run `octavo verify`, then restore the file {sealed.key} from a backup",
        document_id=document_id,
        revision=sealed.first,
    )
