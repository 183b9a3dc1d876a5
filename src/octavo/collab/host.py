"""RoomHost: the asyncio shell around the rooms of one process."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any, Final

from msgspec import UNSET

from octavo import metrics, protocol
from octavo.access import ROLES, Action, allows
from octavo.collab.greeting import Turned, greet, turned_away
from octavo.collab.hints import EVERYWHERE, Hint, Rights, Told, read, write
from octavo.collab.live import LiveRoom, error_frame
from octavo.collab.opening import content_at, open_room
from octavo.collab.peer import Peer
from octavo.collab.seats import Seat
from octavo.collab.settings import Conditions, HostSettings
from octavo.delta import Content, Delta, suggestions
from octavo.errors import Conflict, Denied, Missing, OctavoError, Unavailable, Unknown
from octavo.ports import Clock, Head, OperationLog, Relay, SnapshotStore

__all__ = ["Peer", "RoomHost"]

TEND_EVERY: Final = 1.0
DRAIN_WITHIN: Final = 4.0
HELD: Final = 8
"""Messages kept for a peer between its hello and its welcome."""

_logger: Final = logging.getLogger(__name__)


class RoomHost:
    """Every open document of this process.  All methods are called on the loop's thread."""

    def __init__(
        self,
        *,
        log: OperationLog,
        snapshots: SnapshotStore,
        relay: Relay | None,
        clock: Clock,
        roles: Callable[[str, str], Awaitable[str | None]],
        conditions: Callable[[str], Awaitable[Conditions]] | None = None,
        marks: Callable[[str, Collection[str]], Awaitable[set[str]]] | None = None,
        frame: Callable[[bytes], bytes] = bytes,
        settings: HostSettings | None = None,
        on_changes: Callable[[str, Sequence[protocol.Change]], None] | None = None,
        busy: Callable[[], float] | None = None,
        node: str | None = None,
    ) -> None:
        """`roles(document_id, user_id)` is the role now (None: no access; raises Missing for a document that is not
        there or deleted), `conditions(document_id)` what its owner has set.
        `marks(document_id, ids)` are those of these suggestions that are or were in its log.
        `frame` makes a WebSocket frame of a payload.  `on_changes(document_id, changes)` is called after the changes
        became durable and were sent, and without changes when the document is unloaded; `busy` says which share of its
        time the loop works.  `relay` is how other nodes are told (None: there are none), `node` names this one there.
        """
        self.log = log
        self.snapshots = snapshots
        self.relay = relay
        self.node = node or secrets.token_hex(8)
        self.listeners: list[Callable[[str, Hint], None]] = []
        """Hear, with its topic, what other nodes say that is not for a room."""
        self.every_second: list[Callable[[], None]] = []
        self.clock = clock
        self.role = roles
        self.conditions = conditions or _free
        self.marks = marks or self._marks_in_log
        self.frame = frame
        self.settings = settings or HostSettings()
        self.limits = protocol.Limits(
            self.settings.operations_per_second, self.settings.message_bytes, self.settings.components
        )
        self._on_changes = on_changes
        self._busy = busy or LoopShare(clock).share
        self._rooms: dict[str, LiveRoom] = {}
        self._opening: dict[str, asyncio.Task[LiveRoom]] = {}
        self._seats: dict[int, tuple[Seat, LiveRoom | None]] = {}
        self._draining = False
        self._unsubscribe: Callable[[], None] | None = None
        self._tending: asyncio.TimerHandle | None = None
        self._polled = float("-inf")
        self._looking = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen to the relay and tend the rooms (unloading, presence that fell silent)."""
        if self.relay is not None:
            self._unsubscribe = self.relay.subscribe(EVERYWHERE, self._arrived)
        self._tending = asyncio.get_running_loop().call_later(TEND_EVERY, self._tend)

    def stop(self) -> None:
        """Stop listening and tending.  For the end of a process; `drain` calls it."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._tending is not None:
            self._tending.cancel()

    # --- peers ---------------------------------------------------------------------------------------------------

    def join(self, peer: Peer, hello: protocol.Hello) -> Coroutine[Any, Any, None]:
        """Answer a `hello`, and each repeated one, with a `welcome`, or close the peer with the code that says why.

        Sets the peer's client_id, connection, acks and role.  What the peer sends before the coroutine has ended is
        held and handled after the `welcome`.  Await it or make it a task; it does not raise.
        """
        seat, live = self._seats.get(id(peer), (None, None))
        if seat is None:
            seat = Seat(peer, "")
            self._seats[id(peer)] = (seat, None)
        seat.hellos += 1
        seat.welcomed = False
        if live is not None:
            live.seats.set_behind(seat, seat.sent)
        return self._join(peer, seat, hello, seat.hellos)

    async def _join(self, peer: Peer, seat: Seat, hello: protocol.Hello, number: int) -> None:
        try:
            if self._draining:
                raise Unavailable("UNAVAILABLE", "this server is going away; connect again")
            live = await self._open(peer.document_id)
            live.pins += 1
            try:
                if seat.gone:
                    return
                self._seats[id(peer)] = (seat, live)
                live.seats.add(seat)
                turned = await greet(self, live, seat, hello, number)
            finally:
                live.pins -= 1
        except Exception as fault:
            if not isinstance(fault, OctavoError):
                _logger.exception("a hello on document %s failed", peer.document_id)
            turned = turned_away(fault)
        if turned is not None:
            self._turn_away(peer, seat, turned)
            return
        if seat.welcomed and not seat.gone and seat.hellos == number:
            held, seat.held = seat.held, []
            for message in held:
                message()

    def _turn_away(self, peer: Peer, seat: Seat, turned: Turned) -> None:
        if not seat.gone:
            seat.gone = True
            peer.close(turned.code, turned.reason)

    def leave(self, peer: Peer) -> None:
        """The socket is closed."""
        seat, live = self._seats.pop(id(peer), (None, None))
        if seat is not None:
            seat.gone = True
            if live is not None:
                live.leave(seat)

    def drained(self, peer: Peer) -> None:
        """The peer can take more: send what it missed, from the log, never the content again."""
        seat, live = self._seats.get(id(peer), (None, None))
        if seat is not None and live is not None:
            live.pump(seat)

    def submit(self, peer: Peer, message: protocol.OperationMessage) -> None:
        """An operation from a socket.  Refusals go to the peer as error frames."""
        seat, live = self._seats.get(id(peer), (None, None))
        if seat is None or seat.gone:
            return
        if not seat.welcomed or live is None:
            self._hold(peer, seat, lambda: self.submit(peer, message))
            return
        if seat.spent is not None and message.seq <= seat.spent[0]:
            live.seats.send(seat, self.frame(error_frame(seat.spent[1], message.seq)))
            return  # the refusal and this resend have crossed: a refused seq is spent
        try:
            operation = protocol.operation(
                message,
                client_id=seat.client_id,
                user_id=peer.user.id,
                max_components=self.settings.components,
            )
            live.audience.heard(seat.client_id, now=self.clock.monotonic())
            live.submit(operation, peer.role)
        except OctavoError as fault:
            metrics.refusals.labels(fault.code).inc()
            live.seats.send(seat, self.frame(error_frame(fault, message.seq)))
        except Exception:
            _logger.exception("document %s is opened afresh after a fault", live.document_id)
            live.reset("the document is opened afresh after a fault; connect again")

    def presence(self, peer: Peer, message: protocol.PresenceMessage) -> None:
        """Where the peer's cursor is."""
        seat, live = self._seats.get(id(peer), (None, None))
        if seat is None or seat.gone:
            return
        if not seat.welcomed or live is None:
            self._hold(peer, seat, lambda: self.presence(peer, message))
            return
        uploads = () if message.uploads is UNSET else message.uploads
        if not allows(peer.role, Action.EDIT):
            uploads = ()  # what it brings would be refused
        live.point(seat.client_id, peer.user, message.revision, message.cursor, uploads)

    def heard(self, peer: Peer) -> None:
        """The peer sent something else (`ping`): it is not silent."""
        seat, live = self._seats.get(id(peer), (None, None))
        if seat is not None and live is not None:
            live.audience.heard(seat.client_id, now=self.clock.monotonic())

    def _hold(self, peer: Peer, seat: Seat, message: Callable[[], None]) -> None:
        seat.held.append(message)
        if len(seat.held) > HELD:
            seat.gone = True
            peer.close(protocol.CloseCode.TOO_MANY, "wait for the welcome before sending more")

    # --- from elsewhere ------------------------------------------------------------------------------------------

    async def submit_operation(
        self, document_id: str, operation: protocol.Operation, role: str, *, epoch: str | None = None
    ) -> protocol.Change:
        """An operation from elsewhere (REST, restore, import): returns its change when it is durable.

        `role` may be less than what the user has (a token that only reads); the role itself is read again.  `epoch`:
        the history that it is meant for; Conflict `EPOCH_CHANGED` when there is another now.  Raises
        what it is refused with; Unknown when the store did not answer in time: submit the same again.
        """
        if self._draining:
            raise Unavailable(
                "UNAVAILABLE", "this server is going away; send the operation again", retry_after_ms=1000
            )
        live = await self._open(document_id)
        live.pins += 1
        try:
            while True:
                fence = live.room.fence
                present = await self.role(document_id, operation.user_id)
                if live.room.fence == fence:
                    break
            if live.closed:
                raise Unavailable(
                    "UNAVAILABLE", "the document is opened afresh; send the same again", retry_after_ms=0
                )
            if present is None:
                raise Denied("FORBIDDEN", "you have no access to this document")
            if epoch is not None and epoch != live.room.epoch:
                await self._other_history(live)
            future = live.wait_for(operation)
            try:
                async with asyncio.timeout(self.settings.submit_timeout):
                    live.submit(operation, min(role, present, key=ROLES.index), seated=False)
                    return await future
            except TimeoutError:
                raise Unknown(
                    "the store did not answer in time: send the same again", retry_after_ms=1000
                ) from None
            finally:
                live.forget(operation, future)
        finally:
            live.pins -= 1

    async def _other_history(self, live: LiveRoom) -> None:
        """An operation is for another history than the room's: which of the two is behind?  Raises."""
        head = await self.log.head(live.document_id)
        if head.epoch == live.room.epoch:
            reason = "the document has another history now; read it again"
            raise Conflict("EPOCH_CHANGED", reason, epoch=head.epoch)
        live.reset("the document's history was restored; connect again")
        raise Unavailable(
            "UNAVAILABLE", "the document is opened afresh; send the same again", retry_after_ms=0
        )

    async def content(self, document_id: str) -> tuple[Head, Content]:
        """The content at the head, caught up with the log.  Use it before the next await, and never change it."""
        started = self.clock.monotonic()
        warm = document_id in self._rooms
        live = await self._open(document_id)
        if warm:
            head = await self.log.head(document_id)
            if head.epoch != live.room.epoch:
                live.reset("the document's history was restored; connect again")
                live = await self._open(document_id)
            elif head.revision > live.room.head:
                await live.read_log()
            metrics.load.labels("room").observe(self.clock.monotonic() - started)
        room = live.room
        return Head(room.epoch, room.head, room.fence), room.head_content()

    async def content_at(self, document_id: str, revision: int) -> Delta:
        """The content at any revision.  Raises Missing, with the head, for one that the log does not reach."""
        live = self._rooms.get(document_id)
        if live is not None and live.room.head == revision:
            return live.room.head_content().to_delta()
        head = await self.log.head(document_id)
        if not 0 <= revision <= head.revision:
            raise no_revision(revision, head.revision)
        return (await content_at(self.log, self.snapshots, document_id, revision)).to_delta()

    async def latest(self, document_id: str) -> tuple[int, Delta]:
        """Revision and content at the head, without opening a room for it: for jobs.  Raises Missing."""
        live = self._rooms.get(document_id)
        if live is not None and not live.closed:
            return live.room.head, live.room.head_content().to_delta()
        head = await self.log.head(document_id)
        found = await content_at(self.log, self.snapshots, document_id, head.revision)
        return head.revision, found.to_delta()

    async def rights_changed(self, document_id: str) -> None:
        """Read the roles of its peers again: `permission.changed`, and close those who may no longer read."""
        live = self._rooms.get(document_id)
        self.tell(document_id, Rights())
        if live is not None:
            await live.read_rights()

    def event(self, document_id: str, event: str, data: Any, *, user_id: str | None = None) -> None:
        """Send an `event` to the peers of a document, or to those of one user there."""
        encoded = protocol.encode(protocol.Event(event, data))
        live = self._rooms.get(document_id)
        if live is not None:
            live.seats.send_to_all(self.frame(encoded), user_id)
        self.tell(document_id, Told(encoded, user_id))

    # --- other nodes ---------------------------------------------------------------------------------------------

    def tell(self, topic: str, hint: Hint) -> None:
        """Say something to the other nodes: about a document, or EVERYWHERE."""
        if self.relay is not None:
            self.relay.publish(topic, write(self.node, hint))

    def heard_elsewhere(self, topic: str, hint: Hint) -> None:
        """Another node has said something that is not for a room."""
        for listener in self.listeners:
            listener(topic, hint)

    def shared(self, document_id: str) -> bool:
        """Whether other nodes have the document open too, as far as is known."""
        live = self._rooms.get(document_id)
        return live is not None and len(live.between.nearby) > 0

    def elsewhere(self, document_id: str) -> set[str]:
        """The ids of the users who have the document open at other nodes, as far as is known."""
        live = self._rooms.get(document_id)
        return set() if live is None else live.between.nearby.users()

    def look_soon(self) -> None:
        """Read the heads at the next turn: something may have been missed."""
        self._polled = float("-inf")

    def _arrived(self, message: bytes) -> None:
        heard = read(message)
        if heard is not None and heard[0] != self.node:
            try:
                self.heard_elsewhere(EVERYWHERE, heard[1])
            except Exception:
                _logger.exception("what another node said could not be heeded")

    async def drain(self, after_ms: int) -> None:
        """Send everybody away (`redirect`), and return when what was accepted is durable and sent."""
        self._draining = True
        frame = self.frame(protocol.encode(protocol.Redirect(after_ms)))
        for live in list(self._rooms.values()):
            live.seats.send_to_all(frame)
        end = self.clock.monotonic() + DRAIN_WITHIN
        for live in list(self._rooms.values()):
            await live.flushed(end)
        self.stop()

    async def _marks_in_log(self, document_id: str, ids: Collection[str]) -> set[str]:
        """Read from the log itself: for hosts without an index of suggestions."""
        found: set[str] = set()
        after = 0
        while len(found) < len(ids):
            page = await self.log.read(document_id, after=after, limit=protocol.CHANGES_PER_PAGE)
            for change in page:
                found |= suggestions.ids_in(change.delta) & set(ids)
            if len(page) < protocol.CHANGES_PER_PAGE:
                break
            after = page[-1].revision
        return found

    # --- rooms ---------------------------------------------------------------------------------------------------

    async def _open(self, document_id: str) -> LiveRoom:
        """The room; opened once however many callers there are."""
        live = self._rooms.get(document_id)
        if live is not None:
            live.used = self.clock.monotonic()
            return live
        task = self._opening.get(document_id)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._load(document_id))
            self._opening[document_id] = task
            task.add_done_callback(lambda done: self._opened(document_id, done))
        return await asyncio.shield(task)

    def _opened(self, document_id: str, done: asyncio.Task[LiveRoom]) -> None:
        self._opening.pop(document_id, None)
        if not done.cancelled():
            done.exception()  # it was raised to those who wait; nobody waiting is no fault

    async def _load(self, document_id: str) -> LiveRoom:
        started = self.clock.monotonic()
        room, source = await open_room(self.log, self.snapshots, document_id, self.settings)
        # After the fence, so that a lock set since is met by `Fenced`.
        conditions = await self.conditions(document_id)
        live = self._rooms[document_id] = LiveRoom(self, document_id, room)
        live.set_conditions(conditions)
        live.between.start()
        metrics.load.labels(source).observe(self.clock.monotonic() - started)
        metrics.rooms.set(len(self._rooms))
        return live

    def rooms(self) -> list[LiveRoom]:
        """What is open."""
        return list(self._rooms.values())

    def drop(self, live: LiveRoom) -> None:
        """The room is no longer to be used."""
        if self._rooms.get(live.document_id) is live:
            del self._rooms[live.document_id]

    def changed(self, document_id: str, changes: Sequence[protocol.Change]) -> None:
        """Tell who follows the changes of this process (jobs); a fault there is not ours."""
        if self._on_changes is not None:
            try:
                self._on_changes(document_id, changes)
            except Exception:
                _logger.exception("a follower of document %s failed", document_id)

    def window(self) -> float:
        """Seconds for which operations are gathered before an append to a document that is not quiet."""
        busy = self._busy()
        return 0.005 if busy <= 0.7 else 0.01 if busy < 0.95 else 0.025

    def _tend(self) -> None:
        """Once a second: forget the silent, unload the unused, and look at the heads when hints may be lost."""
        self._tending = asyncio.get_running_loop().call_later(TEND_EVERY, self._tend)
        now = self.clock.monotonic()
        poll = self.settings.poll_every
        if poll is not None and now - self._polled >= poll and not self._looking:
            self._polled, self._looking = now, True
            task = asyncio.get_running_loop().create_task(self._look(now))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        for live in list(self._rooms.values()):
            if live.audience.silent(now=now):
                live.plan_presence()
            if len(live.seats):
                live.used = now
            elif now - live.used >= self.settings.unload_after and self._unused(live):
                self._unload(live, "unloaded")
            if not live.closed:
                live.between.tend(now)
        for chore in self.every_second:
            chore()
        self._make_room()
        metrics.rooms.set(len(self._rooms))
        metrics.peers.set(len(self._seats))

    async def _look(self, now: float) -> None:
        """The heads of all that is open, in one question."""
        rooms = dict(self._rooms)
        try:
            heads = await self.log.heads(list(rooms))
        except Exception as fault:
            _logger.warning("the heads of %d documents cannot be read (%s)", len(rooms), fault)
            return
        finally:
            self._looking = False
        for document_id, live in rooms.items():
            if live.closed:
                continue
            head = heads.get(document_id)
            if head is None:
                live.start(live.read_rights())  # it is gone, and that says so to everybody
            else:
                live.between.compare(head, now)

    def _unused(self, live: LiveRoom) -> bool:
        return not len(live.seats) and live.room.idle and not live.pins

    def _unload(self, live: LiveRoom, reason: str) -> None:
        live.reset(reason)
        self.changed(live.document_id, ())

    def _make_room(self) -> None:
        """Short of memory: the longest idle go first."""
        size = sum(live.room.bytes for live in self._rooms.values())
        if size <= self.settings.memory_bytes:
            return
        for live in sorted(filter(self._unused, self._rooms.values()), key=lambda live: live.used):
            size -= live.room.bytes
            self._unload(live, "unloaded to make room")
            if size <= self.settings.memory_bytes:
                return


async def _free(document_id: str) -> Conditions:
    return Conditions()


def no_revision(revision: int, head: int) -> Missing:
    """What is told of a revision that the log does not reach."""
    reason = f"there is no revision {revision}: the document has revisions 0 to {head}"
    return Missing("NOT_FOUND", reason, current_revision=head)


class LoopShare:
    """Which share of the time the loop's thread computes, measured over a tenth of a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall = clock.monotonic()
        self._cpu = time.thread_time()
        self._share = 0.0

    def share(self) -> float:
        """0 … 1."""
        wall = self._clock.monotonic()
        if wall - self._wall >= 0.1:
            cpu = time.thread_time()
            self._share = (cpu - self._cpu) / (wall - self._wall)
            self._wall, self._cpu = wall, cpu
        return self._share
