"""The peers of one document: who gets which frame, and who has fallen behind."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final

from octavo import metrics
from octavo.collab.peer import Peer
from octavo.errors import OctavoError
from octavo.protocol import CloseCode

BACKLOG: Final = 256
"""Frames other than changes that are kept for a peer that takes none; one that needs more reconnects."""

_logger: Final = logging.getLogger(__name__)


class Seat:
    """One peer in a room.  It is greeting (hello, no welcome yet), live, or behind (skipped, to be caught up)."""

    __slots__ = (
        "backlog",
        "client_id",
        "gone",
        "held",
        "hellos",
        "left",
        "live",
        "peer",
        "pumping",
        "sent",
        "spent",
        "stamp",
        "welcomed",
    )

    def __init__(self, peer: Peer, client_id: str) -> None:
        self.peer = peer
        self.client_id = client_id
        self.live = False
        self.welcomed = False
        self.gone = False
        self.pumping = False
        self.sent = 0
        self.hellos = 0
        self.stamp = 0
        self.backlog: list[bytes] = []
        self.held: list[Callable[[], None]] = []
        self.left: set[str] = set()
        self.spent: tuple[int, OctavoError] | None = None
        """The last seq that was finally refused here, and with what: its refusal may cross a resend of it."""


class Seats:
    """All seats of a document.  A peer that fails is taken out; it never stops the others."""

    def __init__(self) -> None:
        self._seats: dict[int, Seat] = {}
        self._live: dict[int, Seat] = {}
        self._by_client: dict[str, Seat] = {}

    def __len__(self) -> int:
        return len(self._seats)

    def all(self) -> list[Seat]:
        return list(self._seats.values())

    def of(self, client_id: str) -> Seat | None:
        return self._by_client.get(client_id)

    def add(self, seat: Seat) -> None:
        self._seats[id(seat.peer)] = seat

    def claim(self, seat: Seat) -> None:
        """From now on this is the client's one seat."""
        self._by_client[seat.client_id] = seat

    def remove(self, seat: Seat) -> bool:
        """Whether it was the client's one seat."""
        seat.gone = True
        seat.live = False
        self._seats.pop(id(seat.peer), None)
        self._live.pop(id(seat.peer), None)
        if self._by_client.get(seat.client_id) is seat:
            del self._by_client[seat.client_id]
            return True
        return False

    def set_live(self, seat: Seat, revision: int) -> None:
        """It has everything up to the head."""
        seat.live = True
        seat.sent = revision
        self._live[id(seat.peer)] = seat

    def set_behind(self, seat: Seat, revision: int) -> None:
        """It has everything up to `revision`, and is brought further from the log."""
        seat.live = False
        seat.sent = revision
        self._live.pop(id(seat.peer), None)

    def withhold(self, revision: int) -> None:
        """Nobody gets anything for now; everybody has everything up to `revision`."""
        for seat in list(self._live.values()):
            self.set_behind(seat, revision)

    def send_changes(self, frame: bytes, before: int) -> None:
        """One frame to everybody who is live; `before` is the revision it follows."""
        skipped = []
        for seat in self._live.values():
            try:
                if seat.peer.send(frame):
                    continue
            except Exception:
                _logger.exception("a peer could not be written to; it is closed")
                seat.gone = True
            skipped.append(seat)
        for seat in skipped:
            self.set_behind(seat, before)
            if seat.gone:
                self.close(seat, 1011, "the connection failed")

    def send_passing(self, frame: bytes, left: Iterable[str], revision: int) -> None:
        """A presence frame, stated at the head: who cannot take it gets a newer one once caught up."""
        for seat in list(self._seats.values()):
            if seat.live and self._try(seat, frame):
                continue
            if seat.live:
                self.set_behind(seat, revision)
            seat.left.update(left)

    def send(self, seat: Seat, frame: bytes) -> None:
        """A frame that must arrive, now or once the peer has caught up."""
        if seat.gone:
            return
        if seat.welcomed and not seat.backlog and seat.live and self._try(seat, frame):
            return
        seat.backlog.append(frame)
        if len(seat.backlog) > BACKLOG:
            self.close(seat, CloseCode.DRAINING, "too much waits for this connection; connect again")

    def send_to_all(self, frame: bytes, user_id: str | None = None) -> None:
        for seat in list(self._seats.values()):
            if user_id is None or seat.peer.user.id == user_id:
                self.send(seat, frame)

    def flush(self, seat: Seat) -> bool:
        """Send what was kept for it; False when it cannot take all."""
        while seat.backlog:
            if not self._try(seat, seat.backlog[0]):
                return False
            seat.backlog.pop(0)
        return True

    def close(self, seat: Seat, code: int, reason: str) -> None:
        seat.gone = True
        self._live.pop(id(seat.peer), None)
        try:
            seat.peer.close(code, reason)
        except Exception:
            _logger.exception("a peer could not be closed")

    def _try(self, seat: Seat, frame: bytes) -> bool:
        try:
            taken = seat.peer.send(frame)
        except Exception:
            _logger.exception("a peer could not be written to; it is closed")
            self.close(seat, 1011, "the connection failed")
            return False
        if not taken:
            metrics.sockets_skipped.inc()
        return taken
