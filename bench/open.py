"""Opening a document with a long history: automerge-paper, 259,778 changes of one character.

Cold is the first read of the document after a start of the server, warm the next ones; times are a program's over
REST, JSON included.  Another, empty document is made and read before it: the very first requests of a process pay about
10 ms more for what the libraries put off until then.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.harness import ROOT, people, print_goal, print_machine, serving
from octavo.adapters.sql import SqlStore
from octavo.client.api import Api
from octavo.delta import Delta
from octavo.protocol import Change, ops_to_json

TRACE = ROOT / "bench" / "traces" / "automerge-paper.json.gz"
BATCH = 2000
COLD_STARTS = 5
READS = 50
SNAPSHOT_SECONDS = 60


def history(user_id: str) -> Iterator[Change]:
    """The trace as changes of one client."""
    transactions = json.loads(gzip.decompress(TRACE.read_bytes()))["txns"]
    edits = (patch for one in transactions for patch in one["patches"])
    for revision, (position, deleted, inserted) in enumerate(edits, start=1):
        delta = Delta().retain(position).insert(inserted).delete(deleted)
        digest = hashlib.sha256(b"%d" % revision).digest()
        ops = ops_to_json(delta)
        yield Change(revision, delta, ops, "bench", revision, user_id, 1_700_000_000, revision - 1, digest)


async def fill(data: Path, document_id: str, user_id: str) -> float:
    """Append the history to the log beside no server; seconds."""
    store = await asyncio.to_thread(SqlStore.open, data)
    started = time.perf_counter()
    try:
        head = await store.log.head(document_id)
        batch: list[Change] = []
        for change in history(user_id):
            batch.append(change)
            if len(batch) == BATCH:
                await append(store, document_id, head.epoch, head.fence, batch)
                batch = []
        await append(store, document_id, head.epoch, head.fence, batch)
    finally:
        store.close()
    return time.perf_counter() - started


async def append(store: SqlStore, document_id: str, epoch: str, fence: int, changes: list[Change]) -> None:
    if changes:
        before = changes[0].revision - 1
        await store.log.append(
            document_id, epoch=epoch, expected_revision=before, fence=fence, changes=changes
        )


async def timed(api: Api, document_id: str, revision: int | None = None) -> tuple[float, Any]:
    """Milliseconds of one read, and what it gave."""
    started = time.perf_counter()
    found = await api.document(document_id, revision=revision)
    return 1000 * (time.perf_counter() - started), found


def disk(data: Path) -> int:
    return sum(path.stat().st_size for path in data.rglob("*") if path.is_file())


async def prepared(data: Path) -> tuple[str, str, str]:
    """An account's token source and a document with the whole history: email, password, document's id."""
    with serving(data=data) as server:
        async with people(server, 1) as ((api, _),):
            document_id = (await api.create_document("automerge-paper"))["id"]
            user_id = (await api.request("GET", "/users/me"))["id"]
            token = (await api.request("POST", "/users/me/tokens", {"name": "bench"}))["token"]
    empty = disk(data)
    seconds = await fill(data, document_id, user_id)
    print(f"  log of {sum(1 for _ in history(user_id)):,} changes appended in {seconds:.1f} s")
    print(
        f"  bytes on disk: {(disk(data) - empty) / 1e6:.1f} MB, rows not sealed (goal 0.2 MB after sealing)"
    )
    return token, document_id, user_id


async def measure(data: Path) -> None:
    token, document_id, _ = await prepared(data)
    with serving(data=data) as server:
        async with Api(server.url, token) as api:
            first, _ = await timed(api, document_id)
            print(f"  without a snapshot (the whole log replayed): {first:.0f} ms")
            until = time.monotonic() + SNAPSHOT_SECONDS
            while not snapshots(data) and time.monotonic() < until:  # noqa: ASYNC110 - another process makes them
                await asyncio.sleep(0.5)
            await asyncio.sleep(5)
    print(f"  {snapshots(data)} snapshots, disk with them {disk(data) / 1e6:.1f} MB")
    cold, warm, past = [], [], []
    for _ in range(COLD_STARTS):
        with serving(data=data) as server:
            async with Api(server.url, token) as api:
                empty = (await api.create_document("empty"))["id"]
                await timed(api, empty)
                took, found = await timed(api, document_id)
                cold.append(took)
                warm += [(await timed(api, document_id))[0] for _ in range(10)]
                for _ in range(READS // COLD_STARTS):
                    past.append((await timed(api, document_id, random.randrange(found["revision"])))[0])
    print_goal("cold open, median", statistics.median(cold), 14, "ms")
    print_goal("warm open, median", statistics.median(warm), 6, "ms")
    past.sort()
    print(
        f"  a random revision: median {past[len(past) // 2]:.1f} ms, p95 {past[int(len(past) * 0.95)]:.1f} ms"
    )


def snapshots(data: Path) -> int:
    """How many the store holds."""
    import sqlite3

    connection = sqlite3.connect(f"file:{data / 'octavo.db'}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM snapshots").fetchone()[0])
    finally:
        connection.close()


def main() -> None:
    print_machine("Opening automerge-paper")
    with tempfile.TemporaryDirectory(prefix="octavo-bench-", dir=os.environ.get("TMPDIR")) as data:
        asyncio.run(measure(Path(data)))


if __name__ == "__main__":
    main()
