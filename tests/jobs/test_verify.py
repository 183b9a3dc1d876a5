"""`octavo verify` finds every kind of damage that a store can have, and nothing in a sound one."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import pytest

from octavo.adapters.memory import MemoryBlobs
from octavo.adapters.sql import MEMORY, SqlStore
from octavo.delta import Delta
from octavo.errors import Conflict, Missing
from octavo.jobs import SnapshotJob
from octavo.ports import Snapshot
from octavo.protocol import ops_to_json
from octavo.verify import Report, renew_epochs, verify
from tests.contracts.cases import EPOCH, append, change

EVIL = '[{"insert":"x","attributes":{"evil":1}}]'


@pytest.fixture
async def store() -> AsyncIterator[SqlStore]:
    """Document "a" with 30 changes of three clients and snapshots at 10, 20, 30; "b" with one; an empty "c"."""
    opened = SqlStore.open(MEMORY)
    for name in ("a", "b", "c"):
        await opened.log.create(name, EPOCH)
    for revision in range(1, 31):
        client = revision % 3
        one = change(revision, client=f"c{client}", user=f"u{client}", at="2026-01-01T00:00:00Z")
        await append(opened.log, one, document="a")
    await append(opened.log, change(1), document="b")
    await SnapshotJob(opened.log, opened.snapshots, splices=20).run("a", 0)
    yield opened
    opened.close()


async def spoil(store: SqlStore, statement: str) -> None:
    await store.database.write(lambda connection: connection.exec_driver_sql(statement))


async def test_a_sound_store(store: SqlStore) -> None:
    seen: list[Report] = []
    summary = await verify(store.database, store.snapshots, progress=seen.append)
    assert summary.sound
    assert summary.exit_status == 0
    assert [(report.document_id, report.revision, report.snapshots) for report in seen] == [
        ("a", 30, 3),
        ("b", 1, 0),
        ("c", 0, 0),
    ]


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE changes SET ops = CAST('[{\"insert\":\"z\"}]' AS BLOB) WHERE revision = 7", "chain"),
        ("UPDATE changes SET ops = '[{\"insert\":\"z\"}]' WHERE revision = 7", "change 7: what is stored"),
        ("UPDATE changes SET timestamp = timestamp + 1 WHERE revision = 7", "chain"),
        ("UPDATE changes SET salt = zeroblob(16) WHERE revision = 7", "chain"),
        ("UPDATE changes SET at = NULL WHERE revision = 7", "chain"),
        ("UPDATE changes SET origin = CAST('{}' AS BLOB) WHERE revision = 7", "chain"),
        ("UPDATE heads SET chain = zeroblob(32) WHERE document = 1", "chain"),
        ("UPDATE clients SET user_id = 'thief' WHERE client_id = 'c1'", "chain"),
        ("DELETE FROM changes WHERE document = 1 AND revision = 7", "changes 7 to 7 are missing"),
        ("DELETE FROM changes WHERE document = 1 AND revision > 27", "changes 28 to 30 are missing"),
        ("DELETE FROM changes WHERE document = 1", "changes 1 to 30 are missing"),
        ("DELETE FROM clients WHERE client_id = 'c1'", "its client is not known"),
        ("UPDATE clients SET seq = 99 WHERE client_id = 'c1'", "client c1: its row does not agree"),
        ("UPDATE clients SET revision = 1 WHERE client_id = 'c1'", "client c1: its row does not agree"),
        ("UPDATE clients SET digest = x'00' WHERE client_id = 'c1'", "client c1: its row does not agree"),
        ("INSERT INTO clients VALUES (1, 'c9', 9, 'u9', 1, 1, x'00')", "client c9: its row does not agree"),
        ("UPDATE changes SET seq = 1 WHERE revision = 30", "change 30: seq or base revision"),
        ("UPDATE changes SET base_revision = 0 WHERE revision = 30", "change 30: seq or base revision"),
        ("UPDATE changes SET base_revision = 30 WHERE revision = 30", "change 30: its base revision 30"),
        ("UPDATE changes SET ops = CAST('[{' AS BLOB) WHERE revision = 30", "change 30: "),
        ("UPDATE changes SET ops = CAST('[{\"delete\":99}]' AS BLOB) WHERE revision = 30", "change 30: "),
        (f"UPDATE changes SET ops = CAST('{EVIL}' AS BLOB) WHERE revision = 30", "change 30: "),
        ("UPDATE snapshots SET content = x'00' WHERE revision = 20", "the snapshot at revision 20 is damaged"),
        ("UPDATE snapshots SET revision = 31 WHERE revision = 30", "a snapshot at revision 31, past the head"),
    ],
)  # fmt: skip
async def test_damage_is_found(store: SqlStore, statement: str, fault: str) -> None:
    await spoil(store, statement)
    summary = await verify(store.database, store.snapshots)
    assert summary.exit_status == 1
    report = summary.reports[0]
    assert any(fault in found for found in report.faults), report.faults
    assert all(other.sound for other in summary.reports[1:]) or "30" not in statement


async def test_a_snapshot_that_is_not_the_replay(store: SqlStore) -> None:
    await store.snapshots.put("a", Snapshot(20, ops_to_json(Delta().insert("something else\n"))))
    await store.snapshots.put("b", Snapshot(0, ops_to_json(Delta().insert("not empty\n"))))
    summary = await verify(store.database, store.snapshots)
    assert summary.reports[0].faults == ["the snapshot at revision 20 is not what the log gives there"]
    assert summary.reports[1].faults == ["the snapshot at revision 0 is not what the log gives there"]


async def test_a_document_without_a_log(store: SqlStore) -> None:
    await spoil(store, "INSERT INTO users (id, name, created_at) VALUES ('u', 'U', 0)")
    await spoil(
        store,
        "INSERT INTO documents (id, title, owner_id, created_at, updated_at) VALUES ('lost', '', 'u', 0, 0)",
    )
    summary = await verify(store.database, store.snapshots)
    assert summary.faults == ["document lost has no log"]
    assert summary.exit_status == 1


async def test_one_document(store: SqlStore) -> None:
    summary = await verify(store.database, store.snapshots, document_id="b")
    assert [report.document_id for report in summary.reports] == ["b"]
    with pytest.raises(Missing):
        await verify(store.database, store.snapshots, document_id="nowhere")


async def test_a_wholly_broken_document_does_not_flood_the_report(store: SqlStore) -> None:
    await spoil(store, "UPDATE changes SET base_revision = 99 WHERE document = 1")
    summary = await verify(store.database, store.snapshots)
    assert len(summary.reports[0].faults) <= 23
    assert "… and more" in summary.reports[0].faults


async def test_images_are_held_against_their_hashes(store: SqlStore) -> None:
    blobs = MemoryBlobs()
    hashes = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(4)]
    for index, data in enumerate((b"0", b"rotten")):
        await blobs.put(hashes[index], data)
    await spoil(store, "INSERT INTO users (id, name, created_at) VALUES ('u', 'Ada', 1)")
    await spoil(
        store,
        "INSERT INTO documents (id, title, owner_id, created_at, updated_at)"
        " SELECT document_id, '', 'u', 1, 1 FROM heads",
    )
    rows = [("i0", "a", 0, 1), ("i1", "a", 1, 1), ("i2", "b", 2, 1), ("i3", "b", 3, None)]
    for name, document, number, used in rows:
        await spoil(
            store,
            "INSERT INTO images (id, document_id, hash, media_type, width, height, size, created_at, used_at)"
            f" VALUES ('{name}', '{document}', '{hashes[number]}', 'image/png', 1, 1, 1, 1, {used or 'NULL'})",
        )
    faults = (await verify(store.database, store.snapshots, blobs=blobs)).faults
    assert faults == [
        "image i1 of document a: its bytes are damaged",
        "image i2 of document b: its bytes are missing",
    ]
    of_a = await verify(store.database, store.snapshots, document_id="a", blobs=blobs)
    assert of_a.faults == faults[:1]
    assert not of_a.sound


async def test_a_renewed_epoch_refuses_who_knew_the_old_one(store: SqlStore) -> None:
    before = {name: await store.log.head(name) for name in "abc"}
    assert await renew_epochs(store.database, "b") == 1
    assert await store.log.head("a") == before["a"]
    assert await renew_epochs(store.database) == 3
    after = {name: await store.log.head(name) for name in "abc"}
    assert len({head.epoch for head in (*before.values(), *after.values())}) == 4
    assert [after[name].revision for name in "abc"] == [30, 1, 0]
    with pytest.raises(Conflict, match="epoch"):
        await append(store.log, change(2), document="b", fence=after["b"].fence)
    assert (await verify(store.database, store.snapshots)).sound
    with pytest.raises(Missing):
        await renew_epochs(store.database, "nosuch")
