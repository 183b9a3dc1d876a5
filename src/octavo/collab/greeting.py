"""Answering a `hello`: whose client it is, what it may do, and what it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from octavo import metrics, protocol
from octavo.access import Action, allows
from octavo.collab.live import LiveRoom
from octavo.collab.seats import Seat
from octavo.collab.welcome import first_part
from octavo.errors import OctavoError, Unavailable
from octavo.ports import ClientRow
from octavo.protocol import CHANGES_PER_PAGE, Change, CloseCode

if TYPE_CHECKING:
    from octavo.collab.host import RoomHost


OWNERS_KEPT: Final = 4096
"""For so many clients that have logged nothing a room remembers whose they are."""


@dataclass(frozen=True, slots=True)
class Turned:
    """Not welcomed: the socket is to be closed so."""

    code: int
    reason: str


async def greet(
    host: RoomHost, live: LiveRoom, seat: Seat, hello: protocol.Hello, number: int
) -> Turned | None:
    """Welcome the peer, unless a later hello or a close overtook this one."""
    room, peer = live.room, seat.peer
    known, row = room.row(hello.client_id)
    if not known:
        live.perform(
            room.client_loaded(hello.client_id, await host.log.client(live.document_id, hello.client_id))
        )
        row = room.row(hello.client_id)[1]
    missing: Sequence[Change] | None = None
    if hello.epoch == room.epoch and hello.revision is not None:
        if hello.revision > room.head:
            await live.read_log()
        if hello.revision <= room.head and not room.recent.covers(hello.revision):
            missing = await host.log.read(live.document_id, after=hello.revision, limit=CHANGES_PER_PAGE)
    while True:
        fence = room.fence
        role = await host.role(live.document_id, peer.user.id)
        if room.fence == fence:
            break
    if role is None or not allows(role, Action.READ):
        return Turned(CloseCode.FORBIDDEN, "you have no access to this document")
    if live.closed:
        return Turned(CloseCode.DRAINING, "the document is opened afresh; connect again")
    if seat.gone or seat.hellos != number:
        return None
    turned = _claim(live, seat, hello, row)
    if turned is None:
        peer.role = role
        if missing is None and hello.epoch == room.epoch and hello.revision is not None:
            missing = room.recent.after(hello.revision) if hello.revision <= room.head else None
        _welcome(host, live, seat, missing)
    return turned


def _claim(live: LiveRoom, seat: Seat, hello: protocol.Hello, row: ClientRow | None) -> Turned | None:
    """Of two sockets of one client the lower is closed; of two users, the one who said hello first keeps the id."""
    user_id = seat.peer.user.id
    owner = live.owners.get(hello.client_id) if row is None else row.user_id
    if owner is not None and owner != user_id:
        return Turned(CloseCode.CLIENT_TAKEN, "the client_id is another user's: take a new one")
    other = live.seats.of(hello.client_id)
    if other is not None and other is not seat:
        if other.peer.connection > hello.connection:
            return Turned(CloseCode.REPLACED, "a newer connection of this client is open")
        live.seats.close(other, CloseCode.REPLACED, "replaced by a newer connection of this client")
        live.seats.remove(other)
    if seat.client_id and seat.client_id != hello.client_id:
        live.leave(seat)
        seat.gone = False
        seat.spent = None
        live.seats.add(seat)
    peer = seat.peer
    seat.client_id = peer.client_id = hello.client_id
    peer.connection, peer.acks = hello.connection, hello.acks
    live.owners.pop(hello.client_id, None)
    live.owners[hello.client_id] = user_id
    live.seats.claim(seat)
    live.between.claim(seat)
    for client_id in list(islice(live.owners, max(0, len(live.owners) - OWNERS_KEPT))):
        if live.seats.of(client_id) is None:
            del live.owners[client_id]
    return None


def _welcome(host: RoomHost, live: LiveRoom, seat: Seat, missing: Sequence[Change] | None) -> None:
    """Nothing is awaited from here to the send, so no change can slip between."""
    room, peer, now = live.room, seat.peer, host.clock.monotonic()
    row = room.row(seat.client_id)[1]
    if allows(peer.role, Action.EDIT):
        elsewhere = live.between.nearby.editors
        live.places.take(seat.client_id, now=now, known=row is not None, elsewhere=elsewhere)
    live.audience.join(seat.client_id, peer.user, now=now)
    changes = first_part(missing) if missing is not None else ()
    revision = room.head if not changes else changes[-1].revision
    welcome = protocol.Welcome(
        document_id=live.document_id,
        epoch=room.epoch,
        client_id=seat.client_id,
        user=peer.user,
        role=peer.role,
        revision=revision,
        content=None,
        changes=[],
        last_seq=0 if row is None else row.seq,
        last_seq_revision=0 if row is None else row.revision,
        presences=live.audience.everybody(room.head_length, but=seat.client_id),
        limits=host.limits,
    )
    content = live.content_json() if missing is None else None
    frame = host.frame(protocol.welcome_frame(welcome, content=content, changes=changes))
    seat.backlog.clear()
    seat.left.clear()
    seat.welcomed = True
    if not peer.send(frame):
        live.seats.close(seat, CloseCode.DRAINING, "too much waits for this connection; connect again")
        return
    if revision == room.head and not live.between.withheld:
        live.seats.set_live(seat, revision)
    else:
        live.seats.set_behind(seat, revision)
        live.pump(seat)
    if live.lock is not None:
        live.seats.send(seat, live.lock_event())
    live.plan_presence()


def turned_away(fault: Exception) -> Turned:
    """How a fault while opening closes the socket."""
    if isinstance(fault, OctavoError):
        metrics.refusals.labels(fault.code).inc()
        codes = {"NOT_FOUND": CloseCode.NOT_FOUND, "DOCUMENT_DELETED": CloseCode.DELETED}
        if fault.code in codes:
            return Turned(codes[fault.code], fault.message)
        if fault.code == "FORBIDDEN":
            return Turned(CloseCode.FORBIDDEN, fault.message)
    reason = (
        fault.message
        if isinstance(fault, Unavailable)
        else "the document cannot be opened now; connect again"
    )
    return Turned(CloseCode.DRAINING, reason[:100])
