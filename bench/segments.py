"""The log, sealed: bytes a change, replaying it all, a random revision; automerge-paper as it is and with formats.

    [OCTAVO_PURE=1] python -m bench.segments

Replay and random revisions are CPU time of this process, store and files included for the latter.  Times in the trace
are those of whole transactions; so it is measured with a typist's too: five keys a second, a pause now and then.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.core import edits, formats
from bench.harness import print_goal, print_machine
from octavo import delta
from octavo.adapters.sql import DATABASE_NAME
from octavo.adapters.stores import Store, open_store
from octavo.collab.opening import content_at
from octavo.convert import segment
from octavo.convert.segment import MOST_CHANGES, Segment
from octavo.delta import Content, Delta
from octavo.jobs import SnapshotJob
from octavo.protocol import Change, digest, ops_to_json
from octavo.sealing import EVERYTHING, Sealer
from octavo.server import SystemClock

DOCUMENT: Final = "bench"
RUNS: Final = 9
REVISIONS: Final = 200
BATCH: Final = 2_000


def changes(*, rich: bool, typist: bool) -> list[Change]:
    """The trace as changes of one client."""
    chance = random.Random(6)
    trace = edits()
    marks = formats(trace) if rich else {}
    out: list[Change] = []
    now = 1_700_000_000.0
    for number, (position, deleted, inserted) in enumerate(trace):
        found = [Delta().retain(position).insert(inserted).delete(deleted)]
        if number in marks:
            start, length, bold = marks[number]
            found.append(Delta().retain(start).retain(length, {"bold": True if bold else None}))
        for one in found:
            if typist:
                now += chance.gauss(0.2, 0.05) if chance.random() < 0.98 else chance.uniform(2, 60)
            revision = len(out) + 1
            base = revision - 1
            out.append(
                Change(
                    revision,
                    one,
                    ops_to_json(one),
                    "c" * 22,
                    revision,
                    "u" * 22,
                    int(now),
                    base,
                    digest(base, one),
                )
            )
    return out


def sizes(log: list[Change]) -> tuple[list[bytes], float, float]:
    """The segments, bytes a change in them, and bytes a change in a single one."""
    blobs = [
        segment.encode(DOCUMENT, log[start : start + MOST_CHANGES])
        for start in range(0, len(log), MOST_CHANGES)
    ]
    return blobs, sum(map(len, blobs)) / len(log), len(segment.encode(DOCUMENT, log)) / len(log)


def replay(blobs: list[bytes]) -> float:
    """Median CPU milliseconds from segments to the content."""
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        content = Content()
        for blob in blobs:
            for one in Segment(blob).deltas():
                content.apply(one)
        times.append(1000 * (time.process_time() - started))
    return statistics.median(times)


async def at_random(log: list[Change], directory: Path) -> tuple[list[float], int, int, float]:
    """CPU milliseconds of random revisions; bytes of segments and of the database; seconds of sealing."""
    store: Store = await asyncio.to_thread(open_store, "", directory)
    try:
        await store.log.create(DOCUMENT, "e1")
        for start in range(0, len(log), BATCH):
            part = log[start : start + BATCH]
            await store.log.append(DOCUMENT, epoch="e1", expected_revision=start, fence=0, changes=part)
        await SnapshotJob(store.log, store.snapshots).run(DOCUMENT, 0)
        started = time.perf_counter()
        await Sealer(store.database, store.blobs, SystemClock()).seal(DOCUMENT, EVERYTHING)
        sealing = time.perf_counter() - started
        await store.compact()
        times = []
        chance = random.Random(7)
        for _ in range(REVISIONS):
            revision = chance.randrange(len(log))
            begun = time.process_time()
            await content_at(store.log, store.snapshots, DOCUMENT, revision)
            times.append(1000 * (time.process_time() - begun))
    finally:
        await asyncio.to_thread(store.close)
    files = sum(path.stat().st_size for path in (directory / "blobs").glob("*/*"))
    return times, files, (directory / DATABASE_NAME).stat().st_size, sealing


def measure(name: str, log: list[Change]) -> None:
    pure = delta.core_build() == "pure"
    print(f"  {name}: {len(log):,} changes")
    blobs, sealed, whole = sizes(log)
    print_goal("    in segments of 16,384", sealed, 0.5, "bytes a change")
    print_goal("    in one segment", whole, 0.4, "bytes a change")
    print_goal("    replay from segments", replay(blobs), 25 if pure else 15, "ms CPU")
    with tempfile.TemporaryDirectory() as directory:
        times, files, database, sealing = asyncio.run(at_random(log, Path(directory)))
    print_goal("    random revision, median", statistics.median(times), 3 if pure else 1, "ms CPU")
    print_goal("    random revision, p95", statistics.quantiles(times, n=20)[-1], 8 if pure else 3, "ms CPU")
    print_goal("    history on disk", files / 1e6, 0.2, "MB")
    print(f"    database with snapshots {database / 1e6:.2f} MB; sealing took {sealing:.1f} s")


def main() -> None:
    print_machine(f"sealed segments ({delta.core_build()} core)")
    measure("as it is", changes(rich=False, typist=False))
    measure("at a typist's pace", changes(rich=False, typist=True))
    measure("with formats, at a typist's pace", changes(rich=True, typist=True))


if __name__ == "__main__":
    main()
