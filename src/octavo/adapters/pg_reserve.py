"""For a document that keeps losing races: hold the lock of its head while its room rebases, so that it wins the next.

A room that loses reads what came first, transforms, and appends again; beside a faster node it could do so for ever.
After `LOSSES` in a row the head's lock is taken before the room is told where the log ends, and kept until its next
append, or for `SECONDS`: the other nodes wait for that long, and no longer.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from octavo.adapters.pg_database import Connections

LOSSES: Final = 3
SECONDS: Final = 0.5
_MOST: Final = 2  # at once, so that connections are left for everybody else
_LOCK: Final = "SELECT revision, chain FROM heads WHERE document_id = $1 FOR NO KEY UPDATE"


@dataclass(slots=True)
class Held:
    """A transaction that has the lock; the stack ends it: commits, or rolls back after an error."""

    connection: asyncpg.Connection[Any]
    stack: AsyncExitStack
    timer: asyncio.TimerHandle | None = None


class Reservations:
    """One event loop's."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._losses: dict[str, int] = {}
        self._held: dict[str, Held] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def won(self, document_id: str) -> None:
        self._losses.pop(document_id, None)

    def lost(self, document_id: str) -> bool:
        """Whether it has lost so often that its lock is to be taken now."""
        count = self._losses[document_id] = self._losses.get(document_id, 0) + 1
        if len(self._losses) > 10_000:
            self._losses.clear()
        return count >= LOSSES and document_id not in self._held and len(self._held) < _MOST

    async def take(self, document_id: str) -> tuple[int, bytes] | None:
        """Take the lock; where the log ends under it.  None when there is no such document (any more)."""
        stack = AsyncExitStack()
        try:
            connection = await stack.enter_async_context(self._connections.one())
            await stack.enter_async_context(connection.transaction())
            row = await connection.fetchrow(_LOCK, document_id)
        except BaseException:
            await stack.aclose()
            raise
        if row is None:
            await stack.aclose()
            return None
        held = self._held[document_id] = Held(connection, stack)
        held.timer = asyncio.get_running_loop().call_later(SECONDS, self._late, document_id, held)
        return row["revision"], row["chain"]

    def holds(self, document_id: str) -> bool:
        return document_id in self._held

    def claim(self, document_id: str) -> Held | None:
        """The lock for the append that it was taken for."""
        held = self._held.pop(document_id, None)
        if held is not None and held.timer is not None:
            held.timer.cancel()
        return held

    async def close(self) -> None:
        for document_id in list(self._held):
            held = self.claim(document_id)
            if held is not None:
                await held.stack.aclose()
        if self._ending:
            await asyncio.wait(self._ending)

    def _late(self, document_id: str, held: Held) -> None:
        """The room did not come back in time."""
        if self._held.get(document_id) is held:
            del self._held[document_id]
            ending = asyncio.ensure_future(_end(held))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)


async def _end(held: Held) -> None:
    try:
        await held.stack.aclose()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        held.connection.terminate()  # it was gone, and its lock with it
