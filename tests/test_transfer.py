"""`octavo migrate`: everything arrives, whatever interrupts it, and comes back the same."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, func, insert, select, update

from octavo import transfer
from octavo.adapters.files import FOLDER, FileBlobs
from octavo.adapters.memory import MemoryBlobs
from octavo.adapters.pg import PgStore
from octavo.adapters.sql import SqlStore
from octavo.catalog import heads as catalog_heads
from octavo.catalog.tables import comments, documents, folders, heads, images, metadata, users
from octavo.errors import Conflict, Unavailable
from octavo.ports import Database, Fenced, Snapshot
from octavo.protocol import ops_to_json
from octavo.sealing import Policy, Sealer
from octavo.verify import verify
from tests import postgres
from tests.contracts.cases import EPOCH, append, change
from tests.sealing import Clock

pytestmark = pytest.mark.skipif(bool(postgres.lacking()), reason=postgres.lacking() or "there")

T = TypeVar("T")
Store = SqlStore | PgStore
CHANGES = 7
_UNLIKE = {"fence", "locked_at", "locked_by", "lock_reason"}


async def furnish(store: Store, count: int = 5) -> None:
    """People, a tree of folders, threads, and documents with logs; the first one is locked by a person."""

    def write(connection: Connection) -> None:
        connection.execute(
            insert(users), [{"id": f"u{n}", "name": f"U{n}", "created_at": n} for n in range(3)]
        )
        tree = [("f9", None), ("f1", "f9"), ("f0", "f1"), ("f5", "f0")]
        for name, parent in tree:
            connection.execute(
                insert(folders).values(id=name, user_id="u1", parent_id=parent, name=name, created_at=1)
            )
        for number in range(count):
            name = f"d{number}"
            connection.execute(
                insert(documents).values(id=name, title="T", owner_id="u1", created_at=1, updated_at=1)
            )
            catalog_heads.create(connection, name, EPOCH)
            for one, thread in ((f"z{number}", None), (f"a{number}", f"z{number}")):
                connection.execute(
                    insert(comments).values(
                        id=one,
                        document_id=name,
                        thread_id=thread,
                        user_id="u2",
                        body="b",
                        mentions=b"[]",
                        created_at=1,
                    )
                )
        connection.execute(
            update(documents)
            .where(documents.c.id == "d0")
            .values(locked_at=5, locked_by="u1", lock_reason="final")
        )

    await store.database.write(write)
    for number in range(count):
        text = [change(n, client=f"c{n % 2}", user=f"u{n % 2}", base=n - 1) for n in range(1, CHANGES + 1)]
        for one in text:
            await append(store.log, one, document=f"d{number}")
        content = ops_to_json(text[0].delta.__class__().insert("x" * 3 + "\n"))
        await store.snapshots.put(f"d{number}", Snapshot(3, content))


def dump(connection: Connection) -> dict[str, list[Any]]:
    found = {}
    for table in metadata.sorted_tables:
        rows = [
            tuple(sorted((key, value) for key, value in row._mapping.items() if key not in _UNLIKE))
            for row in connection.execute(select(table))
        ]
        found[table.name] = sorted(rows, key=repr)
    return found


class Breaking:
    """A database that breaks at the nth write: before it, or when it is already stored."""

    def __init__(self, database: Database, at: int, *, stored: bool) -> None:
        self._database = database
        self._left = at
        self._stored = stored

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._database.read(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        self._left -= 1
        if self._left == 0:
            if self._stored:
                await self._database.write(work)
            raise Unavailable("UNAVAILABLE", "killed")
        return await self._database.write(work)


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[tuple[SqlStore, PgStore]]:
    one, other = SqlStore.open(tmp_path / "one"), PgStore.open(postgres.fresh())
    await furnish(one)
    yield one, other
    one.close()
    await asyncio.to_thread(other.close)


async def go(source: Store, target: Store, database: Database | None = None, **more: Any) -> transfer.Moved:
    goes_to = database or target.database
    one = MemoryBlobs()
    more.setdefault("blobs", (one, one))
    return await transfer.move(source.database, goes_to, target.snapshots, now=9, name="here", **more)


async def test_there_and_back_again(stores: tuple[SqlStore, PgStore], tmp_path: Path) -> None:
    one, other = stores
    files = FileBlobs(tmp_path / "a"), FileBlobs(tmp_path / "b")
    assert await Sealer(one.database, files[0], Clock(), Policy(size=3, keep=1, age=0)).seal("d3") == 6
    before = await one.database.read(dump)
    told: list[tuple[str, int, int]] = []
    await files[0].put("k1", b"x")
    moved = await go(one, other, blobs=files, progress=lambda *what: told.append(what))
    assert moved == transfer.Moved(documents=5, skipped=0, changes=5 * CHANGES, blobs=3)
    assert await files[1].get("k1") == b"x"
    assert told[-1] == ("changes", 5 * CHANGES, 5 * CHANGES)
    assert await other.database.read(dump) == before
    assert (await verify(other.database, other.snapshots, blobs=files[1])).sound
    third = SqlStore.open(tmp_path / "third")
    await go(other, third, blobs=(files[1], files[1]))
    assert await third.database.read(dump) == before
    assert (await verify(third.database, third.snapshots, blobs=files[1])).sound
    third.close()


async def test_what_is_left_is_locked_and_what_has_come_is_as_open_as_it_was(
    stores: tuple[SqlStore, PgStore],
) -> None:
    one, other = stores
    await go(one, other)
    locks = select(documents.c.id, documents.c.locked_by).order_by(documents.c.id)

    def read(connection: Connection) -> list[Any]:
        return [tuple(row) for row in connection.execute(locks)]

    assert await other.database.read(read) == [("d0", "u1"), *((f"d{n}", None) for n in range(1, 5))]
    assert await one.database.read(read) == [("d0", "u1"), *((f"d{n}", transfer.MARK) for n in range(1, 5))]
    with pytest.raises(Fenced):
        await append(one.log, change(CHANGES + 1), document="d1")
    await append(other.log, change(CHANGES + 1, client="new"), document="d1", fence=1)
    # A document made later has a number of its own.
    await other.log.create("later", EPOCH)
    numbers = await other.database.read(lambda connection: list(connection.scalars(select(heads.c.document))))
    assert len(set(numbers)) == 6
    assert await transfer.unlock(one.database) == 4


@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
async def test_wherever_it_breaks_the_next_run_ends_it(
    stores: tuple[SqlStore, PgStore], stored: bool
) -> None:
    one, other = stores
    before = await one.database.read(dump)
    at, broken = 1, 0
    while True:
        try:
            moved = await go(one, other, Breaking(other.database, at, stored=stored))
        except Unavailable:
            at, broken = at + 2, broken + 1
            continue
        break
    assert broken > 7
    assert moved.documents == 5
    assert await other.database.read(dump) == before


async def test_a_target_that_holds_something_else_is_refused(stores: tuple[SqlStore, PgStore]) -> None:
    one, other = stores
    await furnish(other, 1)
    with pytest.raises(Conflict, match="holds something already"):
        await go(one, other)


async def test_what_is_damaged_is_not_taken_for_moved(stores: tuple[SqlStore, PgStore]) -> None:
    one, other = stores

    def spoil(connection: Connection) -> None:
        connection.exec_driver_sql(
            "UPDATE changes SET timestamp = timestamp + 1 WHERE document = 2 AND revision = 3"
        )

    await one.database.write(spoil)
    with pytest.raises(Unavailable, match="d1 is not sound"):
        await go(one, other)
    assert (
        await other.database.read(
            lambda connection: connection.scalar(select(documents.c.locked_by).where(documents.c.id == "d1"))
        )
        == transfer.MARK
    )


async def test_the_command_is_killed_and_run_again(tmp_path: Path) -> None:
    store = SqlStore.open(tmp_path / "data")
    await furnish(store, 60)
    before = await store.database.read(dump)
    await store.database.write(
        lambda connection: connection.execute(
            insert(images).values(
                id="i",
                document_id="d1",
                hash="h1",
                media_type="image/png",
                width=1,
                height=1,
                size=1,
                created_at=1,
            )
        )
    )
    before["images"] = (await store.database.read(dump))["images"]
    store.close()
    await FileBlobs(tmp_path / "data" / FOLDER).put("h1", b"png")
    url = postgres.fresh()
    command = [sys.executable, "-m", "octavo.cli", "migrate", "--from", str(tmp_path / "data"), "--to", url]
    environment = {**os.environ, "OCTAVO_DATA_DIR": str(tmp_path / "new")}
    other = PgStore.open(url)

    def count(connection: Connection) -> int:
        return connection.scalar(select(func.count()).select_from(heads)) or 0

    started = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)  # noqa: ASYNC220
    end = time.monotonic() + 60
    while await other.database.read(count) < 10:
        assert started.poll() is None, started.stderr and started.stderr.read()
        assert time.monotonic() < end
    started.send_signal(signal.SIGKILL)
    started.communicate()
    assert await other.database.read(count) < 60, "it was over before it was killed"
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "60 documents" in done.stdout
    assert "of them before" in done.stdout
    assert "octavo@" not in done.stdout
    assert await other.database.read(dump) == before
    assert (await verify(other.database, other.snapshots)).sound
    assert await FileBlobs(tmp_path / "new" / FOLDER).get("h1") == b"png"
    await asyncio.to_thread(other.close)
