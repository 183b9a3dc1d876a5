"""The one way in which the history reads the log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, Protocol

from octavo.delta import Delta
from octavo.errors import Unavailable
from octavo.ports import OperationLog
from octavo.protocol import Change

PAGE: Final = 500
"""Changes handled in one go: about 3 ms, so that nobody who types waits."""


class Contents(Protocol):
    """Where contents come from: the rooms."""

    async def content_at(self, document_id: str, revision: int) -> Delta: ...


async def changes_between(
    log: OperationLog, document_id: str, after: int, to: int
) -> AsyncIterator[list[Change]]:
    """The changes after + 1 … to, page by page.  Raises Unavailable when they are not all there."""
    while after < to:
        page = await log.read(document_id, after=after, limit=min(PAGE, to - after))
        if not page:
            raise Unavailable(
                "UNAVAILABLE", f"the log of {document_id} ends at {after}, before revision {to}"
            )
        yield page
        after = page[-1].revision
