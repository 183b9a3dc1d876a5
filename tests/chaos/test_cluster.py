"""Three nodes behind HAProxy, on real PostgreSQL and Redis, with twenty people at work while everything breaks.

`make chaos` for long; the default is what fits into `make test`.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from octavo.adapters.pg import PgStore
from octavo.adapters.pg_database import PgDatabase
from octavo.client import Api, Document
from octavo.delta import wire
from tests import balancers, postgres, redis_server
from tests.chaos.cluster import Cluster
from tests.chaos.test_chaos import SETTLE_SECONDS, Typist, enough, settle
from tests.checker import Final, Logged, Read, Run, Submitted, check

FAULTS = int(os.environ.get("FAULTS", "0"))
CLIENTS = int(os.environ.get("CLIENTS", "20" if FAULTS else "8"))
DOCUMENTS = 3
LEAST_PER_FAULT = 170
"""Acknowledged operations for each fault of a long run: 30 faults make 5,100."""


def lacking() -> str:
    if redis_server.executable() is None:
        return "no Redis: install redis-server"
    return postgres.lacking() or balancers.lacking("haproxy")


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    if lacking():
        pytest.skip(lacking())
    directory = Path(tempfile.mkdtemp(prefix="octavo-chaos-"))  # PostgreSQL runs as another user
    directory.chmod(0o755)  # noqa: ASYNC240
    cluster = Cluster(directory, random.Random(int(os.environ.get("SEED", "1"))))
    await cluster.start()
    yield cluster
    await cluster.stop()
    await asyncio.to_thread(shutil.rmtree, directory, True)


async def signed_in(url: str) -> Api:
    api = Api(url)
    await api.register("ada@example.org", "Ada", "a good long password")
    await api.sign_in("ada@example.org", "a good long password")
    return api


async def recovered(typists: list[Typist]) -> float:
    """Seconds until everybody has an operation acknowledged that was sent from now on."""
    started = time.monotonic()
    waiting = [(typist, set(typist.submitted)) for typist in typists]
    async with asyncio.timeout(SETTLE_SECONDS):
        while waiting:
            waiting = [(typist, before) for typist, before in waiting if not _acknowledged(typist, before)]
            await asyncio.sleep(0.02)
    return time.monotonic() - started


def _acknowledged(typist: Typist, before: set[tuple[str, int]]) -> bool:
    return any(one.outcome == "ok" for key, one in typist.submitted.items() if key not in before)


async def judged(cluster: Cluster, api: Api, document_id: str, typists: list[Typist]) -> Run:
    """All that is known of a document: its log, what each client shows, and a fresh reader at every node."""
    submitted: dict[tuple[str, int], Submitted] = {}
    for typist in typists:
        submitted |= typist.submitted
    run = Run(submitted=list(submitted.values()))
    run.log = await logged(cluster.postgres.url(), document_id)
    acknowledged = max(typist.acknowledged for typist in typists)
    for number, typist in enumerate(typists):
        run.finals.append(Final(f"client {number}", typist.document.revision, typist.document.content))
    token = await api._bearer()
    for node in cluster.nodes:
        async with Api(node.url, token) as direct:
            found = await direct.document(document_id)
            content = wire.from_content(found["content"]["ops"])
            run.finals.append(Final(f"REST at {node.name}", found["revision"], content))
            run.reads.append(Read(node.name, acknowledged, found["revision"]))
            async with Document(direct, document_id) as fresh:
                run.finals.append(Final(f"a reader at {node.name}", fresh.revision, fresh.content))
    return run


async def logged(url: str, document_id: str) -> list[Logged]:
    store = PgStore(PgDatabase(url), now=lambda: 0, on_damaged=None)  # whatever version the tables are of
    try:
        head = await store.log.head(document_id)
        changes = [
            change
            for after in range(0, head.revision, 1000)
            for change in await store.log.read(document_id, after=after, limit=1000)
        ]
    finally:
        await asyncio.to_thread(store.close)
    return [
        Logged(one.revision, one.client_id, one.seq, one.digest, one.delta, one.user_id, one.timestamp)
        for one in changes
    ]


def plan(cluster: Cluster) -> list[Callable[[], Awaitable[None]]]:
    """Every kind of fault in turn, in another order each time; the upgrade in the middle."""
    if not FAULTS:
        return [cluster.node_killed, cluster.relay_killed, cluster.node_drained, cluster.database_killed]
    faults: list[Callable[[], Awaitable[None]]] = []
    while len(faults) < FAULTS:
        some = cluster.faults()
        cluster.chance.shuffle(some)
        faults += some
    faults = faults[:FAULTS]
    faults.insert(len(faults) // 2, cluster.upgraded)
    return faults


async def test_nothing_is_lost_or_doubled_whatever_breaks(cluster: Cluster) -> None:
    chance = cluster.chance
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(await signed_in(cluster.balancer.url))
        names = [(await api.create_document(f"chaos {number}"))["id"] for number in range(DOCUMENTS)]
        typists = []
        for number in range(CLIENTS):
            document = await stack.enter_async_context(Document(api, names[number % DOCUMENTS]))
            typists.append(Typist(document, random.Random(chance.random())))
        over = asyncio.Event()
        seconds: list[float] = []
        async with asyncio.TaskGroup() as group:
            for typist in typists:
                group.create_task(typist.type_until(over))
            for fault in plan(cluster):
                await enough(typists, LEAST_PER_FAULT if FAULTS else 50)
                started = time.monotonic()
                await fault()
                took = time.monotonic() - started
                seconds.append(await recovered(typists))
                print(
                    f"{fault.__name__}: {took:.1f} s, everybody typed again {seconds[-1]:.2f} s after it was healed"
                )
            over.set()
        for number, document_id in enumerate(names):
            await settle(typists[number::DOCUMENTS])
            run = await judged(cluster, api, document_id, typists[number::DOCUMENTS])
            assert [str(violation) for violation in check(run)] == [], cluster.tails()
        acknowledged = sum(one.outcome == "ok" for typist in typists for one in typist.submitted.values())
        print(
            f"{len(seconds)} faults, {acknowledged} operations acknowledged, slowest recovery {max(seconds):.2f} s"
        )
        assert acknowledged >= LEAST_PER_FAULT * FAULTS
