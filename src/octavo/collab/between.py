"""One open document's dealings with other nodes: hints, presence, and whether its rights are still confirmed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from octavo.collab.hints import Ask, Changed, Claim, Here, Hint, Rights, Spent, Told, carried, carry, read
from octavo.collab.nearby import Nearby
from octavo.collab.seats import Seat
from octavo.ports import Head
from octavo.protocol import Change, CloseCode, Presence, Presences

if TYPE_CHECKING:
    from octavo.collab.host import RoomHost
    from octavo.collab.live import LiveRoom

WHOLE_EVERY: Final = 5.0
"""Seconds after which a node says again who is with it, as long as the document is open elsewhere too."""

ASK_EVERY: Final = 30.0
"""Seconds after which a node that knows of no other asks again whether there is one."""

_logger: Final = logging.getLogger(__name__)


class Between:
    """Without a relay it says nothing and hears nothing; the heads, which the host reads, say all that matters."""

    def __init__(self, live: LiveRoom, host: RoomHost) -> None:
        self._live = live
        self._host = host
        self.nearby = Nearby()
        self.withheld = False
        """Nothing is delivered: the rights could not be confirmed."""
        self._confirmed = host.clock.monotonic()
        self._whole_at = 0.0
        self._asked_at = self._confirmed
        self._stop: Callable[[], None] | None = None

    def start(self) -> None:
        """Listen; call it once the room can be reached."""
        relay = self._host.relay
        if relay is not None:
            self._stop = relay.subscribe(self._live.document_id, self._arrived, self._joined)

    def close(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None

    def tell(self, hint: Hint) -> None:
        self._host.tell(self._live.document_id, hint)

    # --- what this node says --------------------------------------------------------------------------------------

    def logged(self, changes: Sequence[Change]) -> None:
        """Changes of this node are durable and were sent."""
        if self._host.relay is not None:
            self.tell(carry(self._live.room.epoch, changes[-1].revision, changes))

    def moved(self, message: Presences) -> None:
        """Cursors moved here, or somebody came or left."""
        if len(self.nearby):
            people = [person for person in message.presences if self._is_here(person.client_id)]
            left = [client_id for client_id in message.left if not self._is_here(client_id)]
            if people or left:
                self._say(message.revision, people, left, whole=False)

    def claim(self, seat: Seat) -> None:
        """A client has said hello: its older connections are to be closed, wherever they are."""
        seat.stamp = self._host.clock.now()
        self._claim(seat)

    def left(self, client_id: str) -> None:
        """It is no longer with this node; it may have gone to another before."""
        person = self.nearby.of(client_id)
        if person is not None:
            live = self._live
            live.audience.state(
                client_id,
                person.user,
                live.room.head,
                None,
                now=self._host.clock.monotonic(),
                changes_after=lambda _: (),
            )

    def tend(self, now: float) -> None:
        """Once a second."""
        live = self._live
        for client_id in self.nearby.silent(now=now):
            self._gone(client_id)
        if len(live.seats):
            if len(self.nearby) and now - self._whole_at >= WHOLE_EVERY:
                self._say_whole()
            elif not len(self.nearby) and now - self._asked_at >= ASK_EVERY:
                self._ask(now)
        self.may_deliver()

    def _claim(self, seat: Seat) -> None:
        if self._host.relay is not None:
            peer = seat.peer
            self.tell(Claim(seat.client_id, peer.user.id, peer.connection, seat.stamp))

    def _say_whole(self) -> None:
        live = self._live
        self._whole_at = self._host.clock.monotonic()
        people = live.audience.everybody(live.room.head_length, but="")
        here = [person for person in people if self._is_here(person.client_id)]
        self._say(live.room.head, here, [], whole=True)

    def _say(self, revision: int, people: list[Presence], left: list[str], *, whole: bool) -> None:
        self.tell(Here(revision, people, left, whole, len(self._live.places)))

    def _is_here(self, client_id: str) -> bool:
        return self._live.seats.of(client_id) is not None

    # --- what it hears --------------------------------------------------------------------------------------------

    def _joined(self) -> None:
        """What was said until now may have been missed."""
        self._host.look_soon()
        if len(self._live.seats):
            self._ask(self._host.clock.monotonic())

    def _ask(self, now: float) -> None:
        self._asked_at = now
        self.tell(Ask())

    def _arrived(self, message: bytes) -> None:
        heard = read(message)
        if heard is not None and heard[0] != self._host.node and not self._live.closed:
            self._live.guard(lambda: self._heard(*heard))

    def _heard(self, node: str, hint: Hint) -> None:
        before = len(self.nearby)
        self.nearby.heard(node, now=self._host.clock.monotonic())
        match hint:
            case Changed():
                self._changed(hint)
            case Rights():
                self._live.start(self._live.read_rights())
            case Told(event, user_id):
                self._live.seats.send_to_all(self._host.frame(event), user_id)
            case Here():
                self._here(node, hint)
            case Claim():
                self._claimed(node, hint)
            case Spent():
                self._host.heard_elsewhere(self._live.document_id, hint)
            case _:
                pass
        if len(self._live.seats) and (len(self.nearby) > before or isinstance(hint, Ask)):
            self._say_whole()

    def _changed(self, hint: Changed) -> None:
        """Followed at once where the changes came along and none before them is missing."""
        live, room = self._live, self._live.room
        if hint.epoch != room.epoch:
            self._host.look_soon()
        elif hint.revision > room.head:
            changes = carried(hint) if room.head >= hint.revision - len(hint.changes) else []
            if changes and self.may_deliver():
                live.perform(room.logged(changes))
                live.plan()
            else:
                live.read_soon()

    def _here(self, node: str, hint: Here) -> None:
        live, now = self._live, self._host.clock.monotonic()
        for client_id in self.nearby.here(node, hint, now=now):
            self._gone(client_id)
        for person in hint.people:
            if not self._is_here(person.client_id):
                uploads = () if person.uploads is UNSET else person.uploads
                live.point(person.client_id, person.user, hint.revision, person.cursor, uploads)

    def _gone(self, client_id: str) -> None:
        if not self._is_here(client_id):
            self._live.audience.leave(client_id)
            self._live.plan_presence()

    def _claimed(self, node: str, hint: Claim) -> None:
        """Of two connections of a client the lower is closed; of equals the later one stays."""
        seat = self._live.seats.of(hint.client_id)
        if seat is None or seat.gone or seat.peer.user.id != hint.user_id:
            return
        if (hint.connection, hint.stamp, node) > (seat.peer.connection, seat.stamp, self._host.node):
            self._live.seats.close(seat, CloseCode.REPLACED, "replaced by a newer connection of this client")
        else:
            self._claim(seat)

    # --- confirmed rights -----------------------------------------------------------------------------------------

    def compare(self, head: Head, since: float) -> None:
        """The head as it was at or after `since`: what was missed is read."""
        live, room = self._live, self._live.room
        if head.epoch != room.epoch:
            live.reset("the document's history was restored; connect again")
        elif head.fence != room.fence:
            live.start(live.read_rights())
        else:
            self.confirm(since)
            if head.revision > room.head:
                live.read_soon()

    def confirm(self, since: float) -> None:
        """The roles of everybody here were still good at this time."""
        self._confirmed = max(self._confirmed, since)
        if self.withheld and not self._overdue():
            self.withheld = False
            _logger.info("document %s: the rights are confirmed again", self._live.document_id)
            for seat in self._live.seats.all():
                self._live.pump(seat)

    def may_deliver(self) -> bool:
        """Whether content may be shown: no longer when nobody knows whether a role has been taken since."""
        if not self.withheld and self._overdue():
            self.withheld = True
            _logger.warning(
                "document %s: its rights could not be confirmed for %.0f s; nothing is delivered until they are",
                self._live.document_id,
                self._host.settings.confirm_within,
            )
            self._live.seats.withhold(self._live.room.head)
        return not self.withheld

    def _overdue(self) -> bool:
        within = self._host.settings.confirm_within
        return within is not None and self._host.clock.monotonic() - self._confirmed > within
