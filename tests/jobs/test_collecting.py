"""Which images are kept, and which are collected: on a real store, with files, and with time in the test's hand."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from PIL import Image as Picture
from sqlalchemy import Connection, delete

from octavo.accounts import Identity
from octavo.adapters.files import FileBlobs
from octavo.adapters.sql import SqlStore
from octavo.catalog import documents, heads, people, usage
from octavo.catalog import images as catalog
from octavo.catalog.tables import documents as table
from octavo.delta import Delta
from octavo.errors import Invalid, Missing, Unavailable
from octavo.images import COLLECT_FIRST, UNUSED_SECONDS, Collector, Images, UseOfImages
from octavo.jobs import Jobs
from octavo.protocol import Change, digest, ops_to_json
from octavo.settings import Settings

EPOCH = "e1"


class Clock:
    seconds = 1_700_000_000

    def now(self) -> int:
        return self.seconds

    def monotonic(self) -> float:
        return float(self.seconds)


async def nowhere(url: str, limit: int) -> bytes:
    raise Invalid("INVALID_REQUEST", "url: nothing is there")


def png(shade: int = 1) -> bytes:
    out = io.BytesIO()
    Picture.new("RGB", (4, 4), (shade, 0, 0)).save(out, "PNG")
    return out.getvalue()


@dataclass
class World:
    store: SqlStore
    blobs: FileBlobs
    clock: Clock
    images: Images
    jobs: Jobs
    ada: Identity

    async def bring(self, shade: int = 1, document: str = "d1", key: str | None = None) -> str:
        made = await self.images.add(self.ada, document, png(shade), key or f"key{shade}{document}")
        return made.id

    async def log(self, *ops: Delta, document: str = "d1", told: bool = True) -> None:
        head = await self.store.log.head(document)
        for revision, delta in enumerate(ops, head.revision + 1):
            change = Change(
                revision,
                delta,
                ops_to_json(delta),
                "c1",
                revision,
                self.ada.user_id,
                self.clock.now(),
                revision - 1,
                digest(revision - 1, delta),
                None,
                None,
            )
            await self.store.log.append(
                document, epoch=EPOCH, expected_revision=revision - 1, fence=0, changes=[change]
            )
            if told:
                self.jobs.changed(document, [change])
        await self.jobs.settled()

    async def there(self, image_id: str) -> bool:
        return (
            await self.store.database.read(lambda connection: catalog.find(connection, image_id)) is not None
        )


def embed(image_id: str) -> Delta:
    return Delta().insert({"image": f"/api/v1/images/{image_id}"})


def begin(connection: Connection, name: str) -> None:
    documents.add(connection, name, name, "u1", 1)
    heads.create(connection, name, EPOCH)


def remove(connection: Connection, name: str) -> None:
    heads.remove(connection, name)
    connection.execute(delete(table).where(table.c.id == name))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = SqlStore.open(tmp_path)
    clock = Clock()
    blobs = FileBlobs(tmp_path / "blobs")
    ada = await store.database.write(
        lambda connection: people.add(
            connection, user_id="u1", email="a@example.com", name="Ada", password_hash="", now=1
        )
    )
    for name in ("d1", "d2"):
        await store.database.write(partial(begin, name=name))
    jobs = Jobs([UseOfImages(store.database, clock)], database=store.database, clock=clock)
    await jobs.start()
    images = Images(store.database, blobs, clock, Settings(data_dir=tmp_path), nowhere)
    yield World(store, blobs, clock, images, jobs, Identity(ada, "cookie"))
    await jobs.stop()
    store.close()


async def test_unused_ones_go_after_a_day_and_their_bytes_with_them(world: World) -> None:
    image_id = await world.bring()
    world.clock.seconds += UNUSED_SECONDS
    assert await world.images.collect() == 0
    assert await world.there(image_id)
    world.clock.seconds += 1
    assert await world.images.collect() == 1
    assert not await world.there(image_id)
    assert await world.blobs.keys() == []


@pytest.mark.parametrize("document", ["d1", "d2"])
async def test_one_that_any_revision_has_stays(world: World, document: str) -> None:
    image_id = await world.bring()
    await world.log(Delta().insert("x"), embed(image_id), Delta().delete(1), document=document)
    world.clock.seconds += 10 * UNUSED_SECONDS
    assert await world.images.collect() == 0
    image = await world.images.open(world.ada, image_id)
    assert image.used_at == world.clock.seconds - 10 * UNUSED_SECONDS
    assert await world.images.data(image)


async def test_what_the_job_was_not_told_is_seen_all_the_same(world: World) -> None:
    used, unused = await world.bring(1), await world.bring(2)
    await world.log(Delta().insert("text"), embed(used), told=False)
    world.clock.seconds += 2 * UNUSED_SECONDS
    assert await world.images.collect() == 1
    assert await world.there(used)
    assert not await world.there(unused)


async def test_a_job_far_behind_keeps_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("octavo.images._MOST_UNREAD", 1)
    image_id = await world.bring()
    await world.log(Delta().insert("x"), Delta().insert("y"), told=False)
    world.clock.seconds += 2 * UNUSED_SECONDS
    assert await world.images.collect() is None
    assert await world.there(image_id)
    await world.jobs.catch_up(UseOfImages.name)
    assert await world.images.collect() == 1


async def test_a_long_log_is_read_to_its_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "_PAGE", 3)
    image_id = await world.bring()
    await world.log(*[Delta().insert("x")] * 10, embed(image_id), *[Delta().insert("x")] * 5, told=False)
    assert await UseOfImages(world.store.database, world.clock).run("d1", 0) == 16
    assert (await world.images.open(world.ada, image_id)).used_at is not None
    with pytest.raises(Missing):
        await UseOfImages(world.store.database, world.clock).run("nosuch", 0)


async def test_bytes_stay_while_one_image_needs_them(world: World) -> None:
    used = await world.bring(1)
    copy = await world.images.take_over(world.ada, "d2", used, "copy")
    again = await world.bring(1, key="another")
    assert len({used, copy.id, again}) == 3
    await world.log(embed(copy.id))
    world.clock.seconds += 2 * UNUSED_SECONDS
    assert await world.images.collect() == 2
    assert await world.images.data(copy)
    assert len(await world.blobs.keys()) == 1


async def test_the_same_bytes_may_come_while_they_are_collected(world: World) -> None:
    for round_ in range(20):
        await world.bring(1, key=f"old{round_}")
        world.clock.seconds += 2 * UNUSED_SECONDS
        made, _ = await asyncio.gather(
            world.images.add(world.ada, "d1", png(1), f"new{round_}"), world.images.collect()
        )
        assert await world.images.data(made)


async def test_bytes_that_a_crash_left_without_an_image_go(world: World) -> None:
    await world.blobs.put("a" * 64, b"nobody's")
    assert await world.images.collect() == 0
    assert await world.blobs.keys() == []


async def test_an_image_without_bytes_is_put_right_by_the_same_request(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(key: str, data: bytes) -> None:
        raise Unavailable("UNAVAILABLE", "the file store fails")

    monkeypatch.setattr(world.blobs, "put", full)
    with pytest.raises(Unavailable):
        await world.bring(key="same")
    monkeypatch.undo()
    image = await world.images.open(world.ada, await world.bring(key="same"))
    assert await world.images.data(image)


async def test_images_go_with_their_document(world: World) -> None:
    kept, gone = await world.bring(1, "d1"), await world.bring(2, "d2")
    await world.log(embed(kept))
    await world.log(embed(gone), document="d2")

    await world.store.database.write(partial(remove, name="d2"))
    world.clock.seconds += 1
    assert await world.images.collect() == 0
    assert (await world.there(kept), await world.there(gone)) == (True, False)
    assert len(await world.blobs.keys()) == 1


async def test_it_is_done_every_hour_whatever_happened_before(world: World) -> None:
    image_id = await world.bring()
    world.clock.seconds += 2 * UNUSED_SECONDS
    slept: list[float] = []
    done = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            done.set()
            await asyncio.Event().wait()

    async def catch_up() -> None:
        if len(slept) == 1:
            raise Unavailable("UNAVAILABLE", "the store fails")
        await world.jobs.catch_up(UseOfImages.name)

    collector = Collector(world.images, catch_up, sleep)
    collector.start()
    await asyncio.wait_for(done.wait(), 10)
    await collector.stop()
    assert slept[0] == COLLECT_FIRST
    assert not await world.there(image_id)


async def test_what_is_used_up_counts_logs_and_images_of_own_documents(world: World) -> None:
    async def used() -> int:
        return await world.store.database.read(lambda connection: usage.used(connection, "u1"))

    assert await used() == 0
    image = await world.images.open(world.ada, await world.bring())
    ops = embed(image.id)
    await world.log(ops, ops)
    await world.log(Delta().insert("é"), document="d2")
    logged = 2 * len(ops_to_json(ops)) + len(ops_to_json(Delta().insert("é")))
    assert await used() == image.size + logged
