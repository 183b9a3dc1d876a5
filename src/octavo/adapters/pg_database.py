"""The catalog's transactions on PostgreSQL, and the connections of one process.

Connections belong to an event loop, so each loop that uses the store has a `Side` of its own: a pool for the log,
which speaks to asyncpg directly, and an engine for the catalog, whose works are plain SQLAlchemy.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import Connection, text
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from octavo.adapters.pg_connect import connect, explain, is_conflict, is_lost, is_ours, sqlstate, unknown
from octavo.errors import OctavoError, Unavailable, Unknown

if TYPE_CHECKING:
    from octavo.adapters.pg_append import Appender

T = TypeVar("T")

log = logging.getLogger(__name__)

LOG_CONNECTIONS: Final = 6
CATALOG_CONNECTIONS: Final = 4
_MOST_WORKS: Final = 50
_ATTEMPTS: Final = 10
_LOCK_AFTER: Final = 3


class Connections:
    """A pool that keeps what it has set on a connection, and lets broken ones go."""

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._room = asyncio.Semaphore(most)
        self._idle: list[asyncpg.Connection[Any]] = []

    @asynccontextmanager
    async def one(self) -> AsyncIterator[asyncpg.Connection[Any]]:
        """Raises Unavailable when there is none to be had."""
        async with self._room:
            connection = self._sound() or await connect(self._url)
            try:
                yield connection
            except asyncpg.PostgresError:
                self._back(connection)
                raise
            except BaseException:
                connection.terminate()  # what it was in the midst of is not known
                raise
            else:
                self._back(connection)

    def _sound(self) -> asyncpg.Connection[Any] | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    def _back(self, connection: asyncpg.Connection[Any]) -> None:
        if connection.is_closed() or connection.is_in_transaction():
            connection.terminate()
        else:
            self._idle.append(connection)

    async def fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """A query that may be asked twice, as it is when an idle connection turns out to be gone."""
        try:
            async with self.one() as connection:
                rows: list[asyncpg.Record] = await connection.fetch(query, *values)
                return rows
        except Exception as fault:
            if not is_lost(fault) or isinstance(fault, TimeoutError):
                raise
        self.forget()
        async with self.one() as connection:
            again: list[asyncpg.Record] = await connection.fetch(query, *values)
            return again

    def forget(self) -> None:
        """Let go of what is idle: it is most likely gone too."""
        while self._idle:
            self._idle.pop().terminate()

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close(timeout=2)


@dataclass(slots=True)
class _Write:
    work: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class _Again(Exception):
    """Nothing of the transaction is stored, and it may be done again."""


class Catalog:
    """One event loop's catalog: reads beside each other, writes one after the other.

    What waits is written in one transaction, each work in a savepoint, as on SQLite; only serializable, since other
    nodes write too.  What gets in the way of another node's transaction is done again.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: connect(url),
            pool_size=CATALOG_CONNECTIONS,
            max_overflow=0,
            pool_timeout=10,
        )
        self._waiting: deque[_Write] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def read(self, work: Callable[[Connection], T]) -> T:
        try:
            return await self._read(work)
        except Exception as fault:
            if not is_lost(fault) or isinstance(fault, TimeoutError):
                raise _said(fault, "reading") from fault
        await self._engine.dispose()
        try:
            return await self._read(work)
        except Exception as fault:
            raise _said(fault, "reading") from fault

    async def _read(self, work: Callable[[Connection], T]) -> T:
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async with connection.begin():
                return await connection.run_sync(work)

    def write(self, work: Callable[[Connection], T]) -> asyncio.Future[T]:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Write(work, future))
        if self._writer is None:
            self._writer = asyncio.ensure_future(self._run())
        return future

    async def migrate(self, work: Callable[[Connection], T]) -> T:
        """Run it on a connection without a transaction around it."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SET statement_timeout = 0"))
            await connection.execute(text("SET lock_timeout = '60s'"))
            await connection.commit()
            result = await connection.run_sync(work)
            await connection.invalidate()
            return result

    async def close(self) -> None:
        """Finish what waits to be written."""
        if self._writer is not None:
            await asyncio.wait([self._writer])
        await self._engine.dispose()

    # --- writing ----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_WORKS))]
                await self._store(group)
                for write in group:
                    if write.future.done():
                        continue  # whoever waited was cancelled
                    if write.error is not None:
                        write.future.set_exception(write.error)
                    else:
                        write.future.set_result(write.result)
        finally:
            self._writer = None

    async def _store(self, group: Sequence[_Write]) -> None:
        if len(group) > 1:
            try:
                await self._together(group)
                return
            except _Again:
                pass
            except Exception as fault:
                _settle(group, fault)
                return
        for write in group:
            try:
                await self._alone(write)
            except Exception as fault:
                _settle([write], fault)

    async def _together(self, group: Sequence[_Write]) -> None:
        async with self._transaction() as connection:
            for write in group:
                write.result = write.error = None
                savepoint = await connection.begin_nested()
                try:
                    write.result = await connection.run_sync(write.work)
                    await savepoint.commit()
                except Exception as fault:
                    if is_lost(fault) or is_conflict(fault):
                        raise
                    write.error = _said(fault, "storing")
                    await savepoint.rollback()

    async def _alone(self, write: _Write) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                async with self._transaction(lock=attempt >= _LOCK_AFTER) as connection:
                    write.result, write.error = await connection.run_sync(write.work), None
                return
            except _Again as again:
                fault = again.__cause__
                if fault is not None and is_lost(fault):
                    await self._engine.dispose()
                    if attempt:
                        raise _said(fault, "storing") from fault
            await asyncio.sleep(random.random() * 0.004 * 2 ** min(attempt, 6))  # noqa: S311
        raise Unavailable(
            "UNAVAILABLE",
            f"storing failed: {_ATTEMPTS} times another node's transaction was in the way; try again",
            retry_after_ms=1000,
        )

    @asynccontextmanager
    async def _transaction(self, *, lock: bool = False) -> AsyncIterator[AsyncConnection]:
        """Raises _Again where nothing is stored and trying again may help; Unknown after a commit without answer.

        `lock`: first take the place of all who append.  Raising the fence of a busy document would otherwise always
        come after an append that its own snapshot does not show.  (In this mode it waits for whoever has a head's row
        already, and cannot come between that and the update of the same row.)
        """
        try:
            async with self._engine.connect() as connection:
                await connection.execution_options(isolation_level="SERIALIZABLE")
                transaction = await connection.begin()
                if lock:
                    await connection.execute(text("LOCK TABLE heads IN EXCLUSIVE MODE"))
                yield connection
                try:
                    await transaction.commit()
                except Exception as fault:
                    if is_lost(fault):
                        raise unknown(fault, "a commit") from fault
                    raise
        except Exception as fault:
            if not isinstance(fault, OctavoError) and (is_conflict(fault) or is_lost(fault)):
                raise _Again from fault
            raise


def _settle(group: Sequence[_Write], fault: Exception) -> None:
    """None of these is stored, or nobody knows."""
    for write in group:
        if write.error is None or not isinstance(fault, Unknown):
            error = _said(fault, "storing")
            if isinstance(error, Unavailable):  # one for each, since whoever gets it may add to its details
                error = Unavailable(error.code, error.message, **error.details)
            write.result, write.error = None, error


def _said(fault: BaseException, doing: str) -> BaseException:
    """The work's own errors as they are, a violated constraint too; those of the database in words."""
    if isinstance(fault, NoConnection):
        return Unavailable("UNAVAILABLE", f"{doing} failed: all connections are busy", retry_after_ms=1000)
    if sqlstate(fault).startswith("23") or not is_ours(fault):
        return fault
    return explain(fault, doing)


class PgDatabase:
    """`ports.Database`, usable from any event loop; each has its own connections."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._closed = False
        self._sides: WeakKeyDictionary[asyncio.AbstractEventLoop, Side] = WeakKeyDictionary()

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self.side().catalog.read(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await self.side().catalog.write(work)

    def side(self) -> Side:
        """What the running loop uses.  Raises Unavailable once the store is closed."""
        if self._closed:
            raise Unavailable("UNAVAILABLE", "the store is closed: Octavo is shutting down")
        loop = asyncio.get_running_loop()
        side = self._sides.get(loop)
        if side is None:
            side = self._sides[loop] = Side(self.url)
        return side

    def close(self) -> None:
        """Finish what waits; blocks, so it is called beside the event loops, not on one that is in use."""
        self._closed = True
        for loop, side in list(self._sides.items()):
            if loop.is_running():
                asyncio.run_coroutine_threadsafe(side.close(), loop).result(30)
        self._sides.clear()


class Side:
    """One event loop's connections, and its appends once there are any."""

    def __init__(self, url: str) -> None:
        self.catalog = Catalog(url)
        self.connections = Connections(url, LOG_CONNECTIONS)
        self.appender: Appender | None = None

    async def close(self) -> None:
        """Finish what waits."""
        if self.appender is not None:
            await self.appender.close()
        await self.catalog.close()
        await self.connections.close()
