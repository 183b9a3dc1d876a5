"""Which store the settings ask for: SQLite in the data directory, or the PostgreSQL that `OCTAVO_DATABASE` names."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

from octavo.adapters.files import FOLDER, FileBlobs
from octavo.adapters.pg import PgStore
from octavo.adapters.pg_search import PgSearch
from octavo.adapters.sql import SqlStore
from octavo.adapters.sql_search import SqlSearch
from octavo.adapters.sql_snapshots import OnDamaged
from octavo.errors import Unavailable
from octavo.ports import BlobStore, Database, OperationLog, SearchIndex, SnapshotStore
from octavo.sealed import SealedLog


class Rows(Protocol):
    """What a database gives: three ports over one set of tables."""

    @property
    def database(self) -> Database: ...

    @property
    def log(self) -> OperationLog: ...

    @property
    def snapshots(self) -> SnapshotStore: ...

    async def ready(self) -> str | None:
        """Why nothing can be written now; None while all is well."""

    async def compact(self) -> None:
        """Give the space of what was removed back to the disk, where the database does not do so by itself."""

    def close(self) -> None:
        """Finish what waits and let go; blocks, so it is called beside the event loop."""


class Store:
    """A process's hold on what must survive: a database, files, and the log that lies in both."""

    def __init__(self, rows: Rows, blobs: BlobStore) -> None:
        self.rows = rows
        self.blobs = blobs
        self.database: Database = rows.database
        self.snapshots: SnapshotStore = rows.snapshots
        self.log: OperationLog = SealedLog(rows.log, rows.database, blobs)
        self.ready = rows.ready
        self.compact = rows.compact
        self.close = rows.close


class Index(SearchIndex, Protocol):
    """A search index that is opened and closed."""

    def close(self) -> None:
        """Finish what waits; blocks."""


def open_store(
    url: str,
    data_dir: Path,
    *,
    exclusive: bool = True,
    read_only: bool = False,
    on_damaged_snapshot: OnDamaged | None = None,
) -> Store:
    """The store at `url`; blocks.  Raises Unavailable with what to do.

    An empty `url` is the SQLite file in `data_dir`, which one process at a time has (`exclusive`); a database of
    PostgreSQL takes as many as come.  `read_only` looks, and changes nothing.
    """
    blobs = FileBlobs(data_dir / FOLDER)
    if url:
        return Store(PgStore.open(url, read_only=read_only, on_damaged_snapshot=on_damaged_snapshot), blobs)
    if not read_only:
        _make(data_dir)
    rows = SqlStore.open(
        data_dir, exclusive=exclusive, read_only=read_only, on_damaged_snapshot=on_damaged_snapshot
    )
    return Store(rows, blobs)


async def open_search(store: Store, data_dir: Path) -> Index:
    """The search index beside the store.  Raises Unavailable."""
    if isinstance(store.rows, PgStore):
        return await PgSearch.open(store.rows.database)
    return await asyncio.to_thread(SqlSearch.open, data_dir)


def _make(data_dir: Path) -> None:
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise Unavailable(
            "UNAVAILABLE",
            f"the data directory {data_dir} cannot be made ({fault.strerror}); "
            "make it writable, or name another with --data-dir",
        ) from None
