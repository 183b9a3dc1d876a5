"""The gateway's side of a socket, as the host sees it."""

from __future__ import annotations

from typing import Protocol

from octavo import protocol


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
