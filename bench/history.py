"""The history of a long life: automerge-paper (259,778 edits), plain and rich (three people, formats, pauses).

Times are a program's over REST, JSON included, once the jobs that follow the log have caught up.  Both logs are
appended beside no server; in the rich one every hundredth edit is followed by a format, and each thousandth by an
hour's pause.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.harness import people, print_goal, print_machine, serving
from bench.open import BATCH, append, history
from octavo.adapters.sql import SqlStore
from octavo.client.api import Api
from octavo.delta import Delta
from octavo.protocol import Change, ops_to_json

READS = 60
WAIT_SECONDS = 600


def rich(users: list[str]) -> Iterator[Change]:
    """The same edits by several in turns, with formats and pauses."""
    at, length, revision = 1_700_000_000, 1, 0
    for number, change in enumerate(history("")):
        user = users[number // 400 % len(users)]
        deltas = [change.delta]
        length += change.delta.change_length
        if number % 100 == 99 and length > 20:
            deltas.append(Delta().retain(length // 2).retain(10, {"bold": number % 200 == 99 or None}))
        for delta in deltas:
            revision += 1
            at += 3600 if revision % 1000 == 0 else revision % 2
            digest = hashlib.sha256(b"%d" % revision).digest()
            ops = ops_to_json(delta)
            yield Change(revision, delta, ops, f"bench-{user}", revision, user, at, revision - 1, digest)


async def fill(data: Path, document_id: str, changes: Iterator[Change]) -> int:
    """Append them beside no server; how many."""
    store = await asyncio.to_thread(SqlStore.open, data)
    count = 0
    try:
        head = await store.log.head(document_id)
        batch: list[Change] = []
        for change in changes:
            batch.append(change)
            count += 1
            if len(batch) == BATCH:
                await append(store, document_id, head.epoch, head.fence, batch)
                batch = []
        await append(store, document_id, head.epoch, head.fence, batch)
    finally:
        store.close()
    return count


@asynccontextmanager
async def prepared(data: Path, kind: str) -> AsyncIterator[tuple[Api, str, int]]:
    """A served document with the whole life, of which the jobs know all."""
    with serving(data=data) as server:
        async with people(server, 3) as apis:
            api = apis[0][0]
            document_id = (await api.create_document(kind))["id"]
            users = [(await one.request("GET", "/users/me"))["id"] for one, _ in apis]
            token = (await api.request("POST", "/users/me/tokens", {"name": "bench"}))["token"]
    count = await fill(data, document_id, rich(users) if kind == "rich" else history(users[0]))
    print(f"{kind}: {count:,} changes")
    with serving(data=data) as server:
        async with Api(server.url, token) as api:
            await caught_up(data, count)
            yield api, document_id, count


async def caught_up(data: Path, count: int) -> None:
    """Wait until each job that follows the log has reached its end."""
    import sqlite3

    started = time.monotonic()
    while time.monotonic() - started < WAIT_SECONDS:
        connection = sqlite3.connect(f"file:{data / 'octavo.db'}?mode=ro", uri=True)
        wanted = ("snapshot", "sessions", "attribution")
        rows = connection.execute("SELECT job FROM job_cursors WHERE revision >= ?", (count,)).fetchall()
        connection.close()
        if {row[0] for row in rows} >= set(wanted):
            print(f"  the jobs have caught up with all of it in {time.monotonic() - started:.0f} s")
            return
        await asyncio.sleep(0.5)
    raise TimeoutError("the jobs did not catch up")


async def timed(act: Callable[[], Awaitable[Any]], times: int) -> list[float]:
    """Milliseconds of each, in order of size."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        await act()
        took.append(1000 * (time.perf_counter() - started))
    return sorted(took)


async def measure(api: Api, document_id: str, count: int) -> None:
    some = random.Random(1)
    revisions = await timed(lambda: api.document(document_id, revision=some.randrange(count)), READS)
    print_goal("a random revision, median", revisions[READS // 2], 200, "ms")
    print_goal("a random revision, p95", revisions[int(READS * 0.95)], 200, "ms")
    page = await timed(lambda: api.history(document_id), 10)
    print(f"  first page of the panel, median: {page[5]:.1f} ms")
    page = await timed(lambda: api.history(document_id, before=count // 2), 10)
    print(f"  a page from the middle, median: {page[5]:.1f} ms")
    present = await timed(lambda: api.attribution(document_id), 10)
    print(f"  attribution of the present text, median: {present[5]:.1f} ms")
    past = await timed(lambda: api.attribution(document_id, revision=some.randrange(count)), 20)
    print(f"  attribution of a random revision, median: {past[10]:.1f} ms")
    whole = await timed(lambda: api.diff(document_id), 5)
    print(f"  diff over the whole life, median: {whole[2]:.1f} ms")
    half = await timed(lambda: api.diff(document_id, first=count // 2, to=count), 3)
    print(f"  diff over its second half, median: {half[1]:.0f} ms")
    near = await timed(lambda: near_diff(api, document_id, some.randrange(count - 500)), 20)
    print(f"  diff over 500 changes anywhere, median: {near[10]:.1f} ms")


async def near_diff(api: Api, document_id: str, first: int) -> Any:
    return await api.diff(document_id, first=first, to=first + 500)


async def run(kinds: list[str]) -> None:
    for kind in kinds:
        with tempfile.TemporaryDirectory(prefix="octavo-bench-", dir=os.environ.get("TMPDIR")) as data:
            async with prepared(Path(data), kind) as (api, document_id, count):
                await measure(api, document_id, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=["plain", "rich"])
    print_machine("The history")
    asyncio.run(run(parser.parse_args().kinds))


if __name__ == "__main__":
    main()
