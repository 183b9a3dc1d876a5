"""A thousand changes of a role under a stream of operations, on two nodes over one store.

Where each change stands among the operations is told by the audit, which is written in the same transaction.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from octavo import protocol
from octavo.accounts import Accounts, Identity
from octavo.adapters.memory import MemoryRelay
from octavo.adapters.sql import SqlStore
from octavo.audit import Audit
from octavo.catalog.audit import Entry
from octavo.collab.host import RoomHost
from octavo.documents import Documents
from octavo.locks import Locks
from octavo.server import SystemClock
from octavo.settings import Settings
from octavo.sharing import Sharing
from tests.web.running import PASSWORD

CHANGES = 1000
LOCKS = 100
PROMISE = 1.0
"""Seconds for which content may still be delivered after the change has committed."""
_numbers = itertools.count(1)


@dataclass
class Stage:
    """Two nodes over one store; rights are changed through the first."""

    store: SqlStore
    hosts: list[RoomHost]
    documents: Documents
    sharing: Sharing
    locks: Locks
    accounts: Accounts

    async def person(self, name: str) -> Identity:
        person = await self.accounts.register(f"{name.lower()}@example.com", name, PASSWORD)
        return Identity(person, "access")

    async def told(self, owner: Identity, document_id: str) -> tuple[list[protocol.Change], list[Entry]]:
        """The whole log, and the whole audit, newest first."""
        head = await self.store.log.head(document_id)
        log = [
            change
            for after in range(0, head.revision, 1000)
            for change in await self.store.log.read(document_id, after=after, limit=1000)
        ]
        audit = Audit(self.store.database)
        return log, (await audit.read(owner, document_id, before=None, limit=3 * CHANGES)).entries


@asynccontextmanager
async def stage(data_dir: Path) -> AsyncIterator[Stage]:
    store, clock, relay = SqlStore.open(data_dir), SystemClock(), MemoryRelay()
    settings = Settings(data_dir=data_dir)
    documents = Documents(store.database, store.log, clock, settings)
    locks = Locks(store.database, clock)
    hosts = [
        RoomHost(
            log=store.log,
            snapshots=store.snapshots,
            relay=relay,
            clock=clock,
            roles=documents.role,
            conditions=locks.conditions,
        )
        for _ in range(2)
    ]
    for host in hosts:
        await host.start()
    documents.connect(hosts[0], lambda document_id: ())
    locks.connect(hosts[0])
    accounts = Accounts(store.database, clock, settings, bytes(32))
    try:
        sharing = Sharing(store.database, hosts[0], clock, settings)
        yield Stage(store, hosts, documents, sharing, locks, accounts)
    finally:
        for host in hosts:
            await host.drain(0)
        accounts.close()
        await asyncio.to_thread(store.close)


@dataclass
class Tab:
    """A client that minds neither its role nor refusals: it goes on sending, and comes again when it is closed."""

    host: RoomHost
    document_id: str
    user: protocol.User
    client_id: str = ""
    connection: int = 0
    role: str = ""
    acks: bool = False
    revision: int = 0
    seq: int = 0
    open: bool = False
    answered: bool = True
    logged: int = 0
    locked: int = 0
    codes: set[int] = field(default_factory=set)
    delivered_at: float = 0.0

    def send(self, frame: bytes) -> bool:
        message = protocol.decode_server(frame)
        if isinstance(message, protocol.Welcome):
            self.revision, self.open, self.answered = message.revision, True, True
        elif isinstance(message, protocol.Changes):
            self.delivered_at = asyncio.get_running_loop().time()
            for change in message.changes:
                self.revision = change.revision
                if (change.client_id, change.seq) == (self.client_id, self.seq):
                    self.answered = True
                    self.logged += 1
        elif isinstance(message, protocol.Error):
            self.answered = True
            self.locked += message.code == "DOCUMENT_LOCKED"
        return True

    def close(self, code: int, reason: str) -> None:
        self.codes.add(code)
        self.open = False
        asyncio.get_running_loop().call_soon(self.host.leave, self)

    async def run(self) -> None:
        while True:
            if not self.open:
                self.seq, self.client_id = 0, f"tab{next(_numbers)}"
                await self.host.join(self, protocol.Hello(self.client_id))
            elif self.answered:
                self.seq, self.answered = self.seq + 1, False
                self.host.submit(self, protocol.OperationMessage(self.seq, self.revision, [{"insert": "x"}]))
            await asyncio.sleep(0.002)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.001)


def without_right(entries: list[Entry], user_id: str) -> list[tuple[int, int]]:
    """(after, up to): the revisions between each taking of the right to edit and its giving back."""
    spans, since = [], None
    for entry in reversed(entries):
        if entry.subject != user_id:
            continue
        edits = entry.action == "role.given" and entry.detail["role"] == "editor"
        if not edits and since is None:
            since = entry.detail["revision"]
        elif edits and since is not None:
            spans.append((since, entry.detail["revision"]))
            since = None
    return spans


async def test_nothing_commits_after_a_role_was_taken(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        ada, bob = await here.person("Ada"), await here.person("Bob")
        document = (await here.documents.create(ada, "", None, "k" * 32)).document.id
        await here.sharing.give(ada, document, "editor", user_id=bob.user_id, email=None)
        tabs = [Tab(host, document, bob.user) for host in here.hosts]
        writer = Tab(here.hosts[0], document, ada.user)
        running = [asyncio.create_task(tab.run()) for tab in (*tabs, writer)]
        loop = asyncio.get_running_loop()
        longest = 0.0

        for number in range(CHANGES // 2):
            await until(lambda: all(tab.logged for tab in tabs))  # every taking meets two streams
            if number % 2:
                await here.sharing.take(ada, document, bob.user_id)
                taken = loop.time()
                await until(lambda: not any(tab.open for tab in tabs))
                longest = max(longest, *(tab.delivered_at - taken for tab in tabs))
            else:
                role = ("viewer", "commenter")[number // 2 % 2]
                await here.sharing.give(ada, document, role, user_id=bob.user_id, email=None)
            for tab in tabs:
                tab.logged = 0
            await here.sharing.give(ada, document, "editor", user_id=bob.user_id, email=None)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

        log, entries = await here.told(ada, document)
        spans = without_right(entries, bob.user_id)
        mine = [change.revision for change in log if change.user_id == bob.user_id]
        assert len(spans) == CHANGES // 2
        assert [revision for after, last in spans for revision in mine if after < revision <= last] == []
        assert len(mine) >= CHANGES  # from each tab, between any two takings
        assert all(tab.codes == {protocol.CloseCode.FORBIDDEN} for tab in tabs)
        assert longest <= PROMISE


async def test_nothing_commits_while_it_is_locked(tmp_path: Path) -> None:
    async with stage(tmp_path) as here:
        ada = await here.person("Ada")
        document = (await here.documents.create(ada, "", None, "k" * 32)).document.id
        tabs = [Tab(host, document, ada.user) for host in here.hosts]
        running = [asyncio.create_task(tab.run()) for tab in tabs]
        for _ in range(LOCKS):
            await until(lambda: all(tab.logged for tab in tabs))
            await here.locks.set(ada, document, "a while")
            for tab in tabs:
                tab.logged = tab.locked = 0
            await until(lambda: all(tab.locked for tab in tabs))  # both are refused while it lasts
            await here.locks.lift(ada, document)
        await until(lambda: all(tab.logged for tab in tabs))
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

        log, entries = await here.told(ada, document)
        told = [(entry.action, entry.detail["revision"]) for entry in reversed(entries)]
        locked = [revision for action, revision in told if action == "document.locked"]
        unlocked = [revision for action, revision in told if action == "document.unlocked"]
        assert locked == unlocked  # not a revision in between
        assert len(set(locked)) == LOCKS
        assert len(log) > locked[-1]
        assert all(tab.codes == set() for tab in tabs)
