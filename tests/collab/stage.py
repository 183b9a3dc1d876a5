"""A stage for the host: memory adapters that can be held up or made to fail, peers that record, virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from msgspec import UNSET

from octavo.adapters.memory import MemoryLog, MemoryRelay, MemorySnapshots
from octavo.collab.hints import Changed, write
from octavo.collab.host import RoomHost
from octavo.collab.settings import HostSettings
from octavo.delta import Delta, wire
from octavo.errors import OctavoError, Unavailable
from octavo.ports import ClientRow, Head
from octavo.protocol import (
    Ack,
    Change,
    Changes,
    Cursor,
    Error,
    Event,
    Hello,
    Operation,
    OperationMessage,
    PresenceMessage,
    Presences,
    Redirect,
    ServerMessage,
    Upload,
    User,
    Welcome,
    WireChange,
    decode_server,
    digest,
    ops_to_json,
)
from tests.simulation.virtual import VirtualClock, VirtualLoop

DOCUMENT = "d1"
T = TypeVar("T", bound=ServerMessage)


def insert(index: int, text: str) -> Delta:
    return Delta().retain(index).insert(text)


def operation(client_id: str, seq: int, base: int, delta: Delta, *, user_id: str | None = None) -> Operation:
    """One as it comes from a socket or from REST."""
    return Operation(client_id, seq, user_id or f"u-{client_id}", base, delta, digest(base, delta))


def change(
    revision: int, client_id: str, seq: int, base: int, delta: Delta, user_id: str | None = None
) -> Change:
    """One as the log holds it."""
    user_id = user_id or f"u-{client_id}"
    ops = ops_to_json(delta)
    return Change(revision, delta, ops, client_id, seq, user_id, 0, base, digest(base, delta))


def history(count: int, text: str = "x") -> list[Change]:
    """Somebody wrote this much."""
    return [change(one, "x", one, one - 1, insert(0, text)) for one in range(1, count + 1)]


class Store(MemoryLog):
    """`gate` holds up appends and reads; `faults` are raised before (or after) what the next appends do."""

    def __init__(self) -> None:
        super().__init__()
        self.append_gate: asyncio.Event | None = None
        self.read_gate: asyncio.Event | None = None
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.failing: set[str] = set()
        self.asked: Counter[str] = Counter()

    async def _asked(self, what: str, gate: asyncio.Event | None = None) -> None:
        self.asked[what] += 1
        if gate is not None:
            await gate.wait()
        if what in self.failing:
            raise Unavailable("UNAVAILABLE", "the store is not there")

    async def append(
        self, document_id: str, *, epoch: str, expected_revision: int, fence: int, changes: Sequence[Change]
    ) -> None:
        await self._asked("append", self.append_gate)
        if self.before:
            raise self.before.pop(0)
        await super().append(
            document_id, epoch=epoch, expected_revision=expected_revision, fence=fence, changes=changes
        )
        if self.after:
            raise self.after.pop(0)

    async def read(self, document_id: str, *, after: int, limit: int = 1000) -> list[Change]:
        await self._asked("read", self.read_gate)
        return await super().read(document_id, after=after, limit=limit)

    async def head(self, document_id: str) -> Head:
        await self._asked("head")
        return await super().head(document_id)

    async def heads(self, document_ids: Collection[str]) -> dict[str, Head]:
        await self._asked("heads")
        return {name: await MemoryLog.head(self, name) for name in document_ids}

    async def client(self, document_id: str, client_id: str) -> ClientRow | None:
        await self._asked("client")
        return await super().client(document_id, client_id)

    def put(self, document_id: str, *changes: Change) -> None:
        """Another node logs these."""
        document = self._document(document_id)
        for one in changes:
            document.changes.append(one)
            row = ClientRow(one.user_id, one.seq, one.revision, one.digest)
            document.clients[one.client_id] = row

    def begin_epoch(self, document_id: str, epoch: str, revision: int) -> None:
        """A backup is put back."""
        document = self._document(document_id)
        document.epoch = epoch
        del document.changes[revision:]
        document.clients.clear()


class Screen:
    """A peer that keeps what it is sent.  `room` is how many more frames it takes; None: all."""

    def __init__(self, stage: Stage, host: RoomHost, document_id: str, client_id: str, user_id: str) -> None:
        self.document_id = document_id
        self.client_id = ""
        self.connection = 0
        self.user = User(user_id, user_id.title(), "#123456")
        self.role = ""
        self.acks = False
        self.name = client_id
        self.frames: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.room: int | None = None
        self.broken: Exception | None = None
        self._stage = stage
        self._host = host
        self._sent = 0

    def send(self, frame: bytes) -> bool:
        if self.broken is not None:
            raise self.broken
        if self.room is not None and self.room <= 0:
            return False
        if self.room is not None:
            self.room -= 1
        if self.closed is None:
            self.frames.append(frame)
        return True

    def close(self, code: int, reason: str) -> None:
        if self.closed is None:
            self.closed = (code, reason)
            self._stage.loop.call_soon(self._host.leave, self)

    def drain(self, room: int | None = None) -> None:
        """It can take more now."""
        self.room = room
        self._host.drained(self)

    @property
    def messages(self) -> list[ServerMessage]:
        return [decode_server(frame) for frame in self.frames]

    def all(self, kind: type[T]) -> list[T]:
        return [message for message in self.messages if isinstance(message, kind)]

    def changes(self) -> list[WireChange]:
        return [one for message in self.all(Changes) for one in message.changes]

    def revisions(self) -> list[int]:
        return [one.revision for one in self.changes()]

    def errors(self) -> list[tuple[int | None, str]]:
        return [(error.seq, error.code) for error in self.all(Error)]

    def events(self) -> list[str]:
        return [event.event for event in self.all(Event)]

    def acks_got(self) -> list[tuple[int, int]]:
        return [(ack.seq, ack.revision) for ack in self.all(Ack)]

    def redirects(self) -> list[int]:
        return [redirect.after_ms for redirect in self.all(Redirect)]

    @property
    def welcome(self) -> Welcome:
        return self.all(Welcome)[-1]

    def presences(self) -> list[Presences]:
        return self.all(Presences)

    async def hello(self, *, client_id: str | None = None, connection: int = 0, **given: Any) -> None:
        self.name = client_id or self.name
        await self._host.join(self, Hello(self.name, connection, **given))

    def type(self, delta: Delta, *, base: int, seq: int | None = None) -> None:
        """Submit; the seq counts on by itself."""
        self._sent = self._sent + 1 if seq is None else seq
        self._host.submit(self, OperationMessage(self._sent, base, wire.to_wire(delta)))

    def point(self, revision: int, index: int, length: int = 0, uploads: Sequence[Upload] = ()) -> None:
        places = list(uploads) or UNSET
        self._host.presence(self, PresenceMessage(revision, Cursor(index, length), places))

    def leave(self) -> None:
        self._host.leave(self)


def closed(*screens: Screen) -> list[int | None]:
    """With which code each was closed."""
    return [None if screen.closed is None else screen.closed[0] for screen in screens]


class Stage:
    """What a scenario plays on."""

    def __init__(self, loop: VirtualLoop, settings: HostSettings) -> None:
        self.loop = loop
        self.clock = VirtualClock(loop)
        self.log = Store()
        self.snapshots = MemorySnapshots()
        self.relay = MemoryRelay()
        self.settings = settings
        self.roles: dict[str, str | Exception | None] = {}
        self.role_gate: asyncio.Event | None = None
        self.followed: list[int] = []
        self.busy = 0.0
        self.unhandled: list[dict[str, Any]] = []
        self.hosts: list[RoomHost] = []
        loop.set_exception_handler(lambda _, context: self.unhandled.append(context))

    @property
    def host(self) -> RoomHost:
        return self.hosts[0]

    async def open(self, document_id: str = DOCUMENT, *, nodes: int = 1) -> None:
        await self.log.create(document_id, "epoch-1")
        while len(self.hosts) < nodes:
            await self.start()

    async def start(self, **changed: Any) -> RoomHost:
        """One more node."""
        host = RoomHost(
            log=self.log,
            snapshots=self.snapshots,
            relay=self.relay,
            clock=self.clock,
            roles=self.role,
            settings=replace(self.settings, **changed),
            on_changes=lambda _, changes: self.followed.extend(one.revision for one in changes),
            busy=lambda: self.busy,
        )
        await host.start()
        self.hosts.append(host)
        return host

    async def role(self, document_id: str, user_id: str) -> str | None:
        if self.role_gate is not None:
            await self.role_gate.wait()
        role = self.roles.get(user_id, "editor")
        if isinstance(role, Exception):
            raise role
        return role

    def screen(
        self, client_id: str, *, user_id: str | None = None, node: int = 0, document_id: str = DOCUMENT
    ) -> Screen:
        return Screen(self, self.hosts[node], document_id, client_id, user_id or f"u-{client_id}")

    async def join(
        self, client_id: str, *, node: int = 0, user_id: str | None = None, **given: Any
    ) -> Screen:
        screen = self.screen(client_id, node=node, user_id=user_id)
        await screen.hello(**given)
        return screen

    async def passes(self, seconds: float) -> None:
        """Virtual time goes by, and all that is due happens."""
        done = self.loop.create_future()
        self.loop.call_later(seconds, done.set_result, None)
        await done

    async def turns_until(self, condition: Callable[[], bool]) -> None:
        """The loop turns, at the same moment, until this is so."""
        for _ in range(10_000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError("the loop turned and turned, and it never became so")

    async def settles(self) -> None:
        """Everything that is under way comes to its end."""
        await self.passes(0.2)

    async def content(self, node: int = 0) -> Delta:
        _, content = await self.hosts[node].content(DOCUMENT)
        return content.to_delta()

    async def text(self, node: int = 0) -> str:
        return "".join(str(op.value) for op in (await self.content(node)).ops)

    async def logged(self) -> list[Change]:
        return await MemoryLog.read(self.log, DOCUMENT, after=0, limit=1 << 30)


def hint(stage: Stage, revision: int, document_id: str = DOCUMENT) -> None:
    """Another node says where the head is now."""
    stage.relay.publish(document_id, write("elsewhere", Changed("epoch-1", revision, [])))


async def submit(stage: Stage, one: Operation, role: str = "owner", node: int = 0) -> Change:
    """As REST does."""
    return await stage.hosts[node].submit_operation(DOCUMENT, one, role)


async def code_of(stage: Stage, one: Operation, role: str = "owner") -> str:
    """What it is refused with."""
    with pytest.raises(OctavoError) as caught:
        await submit(stage, one, role)
    return caught.value.code


Scenario = Callable[[Stage], Awaitable[None]]


def on_stage(settings: HostSettings | None = None) -> Callable[[Scenario], Callable[[], None]]:
    """Plays a scenario as a test.  What nobody handled fails it."""

    def as_test(scenario: Scenario) -> Callable[[], None]:
        def test() -> None:
            loop = VirtualLoop()
            stage = Stage(loop, settings or HostSettings())
            asyncio.set_event_loop(loop)
            try:
                loop.run_until_complete(asyncio.wait_for(scenario(stage), 3600.0))
            finally:
                for host in stage.hosts:
                    host.stop()
                tasks = asyncio.all_tasks(loop)
                for task in tasks:
                    task.cancel()
                loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
                loop.close()
                asyncio.set_event_loop(None)
            assert stage.unhandled == []

        test.__name__ = scenario.__name__
        test.__doc__ = scenario.__doc__
        test.__module__ = scenario.__module__
        return test

    return as_test
