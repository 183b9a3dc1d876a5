"""Every adapter of every port; each suite here runs on all that have it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from octavo.adapters.memory import MemoryLog, MemorySnapshots
from octavo.adapters.pg import PgStore
from octavo.adapters.sql import MEMORY, SqlStore
from octavo.ports import Database, OperationLog, SnapshotStore
from tests import postgres
from tests.contracts.relays import Nodes
from tests.redis_server import RedisServer, executable
from tests.sealing import SealingLog


@dataclass
class Adapter:
    """One technology; `another` opens a further handle on the same data, where it can."""

    name: str
    where: Path
    memory: MemoryLog = field(default_factory=MemoryLog)
    memory_snapshots: MemorySnapshots = field(default_factory=MemorySnapshots)
    stores: list[SqlStore | PgStore] = field(default_factory=list)
    url: str = ""
    sealing: SealingLog | None = None

    def open(self) -> SqlStore | PgStore:
        if self.name == "sqlite-memory" and self.stores:
            return self.stores[0]
        if self.name == "postgresql":
            self.url = self.url or postgres.fresh()
            self.stores.append(PgStore.open(self.url))
            return self.stores[-1]
        store = SqlStore.open(MEMORY if self.name == "sqlite-memory" else self.where, exclusive=False)
        self.stores.append(store)
        return store

    @property
    def log(self) -> OperationLog:
        if self.name == "memory":
            return self.memory
        if self.name == "sealing":
            self.sealing = self.sealing or SealingLog(self.store.log, self.store.database)
            return self.sealing
        return self.store.log

    @property
    def snapshots(self) -> SnapshotStore:
        return self.memory_snapshots if self.name == "memory" else self.store.snapshots

    @property
    def database(self) -> Database:
        return self.store.database

    @property
    def store(self) -> SqlStore | PgStore:
        return self.stores[0] if self.stores else self.open()

    def another_log(self) -> OperationLog:
        return self.log if self.name in ("memory", "sealing") else self.open().log

    async def close(self) -> None:
        for store in self.stores:
            await asyncio.to_thread(store.close)


@asynccontextmanager
async def _adapter(name: str, where: Path) -> AsyncIterator[Adapter]:
    if name == "postgresql" and postgres.lacking():
        pytest.skip(postgres.lacking())
    adapter = Adapter(name, where)
    yield adapter
    await adapter.close()


@pytest.fixture(params=["memory", "sqlite", "sqlite-memory", "postgresql", "sealing"])
async def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Adapter]:
    async with _adapter(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "sqlite-memory", "postgresql"])
async def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Adapter]:
    """Those that have a Database."""
    async with _adapter(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def log(adapter: Adapter) -> OperationLog:
    return adapter.log


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if executable() is None:
        pytest.skip("no Redis: install redis-server")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=["memory", "redis"])
async def nodes(request: pytest.FixtureRequest) -> AsyncIterator[Nodes]:
    """Several nodes that share a relay; on Redis it is emptied first."""
    url: str | None = None
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis")
        server.flush()
        url = server.url
    nodes = Nodes(url)
    yield nodes
    await nodes.close()
