"""Changes to put into logs."""

from __future__ import annotations

from octavo.delta import Delta
from octavo.ports import OperationLog
from octavo.protocol import Change, digest, ops_to_json

DOCUMENT = "doc-1"
EPOCH = "e1"


def change(
    revision: int,
    *,
    client: str = "c1",
    seq: int | None = None,
    user: str = "u1",
    base: int | None = None,
    text: str = "x",
    at: str | None = None,
    origin: bytes | None = None,
) -> Change:
    """One that inserts `text` at the start; by itself it follows from its revision."""
    delta = Delta().insert(text)
    base = revision - 1 if base is None else base
    return Change(
        revision,
        delta,
        ops_to_json(delta),
        client,
        revision if seq is None else seq,
        user,
        1_700_000_000 + revision,
        base,
        digest(base, delta),
        at,
        origin,
    )


async def append(
    log: OperationLog,
    *changes: Change,
    document: str = DOCUMENT,
    epoch: str = EPOCH,
    fence: int = 0,
    expected: int | None = None,
) -> None:
    expected = changes[0].revision - 1 if expected is None else expected
    await log.append(document, epoch=epoch, expected_revision=expected, fence=fence, changes=changes)


async def fill(log: OperationLog, count: int, *, document: str = DOCUMENT) -> list[Change]:
    """A new log with that many changes."""
    await log.create(document, EPOCH)
    changes = [change(revision) for revision in range(1, count + 1)]
    if changes:
        # One append each: within one batch, a client's second operation has a base before its first one's revision.
        for one in changes:
            await append(log, one, document=document)
    return changes
