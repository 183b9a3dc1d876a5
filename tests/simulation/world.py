"""One seed: nodes, clients, documents, trouble, and what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any

from octavo.adapters.memory import MemoryLog, MemorySnapshots
from octavo.client import effects as client_effects
from octavo.client.machine import Machine, encode
from octavo.collab.host import RoomHost
from octavo.collab.settings import HostSettings
from octavo.delta import Content, Delta, wire
from octavo.ports import Snapshot
from octavo.protocol import (
    Change,
    Cursor,
    OperationMessage,
    User,
    decode_server,
    digest,
    ops_from_json,
    ops_to_json,
)
from tests.checker import checker
from tests.simulation.faults import FaultyLog, FaultySnapshots, LossyRelay, Trouble
from tests.simulation.network import Link
from tests.simulation.people import random_edit
from tests.simulation.virtual import VirtualClock, VirtualLoop

DOCUMENTS = ("one", "two")
SECONDS_OF_TROUBLE = 10.0
SETTINGS = HostSettings(poll_every=1.0, recent_changes=12, batch_changes=6, unload_after=3.0, editors=4)

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
    "peer skipped",
)
"""Each fires in at least 5 % of the seeds."""


@dataclass(slots=True)
class Outcome:
    seed: int
    trace: str
    fired: Counter[str]
    violations: list[str]
    changes: int


class Node:
    """One process: it can die and come back with nothing but the log."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number
        self.dead = True
        self.log: FaultyLog
        self.host: RoomHost

    async def start(self) -> None:
        world = self.world
        self.log = FaultyLog(world.log, world.trouble)
        self.host = world.host_class(
            log=self.log,
            snapshots=FaultySnapshots(world.snapshots, world.trouble),
            relay=world.relay,
            clock=world.clock,
            roles=world.role,
            settings=SETTINGS,
            on_changes=world.follow,
            busy=lambda: 0.0,
        )
        await self.host.start()
        self.dead = False

    def crash(self) -> None:
        if self.dead:
            return
        self.dead = self.log.dead = True
        self.host.stop()
        for live in self.host.rooms():
            live.closed = True
        for client in self.world.clients:
            if client.link is not None and client.link.node is self:
                client.link.cut()
        self.world.loop.call_later(self.world.random.random() * 2.0, self._restart)

    def _restart(self) -> None:
        self.world.spawn(self.start())


class Client:
    """A person at a tab: the real machine, and the content it shows."""

    def __init__(self, world: World, number: int, document_id: str) -> None:
        self.world = world
        self.document_id = document_id
        self.user = User(f"u{number}", f"User {number}", "#123456")
        self.names = 1
        self.number = number
        self.machine = Machine(f"c{number}-1", acks=number % 2 == 0)
        self.shown = Delta()
        self.link: Link | None = None
        self.stopped = False
        self._wake: asyncio.TimerHandle | None = None
        self.connect(0.0)

    def connect(self, after: float) -> None:
        if self.link is not None:
            self.link.abandon()
            self.link = None
        self.world.loop.call_later(max(after, 0.001), self._open)

    def _open(self) -> None:
        if self.link is not None or self.stopped:
            return
        nodes = [node for node in self.world.nodes if not node.dead]
        if not nodes:
            self.world.loop.call_later(0.5, self._open)
            return
        self.link = Link(self.world, self, self.world.random.choice(nodes))
        self.perform(self.machine.opened(now=self.world.loop.time()))

    def receive(self, link: Link, frame: bytes) -> None:
        if link is self.link:
            self.world.trace(self.number, frame)
            random = self.world.random.random()
            message = decode_server(frame)
            self.perform(self.machine.receive(message, now=self.world.loop.time(), random=random))

    def closed(self, link: Link, code: int) -> None:
        if link is self.link:
            self.link = None
            self.names += code == 4408
            fresh = f"c{self.number}-{self.names}"
            self.perform(self.machine.closed(code, random=self.world.random.random(), fresh_id=fresh))

    def edit(self) -> None:
        if not self.machine.editable or self.stopped:
            return
        delta = random_edit(self.world.random, self.shown)
        if not delta.is_empty:
            self.shown = self.shown.compose(delta)
            self.perform(self.machine.edit(delta))

    def point(self) -> None:
        length = self.shown.change_length
        if length:
            self.perform(self.machine.point(Cursor(self.world.random.randrange(length), 0)))

    def perform(self, effects: list[client_effects.Effect]) -> None:
        for effect in effects:
            match effect:
                case client_effects.Send(message):
                    if isinstance(message, OperationMessage):
                        self.world.submitted(self, message)
                    if self.link is not None:
                        self.link.send_to_node(encode(message))
                case client_effects.Apply():
                    self.shown = self.shown.compose(effect.delta)
                    self.world.delivered(self, effect.revision)
                case client_effects.Reset():
                    self.shown = effect.content
                case client_effects.Acknowledged(seq, revision):
                    self.world.acknowledged(self, seq, revision)
                case client_effects.Refused():
                    self.world.refused(self)
                case client_effects.Connect(after):
                    self.connect(after)
                case client_effects.Stop():
                    self.stopped = True
                case _:
                    pass
        self._plan()

    def _plan(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
        at = self.machine.wake_at
        self._wake = None if at is None else self.world.loop.call_at(at, self._tick)

    def _tick(self) -> None:
        self.perform(self.machine.tick(now=self.world.loop.time(), random=self.world.random.random()))


class World:
    """Runs one seed to its end."""

    def __init__(
        self, seed: int, *, host_class: type[RoomHost] = RoomHost, log: MemoryLog | None = None
    ) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop)
        self.trouble = Trouble(self.random)
        self.log = log or MemoryLog()
        self.snapshots = MemorySnapshots()
        self.relay = LossyRelay(self.trouble)
        self.host_class = host_class
        self.nodes: list[Node] = []
        self.clients: list[Client] = []
        self.roles: dict[tuple[str, str], str | None] = {}
        self.problems: list[str] = []
        self.runs = {document_id: checker.Run() for document_id in DOCUMENTS}
        self._operations: dict[tuple[str, str, int], dict[str, Any]] = {}
        self._last: dict[int, tuple[str, str, int]] = {}
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
        for change in await self.log.read(document_id, after=0, limit=revision):
            content.apply(change.delta)
        await self.snapshots.put(document_id, Snapshot(revision, ops_to_json(content.to_delta())))

    # --- what is recorded ----------------------------------------------------------------------------------------

    def trace(self, who: int, frame: bytes) -> None:
        self._trace.update(b"%d %.6f " % (who, self.loop.now) + frame)

    def submitted(self, client: Client, message: OperationMessage) -> None:
        key = (client.document_id, client.machine.client_id, message.seq)
        self._last[client.number] = key
        body = digest(message.base_revision, wire.from_wire(message.ops))
        known = self._operations.setdefault(key, {"digest": body, "outcome": "unknown", "revision": None})
        if known["digest"] != body:
            self.problems.append(f"client {client.number} sent another body under seq {message.seq}")

    def acknowledged(self, client: Client, seq: int, revision: int) -> None:
        for key in ((client.document_id, client.machine.client_id, seq), self._last[client.number]):
            if key in self._operations:
                self._operations[key].update(outcome="ok", revision=revision)
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
        await self._judge()

    def _happen(self) -> None:
        """One thing that people do, or that befalls them."""
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
        kind = self.random.choice(("cut", "cut", "half", "slow", "down", "crash", "append", "role"))
        fired = self.trouble.fired
        if kind == "cut" and link is not None:
            fired["connection cut"] += 1
            link.cut()
        elif kind == "half" and link is not None and not link.down:
            fired["half-open"] += 1
            link.half_open = True
        elif kind == "slow" and link is not None:
            fired["slow client"] += 1
            link.slow = 0.3
        elif kind == "down" and not self.trouble.store_down:
            fired["store down"] += 1
            self.trouble.store_down = True
            self.loop.call_later(self.random.random(), self._store_up)
        elif kind == "crash" and not node.dead:
            fired["crash"] += 1
            node.crash()
        elif kind == "append" and not node.dead:
            node.log.crash_on_append = lambda after, node=node: node.crash()
        elif kind == "role" and client.number > 0 and self.random.random() < 0.3:
            self.spawn(self._take_role(client))

    def _store_up(self) -> None:
        self.trouble.store_down = False

    async def _take_role(self, client: Client) -> None:
        """To viewer, in one step with the fence; whoever asks later is told."""
        key = (client.document_id, client.user.id)
        if self.roles[key] != "editor":
            return
        self.trouble.fired["role taken"] += 1
        self.roles[key] = "viewer"
        await self.log.raise_fence(client.document_id)
        head = await self.log.head(client.document_id)
        one = checker.Revoked(client.user.id, head.revision, self.loop.time(), bound=1e9)
        self.runs[client.document_id].revoked.append(one)
        node = self.random.choice(self.nodes)
        if not node.dead:
            await node.host.rights_changed(client.document_id)

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
                machine.synchronized and machine.joined and machine.revision == head.revision
            ):
                restless.append(f"client {client.number} at {machine.revision} of {head.revision}")
        return restless

    async def _judge(self) -> None:
        for document_id, run in self.runs.items():
            for change in await self.log.read(document_id, after=0, limit=1 << 30):
                run.log.append(_logged(change))
            for (document, client_id, seq), known in self._operations.items():
                if document == document_id:
                    one = checker.Submitted(
                        client_id, seq, known["digest"], known["outcome"], known["revision"]
                    )
                    run.submitted.append(one)
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
