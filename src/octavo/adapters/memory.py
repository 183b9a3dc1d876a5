"""Every port of the live half in dicts: the executable specification of `octavo.ports`.

Nothing here survives the process.  No method awaits anything, so each is atomic on its event loop.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from octavo.errors import Conflict, Invalid, Missing
from octavo.ports import AlreadyLogged, ClientRow, Fenced, Head, RevisionTaken, Snapshot
from octavo.protocol import Change


@dataclass(slots=True)
class _Document:
    epoch: str
    fence: int = 0
    changes: list[Change] = field(default_factory=list)
    clients: dict[str, ClientRow] = field(default_factory=dict)


class MemoryLog:
    """`OperationLog` in a dict of lists."""

    def __init__(self) -> None:
        self._documents: dict[str, _Document] = {}

    async def create(self, document_id: str, epoch: str) -> None:
        if document_id in self._documents:
            raise Conflict("ALREADY_EXISTS", f"document {document_id} has a log already")
        self._documents[document_id] = _Document(epoch)

    async def head(self, document_id: str) -> Head:
        document = self._document(document_id)
        return Head(document.epoch, len(document.changes), document.fence)

    async def heads(self, document_ids: Collection[str]) -> dict[str, Head]:
        return {name: await self.head(name) for name in document_ids if name in self._documents}

    async def append(
        self, document_id: str, *, epoch: str, expected_revision: int, fence: int, changes: Sequence[Change]
    ) -> None:
        document = self._document(document_id)
        if epoch != document.epoch:
            raise Conflict("EPOCH_CHANGED", f"the log's history has changed: its epoch is {document.epoch}")
        if fence != document.fence:
            raise Fenced(document.fence)
        if expected_revision != len(document.changes):
            raise RevisionTaken(len(document.changes))
        rows: dict[str, ClientRow] = {}
        for revision, change in enumerate(changes, expected_revision + 1):
            if change.revision != revision:
                raise Invalid("INVALID_REQUEST", f"change {change.revision} stands where {revision} belongs")
            row = rows.get(change.client_id) or document.clients.get(change.client_id)
            if row is not None and (
                change.seq <= row.seq or change.base_revision < row.revision or change.user_id != row.user_id
            ):
                raise AlreadyLogged(change.client_id, row)
            rows[change.client_id] = ClientRow(change.user_id, change.seq, revision, change.digest)
        document.changes.extend(changes)
        document.clients.update(rows)

    async def read(self, document_id: str, *, after: int, limit: int = 1000) -> list[Change]:
        return self._document(document_id).changes[after : after + limit]

    async def client(self, document_id: str, client_id: str) -> ClientRow | None:
        return self._document(document_id).clients.get(client_id)

    async def raise_fence(self, document_id: str) -> int:
        document = self._document(document_id)
        document.fence += 1
        return document.fence

    def _document(self, document_id: str) -> _Document:
        document = self._documents.get(document_id)
        if document is None:
            raise Missing("NOT_FOUND", f"there is no document {document_id}")
        return document


class MemorySnapshots:
    """`SnapshotStore` in a dict, with the revisions of each document in order."""

    def __init__(self) -> None:
        self._contents: dict[tuple[str, int], bytes] = {}
        self._revisions: dict[str, list[int]] = {}

    async def latest(self, document_id: str, *, at_most: int | None = None) -> Snapshot | None:
        revisions = self._revisions.get(document_id, [])
        index = len(revisions) if at_most is None else bisect_right(revisions, at_most)
        if index == 0:
            return None
        revision = revisions[index - 1]
        return Snapshot(revision, self._contents[document_id, revision])

    async def put(self, document_id: str, snapshot: Snapshot) -> None:
        if (document_id, snapshot.revision) not in self._contents:
            insort(self._revisions.setdefault(document_id, []), snapshot.revision)
        self._contents[document_id, snapshot.revision] = snapshot.content


class MemoryBlobs:
    """`BlobStore` in a dict."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    async def put(self, key: str, data: bytes) -> None:
        self._blobs.setdefault(key, data)

    async def get(self, key: str) -> bytes:
        if key not in self._blobs:
            raise Missing("NOT_FOUND", "there is no such file any more")
        return self._blobs[key]

    async def delete(self, key: str) -> None:
        self._blobs.pop(key, None)

    async def keys(self) -> list[str]:
        return sorted(self._blobs)


class MemoryRelay:
    """`Relay` within one process."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Callable[[bytes], None]]] = {}

    def publish(self, topic: str, message: bytes) -> None:
        for listener in list(self._listeners.get(topic, ())):
            listener(message)

    def subscribe(
        self, topic: str, listener: Callable[[bytes], None], joined: Callable[[], None] | None = None
    ) -> Callable[[], None]:
        listeners = self._listeners.setdefault(topic, [])
        listeners.append(listener)

        def stop() -> None:
            if listener in listeners:
                listeners.remove(listener)
            if not listeners and self._listeners.get(topic) is listeners:
                del self._listeners[topic]

        if joined is not None:
            joined()
        return stop


class MemoryCounters:
    """`Counters` within one process; `now` gives seconds that only go forward."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._buckets: dict[str, tuple[float, float]] = {}
        self._named: dict[str, float] = {}

    async def take(self, key: str, *, rate: float, burst: float) -> float:
        tokens = self._tokens(key, rate, burst)
        taken = tokens >= 1
        self._buckets[key] = (tokens - 1 if taken else tokens, self._now())
        return 0.0 if taken else (1 - tokens) / rate

    async def give_back(self, key: str, *, rate: float, burst: float) -> None:
        self._buckets[key] = (min(burst, self._tokens(key, rate, burst) + 1), self._now())

    async def first(self, key: str, seconds: int) -> bool:
        now = self._now()
        self._named = {name: end for name, end in self._named.items() if end > now}
        if key in self._named:
            return False
        self._named[key] = now + seconds
        return True

    def _tokens(self, key: str, rate: float, burst: float) -> float:
        tokens, since = self._buckets.get(key, (burst, self._now()))
        return min(burst, tokens + (self._now() - since) * rate)
