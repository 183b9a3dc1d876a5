"""kill -9 of the real server under load, on real sockets: nothing acknowledged is lost or doubled, and all
end equal.

`make chaos ROUNDS=40` for long; the default is what fits into `make test`.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from octavo.client import Api, Document, effects
from octavo.delta import Delta, wire
from octavo.protocol import OperationMessage, digest
from tests.chaos.processes import ServerProcess
from tests.checker import Final, Logged, Read, Run, Submitted, check

ROUNDS = int(os.environ.get("ROUNDS", "4"))
CLIENTS = 6
SETTLE_SECONDS = 60.0
TEXTS = ("a", "b ", "hello", "é", "日本", "😀", "\n", "x\ny")
FORMATS: tuple[dict[str, Any], ...] = ({"bold": True}, {"bold": None}, {"color": "#ff0000"}, {"italic": True})


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    process = ServerProcess(tmp_path)
    await process.start()
    yield process
    await process.end()


@dataclass
class Typist:
    """A client that types at random, and what it learnt of each of its operations."""

    document: Document
    chance: random.Random
    submitted: dict[tuple[str, int], Submitted] = field(default_factory=dict)
    acknowledged: int = 0
    edits: int = 0

    def __post_init__(self) -> None:
        self.document.listeners.append(self._heard)

    def _heard(self, effect: effects.Effect) -> None:
        client_id = self.document.client_id
        match effect:
            case effects.Send(OperationMessage(seq=seq, base_revision=base, ops=ops)):
                body = digest(base, wire.from_wire(ops))
                known = self.submitted.setdefault(
                    (client_id, seq), Submitted(client_id, seq, body, "unknown")
                )
                assert known.digest == body, "a resend differs from what was sent first"
            case effects.Acknowledged(seq, revision):
                body = self.submitted[client_id, seq].digest
                self.submitted[client_id, seq] = Submitted(client_id, seq, body, "ok", revision)
                self.acknowledged = max(self.acknowledged, revision)

    async def type_until(self, over: asyncio.Event) -> None:
        while not over.is_set():
            self.document.edit(self._random_edit())
            self.edits += 1
            await asyncio.sleep(self.chance.random() * 0.02)

    def _random_edit(self) -> Delta:
        values = [op.value for op in self.document.content.ops]
        text = "".join(value if isinstance(value, str) else "\ufffc" for value in values)
        at = self._whole(text, self.chance.randrange(len(text)))
        kind = self.chance.random()
        end = self._whole(text, min(len(text) - 1, at + self.chance.randrange(1, 6)))
        if kind < 0.6 or end <= at:
            return Delta().retain(at).insert(self.chance.choice(TEXTS))
        if kind < 0.85:
            return Delta().retain(at).delete(end - at)
        return Delta().retain(at).retain(end - at, self.chance.choice(FORMATS))

    @staticmethod
    def _whole(text: str, index: int) -> int:
        """Not between the halves of a surrogate pair."""
        return index - 1 if 0 < index < len(text) and "\udc00" <= text[index] <= "\udfff" else index


async def signed_in(server: ServerProcess) -> Api:
    api = Api(server.url)
    await api.register("ada@example.org", "Ada", "a good long password")
    await api.sign_in("ada@example.org", "a good long password")
    return api


async def settle(typists: list[Typist]) -> None:
    """Until all is acknowledged and everybody is at the head."""
    for typist in typists:
        await typist.document.saved(within=SETTLE_SECONDS)
    head = max(typist.document.revision for typist in typists)
    for typist in typists:
        await typist.document.reached(head, within=SETTLE_SECONDS)


async def judged(server: ServerProcess, api: Api, document_id: str, typists: list[Typist]) -> Run:
    """All that is known of the run, REST, a fresh reader and the rows of the log among it."""
    run = Run(submitted=[one for typist in typists for one in typist.submitted.values()])
    run.log = logged(server.data / "octavo.db", document_id)
    for number, typist in enumerate(typists):
        run.finals.append(Final(f"client {number}", typist.document.revision, typist.document.content))
    acknowledged = max(typist.acknowledged for typist in typists)
    found = await api.document(document_id)
    content = wire.from_content(found["content"]["ops"])
    run.finals.append(Final("REST", found["revision"], content))
    run.reads.append(Read("REST", acknowledged, found["revision"]))
    async with Document(api, document_id) as fresh:
        run.finals.append(Final("a fresh reader", fresh.revision, fresh.content))
    changes = await api.changes(document_id, after=0, to=found["revision"])
    rows = [(row.revision, row.client_id, row.seq, wire.to_wire(row.delta)) for row in run.log]
    assert [(c["revision"], c["client_id"], c["seq"], c["ops"]) for c in changes] == rows
    return run


def logged(database: Path, document_id: str) -> list[Logged]:
    """The rows of a document's log, read beside the server."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        rows = connection.execute(
            "SELECT changes.revision, clients.client_id, changes.seq, changes.digest, ops, user_id, timestamp"
            " FROM heads JOIN changes USING (document)"
            " JOIN clients ON clients.document = heads.document AND clients.number = changes.client"
            " WHERE heads.document_id = ? ORDER BY changes.revision",
            (document_id,),
        ).fetchall()
    finally:
        connection.close()
    return [
        Logged(revision, client_id, seq, bytes(body), wire.from_wire(msgspec.json.decode(ops)), user_id, at)
        for revision, client_id, seq, body, ops, user_id, at in rows
    ]


async def test_nothing_is_lost_or_doubled_by_kill_9(server: ServerProcess) -> None:
    chance = random.Random(int(os.environ.get("SEED", "1")))
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(await signed_in(server))
        document_id = (await api.create_document("chaos"))["id"]
        documents = [await stack.enter_async_context(Document(api, document_id)) for _ in range(CLIENTS)]
        typists = [Typist(document, random.Random(chance.random())) for document in documents]
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for typist in typists:
                group.create_task(typist.type_until(over))
            for _ in range(ROUNDS):
                await enough(typists, chance.randrange(20, 200))
                await server.end(signal.SIGKILL)
                await server.start()
            await enough(typists, 100)
            over.set()
        await settle(typists)
        run = await judged(server, api, document_id, typists)
        assert [str(violation) for violation in check(run)] == []
        assert sum(one.outcome == "ok" for one in run.submitted) >= 20 * ROUNDS


async def enough(typists: list[Typist], acknowledged: int) -> None:
    """Until so many more operations are acknowledged: the server is up, and under load."""
    start = sum(one.outcome == "ok" for typist in typists for one in typist.submitted.values())
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            now = sum(one.outcome == "ok" for typist in typists for one in typist.submitted.values())
            if now - start >= acknowledged:
                return
            await asyncio.sleep(0.001)


async def test_sigterm_drains(server: ServerProcess) -> None:
    """Clients are redirected, what was accepted is durable, the exit code is 0, and typing goes on
    afterwards.
    """
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(await signed_in(server))
        document_id = (await api.create_document("drain"))["id"]
        documents = [await stack.enter_async_context(Document(api, document_id)) for _ in range(3)]
        typists = [Typist(document, random.Random(number)) for number, document in enumerate(documents)]
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for typist in typists:
                group.create_task(typist.type_until(over))
            await enough(typists, 50)
            async with asyncio.timeout(5):
                assert await server.end(signal.SIGTERM) == 0, server.tail()
            await server.start()
            await enough(typists, 50)
            over.set()
        await settle(typists)
        run = await judged(server, api, document_id, typists)
        assert [str(violation) for violation in check(run)] == []
