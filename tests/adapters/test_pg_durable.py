"""G1 on PostgreSQL: kill -9 of its whole tree loses nothing that was acknowledged, and the store goes on by itself."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import count

import pytest

from octavo.adapters import pg_append
from octavo.adapters.pg import PgStore
from octavo.errors import Conflict, OctavoError, Unavailable, Unknown
from octavo.ports import RevisionTaken
from octavo.verify import verify
from tests import postgres
from tests.contracts.cases import EPOCH, append, change, fill

pytestmark = pytest.mark.skipif(bool(postgres.lacking()), reason=postgres.lacking() or "there")

DOCUMENTS = 5
ROUNDS = 3
ACKNOWLEDGED = 60  # in each round, before the kill


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    """One of its own, to be killed."""
    made = postgres.Cluster(postgres.place())
    made.create()
    made.start()
    yield made
    made.remove()


@pytest.fixture
async def store(cluster: postgres.Cluster) -> AsyncIterator[PgStore]:
    opened = PgStore.open(await asyncio.to_thread(cluster.database))
    yield opened
    await asyncio.to_thread(opened.close)


class Writer:
    """Appends to one document for as long as it is let; knows what was acknowledged."""

    def __init__(self, store: PgStore, document: str) -> None:
        self.store = store
        self.document = document
        self.acknowledged: list[tuple[int, str]] = []
        self.stop = False
        self.wanted = 0
        self.reached = asyncio.Event()

    async def run(self) -> None:
        revision = 0
        for number in count():
            if self.stop:
                return
            client = f"c{number}"
            try:
                await append(
                    self.store.log, change(revision + 1, client=client, seq=1), document=self.document
                )
            except RevisionTaken as fault:
                revision = fault.head  # an append whose answer was lost
                continue
            except OctavoError as fault:
                if isinstance(fault, Conflict):
                    raise
                await self.store.ready()
                continue
            revision += 1
            self.acknowledged.append((revision, client))
            if len(self.acknowledged) >= self.wanted:
                self.reached.set()

    async def more(self) -> None:
        """Return when further ones were acknowledged."""
        self.wanted = len(self.acknowledged) + ACKNOWLEDGED
        self.reached.clear()
        await self.reached.wait()


async def test_what_was_acknowledged_outlives_kill_9_of_the_whole_tree(
    cluster: postgres.Cluster, store: PgStore
) -> None:
    writers = [Writer(store, f"d{number}") for number in range(DOCUMENTS)]
    for writer in writers:
        await store.log.create(writer.document, EPOCH)
    running = [asyncio.ensure_future(writer.run()) for writer in writers]
    for _ in range(ROUNDS):
        async with asyncio.timeout(60):
            await asyncio.gather(*(writer.more() for writer in writers))
        await asyncio.to_thread(cluster.stop, signal.SIGKILL)
        assert await store.ready() is not None
        with pytest.raises(Unavailable, match="cannot be reached"):
            await store.log.head("d0")
        await asyncio.to_thread(cluster.start)
        assert await store.ready() is None
    for writer in writers:
        writer.stop = True
    await asyncio.gather(*running)
    for writer in writers:
        logged = await store.log.read(writer.document, after=0, limit=100_000)
        assert [one.revision for one in logged] == list(range(1, len(logged) + 1))
        by_revision = {one.revision: one.client_id for one in logged}
        assert [(n, by_revision.get(n)) for n, _ in writer.acknowledged] == writer.acknowledged
    assert (await verify(store.database, store.snapshots)).sound


async def test_a_write_of_the_catalog_goes_on_over_a_restart(
    cluster: postgres.Cluster, store: PgStore
) -> None:
    """Connections that lie idle have gone with the server; nobody is to notice."""
    await fill(store.log, 2)
    await store.log.head("doc-1")
    await asyncio.to_thread(cluster.stop)
    await asyncio.to_thread(cluster.start)
    assert await store.log.raise_fence("doc-1") == 1
    assert (await store.log.head("doc-1")).fence == 1
    await append(store.log, change(3), fence=1)


async def test_a_database_that_hangs_is_not_waited_for(
    cluster: postgres.Cluster, store: PgStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pg_append, "ANSWER_SECONDS", 0.5)
    await fill(store.log, 1)
    await asyncio.to_thread(cluster.pause)
    try:
        with pytest.raises(Unknown, match="does not answer"):
            await append(store.log, change(2))
        assert "does not answer" in str(await store.ready())
    finally:
        await asyncio.to_thread(cluster.pause, False)
    # What hung was stored after all, or was not: asked again, it is one of the two.
    with suppress(RevisionTaken):
        await append(store.log, change(2))
    assert [one.revision for one in await store.log.read("doc-1", after=0)] == [1, 2]


async def test_a_replica_is_refused(cluster: postgres.Cluster, store: PgStore) -> None:
    """Last here: the server is a standby afterwards, which waits for a primary that is not there."""
    url = store.database.url
    await asyncio.to_thread(cluster.stop)
    (cluster.data / "standby.signal").touch()
    await asyncio.to_thread(cluster.start)
    for read_only in (False, True):
        with pytest.raises(Unavailable, match="is a replica"):
            PgStore.open(url, read_only=read_only)
    assert "is a replica" in str(await store.ready())
    with pytest.raises(Unavailable, match="is a replica"):
        await store.log.create("d", EPOCH)
