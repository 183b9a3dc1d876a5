"""What was acknowledged is there: after kill -9, after a full disk, after a disk that fails."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from octavo.adapters.sql import DATABASE_NAME, SqlStore, raw
from octavo.adapters.sql_connect import check_durable, connect_writer
from octavo.adapters.sql_writer import Writer
from octavo.errors import Unavailable, Unknown
from octavo.verify import verify
from tests.contracts.cases import DOCUMENT, EPOCH, append, change, fill


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore.open(tmp_path)
    yield opened
    opened.close()


def child(where: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.adapters.appending", str(where), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def check(where: Path, acked: int) -> int:
    """Everything acknowledged is there, and the log is sound; returns the head."""
    store = SqlStore.open(where)
    try:
        head = (await store.log.head(DOCUMENT)).revision
        found = await store.log.read(DOCUMENT, after=0, limit=1_000_000)
        summary = await verify(store.database, store.snapshots)
        assert summary.sound, summary
    finally:
        store.close()
    assert [one.revision for one in found] == list(range(1, head + 1))
    assert head >= acked
    return head


@pytest.mark.parametrize("acks", [1, 40, 250])
async def test_kill_9_loses_nothing_acknowledged(tmp_path: Path, acks: int) -> None:
    process = child(tmp_path)
    assert process.stdout is not None
    acked = 0
    for _ in range(acks):
        acked = int(process.stdout.readline().split()[1])
    process.kill()
    rest = process.stdout.read().splitlines()
    process.wait()
    # A last line may be torn, but what it says was acknowledged all the same.
    acked = max([acked, *(int(line.split()[1]) for line in rest if line.startswith("acked ") and line[6:])])
    assert await check(tmp_path, acked) - acked in (0, 5)


async def test_a_disk_that_takes_no_more_is_an_error_and_loses_nothing(tmp_path: Path) -> None:
    process = child(tmp_path, str(1 << 20))
    output, _ = process.communicate()
    lines = output.splitlines()
    acked = max(int(line.split()[1]) for line in lines if line.startswith("acked"))
    end = [line for line in lines if not line.startswith("acked")]
    assert end[0].startswith("refused Unknown"), end
    assert "read before sending it again" in end[0]
    assert end[1].startswith("then Unavailable"), end
    assert "restart it" in end[2], end
    assert end[3] == f"readable {acked}"
    assert await check(tmp_path, acked) >= acked


async def test_a_full_disk_is_said_and_passes(store: SqlStore) -> None:
    await fill(store.log, 3)
    pages = await store.database.write(lambda c: c.scalar(text("PRAGMA page_count")))
    await store.database.write(lambda c: c.scalar(text(f"PRAGMA max_page_count = {pages}")))
    with pytest.raises(Unavailable, match="disk is full"):
        await append(store.log, change(4, text="x" * 100_000))
    assert store.failed is None
    assert (await store.log.head(DOCUMENT)).revision == 3
    await store.database.write(lambda c: c.scalar(text("PRAGMA max_page_count = 1000000")))
    await append(store.log, change(4, text="x" * 100_000))
    assert (await store.log.head(DOCUMENT)).revision == 4


class CommitFails:
    """Stands before a connection; its commit does what a failing disk does."""

    def __init__(self, error: Callable[[], Exception]) -> None:
        self.error = error
        self.commits = 0

    def __call__(self, *_: object) -> None:
        self.commits += 1
        raise self.error()


def disk_error() -> sqlite3.OperationalError:
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    fault.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    return fault


async def test_a_failed_sync_is_unknown_and_never_repeated(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(store.log, 1)
    writer: Writer = store.database.writer
    failing = CommitFails(disk_error)
    monkeypatch.setattr(writer.connection.engine.dialect, "do_commit", failing)
    with pytest.raises(Unknown, match="not known"):
        await append(store.log, change(2))
    monkeypatch.undo()
    assert store.failed is not None
    with pytest.raises(Unavailable, match="restart") as refused:
        await append(store.log, change(2))
    assert not isinstance(refused.value, Unknown)
    assert failing.commits == 1
    assert (await store.log.head(DOCUMENT)).revision == 1


async def test_commits_wait_for_the_disk(store: SqlStore) -> None:
    def settings(name: str) -> object:
        return raw(store.database.writer.connection).execute(f"PRAGMA {name}").fetchone()[0]

    assert settings("synchronous") == 2
    assert settings("journal_mode") == "wal"
    assert settings("foreign_keys") == 1
    assert settings("wal_autocheckpoint") == 0


@pytest.mark.parametrize(("mode", "synchronous"), [("delete", 2), ("memory", 2), ("wal", 1), ("wal", 0)])
def test_a_database_that_is_not_durable_is_refused(mode: str, synchronous: int) -> None:
    with pytest.raises(Unavailable, match=r"local disk|cannot hold"):
        check_durable(mode, synchronous, Path("octavo.db"))


def test_a_database_that_stays_in_another_mode_is_refused(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_NAME
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE t (x)")
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(Unavailable, match="locked"):
            connect_writer(path, busy_seconds=0)
    finally:
        other.close()


async def test_what_is_not_a_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"certainly not a database " * 400)
    with pytest.raises(Unavailable, match="not a database"):
        SqlStore.open(tmp_path)
    SqlStore.open(_emptied(tmp_path)).close()


def _emptied(where: Path) -> Path:
    (where / DATABASE_NAME).unlink()
    return where


async def test_a_damaged_file_is_an_error_and_never_an_empty_document(tmp_path: Path) -> None:
    store = SqlStore.open(tmp_path)
    await store.log.create(DOCUMENT, EPOCH)
    for revision in range(1, 200):
        await append(store.log, change(revision, text="x" * 4000))
    store.close()
    with (tmp_path / DATABASE_NAME).open("r+b") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(size - size // 3)
        file.write(b"\xff" * (size // 4))
    store = SqlStore.open(tmp_path)
    try:
        with pytest.raises(Unavailable, match="damaged"):
            await store.log.read(DOCUMENT, after=0)
    finally:
        store.close()


async def test_a_missing_change_is_an_error_and_never_a_short_page(store: SqlStore) -> None:
    await fill(store.log, 9)
    await store.database.write(lambda c: c.execute(text("DELETE FROM changes WHERE revision IN (5, 9)")))
    assert len(await store.log.read(DOCUMENT, after=0, limit=4)) == 4
    for after, missing in ((0, 5), (4, 5), (5, 9), (8, 9)):
        with pytest.raises(Unavailable, match=f"change {missing} "):
            await store.log.read(DOCUMENT, after=after)


async def test_an_operation_that_cannot_be_read_is_named(store: SqlStore) -> None:
    await fill(store.log, 3)
    await store.database.write(
        lambda c: c.execute(text("UPDATE changes SET ops = x'5b7b' WHERE revision = 2"))
    )
    with pytest.raises(Unavailable, match="change 2 "):
        await store.log.read(DOCUMENT, after=0)


async def test_pages_of_very_long_operations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("octavo.adapters.sql_connect.VALUE_BYTES", 1 << 20)
    store = SqlStore.open(tmp_path)
    await store.log.create(DOCUMENT, EPOCH)
    changes = [change(revision, text='"' * (200_000 + revision)) for revision in range(1, 12)]
    for one in changes:
        await append(store.log, one)
    assert await store.log.read(DOCUMENT, after=0) == changes
    assert await store.log.read(DOCUMENT, after=3, limit=6) == changes[3:9]
    store.close()


async def test_closing_finishes_what_waits(tmp_path: Path) -> None:
    store = SqlStore.open(tmp_path)
    await store.log.create(DOCUMENT, EPOCH)
    waiting = [
        asyncio.ensure_future(append(store.log, change(n, client=f"c{n}", seq=1))) for n in range(1, 50)
    ]
    await asyncio.sleep(0)
    await asyncio.to_thread(store.close)
    await asyncio.gather(*waiting)
    with pytest.raises(Unavailable, match="closed"):
        await append(store.log, change(50))
    with pytest.raises(Unavailable, match="closed"):
        await store.log.head(DOCUMENT)
    assert await check(tmp_path, 49) == 49


async def test_the_write_ahead_log_does_not_grow_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("octavo.adapters.sql_checkpoint.COMMITS_BETWEEN", 5)
    monkeypatch.setattr("octavo.adapters.sql_checkpoint.RESTART_PAGES", 100)
    store = SqlStore.open(tmp_path)
    await store.log.create(DOCUMENT, EPOCH)
    wal = tmp_path / f"{DATABASE_NAME}-wal"
    revision = size = 0
    # It is begun anew when the checkpoints, on a thread of their own, have had their turn.
    while 20_000 * revision <= 2 * size + 3_000_000:
        revision += 1
        assert revision < 5_000, f"100 MB of changes, and the log has {size} bytes"
        await append(store.log, change(revision, text="x" * 20_000))
        size = wal.stat().st_size
    store.close()
    assert await check(tmp_path, revision) == revision
