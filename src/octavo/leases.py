"""Leases of workers: each has some parts of the documents, and what it writes is refused once it has lost them.

A worker that dies is missed after `patience`; one that stood still and wakes late finds its token spent in the very
transaction that it wanted to write.  Nobody compares clocks with anybody.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

from sqlalchemy import Connection

from octavo.catalog import leases as catalog
from octavo.catalog.leases import PARTS, Lease, LeaseLost, part_of
from octavo.ports import Clock, Database

T = TypeVar("T")

BEAT: Final = 5.0
PATIENCE: Final = 20.0

log = logging.getLogger(__name__)

_held: ContextVar[tuple[int, int] | None] = ContextVar("_held", default=None)


class Guarded:
    """`Database` for jobs: what is written during `Leases.under` is stored only while the lease is good."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._database.read(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Raises LeaseLost."""
        lease = _held.get()
        if lease is None:
            return await self._database.write(work)

        def guarded(connection: Connection) -> T:
            catalog.check(connection, *lease)
            return work(connection)

        return await self._database.write(guarded)


class Leases:
    """One worker's parts.  All methods are called on the event loop's thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        name: str | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name or secrets.token_hex(8)
        self._database = database
        self._clock = clock
        self._sleep = sleep
        self._tokens: dict[int, int] = {}
        self._seen: dict[int, tuple[int, int, float]] = {}
        self._renewed = clock.monotonic()

    def has(self, document_id: str) -> bool:
        """Whether the document is this worker's, as far as it knows."""
        return part_of(document_id) in self._tokens

    @property
    def parts(self) -> frozenset[int]:
        return frozenset(self._tokens)

    @contextmanager
    def under(self, document_id: str) -> Iterator[None]:
        """What a `Guarded` database writes meanwhile is refused once the part is another's.  Raises LeaseLost."""
        part = part_of(document_id)
        if part not in self._tokens:
            raise LeaseLost(part)
        mark = _held.set((part, self._tokens[part]))
        try:
            yield
        finally:
            _held.reset(mark)

    async def beat(self) -> set[int]:
        """Renew; take what is free, or whose holder is silent, or a fair share of who has more.  The new ones."""
        now = self._clock.monotonic()
        try:
            rows = await self._database.write(lambda connection: self._round(connection, now))
        except Exception as fault:
            log.warning("the leases of this worker cannot be renewed: %s; trying again", fault)
            if now - self._renewed >= PATIENCE:
                self._tokens.clear()  # others have them by now
            return set()
        self._renewed = now
        for row in rows:
            seen = self._seen.get(row.part)
            if seen is None or seen[:2] != (row.token, row.beats):
                self._seen[row.part] = (row.token, row.beats, now)
        mine = {row.part: row.token for row in rows if row.holder == self.name}
        new = {part for part, token in mine.items() if self._tokens.get(part) != token}
        if mine.keys() != self._tokens.keys():
            log.info("this worker has %d of %d parts of the documents", len(mine), PARTS)
        self._tokens = mine
        return new

    async def beat_always(self, gained: Callable[[], Awaitable[None]]) -> None:
        """For ever; `gained()` when there are new parts."""
        while True:
            if await self.beat():
                await gained()
            await self._sleep(BEAT)

    async def release(self) -> None:
        """Others may go on at once."""
        self._tokens.clear()
        try:
            await self._database.write(lambda connection: catalog.release(connection, self.name))
        except Exception as fault:
            log.warning("the leases cannot be given back: %s; they run out", fault)

    def _round(self, connection: Connection, now: float) -> list[Lease]:
        catalog.renew(connection, self.name)
        rows = {row.part: row for row in catalog.every(connection)}
        free = [row for row in rows.values() if row.holder != self.name and self._is_free(row, now)]
        taken = [row for row in rows.values() if row not in free]
        holders: dict[str, list[Lease]] = {self.name: []}
        for row in taken:
            holders.setdefault(str(row.holder), []).append(row)
        share = PARTS // len(holders)
        mine = len(holders[self.name])
        wanted = free if len(holders) == 1 else free[: max(0, share + 1 - mine)]
        while mine + len(wanted) < share:
            richest = max(
                (name for name in holders if name != self.name), key=lambda name: len(holders[name])
            )
            if len(holders[richest]) <= share:
                break
            wanted.append(holders[richest].pop())
        for row in wanted:
            rows[row.part] = catalog.take(connection, row, self.name)
        return list(rows.values())

    def _is_free(self, row: Lease, now: float) -> bool:
        seen = self._seen.get(row.part)
        silent = seen is not None and seen[:2] == (row.token, row.beats) and now - seen[2] >= PATIENCE
        return row.holder is None or silent
