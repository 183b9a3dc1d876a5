"""A database of PostgreSQL: its tables, what is refused at the start, and what the nodes make of each other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import IntegrityError

from octavo.adapters import pg_connect
from octavo.adapters.pg import PgStore
from octavo.catalog import heads
from octavo.catalog.tables import SPREAD, metadata
from octavo.catalog.tables import heads as heads_table
from octavo.errors import Conflict, Invalid, Unavailable
from octavo.ports import RevisionTaken
from tests import postgres
from tests.contracts.cases import DOCUMENT, EPOCH, append, change, fill

pytestmark = pytest.mark.skipif(bool(postgres.lacking()), reason=postgres.lacking() or "there")


@pytest.fixture
async def store() -> AsyncIterator[PgStore]:
    opened = PgStore.open(postgres.fresh())
    yield opened
    await asyncio.to_thread(opened.close)


async def test_migrations_make_the_tables_of_the_metadata(store: PgStore) -> None:
    def ours(name: str | None, kind: str, _: Any) -> bool:
        """Neither partitions nor what search makes, nor what stands in migrations alone."""
        own = re.search(r"_p\d+$|^search_|^uq_changes_document_client_seq$", name or "")
        return kind not in ("table", "index", "unique_constraint") or own is None

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"include_name": ours})
        found = compare_metadata(context, metadata)
        # A foreign key to a partitioned table is one to each of its partitions besides.
        return [
            one
            for one in found
            if not (one[0] == "remove_fk" and re.search(r"_p\d+\.", repr(one[1].elements)))
        ]

    assert await store.database.read(differences) == []


async def test_a_commit_that_may_be_lost_is_refused_with_what_to_do() -> None:
    cluster, url = postgres.shared(), postgres.fresh()
    name = url.rpartition("/")[2]
    cluster.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with pytest.raises(Unavailable, match="set synchronous_commit = on"):
        PgStore.open(url)
    cluster.execute(f"ALTER DATABASE {name} SET synchronous_commit = remote_apply")
    await asyncio.to_thread(PgStore.open(url).close)
    cluster.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(Unavailable, match="only read"):
        PgStore.open(url)


SOUND = {
    "replica": False,
    "version": 150000,
    "server_version": "15.1",
    "server_encoding": "UTF8",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "default_transaction_read_only": "off",
}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"replica": True}, "name the primary"),
        ({"version": 130000, "server_version": "13.9"}, "13.9, too old"),
        ({"server_encoding": "SQL_ASCII"}, "ENCODING 'UTF8'"),
        ({"fsync": "off"}, "set fsync = on"),
        ({"full_page_writes": "off"}, "set full_page_writes = on"),
        ({"synchronous_commit": "off"}, "set synchronous_commit = on"),
    ],
)
def test_each_fault_has_its_words_and_none_has_the_password(found: dict[str, Any], words: str) -> None:
    url = "postgresql://me:secret@db.example/octavo"
    pg_connect.check(SOUND, url)
    with pytest.raises(Unavailable, match=words) as caught:
        pg_connect.check(SOUND | found, url)
    assert "db.example/octavo" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("database", "port", "words"),
    [("nowhere", None, "CREATE DATABASE"), ("postgres", 1, "cannot be reached")],
)
def test_a_database_that_is_not_there(database: str, port: int | None, words: str) -> None:
    url = postgres.shared().url(database)
    if port is not None:
        url = re.sub(r":\d+/", f":{port}/", url)
    with pytest.raises(Unavailable, match=words):
        PgStore.open(url)


def test_several_nodes_start_at_once_on_an_empty_database() -> None:
    url = postgres.shared().database()
    with ThreadPoolExecutor(4) as pool:
        for store in pool.map(lambda _: PgStore.open(url), range(4)):
            store.close()


async def test_tables_of_a_newer_program_and_none_are_refused(store: PgStore) -> None:
    empty = postgres.shared().database()
    with pytest.raises(Unavailable, match="empty"):
        PgStore.open(empty, read_only=True)
    url = store.database.url
    postgres.shared().execute(
        "UPDATE alembic_version SET version_num = '9999'", database=url.rpartition("/")[2]
    )
    for read_only in (False, True):
        with pytest.raises(Unavailable, match="newer Octavo"):
            PgStore.open(url, read_only=read_only)


async def test_what_grows_with_the_documents_is_spread(store: PgStore) -> None:
    query = text(
        "SELECT p.relname, count(*) FROM pg_inherits JOIN pg_class p ON p.oid = inhparent "
        "WHERE p.relkind = 'p' GROUP BY p.relname"
    )
    found = await store.database.read(
        lambda connection: {row[0]: row[1] for row in connection.execute(query)}
    )
    assert found == dict.fromkeys(SPREAD, 8)
    for number in range(20):
        await fill(store.log, 1, document=f"d{number}")
    used = text("SELECT count(DISTINCT tableoid) FROM changes")
    assert (await store.database.read(lambda connection: connection.scalar(used)) or 0) > 3


@pytest.mark.parametrize("statement", ["UPDATE audit SET action = 'none'", "DELETE FROM audit"])
async def test_the_audit_only_grows(store: PgStore, statement: str) -> None:
    with pytest.raises(IntegrityError, match="only grows"):
        await store.database.write(lambda connection: connection.execute(text(statement)))


async def test_one_seq_of_a_client_stands_once_whoever_writes(store: PgStore) -> None:
    await fill(store.log, 2)
    again = text(
        "INSERT INTO changes SELECT document, 3, client, seq, timestamp, base_revision, ops, at, origin, digest, salt "
        "FROM changes WHERE revision = 2"
    )
    with pytest.raises(IntegrityError, match="document_client_seq"):
        await store.database.write(lambda connection: connection.execute(again))


async def test_a_character_that_postgresql_cannot_keep_is_a_refusal(store: PgStore) -> None:
    with pytest.raises(Invalid, match=r"U\+0000"):
        await store.database.write(
            lambda connection: connection.execute(text("SELECT :name"), {"name": "a\x00b"})
        )


async def test_another_history_of_the_same_epoch_is_noticed(store: PgStore) -> None:
    """A standby that lagged behind has taken over, and another node has filled the gap."""
    await fill(store.log, 3)
    other = PgStore.open(store.database.url)

    def lose(connection: Connection) -> None:
        connection.execute(text("DELETE FROM changes WHERE revision = 3"))
        connection.execute(text("UPDATE clients SET seq = 2, revision = 2, digest = (SELECT digest FROM changes "
                                "WHERE revision = 2)"))  # fmt: skip
        connection.execute(update(heads_table).values(revision=2, chain=bytes(32)))

    await store.database.write(lose)
    await append(other.log, change(3, client="c9", seq=1))
    with pytest.raises(Conflict) as caught:
        await append(store.log, change(4))
    assert caught.value.code == "EPOCH_CHANGED"
    head = await store.log.head(DOCUMENT)
    assert head.revision == 3
    assert head.epoch != EPOCH
    with pytest.raises(Conflict) as caught:
        await append(other.log, change(4))
    assert caught.value.code == "EPOCH_CHANGED"
    await asyncio.to_thread(other.close)


async def test_rights_are_taken_from_a_document_that_is_written_all_the_time(store: PgStore) -> None:
    """The transaction's snapshot is always older than the last append: trying again alone would never end."""
    await store.log.create(DOCUMENT, EPOCH)
    other = PgStore.open(store.database.url)
    revision = 0
    stop = False

    async def write() -> None:
        nonlocal revision
        fence = 0
        while not stop:
            fence = (await other.log.head(DOCUMENT)).fence
            try:
                await append(other.log, change(revision + 1, client=f"c{revision}", seq=1), fence=fence)
            except Conflict:
                continue
            revision += 1

    def demote(connection: Connection) -> int:
        connection.execute(text("SELECT count(*) FROM users"))  # the snapshot is taken here
        connection.execute(text("SELECT pg_sleep(0.02)"))
        return heads.raise_fence(connection, DOCUMENT)

    writing = asyncio.ensure_future(write())
    fences = [await store.database.write(demote) for _ in range(5)]
    stop = True
    await writing
    assert fences == [1, 2, 3, 4, 5]
    assert revision > 10
    await asyncio.to_thread(other.close)


async def test_whoever_keeps_losing_gets_the_lock_before_it_rebases(store: PgStore) -> None:
    await store.log.create(DOCUMENT, EPOCH)
    other = PgStore.open(store.database.url)
    stop = False

    async def quick() -> None:
        revision = 0
        while not stop:
            try:
                await append(other.log, change(revision + 1, client=f"q{revision}", seq=1))
                revision += 1
            except RevisionTaken as fault:
                revision = fault.head

    async def slow() -> int:
        """Rebasing takes it longer than the other node needs for an append."""
        revision, tries = 0, 0
        while True:
            tries += 1
            await asyncio.sleep(0.1)
            try:
                await append(store.log, change(revision + 1, client="slow", seq=1))
            except RevisionTaken as fault:
                revision = fault.head
            else:
                return tries

    writing = asyncio.ensure_future(quick())
    tries = await asyncio.wait_for(slow(), 60)
    stop = True
    await writing
    assert tries <= 5
    head = await store.log.head(DOCUMENT)
    assert [one.revision for one in await store.log.read(DOCUMENT, after=0, limit=10_000)] == list(
        range(1, head.revision + 1)
    )
    await asyncio.to_thread(other.close)


async def test_a_reserved_head_is_let_go_when_nobody_comes_back(store: PgStore) -> None:
    await fill(store.log, 1)
    for _ in range(3):
        with pytest.raises(RevisionTaken):
            await append(store.log, change(1, client="late"))
    other = PgStore.open(store.database.url)
    await append(other.log, change(2, client="c2", seq=1))
    await asyncio.to_thread(other.close)
