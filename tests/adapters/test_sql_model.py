"""SqlStore against MemoryLog, its model: whatever is done to both, they answer alike."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from octavo.adapters.memory import MemoryLog
from octavo.adapters.sql import SqlStore
from octavo.errors import OctavoError
from octavo.ports import OperationLog
from octavo.protocol import Change
from octavo.verify import verify
from tests.contracts.cases import append, change

documents = st.sampled_from(["a", "b", "never"])
clients = st.sampled_from(["c1", "c2", "c3"])
offsets = st.sampled_from([0, 0, 0, 0, 0, 0, 0, 1, -1])


class LogMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.directory = tempfile.TemporaryDirectory()
        self.store = SqlStore.open(Path(self.directory.name), exclusive=False)
        self.model = MemoryLog()
        self.fences = {"a": 0, "b": 0, "never": 0}

    def teardown(self) -> None:
        summary = self.loop.run_until_complete(verify(self.store.database, self.store.snapshots))
        self.store.close()
        self.loop.close()
        self.directory.cleanup()
        assert summary.sound, summary

    def outcome(self, awaitable: Awaitable[Any]) -> Any:
        async def wait() -> Any:
            return await awaitable

        try:
            return self.loop.run_until_complete(wait())
        except OctavoError as fault:
            return (
                type(fault),
                fault.code,
                {k: v for k, v in vars(fault).items() if k in ("row", "head", "fence", "client_id")},
            )

    def both(self, act: Any) -> Any:
        expected, found = self.outcome(act(self.model)), self.outcome(act(self.store.log))
        assert found == expected
        return found

    def batch(self, document: str, data: st.DataObject, count: int, offset: int) -> list[Change]:
        head = self.outcome(self.model.head(document))
        start = 0 if isinstance(head, tuple) else head.revision
        batch = []
        for number in range(1, count + 1):
            client = data.draw(clients)
            row = self.outcome(self.model.client(document, client))
            seq, base = (0, 0) if row is None or isinstance(row, tuple) else (row.seq, row.revision)
            user = data.draw(st.sampled_from([f"u-{client}"] * 9 + ["u-other"]))
            seq += data.draw(st.sampled_from([1, 1, 1, 1, 3, 0]))
            base = max(0, base + data.draw(offsets))
            batch.append(
                change(start + offset + number, client=client, seq=seq, user=user, base=min(base, start))
            )
        return batch

    @rule(document=st.sampled_from(["a", "b"]), epoch=st.sampled_from(["e1", "e2"]))
    def create(self, document: str, epoch: str) -> None:
        self.both(lambda log: log.create(document, epoch))

    @rule(document=documents, data=st.data(), count=st.integers(0, 4), offset=offsets, stale=st.booleans())
    def append(self, document: str, data: st.DataObject, count: int, offset: int, stale: bool) -> None:
        batch = self.batch(document, data, count, offset)
        head = self.outcome(self.model.head(document))
        expected = (0 if isinstance(head, tuple) else head.revision) + offset
        epoch = data.draw(st.sampled_from(["e1", "e1", "e2"]))
        fence = max(0, self.fences[document] - (stale and data.draw(st.booleans())))

        def act(log: OperationLog) -> Awaitable[None]:
            return append(log, *batch, document=document, epoch=epoch, fence=fence, expected=max(0, expected))

        self.both(act)

    @rule(document=documents)
    def raise_fence(self, document: str) -> None:
        fence = self.both(lambda log: log.raise_fence(document))
        if isinstance(fence, int):
            self.fences[document] = fence

    @rule(document=documents, after=st.integers(0, 30), limit=st.integers(0, 30))
    def read(self, document: str, after: int, limit: int) -> None:
        self.both(lambda log: log.read(document, after=after, limit=limit))

    @rule(document=documents, client=clients)
    def client(self, document: str, client: str) -> None:
        self.both(lambda log: log.client(document, client))

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = SqlStore.open(Path(self.directory.name), exclusive=False)

    @invariant()
    def heads_agree(self) -> None:
        for document in ("a", "b", "never"):
            self.both(lambda log, document=document: log.head(document))


TestLogAgainstItsModel = LogMachine.TestCase
TestLogAgainstItsModel.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
