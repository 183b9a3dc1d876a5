"""The log on SQLite: durable changes a second by batch, with an idle and a busy event loop, and reading.

    python -m bench.log [--directory DIR]

A batch is one `append`; "busy" runs a thread that never lets go of the interpreter's lock by itself, with the
switch interval that `octavo serve` sets.  The directory must lie on the disk that is to be measured.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.harness import print_goal, print_machine
from octavo.adapters.sql import DATABASE_NAME, SqlStore
from octavo.delta import Delta
from octavo.protocol import Change, ops_to_json

SWITCH_INTERVAL = 0.0001
DOCUMENTS = 100
DELTA = Delta().retain(12_345).insert("hel")
OPS = ops_to_json(DELTA)


def batch(head: int, size: int) -> list[Change]:
    """`size` changes after `head`, each of another client."""
    return [
        Change(
            head + n,
            DELTA,
            OPS,
            f"client-{n:015d}",
            head + 1,
            f"user-{n:017d}",
            1_700_000_000,
            head,
            bytes(32),
        )
        for n in range(1, size + 1)
    ]


@contextmanager
def busy(on: bool) -> Iterator[None]:
    """A thread that wants the interpreter all the time."""
    stop = threading.Event()
    before = sys.getswitchinterval()

    def burn() -> None:
        while not stop.is_set():
            pass

    thread = threading.Thread(target=burn)
    if on:
        sys.setswitchinterval(SWITCH_INTERVAL)
        thread.start()
    yield
    stop.set()
    if on:
        thread.join()
    sys.setswitchinterval(before)


async def appends(store: SqlStore, head: int, size: int, rounds: int) -> tuple[int, float, float]:
    """Appends one after another; returns the head, changes a second, and the median seconds of one."""
    times = []
    for _ in range(rounds):
        changes = batch(head, size)
        start = time.perf_counter()
        await store.log.append("one", epoch="e", expected_revision=head, fence=0, changes=changes)
        times.append(time.perf_counter() - start)
        head += size
    return head, size * rounds / sum(times), statistics.median(times)


async def group(store: SqlStore, rounds: int) -> float:
    """Two changes to each of many documents at once; returns changes a second."""
    names = [f"document-{n}" for n in range(DOCUMENTS)]
    await asyncio.gather(*[store.log.create(name, "e") for name in names])
    start = time.perf_counter()
    for round_ in range(rounds):
        head = round_ * 2
        changes = batch(head, 2)
        await asyncio.gather(
            *[
                store.log.append(name, epoch="e", expected_revision=head, fence=0, changes=changes)
                for name in names
            ]
        )
    return DOCUMENTS * 2 * rounds / (time.perf_counter() - start)


async def reading(store: SqlStore) -> float:
    """The median seconds of reading 1,000 changes."""
    times = []
    for after in range(20):
        start = time.perf_counter()
        await store.log.read("one", after=after, limit=1000)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


async def measure(store: SqlStore) -> int:
    await store.log.create("one", "e")
    head = 0
    for on in (False, True):
        loop = "busy" if on else "idle"
        for size, rounds in ((1, 300), (20, 150), (100, 100), (200, 100)):
            with busy(on):
                head, rate, median = await appends(store, head, size, rounds)
            print(
                f"  batches of {size:3}, {loop} loop: {rate:9,.0f} changes/s, commit p50 {median * 1000:.2f} ms"
            )
        with busy(on):
            seconds = await reading(store)
        print(f"  reading 1,000 changes, {loop} loop: {seconds * 1000:.2f} ms")
        if on:
            print_goal("batches of 200 under a busy loop", rate, 20_000, "changes/s", at_least=True)
    print(f"  {DOCUMENTS} documents at once: {await group(store, 50):,.0f} changes/s")
    return head + DOCUMENTS * 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", help="where to write; a temporary directory if absent")
    with tempfile.TemporaryDirectory(dir=parser.parse_args().directory) as directory:
        print_machine("the log on SQLite")
        store = SqlStore.open(Path(directory))
        changes = asyncio.run(measure(store))
        store.close()
        size = (Path(directory) / DATABASE_NAME).stat().st_size
        print(f"  on disk, before sealing: {size / changes:.0f} bytes a change")


if __name__ == "__main__":
    main()
