"""Group commit on PostgreSQL: what waits of many documents goes in one call of `octavo_append_1`, one commit.

The function (`catalog/migrations/versions`) compares epoch, revision, fence and chain of each document and the last
change of each client under the lock of the document's head, stores what agrees, and says of the rest why not: one
round trip, and each document succeeds or fails alone.  Heads that another node has locked are skipped and go alone
afterwards, so no group waits for a document that several nodes write.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg

from octavo.adapters.pg_connect import explain, is_conflict, is_lost, unknown
from octavo.adapters.pg_database import Connections
from octavo.adapters.pg_reserve import Reservations
from octavo.adapters.sql_log import Append
from octavo.catalog.chain import SALT_BYTES, link
from octavo.catalog.heads import missing
from octavo.errors import Conflict, Invalid, OctavoError, Unavailable
from octavo.ports import AlreadyLogged, ClientRow, Fenced, RevisionTaken
from octavo.protocol import Change

log = logging.getLogger(__name__)

GROUPS: Final = 3
"""Groups under way at the same time: while one waits for the disk, the next is already being checked."""

ANSWER_SECONDS: Final = 5.0
"""An append that has no answer by then is asked about anew: it takes milliseconds."""

_MOST_CHANGES: Final = 5_000
_LINKS: Final = 50_000  # documents whose last link is remembered
_ARRAYS: Final = (
    *("text", "text", "bigint", "bigint", "bytea", "bytea", "boolean", "bigint", "bigint"),
    *("int", "text", "text", "bigint", "bigint", "bigint", "bigint", "bytea"),
    *("int", "int", "bigint", "bigint", "bigint", "bigint", "bytea", "text", "bytea", "bytea", "bytea"),
)
_CALL: Final = (
    "SELECT * FROM octavo_append_1($1::boolean, "  # noqa: S608  only numbers and types go in
    + ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_ARRAYS, 2))
    + ")"
)


class Links:
    """The last link of each document's chain, where this process has seen it: (revision, chain)."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, bytes]] = OrderedDict()

    def seen(self, document_id: str, revision: int, chain: bytes) -> None:
        self._known[document_id] = (revision, chain)
        self._known.move_to_end(document_id)
        if len(self._known) > _LINKS:
            self._known.popitem(last=False)

    def at(self, document_id: str, revision: int) -> bytes | None:
        known = self._known.get(document_id)
        return known[1] if known is not None and known[0] == revision else None

    def forget(self, document_ids: Iterable[str]) -> None:
        for document_id in document_ids:
            self._known.pop(document_id, None)


@dataclass(slots=True)
class _Client:
    """One client of a batch: what the log is asked about, and what it is to know afterwards."""

    user_id: str
    first_seq: int
    first_base: int
    row: ClientRow
    number: int


@dataclass(slots=True)
class Task:
    """An append that waits: its clients, and what is wrong with it whatever the log holds."""

    append: Append
    future: asyncio.Future[None]
    changes: Sequence[Change]
    fault: OctavoError | None = None
    clients: dict[str, _Client] = field(default_factory=dict)
    alone: bool = False
    chain: bytes = b""

    @property
    def document_id(self) -> str:
        return self.append.document_id


def prepare(append: Append, future: asyncio.Future[None]) -> Task:
    """Check what can be checked without the log: numbering, and clients that stand twice in the batch.

    A fault found here is raised only when the log would have taken what stands before it, as everywhere.
    """
    task = Task(append, future, append.changes)
    for index, change in enumerate(append.changes):
        revision = append.expected_revision + 1 + index
        known = task.clients.get(change.client_id)
        if change.revision != revision:
            task.fault = Invalid(
                "INVALID_REQUEST", f"change {change.revision} stands where {revision} belongs"
            )
        elif known is not None and (
            change.seq <= known.row.seq
            or change.base_revision < known.row.revision
            or change.user_id != known.user_id
        ):
            task.fault = AlreadyLogged(change.client_id, known.row)
        if task.fault is not None:
            task.changes = append.changes[:index]
            break
        row = ClientRow(change.user_id, change.seq, revision, change.digest)
        if known is None:
            number = len(task.clients) + 1
            task.clients[change.client_id] = _Client(
                change.user_id, change.seq, change.base_revision, row, number
            )
        else:
            known.row = row
    return task


class Appender:
    """One event loop's appends."""

    def __init__(self, connections: Connections, links: Links) -> None:
        self._connections = connections
        self._links = links
        self._reservations = Reservations(connections)
        self._waiting: OrderedDict[int, Task] = OrderedDict()
        self._count = 0
        self._busy: set[str] = set()  # documents of which a batch is under way
        self._running: set[asyncio.Task[None]] = set()

    def submit(self, append: Append) -> asyncio.Future[None]:
        """The future ends when it is durable or refused."""
        task = prepare(append, asyncio.get_running_loop().create_future())
        self._queue(task)
        self._start()
        return task.future

    async def close(self) -> None:
        """Finish what waits."""
        while self._running:
            await asyncio.wait(self._running)
        await self._reservations.close()

    def _queue(self, task: Task) -> None:
        self._count += 1
        self._waiting[self._count] = task

    def _start(self) -> None:
        while self._waiting and len(self._running) < GROUPS:
            group = self._gather()
            if not group:
                return
            running = asyncio.ensure_future(self._run(group))
            self._running.add(running)
            running.add_done_callback(self._ended)

    def _ended(self, running: asyncio.Task[None]) -> None:
        self._running.discard(running)
        self._start()

    def _gather(self) -> list[Task]:
        """Of each document what came first; one that has to wait for another node's lock goes alone."""
        group: list[Task] = []
        changes = 0
        for number, task in list(self._waiting.items()):
            alone = task.alone or self._reservations.holds(task.document_id)
            if task.document_id in self._busy or (alone and group):
                continue
            del self._waiting[number]
            self._busy.add(task.document_id)
            group.append(task)
            changes += len(task.changes)
            if alone or changes >= _MOST_CHANGES:
                break
        return sorted(group, key=lambda task: task.document_id)

    async def _run(self, group: list[Task]) -> None:
        left, held = group, {task.document_id for task in group}
        try:
            for attempt in range(4):
                left = await self._call(left, held, wait=len(group) == 1)
                if not left:
                    break
                if attempt == 3:
                    raise Unavailable("UNAVAILABLE", "the head of the log does not hold still")
        except Exception as fault:
            self._links.forget(task.document_id for task in left)
            for task in left:
                _end(task, _fault(fault))
        finally:
            self._busy -= held

    async def _call(self, group: list[Task], held: set[str], *, wait: bool) -> list[Task]:
        """One round trip; returns those whose chain was not known, to be asked again with what it is."""
        arguments = columns(group, self._links)
        try:
            rows = await self._ask(wait, arguments)
        except Exception as fault:
            if not is_conflict(fault):
                raise
            rows = await self._ask(wait, arguments)
        again: list[Task] = []
        refused: set[int] = set()
        for row in rows:
            refused.add(row["place"])
            task = group[row["place"] - 1]
            if row["outcome"] == "chain":
                self._links.seen(task.document_id, row["revision"], row["chain"])
                again.append(task)
            elif row["outcome"] == "busy":
                task.alone = True
                held.discard(task.document_id)
                self._busy.discard(task.document_id)
                self._queue(task)
            else:
                refusal = self._refusal(task, row)
                if isinstance(refusal, RevisionTaken):
                    refusal = await self._lost(task, refusal.head)
                _end(task, refusal)
        for place, task in enumerate(group, 1):
            if place not in refused:
                revision = task.append.expected_revision + len(task.changes)
                if task.fault is None:
                    self._links.seen(task.document_id, revision, task.chain)
                    self._reservations.won(task.document_id)
                _end(task, task.fault)
        return again

    async def _ask(self, wait: bool, arguments: list[list[Any]]) -> list[asyncpg.Record]:
        held = self._reservations.claim(arguments[0][0]) if wait else None
        if held is None:
            async with self._connections.one() as connection:
                return await _fetch(connection, wait, arguments)
        async with held.stack:  # commits
            return await _fetch(held.connection, wait, arguments)

    async def _lost(self, task: Task, head: int) -> OctavoError:
        """Another node was first.  One that always loses gets the lock of the head before it is told so."""
        if self._reservations.lost(task.document_id):
            try:
                found = await self._reservations.take(task.document_id)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, OctavoError) as fault:
                log.warning("the head of document %s cannot be held: %s", task.document_id, fault)
                found = None
            if found is not None:
                head = found[0]
                self._links.seen(task.document_id, *found)
        return RevisionTaken(head)

    def _refusal(self, task: Task, row: asyncpg.Record) -> OctavoError:
        document_id, outcome = task.document_id, row["outcome"]
        if outcome == "missing":
            return missing(document_id)
        if outcome == "logged":
            known = ClientRow(row["user_id"], row["seq"], row["client_revision"], row["digest"])
            return AlreadyLogged(row["client_id"], known)
        self._links.seen(document_id, row["revision"], row["chain"])
        if outcome == "revision":
            return RevisionTaken(row["revision"])
        if outcome == "fence":
            return Fenced(row["fence"])
        if outcome == "forked":
            log.error(
                "the log of document %s has another history at revision %d than the one this node has seen (was a "
                "backup restored, or has a standby taken over that lagged behind?): everybody reads it anew",
                document_id,
                row["revision"],
            )
        return Conflict("EPOCH_CHANGED", f"the log's history has changed: its epoch is {row['epoch']}")


def columns(group: Sequence[Task], links: Links) -> list[list[Any]]:
    """The arrays of `octavo_append_1`: of the documents, of their clients, of their changes."""
    documents: list[tuple[Any, ...]] = []
    clients: list[tuple[Any, ...]] = []
    changes: list[tuple[Any, ...]] = []
    for place, task in enumerate(group, 1):
        append = task.append
        chain = known = links.at(append.document_id, append.expected_revision)
        salts = os.urandom(SALT_BYTES * len(task.changes))
        first = len(clients)
        for client_id, client in task.clients.items():
            row = client.row
            clients.append(
                (
                    *(place, client_id, client.user_id, client.first_seq, client.first_base),
                    *(row.seq, row.revision, row.digest),
                )
            )
        for index, change in enumerate(task.changes):
            salt = salts[index * SALT_BYTES : (index + 1) * SALT_BYTES]
            if chain is not None:
                chain = link(chain, change, salt)
            changes.append(
                (
                    *(place, first + task.clients[change.client_id].number, change.revision, change.seq),
                    *(change.timestamp, change.base_revision, change.ops, change.at, change.origin),
                    *(change.digest, salt),
                )
            )
        task.chain = chain or b""
        documents.append(
            (
                *(append.document_id, append.epoch, append.expected_revision, append.fence, known, chain),
                not task.changes or task.fault is not None,
                task.changes[-1].timestamp if task.changes else 0,
                sum(len(change.ops) for change in task.changes),
            )
        )
    return [*_turned(documents, 9), *_turned(clients, 8), *_turned(changes, 11)]


async def _fetch(
    connection: asyncpg.Connection[Any], wait: bool, arguments: list[list[Any]]
) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await connection.fetch(_CALL, wait, *arguments, timeout=ANSWER_SECONDS)
    return rows


def _turned(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def _end(task: Task, fault: OctavoError | None) -> None:
    if task.future.done():
        return  # whoever waited was cancelled
    if fault is None:
        task.future.set_result(None)
    else:
        task.future.set_exception(fault)


def _fault(fault: Exception) -> OctavoError:
    if isinstance(fault, OctavoError):
        return (
            type(fault)(fault.code, fault.message, **fault.details) if type(fault) is Unavailable else fault
        )
    if is_lost(fault):
        return unknown(fault, "storing")
    return explain(fault, "storing")
