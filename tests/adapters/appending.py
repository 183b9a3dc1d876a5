"""A process of its own that appends until it is killed or its disk is full: `python -m tests.adapters.appending DIR`.

Prints `acked N` for every append that returned, and how it ended.  With a second argument, no file of it may grow
beyond that many bytes.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from octavo.adapters.sql import SqlStore
from octavo.errors import OctavoError
from tests.contracts.cases import DOCUMENT, EPOCH, append, change


async def appending(store: SqlStore) -> None:
    await store.log.create(DOCUMENT, EPOCH)
    revision = 0
    try:
        while True:
            batch = [
                change(revision + n, client=f"c{n}", seq=revision + 1, base=revision, text="x" * 50)
                for n in range(1, 6)
            ]
            await append(store.log, *batch)
            revision += 5
            print("acked", revision, flush=True)
    except OctavoError as fault:
        print("refused", type(fault).__name__, fault, flush=True)
    try:
        await append(store.log, change(revision + 1, client="later", seq=1))
        print("then stored", flush=True)
    except OctavoError as fault:
        print("then", type(fault).__name__, fault, flush=True)
    print("failed", store.failed, flush=True)
    found = await store.log.read(DOCUMENT, after=0, limit=1_000_000)
    print("readable", len(found), flush=True)


if __name__ == "__main__":
    opened = SqlStore.open(Path(sys.argv[1]))
    if len(sys.argv) > 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    asyncio.run(appending(opened))
    opened.close()
