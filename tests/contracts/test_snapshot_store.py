"""The laws of `ports.SnapshotStore`."""

from __future__ import annotations

from octavo.ports import Snapshot
from tests.contracts.cases import DOCUMENT, EPOCH
from tests.contracts.conftest import Adapter


async def test_the_newest_at_or_before(adapter: Adapter) -> None:
    await adapter.log.create(DOCUMENT, EPOCH)
    await adapter.log.create("other", EPOCH)
    assert await adapter.snapshots.latest(DOCUMENT) is None
    ten, twenty = Snapshot(10, b'[{"insert":"ten\\n"}]'), Snapshot(20, b'[{"insert":"twenty\\n"}]')
    await adapter.snapshots.put(DOCUMENT, twenty)
    await adapter.snapshots.put(DOCUMENT, ten)
    await adapter.snapshots.put("other", Snapshot(15, b"[]"))
    assert await adapter.snapshots.latest(DOCUMENT) == twenty
    assert await adapter.snapshots.latest(DOCUMENT, at_most=20) == twenty
    assert await adapter.snapshots.latest(DOCUMENT, at_most=19) == ten
    assert await adapter.snapshots.latest(DOCUMENT, at_most=10) == ten
    assert await adapter.snapshots.latest(DOCUMENT, at_most=9) is None


async def test_the_same_revision_again_replaces(adapter: Adapter) -> None:
    await adapter.log.create(DOCUMENT, EPOCH)
    await adapter.snapshots.put(DOCUMENT, Snapshot(1, b"[1]"))
    await adapter.snapshots.put(DOCUMENT, Snapshot(1, b"[2]"))
    assert await adapter.snapshots.latest(DOCUMENT) == Snapshot(1, b"[2]")


async def test_a_long_content(adapter: Adapter) -> None:
    await adapter.log.create(DOCUMENT, EPOCH)
    content = b'[{"insert":"' + bytes(range(97, 123)) * 60_000 + b'\\n"}]'
    await adapter.snapshots.put(DOCUMENT, Snapshot(3, content))
    assert await adapter.snapshots.latest(DOCUMENT) == Snapshot(3, content)
