"""Which store the settings ask for: SQLite in the data directory, or the PostgreSQL that `OCTAVO_DATABASE` names."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

from octavo.adapters.pg import PgStore
from octavo.adapters.pg_search import PgSearch
from octavo.adapters.sql import SqlStore
from octavo.adapters.sql_search import SqlSearch
from octavo.adapters.sql_snapshots import OnDamaged
from octavo.errors import Unavailable
from octavo.ports import Database, OperationLog, SearchIndex, SnapshotStore


class Store(Protocol):
    """A process's hold on what must survive: three ports over one database."""

    @property
    def database(self) -> Database: ...

    @property
    def log(self) -> OperationLog: ...

    @property
    def snapshots(self) -> SnapshotStore: ...

    async def ready(self) -> str | None:
        """Why nothing can be written now; None while all is well."""

    def close(self) -> None:
        """Finish what waits and let go; blocks, so it is called beside the event loop."""


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
    if url:
        return PgStore.open(url, read_only=read_only, on_damaged_snapshot=on_damaged_snapshot)
    if not read_only:
        _make(data_dir)
    return SqlStore.open(
        data_dir, exclusive=exclusive, read_only=read_only, on_damaged_snapshot=on_damaged_snapshot
    )


async def open_search(store: Store, data_dir: Path) -> Index:
    """The search index beside the store.  Raises Unavailable."""
    if isinstance(store, PgStore):
        return await PgSearch.open(store.database)
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
