"""Jobs: cursors, retries on virtual time, dead letters; snapshots by replay cost."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text

from octavo import jobs
from octavo.adapters.memory import MemoryLog, MemorySnapshots
from octavo.adapters.sql import MEMORY, SqlStore
from octavo.catalog import heads
from octavo.delta import Content, Delta
from octavo.errors import Invalid, Missing, Unavailable
from octavo.jobs import Jobs, Policy, SnapshotJob, replay_cost
from octavo.protocol import Change, ops_from_json
from tests.contracts.cases import EPOCH, append, change


@dataclass
class VirtualTime:
    """A clock whose sleepers wake when it is moved on."""

    seconds: float = 0.0
    sleepers: list[tuple[float, int, asyncio.Event]] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    asked: list[float] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def now(self) -> int:
        return 1_700_000_000 + int(self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        async with self.changed:
            self.asked.append(seconds)
            self.changed.notify_all()
        wake = asyncio.Event()
        heapq.heappush(self.sleepers, (self.seconds + seconds, next(self.numbers), wake))
        await wake.wait()

    async def sleeps(self, *seconds: float) -> None:
        """Wait until these sleeps were asked for, in this order."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.asked == list(seconds))

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        while self.sleepers and self.sleepers[0][0] <= self.seconds:
            heapq.heappop(self.sleepers)[2].set()


class Recorder:
    """Does nothing but remember, and fails on the documents it is told to."""

    def __init__(self, store: SqlStore, name: str = "recorder") -> None:
        self.name = name
        self.store = store
        self.runs: list[tuple[str, int]] = []
        self.poison: set[str] = set()
        self.runs_changed = asyncio.Condition()

    def noticed(self, document_id: str, changes: Sequence[Change]) -> bool:
        return True

    async def run(self, document_id: str, after: int) -> int:
        async with self.runs_changed:
            self.runs.append((document_id, after))
            self.runs_changed.notify_all()
        if document_id in self.poison:
            raise ValueError("this document is poison")
        return (await self.store.log.head(document_id)).revision

    async def ran(self, times: int) -> None:
        async with self.runs_changed:
            await self.runs_changed.wait_for(lambda: len(self.runs) >= times)


@pytest.fixture
async def store() -> AsyncIterator[SqlStore]:
    opened = SqlStore.open(MEMORY)
    for name in ("a", "b", "c"):
        await opened.log.create(name, EPOCH)
    yield opened
    opened.close()


def runner(
    store: SqlStore,
    time: VirtualTime,
    *work: jobs.Job,
    failures: list[str] | None = None,
    pause: float = 0.0,
) -> Jobs:
    return Jobs(
        work,
        database=store.database,
        clock=time,
        sleep=time.sleep,
        policy=Policy(first_delay=1, longest_delay=5, attempts=5),
        on_failure=None if failures is None else failures.append,
        pauses={job.name: pause for job in work},
    )


async def cursors(store: SqlStore, job: str) -> dict[str, int]:
    return {
        name: await store.database.read(lambda connection, name=name: jobs.cursor(connection, job, name))  # type: ignore[misc]
        for name in ("a", "b", "c")
    }


async def log_one(store: SqlStore, document: str, running: Jobs | None = None) -> None:
    head = await store.log.head(document)
    one = change(head.revision + 1)
    await append(store.log, one, document=document)
    if running is not None:
        running.changed(document, [one])


async def test_a_document_rests_after_a_run_and_nothing_is_missed(store: SqlStore) -> None:
    job, time = Recorder(store), VirtualTime()
    running = runner(store, time, job, pause=2)
    await running.start()
    await log_one(store, "a", running)
    await running.settled()
    await log_one(store, "a", running)
    await log_one(store, "a", running)
    await log_one(store, "b", running)
    await running.settled()
    assert job.runs == [("a", 0), ("b", 0)]
    await time.sleeps(60, 2, 2)
    time.advance(1.9)
    await running.settled()
    assert len(job.runs) == 2
    time.advance(0.2)
    await job.ran(3)
    await running.settled()
    assert job.runs[2:] == [("a", 1)]
    assert (await cursors(store, job.name))["a"] == 3
    await time.sleeps(60, 2, 2, 2)
    time.advance(5)
    await running.settled()
    assert len(job.runs) == 3
    await running.stop()


async def test_told_of_changes_a_job_runs_and_its_cursor_moves(store: SqlStore) -> None:
    job = Recorder(store)
    running = runner(store, VirtualTime(), job)
    await running.start()
    await log_one(store, "a", running)
    await running.settled()
    await log_one(store, "b", running)
    await log_one(store, "a", running)
    await running.settled()
    assert job.runs == [("a", 0), ("b", 0), ("a", 1)]
    assert await cursors(store, "recorder") == {"a": 2, "b": 1, "c": 0}
    await running.stop()


async def test_at_the_start_it_catches_up_from_its_cursors(store: SqlStore) -> None:
    first = Recorder(store)
    running = runner(store, VirtualTime(), first)
    await running.start()
    await log_one(store, "a", running)
    await running.settled()
    await running.stop()
    await log_one(store, "b")
    await log_one(store, "a")
    second, other = Recorder(store), Recorder(store, "other")
    running = runner(store, VirtualTime(), second, other)
    await running.start()
    await running.settled()
    await running.stop()
    assert second.runs == [("a", 1), ("b", 0)]
    assert other.runs == [("a", 0), ("b", 0)]
    third = Recorder(store)
    running = runner(store, VirtualTime(), third)
    await running.start()
    await running.settled()
    assert third.runs == []
    await running.stop()


async def test_many_changes_while_it_runs_are_one_further_run(store: SqlStore) -> None:
    job = Recorder(store)
    running = runner(store, VirtualTime(), job)
    await running.start()
    for _ in range(20):
        await log_one(store, "a")
    for _ in range(20):
        running.changed("a", [])
    await running.settled()
    assert len(job.runs) <= 2
    await running.stop()


async def test_what_fails_is_tried_again_ever_later_and_ends_on_the_list(store: SqlStore) -> None:
    time, failures = VirtualTime(), list[str]()
    job = Recorder(store)
    job.poison = {"a"}
    running = runner(store, time, job, failures=failures)
    await running.start()
    await log_one(store, "a", running)
    await running.settled()
    for attempt, delay in enumerate((1, 2, 4, 5), 2):
        await time.sleeps(*[60, 1, 2, 4, 5][:attempt])
        time.advance(delay - 0.5)
        await asyncio.sleep(0)
        assert len(job.runs) == attempt - 1
        time.advance(0.5)
        await job.ran(attempt)
    await running.settled()
    (letter,) = await jobs.dead_letters(store.database)
    assert (letter.job, letter.document_id, letter.after, letter.revision, letter.attempts) == (
        "recorder", "a", 0, 1, 5,
    )  # fmt: skip
    assert "this document is poison" in letter.error
    assert letter.failed_at == time.now()
    assert failures == ["recorder"] * 5
    await log_one(store, "a", running)
    await running.settled()
    assert len(job.runs) == 5, "what is dead is left alone"
    await running.stop()


async def test_one_poisoned_document_stops_no_other(store: SqlStore) -> None:
    job = Recorder(store)
    job.poison = {"a"}
    running = runner(store, VirtualTime(), job)
    await running.start()
    for name in ("a", "b", "c", "a", "b"):
        await log_one(store, name, running)
    await running.settled()
    assert await cursors(store, "recorder") == {"a": 0, "b": 2, "c": 1}
    await running.stop()


async def dead(store: SqlStore, job: Recorder, time: VirtualTime) -> Jobs:
    """A running Jobs for which document "a" is on the list."""
    running = Jobs(
        [job], database=store.database, clock=time, sleep=time.sleep, policy=Policy(attempts=1, refresh=60)
    )
    job.poison = {"a"}
    await running.start()
    await log_one(store, "a", running)
    await running.settled()
    assert len(await jobs.dead_letters(store.database)) == 1
    return running


async def test_a_retried_letter_is_taken_up_by_the_running_server(store: SqlStore) -> None:
    time, job = VirtualTime(), Recorder(store)
    running = await dead(store, job, time)
    job.poison.clear()
    await jobs.retry(store.database, "recorder", "a")
    assert await jobs.dead_letters(store.database) == []
    await time.sleeps(60)
    time.advance(60)
    await job.ran(2)
    await running.settled()
    assert (await cursors(store, "recorder"))["a"] == 1
    await running.stop()


async def test_a_dropped_letter_is_passed_over(store: SqlStore) -> None:
    time, job = VirtualTime(), Recorder(store)
    running = await dead(store, job, time)
    await jobs.drop(store.database, "recorder", "a")
    job.poison.clear()
    await time.sleeps(60)
    time.advance(60)
    await job.ran(2)
    await running.settled()
    assert job.runs[-1] == ("a", 1)
    await running.stop()


async def test_a_letter_that_is_not_there(store: SqlStore) -> None:
    for act in (jobs.retry, jobs.drop):
        with pytest.raises(Missing, match="no dead letter"):
            await act(store.database, "recorder", "a")


async def test_letters_outlive_the_process_and_a_new_one_leaves_them_alone(store: SqlStore) -> None:
    running = await dead(store, Recorder(store), VirtualTime())
    await running.stop()
    job = Recorder(store)
    running = runner(store, VirtualTime(), job)
    await running.start()
    await log_one(store, "a", running)
    await running.settled()
    assert job.runs == []
    await running.stop()


async def test_a_document_that_is_gone_is_no_failure(store: SqlStore) -> None:
    failures: list[str] = []
    job = Recorder(store)
    running = runner(store, VirtualTime(), job, failures=failures)
    await running.start()
    await store.database.write(lambda connection: heads.remove(connection, "a"))
    running.changed("a", [])
    await running.settled()
    assert job.runs == [("a", 0)]
    assert failures == []
    await running.stop()


async def test_a_run_that_hangs_is_a_failure(store: SqlStore) -> None:
    class Hanging(Recorder):
        async def run(self, document_id: str, after: int) -> int:
            if document_id == "a":
                await asyncio.Event().wait()
            return await super().run(document_id, after)

    job = Hanging(store)
    running = Jobs([job], database=store.database, clock=VirtualTime(), sleep=VirtualTime().sleep,
                   policy=Policy(run_limit=0.05, attempts=1))  # fmt: skip
    await running.start()
    await log_one(store, "a", running)
    await log_one(store, "b", running)
    await running.settled()
    assert [letter.document_id for letter in await jobs.dead_letters(store.database)] == ["a"]
    assert await cursors(store, "recorder") == {"a": 0, "b": 1, "c": 0}
    await running.stop()


# --- snapshots ---------------------------------------------------------------------------------------------


def test_the_cost_is_that_of_the_splices_and_not_of_the_operations() -> None:
    assert replay_cost(Delta()) == 1
    assert replay_cost(Delta().retain(1_000_000).insert("x")) == 2
    assert replay_cost(Delta().retain(5).insert("x").retain(5).delete(1)) == 3
    assert replay_cost(Delta().insert("x" * 102_400)) == 102
    assert replay_cost(Delta().retain(10_240, {"bold": True})) == 12


async def replayed(log: MemoryLog, revision: int) -> Delta:
    content = Content()
    for one in await log.read("a", after=0, limit=revision):
        content.apply(one.delta)
    return content.to_delta()


async def test_snapshots_are_made_by_cost_and_equal_the_replay() -> None:
    log, snapshots = MemoryLog(), MemorySnapshots()
    await log.create("a", EPOCH)
    for revision in range(1, 101):
        await append(log, change(revision, text="x" if revision != 50 else "y" * 1024 * 3), document="a")
    job = SnapshotJob(log, snapshots, splices=20)
    assert await job.run("a", 0) == 100
    made = []
    at: int | None = None
    while found := await snapshots.latest("a", at_most=at):
        made.append(found.revision)
        assert ops_from_json(found.content) == await replayed(log, found.revision)
        at = found.revision - 1
    # From revision 50 on the content is 3,100 units long, and the next one due after 98 splices.
    assert made[::-1] == [10, 20, 30, 40, 88]


async def test_one_stands_at_the_end_when_it_saves_a_reader_something() -> None:
    log, snapshots = MemoryLog(), MemorySnapshots()
    for name, length in [("short", 200), ("long", 900)]:
        await log.create(name, EPOCH)
        for revision in range(1, length + 1):
            await append(log, change(revision), document=name)
        await SnapshotJob(log, snapshots, splices=100_000).run(name, 0)
    found = await snapshots.latest("long")
    assert found is not None
    assert found.revision == 900
    assert await snapshots.latest("short") is None


async def test_one_is_made_when_nobody_has_the_document_open_any_more() -> None:
    log, snapshots = MemoryLog(), MemorySnapshots()
    await log.create("a", EPOCH)
    job = SnapshotJob(log, snapshots, splices=100_000)
    await append(log, change(1), document="a")
    await job.run("a", 0)
    assert not job.noticed("a", []), "not for one change"
    for revision in range(2, 602):
        one = change(revision)
        await append(log, one, document="a")
        assert not job.noticed("a", [one])
    assert job.noticed("a", [])
    await job.run("a", 0)
    found = await snapshots.latest("a")
    assert found is not None
    assert found.revision == 601


async def test_the_next_one_comes_when_the_cost_is_reached_and_not_before() -> None:
    log, snapshots = MemoryLog(), MemorySnapshots()
    await log.create("a", EPOCH)
    job = SnapshotJob(log, snapshots, splices=20)
    due = []
    for revision in range(1, 26):
        one = change(revision)
        await append(log, one, document="a")
        if job.noticed("a", [one]):
            due.append(revision)
            await job.run("a", 0)
    assert due == [1, 10, 20], "first since the cost is not known, then every 20 splices"
    found = await snapshots.latest("a")
    assert found is not None
    assert found.revision == 20
    assert await SnapshotJob(log, snapshots, splices=20).run("a", 0) == 25
    again = await snapshots.latest("a")
    assert again == found, "what follows a snapshot costs too little yet"


async def test_a_gap_in_what_it_was_told_is_read_from_the_log() -> None:
    log, snapshots = MemoryLog(), MemorySnapshots()
    await log.create("a", EPOCH)
    changes = [change(revision) for revision in range(1, 12)]
    for one in changes:
        await append(log, one, document="a")
    job = SnapshotJob(log, snapshots, splices=20)
    await job.run("a", 0)
    assert not job.noticed("a", [])
    assert job.noticed("a", [change(13)])


async def test_an_operation_that_does_not_apply_is_named() -> None:
    log, snapshots = MemoryLog(), MemorySnapshots()
    await log.create("a", EPOCH)
    bad = change(1)
    bad.delta = Delta().retain(99).delete(1)
    await append(log, bad, document="a")
    with pytest.raises(Invalid, match="change 1 does not apply"):
        await SnapshotJob(log, snapshots).run("a", 0)


async def test_a_damaged_log_ends_on_the_list_and_others_get_their_snapshots(store: SqlStore) -> None:
    for name in ("a", "b"):
        for _ in range(10):
            await log_one(store, name)
    await store.database.write(
        lambda c: c.execute(text("DELETE FROM changes WHERE document = 1 AND revision = 4"))
    )
    job = SnapshotJob(store.log, store.snapshots, splices=20)
    time = VirtualTime()
    running = Jobs([job], database=store.database, clock=time, sleep=time.sleep, policy=Policy(attempts=1))
    await running.start()
    await running.settled()
    await running.stop()
    (letter,) = await jobs.dead_letters(store.database)
    assert letter.document_id == "a"
    assert "change 4" in letter.error
    assert await store.snapshots.latest("a") is None
    assert await store.snapshots.latest("b") is not None


async def test_a_store_that_fails_keeps_the_job_trying(store: SqlStore) -> None:
    class Broken(Recorder):
        async def run(self, document_id: str, after: int) -> int:
            await super().run(document_id, after)
            if len(self.runs) < 3:
                raise Unavailable("UNAVAILABLE", "the disk is full")
            return 1

    time, job = VirtualTime(), Broken(store)
    running = runner(store, time, job)
    await running.start()
    await log_one(store, "a", running)
    await running.settled()
    for times in (2, 3):
        await time.sleeps(*[60, 1, 2][:times])
        time.advance(5)
        await job.ran(times)
        await running.settled()
    assert (await cursors(store, "recorder"))["a"] == 1
    await running.stop()
