"""The data directory: one process, its rights, its migrations; snapshots that are damaged."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text, update

from octavo.adapters.lock import LOCK_NAME, file_system, prepare
from octavo.adapters.sql import DATABASE_NAME, MEMORY, SqlStore
from octavo.catalog import migrate
from octavo.catalog.tables import metadata, snapshots
from octavo.errors import Missing, Unavailable
from octavo.ports import Snapshot
from tests.contracts.cases import DOCUMENT, EPOCH, append, change, fill


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore.open(tmp_path)
    yield opened
    opened.close()


def test_one_process_per_directory(store: SqlStore, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=f"in use by process {os.getpid()}.*--data-dir"):
        SqlStore.open(tmp_path)
    store.close()
    SqlStore.open(tmp_path).close()


def test_the_lock_of_a_dead_process_is_nobody_s(tmp_path: Path) -> None:
    program = f"""
import os
from octavo.adapters.sql import SqlStore
store = SqlStore.open({str(tmp_path)!r})
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", program], check=False)
    assert (tmp_path / LOCK_NAME).read_text().strip().isdigit()
    SqlStore.open(tmp_path).close()


def test_the_directory_is_for_its_owner_only(tmp_path: Path) -> None:
    where = tmp_path / "deep" / "data"
    SqlStore.open(where).close()
    assert where.stat().st_mode & 0o777 == 0o700
    assert (where / DATABASE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_directory_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="choose another"):
        SqlStore.open(tmp_path / "file")


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 254:1 / / rw - ext4 /dev/vda rw\n"
        f"30 22 0:40 / {tmp_path.resolve()} rw shared:1 - nfs4 server:/x rw\n"
    )
    assert file_system(tmp_path / "data", mounts) == "nfs4"
    assert file_system(Path("/elsewhere"), mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "none") is None
    monkeypatch.setattr("octavo.adapters.lock.file_system", lambda _: "nfs4")
    with pytest.raises(Unavailable, match=r"network file system \(nfs4\)"):
        prepare(tmp_path / "data")


def test_migrations_make_the_tables_of_the_metadata(store: SqlStore, tmp_path: Path) -> None:
    with create_engine(f"sqlite:///{tmp_path / DATABASE_NAME}").connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), metadata)
        made = _statements(connection)
    assert difference == []
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        wanted = _statements(connection)
    del made["alembic_version"]
    # What autogenerate does not compare (checks, WITHOUT ROWID, AUTOINCREMENT) stands in the statements.
    assert {name: _parts(sql) for name, sql in made.items()} == {
        name: _parts(sql) for name, sql in wanted.items()
    }


def _statements(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {row.name: row.sql for row in rows}


def _parts(statement: str) -> list[str]:
    lines = statement.replace(
        " NOT NULL, ", " NOT NULL,\n"
    ).splitlines()  # so SQLite puts a column that came later
    return sorted(line.strip().rstrip(",") for line in lines if line.strip())


def test_the_newest_migration_is_the_one_the_program_knows() -> None:
    config = Config()
    config.set_main_option("script_location", "octavo.catalog:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    SqlStore.open(tmp_path).close()
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for read_only in (False, True):
        with pytest.raises(Unavailable, match=r"newer Octavo \(revision 9999"):
            SqlStore.open(tmp_path, read_only=read_only)


def test_an_interrupted_migration_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: Connection, version: str | None) -> None:
        run_scripts(connection, version)
        raise Unavailable("UNAVAILABLE", "power cut")

    run_scripts = migrate.run_scripts
    monkeypatch.setattr(migrate, "run_scripts", fail)
    with pytest.raises(Unavailable, match="power cut"):
        SqlStore.open(tmp_path)
    monkeypatch.undo()
    with sqlite3.connect(tmp_path / DATABASE_NAME) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()
    SqlStore.open(tmp_path).close()


async def test_a_look_beside_a_running_server(store: SqlStore, tmp_path: Path) -> None:
    await store.log.create(DOCUMENT, EPOCH)
    looking = SqlStore.open(tmp_path, read_only=True)
    try:
        await append(store.log, change(1))
        assert (await looking.log.head(DOCUMENT)).revision == 1
        with pytest.raises(Unavailable, match="reading only"):
            await append(looking.log, change(2))
    finally:
        looking.close()


def test_a_look_at_nothing(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=DATABASE_NAME):
        SqlStore.open(tmp_path, read_only=True)
    (tmp_path / DATABASE_NAME).touch()
    with pytest.raises(Unavailable, match="empty"):
        SqlStore.open(tmp_path, read_only=True)


async def test_a_reader_cannot_write(store: SqlStore) -> None:
    with pytest.raises(Unavailable, match="may not be written"):
        await store.database.read(lambda connection: connection.execute(text("DELETE FROM users")))


async def test_commits_are_reported(tmp_path: Path) -> None:
    seen: list[tuple[int, int, float]] = []
    store = SqlStore.open(MEMORY, on_commit=lambda *what: seen.append(what))
    await store.log.create(DOCUMENT, EPOCH)
    await append(store.log, change(1), change(2, client="c2"))
    store.close()
    assert [(tasks, changes) for tasks, changes, _ in seen] == [(1, 0), (1, 2)]
    assert all(seconds > 0 for _, _, seconds in seen)


# --- snapshots ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        {"content": b"not zstd"},
        {"content": b""},
        {"checksum": bytes(32)},
        {"revision": 31},
    ],
    ids=["bytes", "nothing", "checksum", "put elsewhere"],
)
async def test_a_damaged_snapshot_is_passed_over_and_reported(
    tmp_path: Path, damage: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    reported: list[tuple[str, int]] = []
    store = SqlStore.open(
        tmp_path, on_damaged_snapshot=lambda document, revision, _: reported.append((document, revision))
    )
    await store.log.create(DOCUMENT, EPOCH)
    for revision in (10, 20, 30):
        await store.snapshots.put(DOCUMENT, Snapshot(revision, b"[%d]" % revision))
    spoil = update(snapshots).where(snapshots.c.revision == 30).values(**damage)
    await store.database.write(lambda connection: connection.execute(spoil))
    assert await store.snapshots.latest(DOCUMENT) == Snapshot(20, b"[20]")
    revision = int(str(damage.get("revision", 30)))
    assert reported == [(DOCUMENT, revision)]
    assert f"snapshot {revision} of document {DOCUMENT} is damaged" in caplog.text
    await store.database.write(
        lambda connection: connection.execute(update(snapshots).values(content=b"", checksum=b""))
    )
    assert await store.snapshots.latest(DOCUMENT) is None, "with none left, the log is replayed from 0"
    store.close()


async def test_a_snapshot_of_another_document_is_damaged(store: SqlStore) -> None:
    for name in ("a", "b"):
        await store.log.create(name, EPOCH)
        await store.snapshots.put(name, Snapshot(1, b"[]"))
    await store.database.write(
        lambda connection: connection.execute(text("DELETE FROM snapshots WHERE document = 1"))
    )
    await store.database.write(
        lambda connection: connection.execute(text("UPDATE snapshots SET document = 1"))
    )
    assert await store.snapshots.latest("a") is None


async def test_a_snapshot_of_nothing_is_missing(store: SqlStore) -> None:
    with pytest.raises(Missing):
        await store.snapshots.put("nowhere", Snapshot(1, b"[]"))


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM changes WHERE revision = 3",
        "UPDATE heads SET revision = 2",
        "UPDATE heads SET revision = 4",
        "UPDATE changes SET digest = zeroblob(32) WHERE revision = 3",
        "UPDATE changes SET seq = 9 WHERE revision = 3",
        "UPDATE clients SET revision = 2",
        "DELETE FROM clients",
    ],
)
async def test_a_head_that_its_log_contradicts_is_no_head(store: SqlStore, damage: str) -> None:
    await fill(store.log, 3)
    assert (await store.log.head(DOCUMENT)).revision == 3
    await store.database.write(lambda connection: connection.exec_driver_sql(damage))
    with pytest.raises(Unavailable, match="octavo verify"):
        await store.log.head(DOCUMENT)
