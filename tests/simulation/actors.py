"""Who takes part: nodes that die and come back, and people at their tabs, with the real machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from octavo.client import effects as client_effects
from octavo.client.machine import Machine, encode
from octavo.collab.host import RoomHost
from octavo.collab.settings import HostSettings
from octavo.delta import Delta
from octavo.protocol import Cursor, OperationMessage, PresenceMessage, User, decode_server
from tests.simulation.faults import FaultyLog, FaultySnapshots, NodeRelay
from tests.simulation.network import Link
from tests.simulation.people import random_edit
from tests.simulation.virtual import VirtualClock

if TYPE_CHECKING:
    from tests.simulation.world import World

SETTINGS = HostSettings(poll_every=1.0, recent_changes=12, batch_changes=6, unload_after=3.0, editors=4)


class Node:
    """One process: it can die and come back with nothing but the log."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number
        self.dead = True
        self.lives = 0
        self.clock = VirtualClock(world.loop)
        self.relay = NodeRelay(world.relay)
        self.log: FaultyLog
        self.host: RoomHost

    async def start(self) -> None:
        world = self.world
        self.lives += 1
        self.log = FaultyLog(world.log, world.trouble)
        self.host = world.host_class(
            log=self.log,
            snapshots=FaultySnapshots(world.snapshots, world.trouble),
            relay=self.relay,
            clock=self.clock,
            node=f"node {self.number}.{self.lives}",
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
            live.between.close()
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
        delta = random_edit(self.world.random, self.shown, crowded=self.world.crowded)
        if not delta.is_empty:
            self.shown = self.shown.compose(delta)
            self.perform(self.machine.edit(delta))

    def point(self) -> None:
        length = self.shown.change_length
        if length:
            start, end = (self.world.random.randrange(length) for _ in range(2))
            chosen = end - start if self.world.random.random() < 0.5 else 0
            self.perform(self.machine.point(Cursor(start, chosen)))

    def perform(self, effects: list[client_effects.Effect]) -> None:
        for effect in effects:
            match effect:
                case client_effects.Send(message):
                    if isinstance(message, OperationMessage):
                        self.world.submitted(self, message)
                    elif isinstance(message, PresenceMessage):
                        self.world.pointed(self, message)
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
