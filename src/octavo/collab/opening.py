"""Opening a document cold: the newest snapshot, then the log from there to its end."""

from __future__ import annotations

import logging
from typing import Any, Final

import msgspec

from octavo.collab.room import Room
from octavo.collab.settings import HostSettings
from octavo.delta import Content, wire
from octavo.errors import Invalid, OctavoError, Unavailable
from octavo.ports import OperationLog, Replays, SnapshotStore
from octavo.protocol import CHANGES_PER_PAGE

_logger: Final = logging.getLogger(__name__)


async def open_room(
    log: OperationLog, snapshots: SnapshotStore, document_id: str, settings: HostSettings
) -> tuple[Room, str]:
    """The room, and where its content came from: "snapshot" or "replay".  A read error is an error, never empty."""
    head = await log.head(document_id)
    revision, content = await content_near(log, snapshots, document_id, head.revision)
    room = Room(
        content, head=revision, epoch=head.epoch, fence=head.fence, settings=settings, document_id=document_id
    )
    source = "snapshot" if revision else "replay"
    while True:
        page = await log.read(document_id, after=room.head, limit=CHANGES_PER_PAGE)
        try:
            room.logged(page)
        except OctavoError:
            await content_at(log, snapshots, document_id, page[-1].revision)  # raises, and names the revision
            raise
        if len(page) < CHANGES_PER_PAGE:
            return room, source


async def content_near(
    log: OperationLog, snapshots: SnapshotStore, document_id: str, at_most: int
) -> tuple[int, Content]:
    """The newest snapshot that can be read, at or before a revision; the empty document when there is none.

    One that does not bear its content is passed over for the one before it.
    """
    while at_most > 0:
        try:
            snapshot = await snapshots.latest(document_id, at_most=at_most)
        except Exception:
            _logger.exception(
                "the snapshots of %s cannot be read; its log is replayed from the start", document_id
            )
            break
        if snapshot is None:
            break
        try:
            ops: list[Any] = msgspec.json.decode(snapshot.content)
            return snapshot.revision, Content.from_delta(wire.from_content(ops))
        except (msgspec.DecodeError, Invalid):
            _logger.exception(
                "snapshot %d of %s is damaged; the one before is used", snapshot.revision, document_id
            )
            at_most = snapshot.revision - 1
    return 0, Content()


async def content_at(log: OperationLog, snapshots: SnapshotStore, document_id: str, revision: int) -> Content:
    """The content at a revision that the log reaches."""
    at, content = await content_near(log, snapshots, document_id, revision)
    if isinstance(log, Replays):
        try:
            return await _by_runs(log, document_id, at, revision, content)
        except Invalid:  # once more, change by change: that names the one which does not apply
            at, content = await content_near(log, snapshots, document_id, revision)
    while at < revision:
        page = await log.read(document_id, after=at, limit=min(CHANGES_PER_PAGE, revision - at))
        if not page:
            raise Invalid("INVALID_REQUEST", f"revision: the log ends at {at}", current_revision=at)
        for change in page:
            try:
                content.apply(change.delta)
            except OctavoError as fault:
                raise damaged(document_id, change.revision, fault) from fault
            at = change.revision
    return content


async def _by_runs(log: Replays, document_id: str, at: int, revision: int, content: Content) -> Content:
    while at < revision:
        deltas, reached = await log.deltas(document_id, after=at, to=revision)
        if reached == at:
            raise Invalid("INVALID_REQUEST", f"revision: the log ends at {at}", current_revision=at)
        for delta in deltas:
            content.apply(delta)
        at = reached
    return content


def damaged(document_id: str, revision: int, fault: Exception) -> Unavailable:
    """What is raised for a log that does not fit its content."""
    reason = f"the log of {document_id} is damaged at revision {revision} ({fault}); run `octavo verify`"
    return Unavailable("UNAVAILABLE", reason)
