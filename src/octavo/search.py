"""The job that keeps search and lists up with the documents: words, first lines, who wrote last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from sqlalchemy import Connection

from octavo import protocol
from octavo.catalog import summaries
from octavo.catalog.summaries import Indexable, Summary
from octavo.convert.text import count, plain_text, preview
from octavo.delta import Delta
from octavo.errors import Missing, OctavoError
from octavo.ports import Database, OperationLog, SearchEntry, SearchIndex

log = logging.getLogger(__name__)

NAME: Final = "search"
PAUSE: Final = 2.0
"""Seconds between two looks at one document, so that typing is not indexed letter by letter."""
_AT_ONCE: Final = 500


class Contents(Protocol):
    """Where contents come from: the rooms."""

    async def latest(self, document_id: str) -> tuple[int, Delta]: ...


class IndexJob:
    """Follows the log for text, and the catalog (by `summaries.touch`) for titles, tags and rights."""

    name = NAME

    def __init__(self, database: Database, operations: OperationLog, index: SearchIndex) -> None:
        self._database = database
        self._log = operations
        self._index = index
        self._contents: Contents

    def connect(self, contents: Contents) -> None:
        """The rooms, which themselves tell the jobs of changes."""
        self._contents = contents

    async def prepare(self) -> None:
        """An index that was lost, or is of another make, is told everything anew."""
        if await self._index.empty():
            await self._database.write(lambda connection: summaries.touch_all(connection, NAME))

    def noticed(self, document_id: str, changes: Sequence[protocol.Change]) -> bool:
        return True

    async def run(self, document_id: str, after: int) -> int:
        """Read the document as it is now, and say so to the index and the catalog.  Raises Missing."""

        def look(connection: Connection) -> tuple[int, Indexable | None]:
            return summaries.touches(connection, document_id), summaries.indexable(connection, document_id)

        touches, known = await self._database.read(look)
        if known is None:
            await self._index.remove(document_id)
            await self._database.write(lambda connection: summaries.settle(connection, document_id, touches))
            raise Missing("NOT_FOUND", f"there is no document {document_id}")
        revision, content = await self._contents.latest(document_id)
        # A long content takes a second: not on the event loop's thread.
        text, summary = await asyncio.to_thread(_summarise, revision, content)
        if revision:
            (last,) = await self._log.read(document_id, after=revision - 1, limit=1)
            summary = Summary(
                revision, summary.words, summary.characters, summary.preview, last.user_id, last.timestamp
            )
        await self._index.put(SearchEntry(document_id, known.title, text, known.readers))

        def keep(connection: Connection) -> None:
            summaries.put(connection, document_id, summary)
            summaries.settle(connection, document_id, touches)

        await self._database.write(keep)
        return revision


def _summarise(revision: int, content: Delta) -> tuple[str, Summary]:
    text = plain_text(content)
    counted = count(text)
    first = protocol.ops_to_json(preview(content))
    return text, Summary(revision, counted.words, counted.characters, first, None, None)


async def watch(
    database: Database,
    changed: Callable[[str, Sequence[protocol.Change]], None],
    *,
    every: float = 0.25,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Tell the jobs, for ever, which documents the catalog's writers have touched."""
    while True:
        try:
            for document_id in await database.read(
                lambda connection: summaries.touched(connection, _AT_ONCE)
            ):
                changed(document_id, ())
        except OctavoError as fault:
            log.warning("what search has to read again cannot be listed: %s; trying again", fault)
        await sleep(every)
