"""A store and a relay that fail in every way their ports allow, from one source of chance."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import TypeVar

from octavo.adapters.memory import MemoryLog, MemorySnapshots
from octavo.errors import Unavailable
from octavo.ports import ClientRow, Head, Snapshot
from octavo.protocol import Change

T = TypeVar("T")


class Trouble:
    """How much goes wrong now, and what went wrong so far."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.rate = 0.0
        self.fired: Counter[str] = Counter()
        self.store_down = False
        self._stalled: list[asyncio.Event] = []

    async def stall(self) -> None:
        """What a dead process was doing is never finished."""
        self._stalled.append(asyncio.Event())
        await self._stalled[-1].wait()

    def strikes(self, name: str, share: float = 1.0) -> bool:
        """Whether this fault happens at this moment."""
        if self.rate and self.random.random() < self.rate * share:
            self.fired[name] += 1
            return True
        return False


class RestorableLog(MemoryLog):
    """A log that can be put back to how a backup has it."""

    def changes(self, document_id: str) -> list[Change]:
        return self._document(document_id).changes

    def restore(self, document_id: str, revision: int, epoch: str) -> None:
        """All after the revision is gone, and from here on it is another history."""
        document = self._document(document_id)
        del document.changes[revision:]
        document.epoch = epoch
        document.clients = {
            change.client_id: ClientRow(change.user_id, change.seq, change.revision, change.digest)
            for change in document.changes
        }


class RestorableSnapshots(MemorySnapshots):
    """They come back with the log."""

    def restore(self, document_id: str, revision: int) -> None:
        kept = [taken for taken in self._revisions.get(document_id, []) if taken <= revision]
        self._revisions[document_id] = kept


class FaultyLog:
    """One node's way to the shared log."""

    def __init__(self, log: MemoryLog, trouble: Trouble) -> None:
        self._log = log
        self._trouble = trouble
        self.dead = False
        self.crash_on_append: Callable[[bool], None] | None = None

    async def create(self, document_id: str, epoch: str) -> None:
        await self._log.create(document_id, epoch)

    async def append(
        self, document_id: str, *, epoch: str, expected_revision: int, fence: int, changes: Sequence[Change]
    ) -> None:
        trouble = self._trouble
        await self._wait()
        if trouble.store_down or trouble.strikes("error before commit"):
            raise Unavailable("UNAVAILABLE", "the store is not there")
        if self.crash_on_append is not None and trouble.random.random() < 0.5:
            await self._crash("crash before commit", False)
        await self._log.append(
            document_id, epoch=epoch, expected_revision=expected_revision, fence=fence, changes=changes
        )
        if self.crash_on_append is not None:
            await self._crash("crash after commit", True)
        if trouble.strikes("acknowledgement lost"):
            await asyncio.sleep(trouble.random.random() * 0.2)
            raise Unavailable("UNAVAILABLE", "the connection to the store broke")
        await self._wait()

    async def read(self, document_id: str, *, after: int, limit: int = 1000) -> list[Change]:
        return await self._ask(lambda: self._log.read(document_id, after=after, limit=limit))

    async def head(self, document_id: str) -> Head:
        return await self._ask(lambda: self._log.head(document_id))

    async def client(self, document_id: str, client_id: str) -> ClientRow | None:
        return await self._ask(lambda: self._log.client(document_id, client_id))

    async def raise_fence(self, document_id: str) -> int:
        return await self._log.raise_fence(document_id)

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        await self._wait()
        if self._trouble.store_down or self._trouble.strikes("read error"):
            raise Unavailable("UNAVAILABLE", "the store is not there")
        result = await question()
        await self._wait()
        return result

    async def _wait(self) -> None:
        if self.dead:
            await self._trouble.stall()
        random = self._trouble.random
        delay = random.random() * 0.015
        if self._trouble.strikes("slow store"):
            delay = random.random() * 0.4
        await asyncio.sleep(delay)
        if self.dead:
            await self._trouble.stall()

    async def _crash(self, name: str, after: bool) -> None:
        crash, self.crash_on_append = self.crash_on_append, None
        self._trouble.fired[name] += 1
        if crash is not None:
            crash(after)
        await self._trouble.stall()


class FaultySnapshots:
    """Snapshots that sometimes cannot be read."""

    def __init__(self, snapshots: MemorySnapshots, trouble: Trouble) -> None:
        self._snapshots = snapshots
        self._trouble = trouble

    async def latest(self, document_id: str, *, at_most: int | None = None) -> Snapshot | None:
        if self._trouble.strikes("snapshot error"):
            raise Unavailable("UNAVAILABLE", "the snapshots are not there")
        return await self._snapshots.latest(document_id, at_most=at_most)

    async def put(self, document_id: str, snapshot: Snapshot) -> None:
        await self._snapshots.put(document_id, snapshot)


class LossyRelay:
    """Hints between nodes: lost, late, twice, out of order."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._listeners: list[Callable[[str, int], None]] = []
        self._deaf: dict[Callable[[str, int], None], float] = {}

    def partition(self, seconds: float) -> None:
        """One of the nodes hears nothing for so long."""
        if self._listeners:
            listener = self._trouble.random.choice(self._listeners)
            self._deaf[listener] = asyncio.get_running_loop().time() + seconds
            self._trouble.fired["node without hints"] += 1

    def publish(self, document_id: str, revision: int) -> None:
        loop = asyncio.get_running_loop()
        for listener in list(self._listeners):
            if self._trouble.strikes("hint lost", 6.0) or loop.time() < self._deaf.get(listener, 0.0):
                continue
            for _ in range(2 if self._trouble.strikes("hint doubled") else 1):
                loop.call_later(self._trouble.random.random() * 0.02, listener, document_id, revision)

    def subscribe(self, listener: Callable[[str, int], None]) -> Callable[[], None]:
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop
