"""Workers share the documents; one that has lost a part writes nothing more in its name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from octavo import protocol
from octavo.adapters.sql import SqlStore
from octavo.catalog.leases import PARTS, LeaseLost, part_of
from octavo.errors import Unavailable
from octavo.jobs import Jobs, Policy, cursor, dead_letters
from octavo.leases import BEAT, PATIENCE, Guarded, Leases
from octavo.ports import Database
from tests.contracts.cases import append, change


class Clock:
    """Time that the test moves on."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> int:
        return 1_700_000_000 + int(self.at)

    def monotonic(self) -> float:
        return self.at


class Counting:
    """A job that counts what it did, in the database: twice with effect would show."""

    name = "counting"

    def __init__(self, database: Database, gate: asyncio.Event | None = None) -> None:
        self.database = database
        self.gate = gate
        self.begun: list[str] = []
        self.done: list[tuple[str, int]] = []
        self.poison: set[str] = set()

    def noticed(self, document_id: str, changes: Sequence[protocol.Change]) -> bool:
        return True

    async def run(self, document_id: str, after: int) -> int:
        self.begun.append(document_id)
        if document_id in self.poison:
            raise ValueError("poison")
        if self.gate is not None:
            await self.gate.wait()
        reached = await self.database.read(
            lambda connection: connection.exec_driver_sql(
                "SELECT revision FROM heads WHERE document_id = ?", (document_id,)
            ).scalar_one()
        )
        await self.database.write(lambda connection: None)  # the effect, under the lease
        self.done.append((document_id, int(reached)))
        return int(reached)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    store = SqlStore.open(tmp_path, exclusive=False)
    yield store
    await asyncio.to_thread(store.close)


async def documents(store: SqlStore, count: int) -> list[str]:
    names = [f"d{number}" for number in range(count)]
    for name in names:
        await store.log.create(name, "e1")
        await append(store.log, change(1), document=name)
    return names


def worker(
    store: SqlStore, clock: Clock, name: str, gate: asyncio.Event | None = None
) -> tuple[Jobs, Counting, Leases]:
    guarded = Guarded(store.database)
    job = Counting(guarded, gate)
    leases = Leases(store.database, clock, name=name, sleep=_never)
    policy = Policy(attempts=1)
    return Jobs([job], database=guarded, clock=clock, leases=leases, policy=policy, sleep=_never), job, leases


async def _never(seconds: float) -> None:
    await asyncio.Event().wait()


async def beats(clock: Clock, seconds: float, *leases: Leases) -> None:
    """Time goes by, and these renew theirs."""
    end = clock.at + seconds
    while clock.at < end:
        clock.at += BEAT
        for one in leases:
            await one.beat()


async def test_workers_take_fair_shares_and_give_them_back(store: SqlStore) -> None:
    clock = Clock()
    one, two, three = (Leases(store.database, clock, name=name) for name in ("one", "two", "three"))
    assert await one.beat() == set(range(PARTS))
    await two.beat()
    await one.beat()
    assert (len(one.parts), len(two.parts)) == (PARTS // 2, PARTS // 2)
    await three.beat()
    await beats(clock, 2 * BEAT, one, two, three)
    sizes = [len(each.parts) for each in (one, two, three)]
    assert min(sizes) >= PARTS // 3
    assert sum(sizes) == PARTS
    assert len(one.parts | two.parts | three.parts) == PARTS  # none is shared
    await two.release()
    await beats(clock, 2 * BEAT, one, three)
    assert len(one.parts) + len(three.parts) == PARTS


async def test_a_worker_that_died_is_missed_after_a_while(store: SqlStore) -> None:
    clock = Clock()
    dead, heir = Leases(store.database, clock, name="dead"), Leases(store.database, clock, name="heir")
    await dead.beat()
    await heir.beat()
    await beats(clock, PATIENCE - BEAT, heir)
    assert len(heir.parts) == PARTS // 2
    await beats(clock, 3 * BEAT, heir)
    assert len(heir.parts) == PARTS


async def test_clocks_that_differ_by_hours_take_nothing_from_anybody(store: SqlStore) -> None:
    here, there = Clock(), Clock()
    there.at = 7_200.0
    one, two = Leases(store.database, here, name="one"), Leases(store.database, there, name="two")
    await one.beat()
    await two.beat()
    for _ in range(20):
        await beats(here, BEAT, one)
        await beats(there, BEAT, two)
    assert (len(one.parts), len(two.parts)) == (PARTS // 2, PARTS // 2)


async def test_two_workers_do_each_piece_once(store: SqlStore) -> None:
    clock = Clock()
    names = await documents(store, 60)
    first, one, mine = worker(store, clock, "one")
    second, two, theirs = worker(store, clock, "two")
    await mine.beat()
    await theirs.beat()
    await mine.beat()
    await first.start()
    await second.start()
    await first.settled()
    await second.settled()
    done = [name for name, _ in one.done + two.done]
    assert sorted(done) == sorted(names)
    assert one.done
    assert two.done
    await first.stop()
    await second.stop()


async def test_a_worker_that_wakes_late_stores_nothing(store: SqlStore) -> None:
    clock, gate = Clock(), asyncio.Event()
    (name,) = await documents(store, 1)
    stale, slow, _ = worker(store, clock, "stale", gate)
    await stale.start()
    while not slow.begun:  # noqa: ASYNC110 - the job tells nobody
        await asyncio.sleep(0)
    heir, fast, leases = worker(store, clock, "heir")
    await leases.beat()
    await beats(clock, PATIENCE + BEAT, leases)  # the stale one renews nothing meanwhile
    assert leases.has(name)
    await heir.start()
    await heir.settled()
    assert fast.done == [(name, 1)]
    gate.set()
    await stale.settled()
    assert slow.done == []  # its write was refused: the token is spent
    assert await store.database.read(lambda connection: cursor(connection, "counting", name)) == 1
    assert await dead_letters(store.database) == []
    await stale.stop()
    await heir.stop()


async def test_what_is_written_under_a_lost_lease_is_refused_in_its_own_transaction(store: SqlStore) -> None:
    clock = Clock()
    stale, heir = Leases(store.database, clock, name="stale"), Leases(store.database, clock, name="heir")
    guarded = Guarded(store.database)
    await stale.beat()
    with stale.under("d1"):
        await guarded.write(lambda connection: None)
        await heir.beat()
        await beats(clock, PATIENCE + BEAT, heir)
        with pytest.raises(LeaseLost):
            await guarded.write(lambda connection: pytest.fail("it was written"))
    await guarded.write(lambda connection: None)  # what is no job's is nobody's part
    await stale.beat()
    assert part_of("d1") not in stale.parts
    with pytest.raises(LeaseLost), stale.under("d1"):
        pytest.fail("it has no lease")


async def test_a_poison_document_stops_no_other(store: SqlStore) -> None:
    clock = Clock()
    names = await documents(store, 10)
    jobs, job, _ = worker(store, clock, "one")
    job.poison = {names[3]}
    await jobs.start()
    await jobs.settled()
    assert sorted(name for name, _ in job.done) == sorted(set(names) - {names[3]})
    assert [letter.document_id for letter in await dead_letters(store.database)] == [names[3]]
    await jobs.stop()


async def test_a_store_that_is_away_costs_the_parts_in_the_end(store: SqlStore) -> None:
    clock = Clock()
    leases = Leases(store.database, clock, name="one")
    await leases.beat()

    async def away(work: object) -> object:
        raise Unavailable("UNAVAILABLE", "the database is away")

    good, store.database.write = store.database.write, away  # type: ignore[method-assign, assignment]
    await beats(clock, PATIENCE - BEAT, leases)
    assert len(leases.parts) == PARTS
    await beats(clock, BEAT, leases)
    assert leases.parts == set()
    store.database.write = good  # type: ignore[method-assign]
    await beats(clock, BEAT, leases)
    assert len(leases.parts) == PARTS


async def test_what_is_anothers_is_passed_on(store: SqlStore) -> None:
    clock = Clock()
    guarded = Guarded(store.database)
    told: list[tuple[str, str]] = []
    gateway = Jobs([Counting(guarded)], database=guarded, clock=clock, runs=False)
    gateway.connect(lambda job, document_id: told.append((job, document_id)))
    await gateway.start()
    (name,) = await documents(store, 1)
    for revision in range(1, 20):
        gateway.changed(name, [change(revision)])
    async with asyncio.timeout(10):
        while not told:  # noqa: ASYNC110 - it is told after a moment
            await asyncio.sleep(0.01)
    assert told == [("counting", name)]
    jobs, job, _ = worker(store, clock, "one")
    await jobs.start()
    await jobs.settled()
    job.done.clear()
    await append(store.log, change(2), document=name)
    jobs.heard(*told[0])
    await jobs.settled()
    assert job.done == [(name, 2)]
    await jobs.stop()
