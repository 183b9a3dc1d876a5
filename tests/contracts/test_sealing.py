"""A log reads the same before and after sealing, and after a crash in every step of it; on every database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from octavo.adapters.files import FileBlobs
from octavo.catalog import segments
from octavo.catalog.tables import changes as change_rows
from octavo.catalog.tables import segments as segment_rows
from octavo.collab.opening import content_at
from octavo.delta import Content, Delta
from octavo.errors import Conflict, Unavailable
from octavo.ports import Snapshot
from octavo.protocol import Change, digest, ops_to_json
from octavo.sealed import SealedLog
from octavo.sealing import EVERYTHING, ORPHAN_SECONDS, Policy, Sealer, SealJob
from octavo.verify import Report, verify
from tests.contracts.cases import DOCUMENT, EPOCH, append, change
from tests.contracts.conftest import Adapter
from tests.sealing import Clock

STEPS = ["encode", "put", "check", "exchange", "done"]
SHORT = Policy(size=8, keep=3, age=0)


class Crash(BaseException):
    """The process is gone: nothing may catch it."""


class World:
    """One document with changes of several kinds, its blobs in files, and a clock in the test's hand."""

    def __init__(self, adapter: Adapter, folder: Path) -> None:
        self.adapter = adapter
        self.blobs = FileBlobs(folder / "blobs")
        self.clock = Clock()
        self.written: list[Change] = []

    @property
    def log(self) -> SealedLog:
        """As a process sees it that starts now."""
        return SealedLog(self.adapter.store.log, self.adapter.database, self.blobs)

    def sealer(self, policy: Policy = SHORT, crash: str = "") -> Sealer:
        def step(name: str) -> None:
            if name == crash:
                raise Crash

        return Sealer(self.adapter.database, self.blobs, self.clock, policy, step)

    async def write(self, count: int) -> None:
        if not self.written:
            await self.adapter.store.log.create(DOCUMENT, EPOCH)
        for revision in range(len(self.written) + 1, len(self.written) + count + 1):
            one = change(
                revision,
                client=f"c{revision % 3}",
                user=f"u{revision % 3}",
                text=["x", "yz", "\n"][revision % 3],
                at="2026-01-01T00:00:00Z" if revision % 5 == 0 else None,
                origin=b'{"undo":1}' if revision % 7 == 0 else None,
            )
            await append(self.adapter.store.log, one)
            self.written.append(one)

    async def report(self) -> Report:
        summary = await verify(self.adapter.database, self.adapter.snapshots, blobs=self.blobs)
        (report,) = summary.reports
        assert summary.faults == []
        return report

    async def rows(self) -> list[int]:
        return await self.adapter.database.read(
            lambda connection: list(
                connection.scalars(select(change_rows.c.revision).order_by(change_rows.c.revision))
            )
        )

    async def same(self) -> None:
        """Everything that anybody can read is what was written, and `verify` finds nothing."""
        log = self.log
        assert await log.read(DOCUMENT, after=0) == self.written
        for after in range(len(self.written)):
            assert await log.read(DOCUMENT, after=after, limit=5) == self.written[after : after + 5]
        content = Content()
        for one in self.written:
            content.apply(one.delta)
        found = await content_at(log, self.adapter.snapshots, DOCUMENT, len(self.written))
        assert found.to_delta() == content.to_delta()
        assert (await self.report()).faults == []


@pytest.fixture
async def world(catalog: Adapter, tmp_path: Path) -> World:
    made = World(catalog, tmp_path)
    await made.write(30)
    return made


async def test_it_reads_the_same_before_and_after(world: World) -> None:
    await world.same()
    assert await world.sealer().seal(DOCUMENT) == 24
    assert await world.rows() == [25, 26, 27, 28, 29, 30]
    await world.same()
    await world.write(5)
    await world.same()
    assert await world.sealer().seal(DOCUMENT) == 8
    assert await world.sealer().seal(DOCUMENT, EVERYTHING) == 2
    assert await world.rows() == [35]
    await world.same()
    assert await world.sealer().seal(DOCUMENT, EVERYTHING) == 0


@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_in_any_step_loses_nothing(world: World, step: str) -> None:
    with pytest.raises(Crash):
        await world.sealer(crash=step).seal(DOCUMENT)
    await world.same()
    await world.sealer().seal(DOCUMENT)
    await world.same()
    world.clock.seconds += ORPHAN_SECONDS + 1
    orphans = 1 if step in ("check", "exchange") else 0
    named = {
        sealed.key for sealed in await world.adapter.database.read(lambda c: segments.listed(c, DOCUMENT))
    }
    assert await world.sealer().collect() in (
        0,
        orphans,
    )  # sealing again in the same second makes the same file
    assert set(await world.blobs.keys()) == named
    await world.same()


async def test_a_blob_on_its_way_is_not_collected(world: World) -> None:
    with pytest.raises(Crash):
        await world.sealer(crash="exchange").seal(DOCUMENT)
    assert await world.sealer().collect() == 0
    assert len(await world.blobs.keys()) == 1
    world.clock.seconds += ORPHAN_SECONDS + 1
    assert await world.sealer().collect() == 1
    await world.same()


async def test_a_log_that_is_read_while_it_is_sealed(world: World) -> None:
    log = world.log
    assert await log.read(DOCUMENT, after=10, limit=3) == world.written[10:13]
    await world.sealer().seal(DOCUMENT)
    assert await log.read(DOCUMENT, after=10, limit=3) == world.written[10:13]
    assert await log.read(DOCUMENT, after=22, limit=5) == world.written[22:27]


async def test_more_segments_than_are_kept_in_full(world: World) -> None:
    await world.sealer(Policy(size=3, keep=1, age=0)).seal(DOCUMENT)
    log = world.log
    for _ in range(2):
        assert await log.read(DOCUMENT, after=0) == world.written
    await world.same()


async def test_two_who_seal_at_once(world: World) -> None:
    class Second(Sealer):
        pass

    other = world.sealer()

    class Interrupted(Sealer):
        async def _replace(self, *arguments):  # type: ignore[no-untyped-def]
            await other.seal(DOCUMENT)
            return await super()._replace(*arguments)

    first = Interrupted(world.adapter.database, world.blobs, world.clock, SHORT)
    with pytest.raises(Conflict):
        await first.seal(DOCUMENT)
    await world.same()


async def test_of_the_snapshots_of_a_segment_the_last_one_stays(world: World) -> None:
    for revision in (2, 5, 8, 9, 20, 26, 29):
        content = await content_at(world.log, world.adapter.snapshots, DOCUMENT, revision)
        await world.adapter.snapshots.put(DOCUMENT, Snapshot(revision, ops_to_json(content.to_delta())))
    await world.sealer().seal(DOCUMENT)
    await world.same()
    found = [
        await world.adapter.snapshots.latest(DOCUMENT, at_most=revision) for revision in (7, 8, 16, 24, 30)
    ]
    assert [one and one.revision for one in found] == [None, 8, 9, 20, 29]
    assert (await world.report()).snapshots == 5


async def test_what_is_young_stays(world: World) -> None:
    world.clock.seconds = world.written[20].timestamp + 100
    assert await world.sealer(Policy(size=8, keep=3, age=100)).seal(DOCUMENT) == 16
    await world.same()


async def test_the_job_follows_the_log(world: World) -> None:
    job = SealJob(world.sealer())
    assert not job.noticed(DOCUMENT, world.written[:3])
    assert job.noticed(DOCUMENT, world.written[:8])
    assert not job.noticed(DOCUMENT, [])
    assert not job.noticed(DOCUMENT, world.written[:1])
    assert job.noticed(DOCUMENT, [])
    assert await job.run(DOCUMENT, 0) == 30
    assert len(await world.rows()) == 6


async def test_a_damaged_row_is_not_sealed(world: World) -> None:
    await world.adapter.database.write(
        lambda connection: connection.execute(
            update(change_rows).where(change_rows.c.revision == 28).values(ops=b'[{"insert":"z"}]')
        )
    )
    with pytest.raises(Unavailable, match="chain of hashes"):
        await world.sealer().seal(DOCUMENT)
    assert len(await world.rows()) == 30


async def test_a_missing_row_is_not_sealed(world: World) -> None:
    await world.adapter.database.write(
        lambda connection: connection.execute(delete(change_rows).where(change_rows.c.revision == 5))
    )
    with pytest.raises(Unavailable, match="change 5 "):
        await world.sealer().seal(DOCUMENT)


async def _damage(world: World, kind: str) -> None:
    sealed = (await world.adapter.database.read(lambda connection: segments.listed(connection, DOCUMENT)))[1]
    path = world.blobs._path(sealed.key)
    data = bytearray(path.read_bytes())
    if kind == "flipped":
        data[len(data) // 2] ^= 4
        path.write_bytes(bytes(data))
    elif kind == "lost":
        path.unlink()
    elif kind == "another":
        first = (await world.adapter.database.read(lambda connection: segments.listed(connection, DOCUMENT)))[
            0
        ]
        path.write_bytes(world.blobs._path(first.key).read_bytes())
    else:
        values: dict[str, dict[str, object]] = {
            "checksum": {"checksum": bytes(32)},
            "link": {"link": bytes(32)},
            "first": {"first": 10},
        }
        await world.adapter.database.write(
            lambda connection: connection.execute(
                update(segment_rows).where(segment_rows.c.first == sealed.first).values(**values[kind])
            )
        )


@pytest.mark.parametrize("kind", ["flipped", "lost", "another", "checksum", "link", "first"])
async def test_damage_is_found_and_never_read(world: World, kind: str) -> None:
    await world.sealer().seal(DOCUMENT)
    await _damage(world, kind)
    assert (await world.report()).faults
    if kind not in ("checksum", "link"):
        with pytest.raises(Unavailable):
            await world.log.read(DOCUMENT, after=0)
        with pytest.raises(Unavailable):
            await content_at(world.log, world.adapter.snapshots, DOCUMENT, 30)
    assert await world.log.read(DOCUMENT, after=24) == world.written[24:]


async def test_digests_of_what_was_transformed(catalog: Adapter, tmp_path: Path) -> None:
    """A client's last operation can be told from another under the same seq, sealed or not."""
    world = World(catalog, tmp_path)
    await catalog.store.log.create(DOCUMENT, EPOCH)
    foreign = digest(0, Delta().insert("as received"))
    written = [
        Change(
            n,
            Delta().insert("a"),
            ops_to_json(Delta().insert("a")),
            f"c{n % 2}",
            n,
            "u",
            5,
            max(0, n - 2),
            foreign,
        )
        for n in range(1, 12)
    ]
    for one in written:
        await append(catalog.store.log, one)
    await world.sealer().seal(DOCUMENT, EVERYTHING)
    found: Sequence[Change] = await world.log.read(DOCUMENT, after=0)
    assert [one.digest for one in found] == [b""] * 8 + [foreign] * 3
    assert (await world.report()).faults == []
