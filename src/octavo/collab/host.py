"""RoomHost: the asyncio shell around the rooms of one process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol

from octavo import protocol
from octavo.collab.meter import Meter
from octavo.collab.settings import HostSettings
from octavo.delta import Content, Delta
from octavo.ports import Clock, Head, OperationLog, Relay, SnapshotStore


class Peer(Protocol):
    """The gateway's side of one socket."""

    document_id: str
    client_id: str
    connection: int
    user: protocol.User
    role: str
    acks: bool

    def send(self, frame: bytes) -> bool:
        """Queue one ready-made frame, never waiting.

        False: skipped, since too much waits for this peer; the gateway calls `RoomHost.drained` when it does not.
        """

    def close(self, code: int, reason: str) -> None:
        """Close the socket; the gateway calls `RoomHost.leave` afterwards (calling it twice does no harm)."""


class RoomHost:
    """Every open document of this process.  All methods are called on the loop's thread."""

    def __init__(
        self,
        *,
        log: OperationLog,
        snapshots: SnapshotStore,
        relay: Relay,
        clock: Clock,
        roles: Callable[[str, str], Awaitable[str | None]],
        frame: Callable[[bytes], bytes] = bytes,
        settings: HostSettings | None = None,
        meter: Meter | None = None,
        on_changes: Callable[[str, Sequence[protocol.Change]], None] | None = None,
        busy: Callable[[], float] | None = None,
    ) -> None:
        """`roles(document_id, user_id)` is the role now (None: no access; raises Missing for a document that is not
        there or deleted).  `frame` makes a WebSocket frame of a payload.  `on_changes(document_id, changes)` is
        called after the changes became durable and were sent; `busy` says which share of its time the loop works."""

    async def start(self) -> None:
        """Listen to the relay and tend the rooms (unloading, presence that fell silent)."""

    def join(self, peer: Peer, hello: protocol.Hello) -> Coroutine[Any, Any, None]:
        """Answer a `hello`, and each repeated one, with a `welcome`, or close the peer with the code that says why.

        Sets the peer's client_id, connection, acks and role.  What the peer sends before the coroutine has ended is
        held and handled after the `welcome`.  Await it or make it a task; it does not raise.
        """

    def leave(self, peer: Peer) -> None:
        """The socket is closed."""

    def drained(self, peer: Peer) -> None:
        """The peer can take more: send what it missed, from the log, never the content again."""

    def submit(self, peer: Peer, message: protocol.OperationMessage) -> None:
        """An operation from a socket.  Refusals go to the peer as error frames."""

    def presence(self, peer: Peer, message: protocol.PresenceMessage) -> None:
        """Where the peer's cursor is."""

    def heard(self, peer: Peer) -> None:
        """The peer sent something else (`ping`): it is not silent."""

    async def submit_operation(self, document_id: str, operation: protocol.Operation, role: str) -> protocol.Change:
        """An operation from elsewhere (REST, restore, import): returns its change when it is durable.

        Raises what it is refused with; Unknown when the store did not answer in time: submit the same again.
        """

    async def content(self, document_id: str) -> tuple[Head, Content]:
        """The content at the head, caught up with the log.  Use it before the next await, and never change it."""

    async def content_at(self, document_id: str, revision: int) -> Delta:
        """The content at any revision.  Raises Invalid for one that the log does not reach."""

    async def rights_changed(self, document_id: str) -> None:
        """Read the roles of its peers again: `permission.changed`, and close those who may no longer read."""

    def event(self, document_id: str, event: str, data: Any, *, user_id: str | None = None) -> None:
        """Send an `event` to the peers of a document, or to those of one user there."""

    async def drain(self, after_ms: int) -> None:
        """Send everybody away (`redirect`), and return when what was accepted is durable and sent."""
