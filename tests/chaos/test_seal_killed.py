"""kill -9 of a process that seals, again and again: every change can be read, and the next one goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from octavo.adapters.sql import SqlStore
from octavo.adapters.stores import open_store
from octavo.verify import verify
from tests.contracts.cases import DOCUMENT, EPOCH, append, change

ROUNDS = int(os.environ.get("ROUNDS", "4"))
CHANGES = 8_000
BATCH = 2_000


def seal(directory: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "octavo.cli", "seal", "--all", "--data-dir", str(directory)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


async def fill(directory: Path) -> None:
    store = await asyncio.to_thread(SqlStore.open, directory)
    await store.log.create(DOCUMENT, EPOCH)
    for start in range(0, CHANGES, BATCH):
        batch = [
            change(revision, client=f"c{revision % 3}") for revision in range(start + 1, start + BATCH + 1)
        ]
        await append(store.log, *batch)
    await asyncio.to_thread(store.close)


async def sound(directory: Path) -> int:
    """How many changes are sealed, after all of them were read and checked."""
    store = await asyncio.to_thread(open_store, "", directory)
    found = await store.log.read(DOCUMENT, after=0, limit=CHANGES)
    assert found == [change(revision, client=f"c{revision % 3}") for revision in range(1, CHANGES + 1)]
    summary = await verify(store.database, store.snapshots, blobs=store.blobs)
    assert summary.sound, summary
    rows = await store.database.read(
        lambda connection: connection.exec_driver_sql("SELECT count(*) FROM changes").scalar_one()
    )
    await asyncio.to_thread(store.close)
    return CHANGES - int(rows)


async def test_killed_while_it_seals(tmp_path: Path) -> None:
    await fill(tmp_path)
    started = time.monotonic()
    assert await asyncio.to_thread(seal(tmp_path / "nowhere").wait) == 0  # how long a start alone takes
    start = time.monotonic() - started
    for number in range(ROUNDS):
        process = seal(tmp_path)
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, start * (0.8 + number / ROUNDS))
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait)
        await sound(tmp_path)
    assert await asyncio.to_thread(seal(tmp_path).wait) == 0
    assert await sound(tmp_path) == CHANGES - 1
