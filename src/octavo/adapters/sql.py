"""SqlStore: log, snapshots and catalog in one SQLite file, `octavo.db` in the data directory.

Three facets, one per port: `store.log`, `store.snapshots`, `store.database`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from octavo.ports import ClientRow, Head, Snapshot
from octavo.protocol import Change

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")

MEMORY = ":memory:"


class SqlLog:
    """`ports.OperationLog`."""

    async def create(self, document_id: str, epoch: str) -> None: ...
    async def head(self, document_id: str) -> Head: ...
    async def append(
        self, document_id: str, *, epoch: str, expected_revision: int, fence: int, changes: Sequence[Change]
    ) -> None: ...
    async def read(self, document_id: str, *, after: int, limit: int = 1000) -> list[Change]: ...
    async def client(self, document_id: str, client_id: str) -> ClientRow | None: ...
    async def raise_fence(self, document_id: str) -> int: ...


class SqlSnapshots:
    """`ports.SnapshotStore`."""

    async def latest(self, document_id: str, *, at_most: int | None = None) -> Snapshot | None: ...
    async def put(self, document_id: str, snapshot: Snapshot) -> None: ...


class SqlDatabase:
    """`ports.Database`."""

    async def read(self, work: Callable[[Connection], T]) -> T: ...
    async def write(self, work: Callable[[Connection], T]) -> T: ...


class SqlStore:
    """One process's hold on a data directory.  Open it, use its facets from any event loop, close it."""

    log: SqlLog
    snapshots: SqlSnapshots
    database: SqlDatabase

    @classmethod
    def open(
        cls,
        where: Path | str,
        *,
        exclusive: bool = True,
        readers: int = 2,
        on_damaged_snapshot: Callable[[str, int, str], None] | None = None,
        on_commit: Callable[[int, int, float], None] | None = None,
    ) -> Self:
        """Lock the directory, check that commits are durable, bring the tables up to date; blocks.

        `where` is the data directory, or ":memory:" for a catalog that is gone at close.  `on_damaged_snapshot(document
        id, revision, fault)` and `on_commit(appends and writes, changes, seconds)` are called on other threads.
        Raises Unavailable with what to do.
        """
        ...

    @property
    def failed(self) -> str | None:
        """Why the store takes no more writes (readiness asks); None while all is well."""
        ...

    def close(self) -> None:
        """Finish what waits, put everything into the main file, let go of the directory; blocks."""
        ...
