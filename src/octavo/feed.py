"""A document's changes as a stream that can be resumed: for mirrors, bots and whoever wants no socket.

Each reader reads the log at its own pace: nothing waits in memory for one that is slow.  Who may read is asked again
before every page, and a stream ends after a while, so that a token that was revoked opens no other.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from octavo import protocol
from octavo.access import Action
from octavo.accounts import Identity
from octavo.documents import Documents
from octavo.errors import Conflict, Invalid, OctavoError
from octavo.ports import Head, OperationLog

AT_ONCE: Final = 20
"""Streams of one user at the same time."""

LASTS: Final = 900.0
"""Seconds after which a stream ends; its reader comes back with the last id."""

LOOK_EVERY: Final = 2.0
"""Seconds between looks into the log, for what other nodes wrote and for rights that went."""

_PAGE: Final = 200
_QUIET: Final = 15.0  # seconds after which a comment shows that the stream lives
_RETRY_MS: Final = 1000


class Feeds:
    """Every open stream of this process."""

    def __init__(self, log: OperationLog, documents: Documents) -> None:
        self._log = log
        self._documents = documents
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._open: Counter[str] = Counter()

    def changed(self, document_id: str, changes: Sequence[protocol.Change]) -> None:
        """These changes are durable; never waits, never raises."""
        for event in self._waiting.get(document_id, ()):
            event.set()

    async def follow(
        self, identity: Identity, document_id: str, last_id: str | None, after: int | None
    ) -> AsyncIterator[bytes]:
        """Server-sent events of the changes that follow `last_id`, or revision `after`, or the head.

        Raises Missing, Denied; Conflict with EPOCH_CHANGED when the id is of another history; Invalid for what is no
        id, for a revision in the future and for too many streams at once.
        """
        await self._documents.require(document_id, identity.user_id, Action.READ)
        head = await self._log.head(document_id)
        at = _begin(head, last_id, after)
        if self._open[identity.user_id] >= AT_ONCE:
            raise Invalid(
                "RATE_LIMITED",
                f"at most {AT_ONCE} streams of one user at once; close one",
                retry_after_ms=5000,
            )
        return self._stream(identity.user_id, document_id, head.epoch, at)

    async def _stream(self, user_id: str, document_id: str, epoch: str, at: int) -> AsyncIterator[bytes]:
        event = asyncio.Event()
        self._waiting[document_id].add(event)
        self._open[user_id] += 1
        loop = asyncio.get_running_loop()
        ends, said = loop.time() + LASTS, loop.time()
        try:
            yield b"retry: %d\nid: %b-%d\nevent: open\ndata: {}\n\n" % (_RETRY_MS, epoch.encode(), at)
            while loop.time() < ends:
                event.clear()
                await self._documents.require(document_id, user_id, Action.READ)
                head = await self._log.head(document_id)
                if head.epoch != epoch:
                    raise _other_history(head)
                changes = (
                    await self._log.read(document_id, after=at, limit=_PAGE) if head.revision > at else []
                )
                if changes:
                    at, said = changes[-1].revision, loop.time()
                    yield b"".join(_event(epoch, change) for change in changes)
                elif loop.time() - said > _QUIET:
                    said = loop.time()
                    yield b": still here\n\n"
                if head.revision <= at:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(event.wait(), LOOK_EVERY)
        except OctavoError as fault:
            body = msgspec.json.encode({"code": fault.code, "message": fault.message, **fault.details})
            yield b"event: end\ndata: %b\n\n" % body
        finally:
            self._open[user_id] -= 1
            if not self._open[user_id]:
                del self._open[user_id]
            self._waiting[document_id].discard(event)
            if not self._waiting[document_id]:
                del self._waiting[document_id]


def _event(epoch: str, change: protocol.Change) -> bytes:
    return b"id: %b-%d\nevent: change\ndata: %b\n\n" % (
        epoch.encode(),
        change.revision,
        protocol.change_json(change),
    )


def _begin(head: Head, last_id: str | None, after: int | None) -> int:
    if last_id:
        epoch, _, revision = last_id.rpartition("-")
        if not epoch or not revision.isascii() or not revision.isdigit():
            raise Invalid("INVALID_REQUEST", "Last-Event-ID: send the id of the last event as it came")
        if epoch != head.epoch:
            raise _other_history(head)
        after = int(revision)
    if after is None:
        return head.revision
    if not 0 <= after <= head.revision:
        raise Invalid("INVALID_REQUEST", f"after: the document has revisions 0 to {head.revision}")
    return after


def _other_history(head: Head) -> Conflict:
    return Conflict(
        "EPOCH_CHANGED",
        "the document's history is another one now: read its content again, then follow from there",
        epoch=head.epoch,
        current_revision=head.revision,
    )
