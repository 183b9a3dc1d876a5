"""One seed: nodes, clients, documents, trouble, and what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from math import isinf
from random import Random
from typing import Any, Literal

from octavo.collab.between import WHOLE_EVERY
from octavo.collab.host import HELD, RoomHost
from octavo.collab.nearby import SILENT_AFTER
from octavo.delta import Content, wire
from octavo.ports import Snapshot
from octavo.protocol import Change, OperationMessage, PresenceMessage, digest, ops_from_json, ops_to_json
from tests.checker import checker
from tests.simulation.actors import Client, Node
from tests.simulation.faults import LossyRelay, RestorableLog, RestorableSnapshots, Trouble
from tests.simulation.network import Link
from tests.simulation.virtual import VirtualClock, VirtualLoop

DOCUMENTS = ("one", "two")
SECONDS_OF_TROUBLE = 10.0
UNDER_WAY = 1.0
"""Seconds after which nothing that a person sent is still on its way to a node."""
WAITING_FOR_ONE = 16
"""Frames that a room may keep for a peer that takes none; changes are not among them."""

FAULTS = (
    "error before commit",
    "acknowledgement lost",
    "read error",
    "slow store",
    "snapshot error",
    "hint lost",
    "hint doubled",
    "connection cut",
    "half-open",
    "slow client",
    "store down",
    "crash",
    "crash before commit",
    "crash after commit",
    "role taken",
    "role given back",
    "access taken",
    "peer skipped",
    "node without hints",
    "log restored",
    "relay down",
    "node far behind",
    "stale owner",
    "clock jumped",
)
"""Each fires in at least 5 % of the seeds."""


STRIKES = (
    "cut",
    "cut",
    "half",
    "slow",
    "down",
    "crash",
    "append",
    "role",
    "role",
    "hints",
    "restore",
    "relay",
    "behind",
    "stale",
    "clock",
)


@dataclass(slots=True)
class Outcome:
    seed: int
    trace: str
    fired: Counter[str]
    violations: list[str]
    changes: int


class World:
    """Runs one seed to its end."""

    def __init__(
        self, seed: int, *, host_class: type[RoomHost] = RoomHost, log: RestorableLog | None = None
    ) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop)
        self.trouble = Trouble(self.random)
        self.log = log or RestorableLog()
        self.snapshots = RestorableSnapshots()
        self.relay = LossyRelay(self.trouble)
        self.host_class = host_class
        self.crowded = self.random.random() < 0.3
        self.nodes: list[Node] = []
        self.clients: list[Client] = []
        self.roles: dict[tuple[str, str], str | None] = {}
        self.problems: list[str] = []
        self.runs = {document_id: checker.Run() for document_id in DOCUMENTS}
        self._operations: dict[tuple[str, str, int], dict[str, Any]] = {}
        self._last: dict[int, tuple[str, str, int]] = {}
        self._pointed: dict[int, tuple[Link | None, checker.Pointed]] = {}
        self._taken: dict[int, float] = {}
        self._epochs = dict.fromkeys(DOCUMENTS, 0)
        self._trace = hashlib.sha256()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- what the parts need -------------------------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def delay(self) -> float:
        """Of one message; mostly short."""
        return self.random.random() * (0.3 if self.random.random() < 0.05 else 0.03)

    async def role(self, document_id: str, user_id: str) -> str | None:
        await asyncio.sleep(self.random.random() * 0.003)
        return self.roles.get((document_id, user_id))

    def follow(self, document_id: str, changes: Any) -> None:
        """Take a snapshot now and then, as the jobs do."""
        if self.random.random() < 0.1:
            self.spawn(self._snapshot(document_id, changes[-1].revision))

    async def _snapshot(self, document_id: str, revision: int) -> None:
        content = Content()
        changes = await self.log.read(document_id, after=0, limit=revision)
        for change in changes:
            content.apply(change.delta)
        await self.snapshots.put(document_id, Snapshot(len(changes), ops_to_json(content.to_delta())))

    # --- what is recorded ----------------------------------------------------------------------------------------

    def trace(self, who: int, frame: bytes) -> None:
        self._trace.update(b"%d %.6f " % (who, self.loop.now) + frame)

    def submitted(self, client: Client, message: OperationMessage) -> None:
        key = (client.document_id, client.machine.client_id, message.seq)
        self._last[client.number] = key
        body = digest(message.base_revision, wire.from_wire(message.ops))
        fresh = {"digest": body, "epoch": client.machine.epoch, "outcome": "unknown", "revision": None}
        known = self._operations.setdefault(key, fresh)
        if known["digest"] != body:
            self.problems.append(f"client {client.number} sent another body under seq {message.seq}")
        if known["epoch"] != client.machine.epoch:
            self.problems.append(f"client {client.number} sent seq {message.seq} into another history")

    def pointed(self, client: Client, message: PresenceMessage) -> None:
        cursor = message.cursor
        assert cursor is not None
        end = cursor.index + cursor.length
        one = checker.Pointed(client.machine.client_id, message.revision, cursor.index, end)
        self._pointed[client.number] = (client.link, one)

    def acknowledged(self, client: Client, seq: int, revision: int) -> None:
        for key in ((client.document_id, client.machine.client_id, seq), self._last[client.number]):
            known = self._operations.get(key)
            if known is not None:
                if known["outcome"] != "gone":
                    known.update(outcome="ok", revision=revision)
                return

    def refused(self, client: Client) -> None:
        operation = self._operations[self._last[client.number]]
        if operation["outcome"] == "unknown":
            operation["outcome"] = "fail"

    def delivered(self, client: Client, revision: int) -> None:
        one = checker.Delivered(client.user.id, revision, self.loop.time())
        self.runs[client.document_id].delivered.append(one)

    # --- the run -------------------------------------------------------------------------------------------------

    def run(self) -> Outcome:
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(lambda _, context: self.problems.append(f"unhandled: {context}"))
        logging.disable(logging.CRITICAL)
        try:
            self.loop.run_until_complete(self._main())
        except Exception as fault:
            self.problems.append(f"the run broke off: {fault!r}")
        finally:
            self._close()
            logging.disable(logging.NOTSET)
            asyncio.set_event_loop(None)
        changes = sum(len(run.log) for run in self.runs.values())
        return Outcome(self.seed, self._trace.hexdigest(), self.trouble.fired, self.problems, changes)

    def _close(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.set_exception_handler(lambda *_: None)
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    async def _main(self) -> None:
        for document_id in DOCUMENTS:
            await self.log.create(document_id, f"epoch-{document_id}")
        self.nodes = [Node(self, number) for number in range(3)]
        for node in self.nodes:
            await node.start()
        for number in range(5):
            document_id = DOCUMENTS[0 if number < 4 else 1]
            self.roles[document_id, f"u{number}"] = "editor"
            self.clients.append(Client(self, number, document_id))
        self.trouble.rate = self.random.choice((0.01, 0.03, 0.08))
        while self.loop.time() < SECONDS_OF_TROUBLE:
            await asyncio.sleep(self.random.expovariate(25.0))
            self._happen()
        await self._heal()
        await self._point()
        await self._judge()

    def _happen(self) -> None:
        """One thing that people do, or that befalls them."""
        self._bounded()
        client = self.random.choice(self.clients)
        chance = self.random.random()
        if chance < 0.86:
            for _ in range(self.random.choice((1, 1, 1, 4))):
                client.edit()
        elif chance < 0.92:
            client.point()
        else:
            self._strike(client)

    def _strike(self, client: Client) -> None:
        link, node = client.link, self.random.choice(self.nodes)
        kind = self.random.choice(STRIKES)
        fired = self.trouble.fired
        if kind == "cut" and link is not None:
            fired["connection cut"] += 1
            link.cut()
        elif kind == "half" and link is not None and not link.down:
            fired["half-open"] += 1
            link.half_open = True
        elif kind == "slow" and link is not None:
            fired["slow client"] += 1
            link.slow = self.random.choice((0.3, 2.5, 5.0))
        elif kind == "down" and not self.trouble.store_down:
            fired["store down"] += 1
            self.trouble.store_down = True
            self.loop.call_later(self.random.random(), self._store_up)
        elif kind == "crash" and not node.dead:
            fired["crash"] += 1
            node.crash()
        elif kind == "append" and not node.dead:
            node.log.crash_on_append = lambda after, node=node: node.crash()
        elif kind == "role" and client.number > 0:
            since = self._taken.get(client.number)
            if since is None:
                self.spawn(self._take_role(client))
            elif self.loop.time() - since > UNDER_WAY and not self._writes(client):
                self.spawn(self._give_role(client))
        elif kind == "hints":
            self.relay.partition(node.relay, self.random.random() * 2.0)
        elif not node.dead and kind in ("relay", "behind", "stale", "clock"):
            self._strike_node(kind, node)
        elif kind == "restore" and self.random.random() < 0.4:
            self._restore(client.document_id)

    def _strike_node(self, kind: str, node: Node) -> None:
        now, fired = self.loop.time(), self.trouble.fired
        if kind == "relay":
            self.relay.go_down(2.0 + self.random.random() * 5.0)
        elif kind == "behind":
            fired["node far behind"] += 1
            node.log.behind_until = now + 1.0 + self.random.random() * 3.0
            self.relay.partition(node.relay, 4.0)
        elif kind == "stale":
            fired["stale owner"] += 1
            node.log.frozen_until = now + 1.0 + self.random.random() * 3.0
            for client in self.clients:
                if client.link is not None and client.link.node is node:
                    client.link.cut()
        else:
            fired["clock jumped"] += 1
            node.clock.off += self.random.choice((-3600, 3600))

    def _writes(self, client: Client) -> bool:
        """Something of theirs is under way.  Were their rights to come back now, then an operation that one node
        refuses could be accepted by another, which has it too and never saw them gone."""
        user = client.user.id
        pending = any(
            user in live.room.users() for node in self.nodes if not node.dead for live in node.host.rooms()
        )
        return pending or not client.machine.synchronized

    def _store_up(self) -> None:
        self.trouble.store_down = False

    async def _take_role(self, client: Client) -> None:
        """To viewer, in one step with the fence, often just after they wrote something; whoever asks later is told."""
        if self.random.random() < 0.6:
            client.edit()
            await asyncio.sleep(self.random.random() * 0.08)
            if client.link is not None and self.random.random() < 0.7:
                client.link.cut()
        key = (client.document_id, client.user.id)
        if self.roles[key] != "editor" or client.stopped:
            return
        left = None if self.random.random() < 0.1 else "viewer"
        self.trouble.fired["role taken" if left else "access taken"] += 1
        self._taken[client.number] = self.loop.time()
        self.roles[key] = left
        await self.log.raise_fence(client.document_id)
        head = await self.log.head(client.document_id)
        one = checker.Revoked(client.user.id, head.revision, self.loop.time(), bound=1e9)
        self.runs[client.document_id].revoked.append(one)
        await self._tell_rights(client.document_id)

    async def _give_role(self, client: Client) -> None:
        self.trouble.fired["role given back"] += 1
        del self._taken[client.number]
        self.roles[client.document_id, client.user.id] = "editor"
        head = await self.log.head(client.document_id)
        revoked = self.runs[client.document_id].revoked
        for place, one in enumerate(revoked):
            if one.user_id == client.user.id and one.until > head.revision:
                revoked[place] = replace(one, until=head.revision)
        await self._tell_rights(client.document_id)

    async def _tell_rights(self, document_id: str) -> None:
        node = self.random.choice(self.nodes)
        if not node.dead:
            await node.host.rights_changed(document_id)

    def _restore(self, document_id: str) -> None:
        """A backup is put back under everybody's feet: its log is shorter, and another history from here on."""
        self.trouble.fired["log restored"] += 1
        self._epochs[document_id] += 1
        changes = self.log.changes(document_id)
        kept = max(0, len(changes) - self.random.randrange(20))
        for (document, client_id, seq), known in self._operations.items():
            row = next((row for row in changes[:kept] if (row.client_id, row.seq) == (client_id, seq)), None)
            if document == document_id and row is None:
                known["outcome"] = "gone"
        run = self.runs[document_id]
        run.revoked = [
            replace(
                one,
                revision=min(one.revision, kept),
                until=one.until if isinf(one.until) else min(one.until, kept),
            )
            for one in run.revoked
        ]
        self.snapshots.restore(document_id, kept)
        self.log.restore(document_id, kept, f"epoch-{document_id}-{self._epochs[document_id]}")

    async def _heal(self) -> None:
        """No more trouble; everybody finishes what is pending."""
        self.trouble.rate = 0.0
        self.trouble.store_down = False
        for node in self.nodes:
            if not node.dead:
                node.log.crash_on_append = None
        for client in self.clients:
            if client.link is not None:
                client.link.slow = 0.0
        end = self.loop.time() + 120.0
        calm = 0
        while self.loop.time() < end and calm < 8:
            await asyncio.sleep(0.5)
            calm = calm + 1 if await self._calm() else 0
        if calm < 8:
            self.problems.append("it does not come to rest: " + ", ".join(await self._restless()))

    async def _calm(self) -> bool:
        return not any(node.dead for node in self.nodes) and not await self._restless()

    async def _restless(self) -> list[str]:
        restless = []
        for client in self.clients:
            machine, head = client.machine, await self.log.head(client.document_id)
            if not client.stopped and not (
                machine.synchronized
                and machine.joined
                and machine.revision == head.revision
                and machine.epoch == head.epoch
                and client.link is not None
                and not client.link.half_open
            ):
                restless.append(f"client {client.number} at {machine.revision} of {head.revision}")
        return restless

    def _bounded(self) -> None:
        """A room keeps little for a peer that does not read."""
        for node in self.nodes:
            for live in [] if node.dead else node.host.rooms():
                for seat in live.seats.all():
                    if len(seat.backlog) > WAITING_FOR_ONE or len(seat.held) > HELD:
                        self.problems.append(
                            f"bounded: {seat.client_id} has {len(seat.backlog)} frames waiting"
                        )

    async def _point(self) -> None:
        """Everybody shows where they are, and writes on: the cursors move along."""
        self._pointed.clear()
        for _ in range(3):
            for client in self.clients:
                client.point()
                client.edit()
            await asyncio.sleep(self.random.random() * 0.3)
        await asyncio.sleep(SILENT_AFTER + 2 * WHOLE_EVERY)  # until nodes know whom others have lost
        end = self.loop.time() + 20.0
        calm = 0
        while self.loop.time() < end and calm < 10:
            await asyncio.sleep(0.25)
            calm = calm + 1 if await self._calm() else 0
        for client in self.clients:
            self._look(client)

    def _look(self, client: Client) -> None:
        """Whom a client sees, and where, at whichever node they are."""
        link, machine = client.link, client.machine
        if client.stopped or link is None or machine.revision is None:
            return
        run = self.runs[client.document_id]
        shown = {one.client_id: one.cursor for one in machine.cursors()}
        here = {
            other.machine.client_id: other
            for other in self.clients
            if other is not client and other.document_id == client.document_id and other.link is not None
        }
        if shown.keys() != here.keys():
            self.problems.append(f"cursors: client {client.number} sees {sorted(shown)}, not {sorted(here)}")
        for name, cursor in shown.items():
            other = here.get(name)
            stated = self._pointed.get(-1 if other is None else other.number)
            if other is None or stated is None or stated[0] is not other.link:
                continue
            if cursor is None:
                self.problems.append(f"cursors: client {client.number} does not see where {name} is")
                continue
            end = cursor.index + cursor.length
            run.seen.append(
                checker.Seen(f"client {client.number}", name, machine.revision, cursor.index, end)
            )

    async def _judge(self) -> None:
        for document_id, run in self.runs.items():
            for change in await self.log.read(document_id, after=0, limit=1 << 30):
                run.log.append(_logged(change))
            for (document, client_id, seq), known in self._operations.items():
                if document == document_id:
                    gone = known["outcome"] == "gone"
                    outcome: Literal["ok", "fail", "unknown"] = "fail" if gone else known["outcome"]
                    one = checker.Submitted(client_id, seq, known["digest"], outcome, known["revision"])
                    run.submitted.append(one)
            run.pointed = [one for _, one in self._pointed.values()]
            await self._finals(document_id, run)
            self.problems += [f"{document_id}: {violation}" for violation in checker.check(run)]

    async def _finals(self, document_id: str, run: checker.Run) -> None:
        for client in self.clients:
            if (
                client.document_id == document_id
                and not client.stopped
                and client.machine.revision is not None
            ):
                run.finals.append(
                    checker.Final(f"client {client.number}", client.machine.revision, client.shown)
                )
        for node in self.nodes:
            head, content = await node.host.content(document_id)
            run.finals.append(checker.Final(f"node {node.number}", head.revision, content.to_delta()))
        snapshot = await self.snapshots.latest(document_id)
        if snapshot is not None:
            run.snapshots.append(checker.SnapshotTaken(snapshot.revision, ops_from_json(snapshot.content)))


def _logged(change: Change) -> checker.Logged:
    return checker.Logged(
        change.revision, change.client_id, change.seq, change.digest, change.delta, change.user_id
    )


def run_seed(seed: int) -> Outcome:
    """The same seed gives the same trace."""
    return World(seed).run()
