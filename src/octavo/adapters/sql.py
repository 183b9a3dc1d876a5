"""SqlStore: log, snapshots and catalog in one SQLite file, `octavo.db` in the data directory.

Three facets, one per port: `store.log`, `store.snapshots`, `store.database`.  One writer (`sql_writer`), some
reading threads, a checkpointing one (`sql_checkpoint`).  `docs/storage.md` says how it all hangs together.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from octavo.adapters import sql_log
from octavo.adapters.lock import DirectoryLock, prepare
from octavo.adapters.sql_checkpoint import Checkpointer, move_all
from octavo.adapters.sql_connect import connect_reader, connect_writer, driver_error, explain, wrap
from octavo.adapters.sql_snapshots import OnDamaged, SqlSnapshots
from octavo.adapters.sql_writer import OnCommit, Work, Writer
from octavo.catalog import heads, migrate
from octavo.errors import Missing, Unavailable
from octavo.ports import ClientRow, Head
from octavo.protocol import Change

T = TypeVar("T")

MEMORY: Final = ":memory:"
DATABASE_NAME: Final = "octavo.db"


def raw(connection: Connection) -> sqlite3.Connection:
    """The driver's connection inside SQLAlchemy's."""
    driver: Any = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


class SqlDatabase:
    """`ports.Database`: reads on a small pool of connections, writes by the one writer."""

    def __init__(self, path: Path | None, writer: Writer | None, readers: int) -> None:
        """A database in memory has one connection: there, the writer reads too."""
        self._path = path
        self._writer = writer
        self._closed = False
        self._local = threading.local()
        self._readers: list[Connection] = []
        self._pool = None if path is None else ThreadPoolExecutor(readers, thread_name_prefix="octavo-reader")

    async def read(self, work: Callable[[Connection], T]) -> T:
        if self._closed:
            raise Unavailable("UNAVAILABLE", "the store is closed: Octavo is shutting down")
        if self._pool is None:
            return await self.write(work)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        result: T = await self.writer.submit(Work(work))
        return result

    @property
    def writer(self) -> Writer:
        if self._writer is None:
            raise Unavailable("UNAVAILABLE", "the store was opened for reading only")
        return self._writer

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            connection = self._reader()
            with connection.begin():
                return work(connection)
        except Exception as fault:
            if driver_error(fault) is not None:
                raise explain(fault, "reading") from fault
            raise

    def _reader(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            assert self._path is not None
            connection = wrap(connect_reader(self._path), "BEGIN")
            self._local.connection = connection
            self._readers.append(connection)
        return connection

    def close(self, *, tidy: bool) -> None:
        """Finish what is being read and what waits to be written; `tidy` empties the write-ahead log."""
        self._closed = True
        if self._pool is not None:
            self._pool.shutdown()
        for connection in self._readers:
            driver = raw(connection)
            connection.close()
            driver.close()
        self._readers.clear()
        if self._writer is not None:
            self._writer.close(tidy=tidy)

    @property
    def failed(self) -> str | None:
        """Why nothing more is written; None while all is well."""
        return None if self._writer is None else self._writer.failed


class SqlLog:
    """`ports.OperationLog`."""

    def __init__(self, database: SqlDatabase, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

    async def create(self, document_id: str, epoch: str) -> None:
        now = self._now()
        await self._database.write(lambda connection: heads.create(connection, document_id, epoch, now=now))

    async def head(self, document_id: str) -> Head:
        return await self._database.read(lambda connection: sql_log.read_head(raw(connection), document_id))

    async def heads(self, document_ids: Collection[str]) -> dict[str, Head]:
        wanted = list(document_ids)
        return await self._database.read(lambda connection: sql_log.read_heads(raw(connection), wanted))

    async def append(
        self, document_id: str, *, epoch: str, expected_revision: int, fence: int, changes: Sequence[Change]
    ) -> None:
        append = sql_log.Append(document_id, epoch, expected_revision, fence, changes)
        await self._database.writer.submit(append)

    async def read(self, document_id: str, *, after: int, limit: int = 1000) -> list[Change]:
        return await self._database.read(
            lambda connection: sql_log.read_changes(raw(connection), document_id, after, limit)
        )

    async def client(self, document_id: str, client_id: str) -> ClientRow | None:
        return await self._database.read(
            lambda connection: sql_log.read_client(raw(connection), document_id, client_id)
        )

    async def raise_fence(self, document_id: str) -> int:
        return await self._database.write(lambda connection: heads.raise_fence(connection, document_id))


class SqlStore:
    """One process's hold on a data directory.  Open it, use its facets from any event loop, close it."""

    def __init__(
        self,
        database: SqlDatabase,
        *,
        path: Path | None,
        lock: DirectoryLock | None,
        now: Callable[[], int],
        on_damaged: OnDamaged | None,
    ) -> None:
        self.database = database
        self._path = path
        self.log = SqlLog(database, now)
        self.snapshots = SqlSnapshots(database, now, on_damaged)
        self._lock = lock

    @classmethod
    def open(
        cls,
        where: Path | str,
        *,
        now: Callable[[], int] | None = None,
        exclusive: bool = True,
        read_only: bool = False,
        readers: int = 2,
        on_damaged_snapshot: OnDamaged | None = None,
        on_commit: OnCommit | None = None,
    ) -> Self:
        """Lock the directory, check that commits are durable, bring the tables up to date; blocks.

        `where` is the data directory, or ":memory:" for a store that is gone at close.  `now` gives seconds
        since 1970.  `read_only` takes no lock and changes nothing: for looking where a server may be at work.
        `exclusive=False` takes no lock either, for several stores on one file.
        `on_damaged_snapshot(document_id, revision, fault)` is called on the event loop's thread,
        `on_commit(tasks stored, changes stored, seconds)` on the writer's.

        Raises Unavailable with what to do.
        """
        clock = _system_clock if now is None else now
        if read_only:
            looking = _open_to_look(Path(where), readers)
            return cls(looking, path=None, lock=None, now=clock, on_damaged=on_damaged_snapshot)
        path = None if str(where) == MEMORY else Path(where)
        lock = None
        if path is not None:
            prepare(path)
            lock = DirectoryLock(path) if exclusive else None
            path = path / DATABASE_NAME
        try:
            writer = _start_writer(path, on_commit, tidy=lock is not None)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        database = SqlDatabase(path, writer, readers)
        return cls(database, path=path, lock=lock, now=clock, on_damaged=on_damaged_snapshot)

    @property
    def failed(self) -> str | None:
        """Why the store takes no more writes (readiness asks); None while all is well."""
        return self.database.failed

    async def ready(self) -> str | None:
        """Why the store takes no more writes; None while all is well."""
        return self.failed

    async def compact(self) -> None:
        """Give the space of what was removed back to the disk.  Needs the room of the whole file meanwhile."""
        if self._path is not None:
            await asyncio.to_thread(_compact, self._path)

    def close(self) -> None:
        """Finish what waits, put everything into the main file, let go of the directory; blocks."""
        self.database.close(tidy=self._lock is not None)
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _start_writer(path: Path | None, on_commit: OnCommit | None, *, tidy: bool) -> Writer:
    connection = connect_writer(path)
    writer = Writer(connection, on_commit)
    try:
        if tidy:
            # What an earlier run left is written to the main file anew: after a failed fsync the log's pages may
            # look stored without being so.
            move_all(connection)
        migrate.upgrade(writer.connection)
        if path is not None:
            writer.checkpointer = Checkpointer(path, writer.fail)
    except BaseException as fault:
        writer.connection.close()
        connection.close()
        if driver_error(fault) is not None:
            raise explain(fault, f"opening {path}") from fault
        raise
    writer.start()
    return writer


def _compact(path: Path) -> None:
    connection = connect_writer(path)
    try:
        connection.execute("VACUUM")
    except sqlite3.Error as fault:
        raise explain(fault, "giving unused space back") from fault
    finally:
        connection.close()


def _open_to_look(directory: Path, readers: int) -> SqlDatabase:
    path = directory / DATABASE_NAME
    if not path.exists():
        raise Missing(
            "NOT_FOUND", f"there is no {DATABASE_NAME} in {directory}: name the data directory of a server"
        )
    connection = connect_reader(path)
    wrapped = wrap(connection, "BEGIN")
    try:
        with wrapped.begin():
            migrate.check(wrapped)
    except DBAPIError as fault:
        raise explain(fault, f"reading {path}") from fault
    finally:
        wrapped.close()
        connection.close()
    return SqlDatabase(path, None, readers)


def _system_clock() -> int:
    return int(time.time())
