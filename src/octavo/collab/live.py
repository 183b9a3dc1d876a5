"""One open document with its I/O: performs the room's effects, appends, follows the log, brings peers up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final

from octavo import metrics, protocol
from octavo.access import Action, allows
from octavo.collab.between import Between
from octavo.collab.entry import (
    Broadcast,
    Continue,
    Effects,
    Ignore,
    Known,
    LoadClient,
    LoadMarks,
    ReadLog,
    ReadOld,
    Refuse,
    Taken,
)
from octavo.collab.places import Places
from octavo.collab.presence import Audience
from octavo.collab.room import Room
from octavo.collab.seats import Seat, Seats
from octavo.collab.settings import Conditions
from octavo.collab.welcome import FRAME_BYTES, first_part, parts
from octavo.delta import suggestions
from octavo.errors import TEMPORARY, Conflict, Denied, Invalid, Missing, OctavoError, Unavailable
from octavo.ports import AlreadyLogged, Fenced, RevisionTaken
from octavo.protocol import CHANGES_PER_PAGE, Change, CloseCode, Cursor, Operation, Upload, User

if TYPE_CHECKING:
    from octavo.collab.host import RoomHost

PAUSES: Final = (0.0, 0.05, 0.2, 0.5, 1.0, 2.0)
"""Seconds between tries of a store that fails; the last one again and again."""
QUIET_AFTER: Final = 0.01

_logger: Final = logging.getLogger(__name__)


class LiveRoom:
    """A room, its peers, and the tasks that serve them.  `closed`: dropped or forked; open the document again."""

    def __init__(self, host: RoomHost, document_id: str, room: Room) -> None:
        self.document_id = document_id
        self.room = room
        self.seats = Seats()
        self.audience = Audience(room.head)
        self.places = Places(host.settings.editors)
        self.owners: dict[str, str] = {}
        self.lock: protocol.Lock | None = None
        self.closed = False
        self.pins = 0
        self.used = host.clock.monotonic()
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._appending = False
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._presence_timer: asyncio.TimerHandle | None = None
        self._last_operation = float("-inf")
        self._reader: asyncio.Task[None] | None = None
        self._read_again = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiters: dict[tuple[str, int], list[asyncio.Future[Change]]] = {}
        self._content: tuple[int, bytes] = (-1, b"")
        self.between = Between(self, host)

    # --- operations ----------------------------------------------------------------------------------------------

    def submit(self, operation: Operation, role: str, *, seated: bool = True) -> None:
        """The hot path: into the room, and a batch is planned.  `seated`: it takes an editor's place."""
        now = self._host.clock.monotonic()
        metrics.operations.inc()
        known = self.room.row(operation.client_id)[1] is not None
        elsewhere = self.between.nearby.editors
        if seated and not self.places.take(operation.client_id, now=now, known=known, elsewhere=elsewhere):
            reason = (
                "as many people edit here as there is room for; the operation is accepted when someone leaves"
            )
            self._refused(operation, Conflict("ROOM_FULL", reason, retry_after_ms=5000))
            return
        effects = self.room.submit(operation, role, now)
        if effects:
            self.perform(effects)
        if self._timer is None and not self._appending and self.room.ready:
            self._plan(now)
        self._last_operation = now

    def wait_for(self, operation: Operation) -> asyncio.Future[Change]:
        """Resolves with the change when it is durable, fails with what the operation is refused with."""
        future: asyncio.Future[Change] = self._loop.create_future()
        self._waiters.setdefault((operation.client_id, operation.seq), []).append(future)
        return future

    def forget(self, operation: Operation, future: asyncio.Future[Change]) -> None:
        """Nobody waits for it any more."""
        key = (operation.client_id, operation.seq)
        waiting = self._waiters.get(key, [])
        if future in waiting:
            waiting.remove(future)
        if not waiting:
            self._waiters.pop(key, None)

    def perform(self, effects: Effects) -> None:
        """Do what the room asks for, in order."""
        for effect in effects:
            match effect:
                case Broadcast():
                    self._broadcast(effect)
                case Refuse(operation, error):
                    self._refused(operation, error)
                case Known(operation, revision):
                    self._known(operation, revision)
                case Ignore(operation):
                    self._answer(
                        operation, Invalid("INVALID_OPERATION", "this client has logged a later seq")
                    )
                case Taken(operation):
                    self._taken(operation)
                case ReadLog():
                    self.read_soon()
                case ReadOld(after):
                    self.start(self._read_old(after))
                case LoadClient(client_id):
                    self.start(self._load_client(client_id))
                case LoadMarks(client_id, ids):
                    self.start(self._load_marks(client_id, ids))
                case Continue():
                    self._loop.call_soon(self.guard, self._work)

    def guard(self, work: Callable[[], None]) -> None:
        """Run a step; a fault of ours costs this document a fresh start, and nobody else anything."""
        if self.closed:
            return
        try:
            work()
        except Exception:
            _logger.exception("document %s is opened afresh after a fault", self.document_id)
            self.reset("the document is opened afresh after a fault; connect again")

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a task of this document, contained."""
        task = self._loop.create_task(self._contained(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _contained(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            _logger.exception("document %s is opened afresh after a fault", self.document_id)
            self.reset("the document is opened afresh after a fault; connect again")

    def _work(self) -> None:
        self.perform(self.room.work())
        self.plan()

    def _refused(self, operation: Operation, error: OctavoError) -> None:
        metrics.refusals.labels(error.code).inc()
        seat = self._seat_of(operation)
        if seat is not None:
            if error.code not in TEMPORARY:
                seat.spent = (operation.seq, error)
            self.seats.send(seat, self._host.frame(error_frame(error, operation.seq)))
        self._answer(operation, error)

    def _seat_of(self, operation: Operation) -> Seat | None:
        seat = self.seats.of(operation.client_id)
        return seat if seat is not None and seat.peer.user.id == operation.user_id else None

    def _answer(self, operation: Operation, error: OctavoError) -> None:
        for future in self._waiters.pop((operation.client_id, operation.seq), ()):
            if not future.done():
                future.set_exception(error)

    def _known(self, operation: Operation, revision: int) -> None:
        seat = self._seat_of(operation)
        if seat is not None and seat.peer.acks:
            self.seats.send(seat, self._host.frame(protocol.encode(protocol.Ack(operation.seq, revision))))
        if (operation.client_id, operation.seq) in self._waiters:
            self.start(self._answer_known(operation, revision))

    async def _answer_known(self, operation: Operation, revision: int) -> None:
        try:
            [change] = await self._host.log.read(self.document_id, after=revision - 1, limit=1)
        except Exception as fault:
            _logger.warning("document %s: change %d cannot be read (%s)", self.document_id, revision, fault)
            self._answer(
                operation, Unavailable("UNAVAILABLE", "the store does not answer", retry_after_ms=1000)
            )
            return
        for future in self._waiters.pop((operation.client_id, operation.seq), ()):
            if not future.done():
                future.set_result(change)

    def _taken(self, operation: Operation) -> None:
        seat = self._seat_of(operation)
        if seat is not None:
            self.seats.close(seat, CloseCode.CLIENT_TAKEN, "the client_id is another user's: take a new one")
        self._answer(operation, Denied("FORBIDDEN", "the client_id is another user's: take a new one"))

    # --- the log -------------------------------------------------------------------------------------------------

    def plan(self) -> None:
        """Append what waits after the batching window, unless a batch is under way."""
        if self._timer is None and not self._appending and self.room.ready and not self.closed:
            self._plan(self._host.clock.monotonic())

    def _plan(self, now: float) -> None:
        if now - self._last_operation >= QUIET_AFTER:
            self._timer = self._loop.call_soon(self.guard, self._append)
        else:
            self._timer = self._loop.call_later(self._host.window(), self.guard, self._append)

    def _append(self) -> None:
        self._timer = None
        if self.room.take_batch(self._host.clock.now()):
            self._appending = True
            self.start(self._store())

    async def _store(self) -> None:
        """Append what is in flight until it is known to be in the log, or has been thrown away."""
        room, tries = self.room, 0
        try:
            while room.in_flight and not self.closed:
                batch = room.batch()
                started = self._host.clock.monotonic()
                try:
                    await self._host.log.append(
                        self.document_id,
                        epoch=room.epoch,
                        expected_revision=room.head,
                        fence=room.fence,
                        changes=batch,
                    )
                except Exception as fault:
                    await self._not_appended(fault, tries)
                    tries += 1
                else:
                    room.failing = False
                    self.between.confirm(started)  # the fence was compared in the same step
                    metrics.commit.observe(self._host.clock.monotonic() - started)
                    self.perform(room.logged(batch))
        finally:
            self._appending = room.failing = False
        self.plan()

    async def flushed(self, end: float) -> None:
        """Return when all that was accepted is durable and sent, or at `end` of the clock."""
        while not self.room.idle and not self.closed and self._host.clock.monotonic() < end:
            if self._timer is not None:
                self._timer.cancel()
                self.guard(self._append)
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(0)

    async def _not_appended(self, fault: Exception, tries: int) -> None:
        """Find out what became of the batch: thrown away, logged after all, or still to be appended."""
        if isinstance(fault, Fenced):
            await self.read_rights()
        elif isinstance(fault, AlreadyLogged):
            self.perform(self.room.client_loaded(fault.client_id, fault.row))
            await self.read_log()
            if self.room.in_flight:
                self.perform(self.room.anew())
        elif isinstance(fault, RevisionTaken):
            await self.read_log()
        elif isinstance(fault, OctavoError) and fault.code == "EPOCH_CHANGED":
            self.reset("the document's history was restored; connect again")
        else:
            _logger.warning("document %s: append failed (%s); reading the log", self.document_id, fault)
            if tries == 1:
                self.perform(self.room.unavailable())
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            await self.read_log()

    def read_soon(self) -> None:
        """Follow the log to its end."""
        if self._reader is None:
            self._reader = self.start(self._read_to_end())
        else:
            self._read_again = True

    async def read_log(self) -> None:
        """Follow the log to its end, and return when everything up to now is known."""
        self.read_soon()
        reader = self._reader
        if reader is not None:
            await asyncio.shield(reader)

    async def _read_to_end(self) -> None:
        tries = 0
        try:
            while not self.closed:
                try:
                    page = await self._host.log.read(
                        self.document_id, after=self.room.head, limit=CHANGES_PER_PAGE
                    )
                except Exception as fault:
                    _logger.warning("document %s: the log cannot be read (%s)", self.document_id, fault)
                    if tries == 1:
                        self.perform(self.room.unavailable())
                    await asyncio.sleep(PAUSES[min(tries + 1, len(PAUSES) - 1)])
                    tries += 1
                    continue
                if not self._appending:
                    self.room.failing = False
                self.between.may_deliver()
                self.perform([effect for effect in self.room.logged(page) if not isinstance(effect, ReadLog)])
                if len(page) < CHANGES_PER_PAGE:
                    if not self._read_again:
                        break
                    self._read_again = False
        finally:
            self._reader = None
        if not self.closed:
            self.perform(self.room.caught_up())
            self.plan()

    async def _read_old(self, after: int) -> None:
        try:
            page = await self._host.log.read(self.document_id, after=after, limit=CHANGES_PER_PAGE)
        except Exception as fault:
            _logger.warning("document %s: old changes cannot be read (%s)", self.document_id, fault)
            page = []
        self.perform(self.room.older(page))
        self.plan()

    async def _load_client(self, client_id: str) -> None:
        try:
            row = await self._host.log.client(self.document_id, client_id)
        except Exception as fault:
            _logger.warning("document %s: a client's row cannot be read (%s)", self.document_id, fault)
            self.perform(self.room.client_not_loaded(client_id))
        else:
            self.perform(self.room.client_loaded(client_id, row))
            self.plan()

    async def _load_marks(self, client_id: str, ids: frozenset[str]) -> None:
        known: set[str] | None = suggestions.ids_in(self.room.head_content().to_delta()) & ids
        try:
            if known is not None and known < ids:
                known |= await self._host.marks(self.document_id, ids - known)
        except Exception as fault:
            _logger.warning("document %s: its suggestions cannot be read (%s)", self.document_id, fault)
            known = None
        self.perform(self.room.marks_loaded(client_id, known))
        self.plan()

    async def read_rights(self) -> None:
        """Read the fence, then the roles under it, of everybody here and of all authors on their way."""
        tries = 0
        while not self.closed:
            since = self._host.clock.monotonic()
            try:
                head = await self._host.log.head(self.document_id)
                if head.epoch != self.room.epoch:
                    self.reset("the document's history was restored; connect again")
                    return
                users = self.room.users() | {seat.peer.user.id for seat in self.seats.all()}
                roles = {user: await self._host.role(self.document_id, user) for user in sorted(users)}
                conditions = await self._host.conditions(self.document_id)
                again = await self._host.log.head(self.document_id)
            except Missing as fault:
                self._gone(fault)
                return
            except Exception as fault:
                _logger.warning("document %s: the roles cannot be read (%s)", self.document_id, fault)
                await asyncio.sleep(PAUSES[min(tries + 1, len(PAUSES) - 1)])
                tries += 1
                continue
            present = self.room.users() | {seat.peer.user.id for seat in self.seats.all()}
            if again.fence == head.fence and present <= roles.keys():
                break
        else:
            return
        self._new_roles(roles)
        lock = conditions.lock
        reason = None if lock is None else lock.reason
        self.perform(self.room.rights(head.fence, roles, reason, suggesting=conditions.suggesting))
        self._new_lock(lock)
        self.between.confirm(since)
        if head.revision > self.room.head:
            self.read_soon()
        self.plan()

    def _gone(self, fault: Missing) -> None:
        """The document was deleted: what is on its way is refused."""
        self.perform(self.room.rights(self.room.fence, {}))
        deleted = fault.code == "DOCUMENT_DELETED"
        self.close_all(CloseCode.DELETED if deleted else CloseCode.NOT_FOUND, fault.message)

    def set_conditions(self, conditions: Conditions) -> None:
        """Whether anybody may write or suggest, as read under the room's fence or a later one."""
        lock = self.lock = conditions.lock
        self.room.lock = None if lock is None else lock.reason
        self.room.suggesting = conditions.suggesting

    def lock_event(self) -> bytes:
        """What tells a peer whether the document is locked."""
        name = "document.unlocked" if self.lock is None else "document.locked"
        data = {"id": self.document_id, "locked": self.lock}
        return self._host.frame(protocol.encode(protocol.Event(name, data)))

    def _new_lock(self, lock: protocol.Lock | None) -> None:
        if lock != self.lock:
            self.lock = lock
            self.seats.send_to_all(self.lock_event())

    def _new_roles(self, roles: dict[str, str | None]) -> None:
        for seat in self.seats.all():
            user = seat.peer.user
            if not seat.welcomed or user.id not in roles or roles[user.id] == seat.peer.role:
                continue
            role = roles[user.id]
            data = {"user": user, "role": role}
            self.seats.send(
                seat, self._host.frame(protocol.encode(protocol.Event("permission.changed", data)))
            )
            if role is None:
                self.seats.close(seat, CloseCode.FORBIDDEN, "you may no longer read this document")
            else:
                seat.peer.role = role
                if not allows(role, Action.EDIT) and self.audience.bring_nothing(seat.client_id):
                    self.plan_presence()

    # --- peers ---------------------------------------------------------------------------------------------------

    def _broadcast(self, effect: Broadcast) -> None:
        """What is durable now, to everybody: encoded once, framed once."""
        changes, frame = effect.changes, self._host.frame
        before = changes[0].revision - 1
        for part in parts(changes):
            self.seats.send_changes(frame(protocol.changes_frame(part)), before)
            before = part[-1].revision
        self.audience.changed(changes)
        if self.audience.dirty:
            self.plan_presence()  # a cursor that was ahead of the head
        for change in changes:
            seat = self.seats.of(change.client_id)
            if seat is not None and seat.peer.acks and seat.welcomed:
                self.seats.send(seat, frame(protocol.encode(protocol.Ack(change.seq, change.revision))))
            if self._waiters:
                for future in self._waiters.pop((change.client_id, change.seq), ()):
                    if not future.done():
                        future.set_result(change)
        if effect.own:
            metrics.changes.inc(effect.own)
            metrics.batch_size.observe(effect.own)
            metrics.transformed.inc(effect.transformed)
            if effect.arrived is not None:
                metrics.propagation.observe(self._host.clock.monotonic() - effect.arrived)
            self.between.logged(changes)
        self._host.changed(self.document_id, changes)

    def plan_presence(self) -> None:
        """One frame at the end of the window."""
        if self._presence_timer is None and not self.closed:
            window = self._host.settings.presence_window
            self._presence_timer = self._loop.call_later(window, self.guard, self._send_presence)

    def _send_presence(self) -> None:
        self._presence_timer = None
        message = self.audience.window(self.room.head_length)
        if message is not None:
            frame = self._host.frame(protocol.encode(message))
            self.seats.send_passing(frame, message.left, self.room.head)
            self.between.moved(message)

    def point(
        self,
        client_id: str,
        user: User,
        revision: int,
        cursor: Cursor | None,
        uploads: Sequence[Upload] = (),
    ) -> None:
        """Where a client's cursor is and where images of its are to come, counted at a revision."""
        recent = self.room.recent
        self.audience.state(
            client_id,
            user,
            revision,
            cursor,
            uploads=uploads,
            now=self._host.clock.monotonic(),
            changes_after=lambda after: recent.after(after) if recent.covers(after) else (),
        )
        self.plan_presence()

    def pump(self, seat: Seat) -> None:
        """Bring a peer that is behind up to the head, as fast as it reads."""
        if self.between.withheld:
            return
        if seat.live:
            self.seats.flush(seat)
        elif not seat.pumping and not seat.gone and seat.welcomed:
            seat.pumping = True
            metrics.resyncs.inc()
            self.start(self._pump(seat, seat.hellos))

    async def _pump(self, seat: Seat, hello: int) -> None:
        try:
            while not seat.gone and seat.hellos == hello and seat.sent < self.room.head:
                if self.between.withheld:
                    return
                if self.room.recent.covers(seat.sent):
                    page: Sequence[Change] = self.room.recent.after(seat.sent, CHANGES_PER_PAGE)
                else:
                    page = await self._page_after(seat.sent)
                part = first_part(page, FRAME_BYTES)
                if seat.gone or seat.hellos != hello or not part or part[0].revision != seat.sent + 1:
                    return
                if not seat.peer.send(self._host.frame(protocol.changes_frame(part))):
                    return
                seat.sent = part[-1].revision
        finally:
            seat.pumping = False
        if not seat.gone and seat.hellos == hello:
            self._caught_up(seat)

    async def _page_after(self, revision: int) -> list[Change]:
        for pause in PAUSES:
            try:
                return await self._host.log.read(self.document_id, after=revision, limit=CHANGES_PER_PAGE)
            except Exception as fault:
                _logger.warning("document %s: a peer waits for the log (%s)", self.document_id, fault)
                await asyncio.sleep(pause + 0.05)
        return []

    def _caught_up(self, seat: Seat) -> None:
        people = self.audience.everybody(self.room.head_length, but=seat.client_id)
        presence = protocol.encode(protocol.Presences(self.room.head, people, sorted(seat.left)))
        if self.seats.flush(seat) and seat.peer.send(self._host.frame(presence)):
            seat.left.clear()
            self.seats.set_live(seat, self.room.head)

    def content_json(self) -> bytes:
        """The content at the head as JSON, encoded once per revision."""
        if self._content[0] != self.room.head:
            delta = self.room.head_content().to_delta()
            self._content = (self.room.head, protocol.ops_to_json(delta))
        return self._content[1]

    def leave(self, seat: Seat) -> None:
        """The socket is closed."""
        now = self._host.clock.monotonic()
        self.used = now
        if self.seats.remove(seat):
            self.places.leave(seat.client_id, now=now)
            self.audience.leave(seat.client_id)
            self.between.left(seat.client_id)
            self.plan_presence()

    def close_all(self, code: int, reason: str) -> None:
        for seat in self.seats.all():
            self.seats.close(seat, code, reason)

    def reset(self, reason: str) -> None:
        """Drop everything but the log: peers reconnect, and find the document opened afresh."""
        if self.closed:
            return
        self.closed = True
        self.between.close()
        self._host.drop(self)
        for timer in (self._timer, self._presence_timer):
            if timer is not None:
                timer.cancel()
        self.close_all(CloseCode.DRAINING, reason)
        fault = Unavailable("UNAVAILABLE", reason, retry_after_ms=1000)
        for futures in self._waiters.values():
            for future in futures:
                if not future.done():
                    future.set_exception(fault)
        self._waiters.clear()


def error_frame(error: OctavoError, seq: int | None) -> bytes:
    """An `error` for an exception of ours."""
    details = error.details
    return protocol.encode(
        protocol.Error(
            error.code,
            error.message,
            seq,
            details.get("retry_after_ms"),
            details.get("current_revision"),
            details.get("missing_operations"),
        )
    )
