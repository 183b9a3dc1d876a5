"""Every adapter of every port; each suite here runs on all that have it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from octavo.adapters.memory import MemoryLog, MemorySnapshots
from octavo.adapters.sql import MEMORY, SqlStore
from octavo.ports import Database, OperationLog, SnapshotStore


@dataclass
class Adapter:
    """One technology; `another` opens a further handle on the same data, where it can."""

    name: str
    where: Path
    memory: MemoryLog = field(default_factory=MemoryLog)
    memory_snapshots: MemorySnapshots = field(default_factory=MemorySnapshots)
    stores: list[SqlStore] = field(default_factory=list)

    def open(self) -> SqlStore:
        if self.name == "sqlite-memory" and self.stores:
            return self.stores[0]
        store = SqlStore.open(MEMORY if self.name == "sqlite-memory" else self.where, exclusive=False)
        self.stores.append(store)
        return store

    @property
    def log(self) -> OperationLog:
        return self.memory if self.name == "memory" else self.store.log

    @property
    def snapshots(self) -> SnapshotStore:
        return self.memory_snapshots if self.name == "memory" else self.store.snapshots

    @property
    def database(self) -> Database:
        return self.store.database

    @property
    def store(self) -> SqlStore:
        return self.stores[0] if self.stores else self.open()

    def another_log(self) -> OperationLog:
        return self.memory if self.name == "memory" else self.open().log

    def close(self) -> None:
        for store in self.stores:
            store.close()


def _adapter(name: str, where: Path) -> Iterator[Adapter]:
    adapter = Adapter(name, where)
    yield adapter
    adapter.close()


@pytest.fixture(params=["memory", "sqlite", "sqlite-memory"])
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Adapter]:
    yield from _adapter(request.param, tmp_path)


@pytest.fixture(params=["sqlite", "sqlite-memory"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Adapter]:
    """Those that have a Database."""
    yield from _adapter(request.param, tmp_path)


@pytest.fixture
def log(adapter: Adapter) -> OperationLog:
    return adapter.log
