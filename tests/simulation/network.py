"""A WebSocket in virtual time: in order both ways, late, cut with what was under way, half open, slow to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo.errors import Invalid
from octavo.protocol import BadFrame, Hello, OperationMessage, Ping, PresenceMessage, User, decode_client

if TYPE_CHECKING:
    from tests.simulation.actors import Client, Node
    from tests.simulation.world import World

WAITING = 6
"""Frames that may wait for a peer before it is skipped."""


class Link:
    """One connection between a client and a node; to the host it is the peer."""

    def __init__(self, world: World, client: Client, node: Node) -> None:
        self.document_id = client.document_id
        self.client_id = ""
        self.connection = 0
        self.user: User = client.user
        self.role = ""
        self.acks = False
        self.world = world
        self.client = client
        self.node = node
        self.down = False
        self.closing = False
        self.half_open = False
        self.slow = 0.0
        self._waiting = 0
        self._skipped = False
        self._to_client = self._to_node = 0.0

    # --- the node's side: collab.host.Peer -----------------------------------------------------------------------

    def send(self, frame: bytes) -> bool:
        if self._waiting >= WAITING:
            self._skipped = True
            self.world.trouble.fired["peer skipped"] += 1
            return False
        if not self.down and not self.closing:
            self._waiting += 1
            delay = self.world.delay() + self.slow
            self._to_client = max(self._to_client + 1e-5, self.world.loop.time() + delay)
            self.world.loop.call_at(self._to_client, self._deliver, frame)
        return True

    def close(self, code: int, reason: str) -> None:
        self.closing = True
        self.world.loop.call_soon(self.node.host.leave, self)
        at = max(self._to_client + 1e-5, self.world.loop.time() + self.world.delay())
        self.world.loop.call_at(at, self._closed_by_node, code)

    def _deliver(self, frame: bytes) -> None:
        self._waiting -= 1
        if self._skipped and self._waiting == 0 and not self.node.dead:
            self._skipped = False
            self.node.host.drained(self)
        if not self.down and not self.half_open:
            self.client.receive(self, frame)

    def _closed_by_node(self, code: int) -> None:
        if not self.down and not self.half_open:
            self.down = True
            self.client.closed(self, code)

    # --- the client's side ---------------------------------------------------------------------------------------

    def send_to_node(self, data: bytes) -> None:
        if self.down or self.half_open:
            return
        self._to_node = max(self._to_node + 1e-5, self.world.loop.time() + self.world.delay())
        self.world.loop.call_at(self._to_node, self._arrive, data)

    def _arrive(self, data: bytes) -> None:
        if self.down or self.closing or self.node.dead:
            return
        host = self.node.host
        try:
            message = decode_client(data)
        except BadFrame as fault:
            self.close(4400, fault.message)
            return
        except Invalid as fault:
            raise AssertionError(f"the client sent what cannot be read: {fault}") from fault
        match message:
            case Hello():
                self.world.spawn(host.join(self, message))
            case OperationMessage():
                host.submit(self, message)
            case PresenceMessage():
                host.presence(self, message)
            case Ping():
                host.heard(self)
                self.send(b'{"type":"pong"}')

    def cut(self) -> None:
        """The connection breaks; each side learns it later, and what was under way is lost."""
        if self.down:
            return
        self.down = True
        random = self.world.random
        self.world.loop.call_later(random.random() * 0.1, self.client.closed, self, 1006)
        self.world.loop.call_later(random.random() * 2.0, self._gone)

    def abandon(self) -> None:
        """The client has given it up; the node learns it later, or what was under way arrives first."""
        self.world.loop.call_later(self.world.random.random() * 2.0, self._give_up)

    def _give_up(self) -> None:
        self.down = True
        self._gone()

    def _gone(self) -> None:
        if not self.node.dead:
            self.node.host.leave(self)
