"""PgStore: log, snapshots and catalog in a PostgreSQL database, for many people and for several nodes.

The facets of `SqlStore`: `store.log`, `store.snapshots`, `store.database`.  `docs/storage.md` says how it works.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, Final, Self, TypeVar

import msgspec

from octavo.adapters.pg_append import Appender, Links
from octavo.adapters.pg_connect import explain, is_ours, place
from octavo.adapters.pg_database import PgDatabase, Side
from octavo.adapters.sql_log import Append, damaged
from octavo.adapters.sql_snapshots import OnDamaged, SqlSnapshots
from octavo.catalog import heads, migrate
from octavo.catalog.heads import missing
from octavo.errors import OctavoError
from octavo.ports import ClientRow, Head
from octavo.protocol import Change, ops_from_json

T = TypeVar("T")

_READY_SECONDS: Final = 3.0

# `agrees` and `followed` as in `sql_log.read_head`: a log into which two histories have run takes nothing more.
_HEAD: Final = """
    SELECT h.epoch, h.revision, h.fence, h.chain,
        h.revision = 0 OR COALESCE(c.revision = r.revision AND c.seq = r.seq AND c.digest = r.digest, false) AS agrees,
        EXISTS (SELECT FROM changes AS x WHERE x.document = h.document AND x.revision > h.revision) AS followed
    FROM heads AS h
    LEFT JOIN changes AS r ON r.document = h.document AND r.revision = h.revision
    LEFT JOIN clients AS c ON c.document = h.document AND c.number = r.client
    WHERE h.document_id = $1"""
_HEADS: Final = "SELECT document_id, epoch, revision, fence FROM heads WHERE document_id = ANY($1::text[])"
_CHANGES: Final = """
    SELECT h.revision AS head, h.chain, r.*
    FROM heads AS h LEFT JOIN LATERAL (
        SELECT g.revision, g.ops, c.client_id, g.seq, c.user_id, g.timestamp, g.base_revision, g.digest, g.at, g.origin
        FROM changes AS g LEFT JOIN clients AS c ON c.document = g.document AND c.number = g.client
        WHERE g.document = h.document AND g.revision > $2 AND g.revision <= h.revision
        ORDER BY g.revision LIMIT $3
    ) AS r ON true
    WHERE h.document_id = $1 ORDER BY r.revision"""
_CLIENT: Final = """
    SELECT c.user_id, c.seq, c.revision, c.digest FROM heads AS h
    LEFT JOIN clients AS c ON c.document = h.document AND c.client_id = $2 WHERE h.document_id = $1"""


class PgLog:
    """`ports.OperationLog`."""

    def __init__(self, database: PgDatabase, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now
        self._links = Links()

    async def create(self, document_id: str, epoch: str) -> None:
        now = self._now()
        await self._database.write(lambda connection: heads.create(connection, document_id, epoch, now=now))

    async def head(self, document_id: str) -> Head:
        row = await self._row(_HEAD, document_id)
        if not row["agrees"] or row["followed"]:
            raise damaged(document_id, row["revision"] + 1 if row["followed"] else row["revision"])
        self._links.seen(document_id, row["revision"], row["chain"])
        return Head(row["epoch"], row["revision"], row["fence"])

    async def heads(self, document_ids: Collection[str]) -> dict[str, Head]:
        rows = await self._fetch(_HEADS, list(document_ids))
        return {row["document_id"]: Head(row["epoch"], row["revision"], row["fence"]) for row in rows}

    async def append(
        self, document_id: str, *, epoch: str, expected_revision: int, fence: int, changes: Sequence[Change]
    ) -> None:
        append = Append(document_id, epoch, expected_revision, fence, changes)
        await self._appender().submit(append)

    async def read(self, document_id: str, *, after: int, limit: int = 1000) -> list[Change]:
        rows = await self._fetch(_CHANGES, document_id, after, max(limit, 0))
        if not rows:
            raise missing(document_id)
        head = rows[0]["head"]
        last = min(after + limit, head)
        if last <= after:
            return []
        if rows[0]["revision"] is None:
            raise damaged(document_id, after + 1)
        for number, row in zip(range(after + 1, last + 1), rows, strict=False):
            if row["revision"] != number or row["client_id"] is None:
                raise damaged(document_id, number)
        if len(rows) != last - after:
            raise damaged(document_id, after + len(rows) + 1)
        if last == head:
            self._links.seen(document_id, head, rows[0]["chain"])
        return [_change(document_id, row) for row in rows]

    async def client(self, document_id: str, client_id: str) -> ClientRow | None:
        row = await self._row(_CLIENT, document_id, client_id)
        if row["seq"] is None:
            return None
        return ClientRow(row["user_id"], row["seq"], row["revision"], row["digest"])

    async def raise_fence(self, document_id: str) -> int:
        return await self._database.write(lambda connection: heads.raise_fence(connection, document_id))

    def _appender(self) -> Appender:
        side = self._database.side()
        if side.appender is None:
            side.appender = Appender(side.connections, self._links)
        return side.appender

    async def _row(self, query: str, document_id: str, *values: Any) -> Any:
        rows = await self._fetch(query, document_id, *values)
        if not rows:
            raise missing(document_id)
        return rows[0]

    async def _fetch(self, query: str, *values: Any) -> list[Any]:
        try:
            return await self._database.side().connections.fetch(query, *values)
        except Exception as fault:
            if is_ours(fault):
                raise explain(fault, "reading") from fault
            raise


def _change(document_id: str, row: Any) -> Change:
    (_, _, number, ops, client_id, seq, user_id, timestamp, base, digest, at, origin) = row
    try:
        delta = ops_from_json(ops)
    except (msgspec.DecodeError, OctavoError) as fault:
        raise damaged(document_id, number) from fault
    return Change(number, delta, ops, client_id, seq, user_id, timestamp, base, digest, at, origin)


class PgStore:
    """One process's hold on a database.  Open it, use its facets from any event loop, close it."""

    def __init__(self, database: PgDatabase, *, now: Callable[[], int], on_damaged: OnDamaged | None) -> None:
        self.database = database
        self.log = PgLog(database, now)
        self.snapshots = SqlSnapshots(database, now, on_damaged)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        now: Callable[[], int] | None = None,
        read_only: bool = False,
        on_damaged_snapshot: OnDamaged | None = None,
    ) -> Self:
        """Check that commits are durable, bring the tables up to date; blocks.

        `url` is `postgresql://user:password@host:port/database`, and whatever else libpq's URLs hold.  `now` gives
        seconds since 1970.  `read_only` changes nothing: for looking where servers may be at work.

        Raises Unavailable with what to do.
        """
        beside(lambda: _prepare(url, migrate.check if read_only else migrate.upgrade))
        return cls(PgDatabase(url), now=now or _system_clock, on_damaged=on_damaged_snapshot)

    async def ready(self) -> str | None:
        """Why nothing can be written now; None while all is well."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self.database.side().connections.fetch("SELECT 1")
        except Exception as fault:
            return explain(fault, f"asking the database at {place(self.database.url)}").message
        return None

    async def compact(self) -> None:
        """PostgreSQL's autovacuum does it."""

    def close(self) -> None:
        """Finish what waits and let go of the connections; blocks, so call it beside the event loops in use."""
        self.database.close()


async def _prepare(url: str, work: Callable[[Any], T]) -> None:
    side = Side(url)
    try:
        await side.catalog.migrate(work)
    except Exception as fault:
        if is_ours(fault):
            raise explain(fault, f"opening {place(url)}") from fault
        raise
    finally:
        await side.close()


def beside(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run it on an event loop of its own, whether or not this thread has one; blocks."""
    found: list[T] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            found.append(asyncio.run(work()))
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=run, name="octavo-open")
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
    return found[0]


def _system_clock() -> int:
    return int(time.time())
