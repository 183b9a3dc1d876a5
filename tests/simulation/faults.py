"""A store and a relay that fail in every way their ports allow, from one source of chance."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
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
        self.frozen_until = 0.0
        """The whole process stands still until then: what it was about to do comes late."""
        self.behind_until = 0.0
        """It learns nothing new from the log until then."""

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

    async def heads(self, document_ids: Collection[str]) -> dict[str, Head]:
        return await self._ask(lambda: self._log.heads(document_ids))

    async def client(self, document_id: str, client_id: str) -> ClientRow | None:
        return await self._ask(lambda: self._log.client(document_id, client_id))

    async def raise_fence(self, document_id: str) -> int:
        return await self._log.raise_fence(document_id)

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        await self._wait()
        if self._trouble.store_down or self._trouble.strikes("read error"):
            raise Unavailable("UNAVAILABLE", "the store is not there")
        result = await question()
        await self._sleep_until(self.behind_until)
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
        await self._sleep_until(self.frozen_until)
        if self.dead:
            await self._trouble.stall()

    @staticmethod
    async def _sleep_until(end: float) -> None:
        await asyncio.sleep(max(0.0, end - asyncio.get_running_loop().time()))

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
    """Messages between nodes: lost, late, twice, out of order; sometimes none at all for long."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self._listeners: dict[str, list[tuple[NodeRelay, Callable[[bytes], None]]]] = {}
        self._joined: dict[tuple[NodeRelay, str], Callable[[], None]] = {}
        self._deaf: dict[NodeRelay, float] = {}
        self._down_until = 0.0

    def partition(self, node: NodeRelay, seconds: float) -> None:
        """One of the nodes hears nothing for so long."""
        self._deaf[node] = asyncio.get_running_loop().time() + seconds
        self._trouble.fired["node without hints"] += 1
        asyncio.get_running_loop().call_later(seconds, self._rejoined, node)

    def go_down(self, seconds: float) -> None:
        """Nobody hears anything for so long."""
        self._down_until = asyncio.get_running_loop().time() + seconds
        self._trouble.fired["relay down"] += 1
        asyncio.get_running_loop().call_later(seconds, self._rejoined, None)

    def _rejoined(self, only: NodeRelay | None) -> None:
        """Whoever listens is told that it listens anew, as a connection that comes back does."""
        for (node, topic), joined in list(self._joined.items()):
            if only in (None, node) and any(node is other for other, _ in self._listeners.get(topic, ())):
                joined()

    def publish(self, topic: str, message: bytes) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._down_until:
            return
        for node, listener in list(self._listeners.get(topic, ())):
            if self._trouble.strikes("hint lost", 6.0) or loop.time() < self._deaf.get(node, 0.0):
                continue
            for _ in range(2 if self._trouble.strikes("hint doubled") else 1):
                late = self._trouble.random.random() * 0.02
                loop.call_later(late, self._deliver, topic, node, listener, message)

    def _deliver(
        self, topic: str, node: NodeRelay, listener: Callable[[bytes], None], message: bytes
    ) -> None:
        if (node, listener) in self._listeners.get(topic, ()):
            listener(message)

    def add(
        self,
        topic: str,
        node: NodeRelay,
        listener: Callable[[bytes], None],
        joined: Callable[[], None] | None,
    ) -> Callable[[], None]:
        if joined is not None:
            self._joined[node, topic] = joined
        self._listeners.setdefault(topic, []).append((node, listener))

        def stop() -> None:
            if (node, listener) in self._listeners[topic]:
                self._listeners[topic].remove((node, listener))

        return stop


class NodeRelay:
    """One node's way to the others."""

    def __init__(self, relay: LossyRelay) -> None:
        self._relay = relay

    def publish(self, topic: str, message: bytes) -> None:
        self._relay.publish(topic, message)

    def subscribe(
        self, topic: str, listener: Callable[[bytes], None], joined: Callable[[], None] | None = None
    ) -> Callable[[], None]:
        stop = self._relay.add(topic, self, listener, joined)
        if joined is not None:
            joined()
        return stop
