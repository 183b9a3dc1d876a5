"""Bugs that somebody could make, each put into the real code for a moment, and the seeds that catch it.

A simulation that lets one of them pass proves nothing (`test_planted.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from octavo.adapters.memory import MemoryLog, MemorySnapshots
from octavo.client.effects import Effect as ClientEffect
from octavo.client.effects import Send
from octavo.client.machine import Machine
from octavo.collab.between import Between
from octavo.collab.entry import Effects, Entry
from octavo.collab.hints import Changed, carried
from octavo.collab.host import RoomHost
from octavo.collab.live import LiveRoom
from octavo.collab.recent import Recent
from octavo.collab.room import Room
from octavo.collab.seats import Seats
from octavo.delta import Delta, wire
from octavo.errors import Conflict, Invalid, OctavoError
from octavo.ports import AlreadyLogged, ClientRow, Fenced, RevisionTaken, Snapshot
from octavo.protocol import Change, OperationMessage, Welcome

Bug = Callable[[], AbstractContextManager[Any]]

_enqueue = Room._enqueue
_take = Room._take
_put = MemorySnapshots.put
_append = MemoryLog.append
_client_loaded = Room.client_loaded
_after = Recent.after
_rights = Room.rights
_rebuild = Machine._rebuild


def acknowledged_before_commit() -> AbstractContextManager[Any]:
    """Shown to everybody while the log is still at it."""

    async def store(self: LiveRoom) -> None:
        batch, room = self.room.batch(), self.room
        before = room.head
        self.perform(room.logged(batch))
        try:
            await self._host.log.append(
                self.document_id, epoch=room.epoch, expected_revision=before, fence=room.fence, changes=batch
            )
        except OctavoError:
            await self.read_log()
        finally:
            self._appending = False
        self.plan()

    return patch.object(LiveRoom, "_store", store)


def checked_then_inserted() -> AbstractContextManager[Any]:
    """The log looks whether the revision is free, and inserts a moment later."""

    async def append(self: MemoryLog, document_id: str, **given: Any) -> None:
        document = self._document(document_id)
        if given["expected_revision"] != len(document.changes):
            raise RevisionTaken(len(document.changes))
        if given["fence"] != document.fence:
            raise Fenced(document.fence)
        await asyncio.sleep(0.005)
        document.changes.extend(given["changes"])
        for change in given["changes"]:
            row = ClientRow(change.user_id, change.seq, change.revision, change.digest)
            document.clients[change.client_id] = row

    return patch.object(MemoryLog, "append", append)


def remembered_in_memory_only() -> AbstractContextManager[Any]:
    """A node knows only what it took in itself since it started, and the log does not look either."""

    def remember(self: Room, change: Change) -> None:
        self.head = change.revision
        self.recent.add(change)
        self._rows.setdefault(change.client_id, None)

    async def client(self: MemoryLog, document_id: str, client_id: str) -> None:
        return None

    async def append(self: MemoryLog, document_id: str, **given: Any) -> None:
        self._document(document_id).clients.clear()
        await _append(self, document_id, **given)

    patches = ExitStack()
    patches.enter_context(patch.multiple(MemoryLog, client=client, append=append))
    patches.enter_context(patch.object(Room, "_remember", remember))
    return patches


def _with_based(based: Callable[[Room, Entry], Delta]) -> AbstractContextManager[Any]:
    def enqueue(self: Room, entry: Entry) -> Effects:
        if entry.at < self.head:
            entry.based = based(self, entry)
            entry.at = self.head
        return _enqueue(self, entry)

    return patch.object(Room, "_enqueue", enqueue)


def transformed_on_the_wrong_side() -> AbstractContextManager[Any]:
    """The later text stands to the left."""

    def based(room: Room, entry: Entry) -> Delta:
        delta = entry.based
        for change in room.recent.after(entry.at):
            delta = delta.transform_before(change.delta)
        return delta

    return _with_based(based)


def history_folded() -> AbstractContextManager[Any]:
    """Changes are composed before an operation is transformed over them."""

    def based(room: Room, entry: Entry) -> Delta:
        folded = Delta()
        for change in room.recent.after(entry.at):
            folded = folded.compose(change.delta)
        return entry.based.transform_after(folded)

    return _with_based(based)


def off_by_one() -> AbstractContextManager[Any]:
    """The changes after a revision lack the first."""

    def after(self: Recent, revision: int, limit: int | None = None) -> list[Change]:
        changes = _after(self, revision, limit)
        return changes[1:] if len(changes) > 1 else changes

    return patch.object(Recent, "after", after)


def roles_not_read_again() -> AbstractContextManager[Any]:
    """A raised fence is taken over, and what waits is appended under it."""

    def rights(self: Room, fence: int, roles: dict[str, str | None], *more: Any) -> Effects:
        return _rights(self, fence, dict.fromkeys(roles, "editor"), *more)

    return patch.object(Room, "rights", rights)


def never_caught_up() -> AbstractContextManager[Any]:
    """A peer that was skipped stays behind."""
    return patch.object(LiveRoom, "pump", lambda self, seat: None)


def snapshot_one_early() -> AbstractContextManager[Any]:
    """The content of a revision is kept under the next."""

    async def put(self: MemorySnapshots, document_id: str, snapshot: Snapshot) -> None:
        await _put(self, document_id, Snapshot(snapshot.revision + 1, snapshot.content))

    return patch.object(MemorySnapshots, "put", put)


def in_flight_altered() -> AbstractContextManager[Any]:
    """A client resends the copy that it moved along."""

    def resend(self: Machine) -> list[ClientEffect]:
        self._retry_at = None
        if self.in_flight is None or not self.joined or self.revision is None:
            return []
        sent = self.in_flight
        sent.on_this_socket = True
        return [Send(OperationMessage(sent.sent.seq, self.revision, wire.to_wire(sent.moved)))]

    return patch.object(Machine, "_resend", resend)


def retried_incrementally() -> AbstractContextManager[Any]:
    """After a lost race the transformed changes are transformed further."""

    def roll_back(self: Room) -> list[Entry]:
        queue = self.in_flight + self.waiting
        for entry in reversed(queue):
            if entry.inverse is not None:
                self.content.apply(entry.inverse)
                entry.inverse = None
        for entry in queue:
            entry.based, entry.at = entry.delta, self.head
        self.in_flight, self.waiting = [], []
        self._queue_units = 0
        return queue

    return patch.object(Room, "_roll_back", roll_back)


def tip_not_rolled_back() -> AbstractContextManager[Any]:
    """After a lost race the content keeps what was thrown away."""

    def roll_back(self: Room) -> list[Entry]:
        queue = self.in_flight + self.waiting
        self.in_flight, self.waiting = [], []
        self._queue_units = 0
        return queue

    return patch.object(Room, "_roll_back", roll_back)


def unknown_taken_for_failed() -> AbstractContextManager[Any]:
    """A store that did not answer is taken for one that refused."""
    known = LiveRoom._not_appended

    async def not_appended(self: LiveRoom, fault: Exception, tries: int) -> None:
        if not isinstance(fault, (Conflict, AlreadyLogged, Fenced)):
            refused = self.room._roll_back()
            error = Invalid("INVALID_OPERATION", "the store refused it")
            self.perform([self.room._refuse(entry, error) for entry in refused])
        await known(self, fault, tries)

    return patch.object(LiveRoom, "_not_appended", not_appended)


def fence_ignored() -> AbstractContextManager[Any]:
    """The log does not compare the fence."""

    async def append(self: MemoryLog, document_id: str, **given: Any) -> None:
        given["fence"] = self._document(document_id).fence
        await _append(self, document_id, **given)

    return patch.object(MemoryLog, "append", append)


def empty_not_logged() -> AbstractContextManager[Any]:
    """An operation that transforms to nothing is dropped, so its author waits for ever."""

    def enqueue(self: Room, entry: Entry) -> Effects:
        delta = entry.based
        for change in self.recent.after(entry.at):
            delta = delta.transform_after(change.delta)
        if not delta.ops and entry.operation.delta.ops:
            self._pending.pop(entry.operation.client_id, None)
            return ()
        return _enqueue(self, entry)

    return patch.object(Room, "_enqueue", enqueue)


def refused_without_reading() -> AbstractContextManager[Any]:
    """A node that lags refuses what another has logged under rights that have gone since."""

    def surely(self: Room, entry: Entry, error: OctavoError) -> Any:
        return self._refuse(entry, error)

    return patch.object(Room, "_refuse_surely", surely)


def deaf_to_gaps() -> AbstractContextManager[Any]:
    """A hint that was lost is made up for by nothing: the heads are not looked at."""

    async def look(self: RoomHost, now: float) -> None:
        self._looking = False

    return patch.object(RoomHost, "_look", look)


def gaps_not_checked() -> AbstractContextManager[Any]:
    """Changes that another node sends along are applied, whatever is missing before them."""

    def changed(self: Between, hint: Changed) -> None:
        room, changes = self._live.room, carried(hint)
        if hint.revision > room.head and changes:
            moved = [replace(one, revision=room.head + place) for place, one in enumerate(changes, 1)]
            self._live.perform(room.logged(moved))
            self._live.plan()

    return patch.object(Between, "_changed", changed)


def role_not_read_on_the_other_node() -> AbstractContextManager[Any]:
    """A node takes the fence over from the head that it reads, and goes by the roles it knew."""

    async def read_rights(self: LiveRoom) -> None:
        head = await self._host.log.head(self.document_id)
        self.perform(self.room.rights(head.fence, dict.fromkeys(self.room.users(), "editor")))
        self.plan()

    return patch.object(LiveRoom, "read_rights", read_rights)


def epoch_ignored() -> AbstractContextManager[Any]:
    """The log takes what was meant for the history before its backup was put back."""

    async def append(self: MemoryLog, document_id: str, **given: Any) -> None:
        given["epoch"] = self._document(document_id).epoch
        await _append(self, document_id, **given)

    return patch.object(MemoryLog, "append", append)


def resent_into_another_history() -> AbstractContextManager[Any]:
    """A client keeps what it has not sent when the history changes under it."""

    def rebuild(self: Machine, welcome: Welcome, content: Delta) -> list[ClientEffect]:
        kept = self.in_flight
        effects = _rebuild(self, welcome, content)
        self.in_flight = kept
        return effects

    return patch.object(Machine, "_rebuild", rebuild)


def queue_without_end() -> AbstractContextManager[Any]:
    """What a peer cannot take is kept for it, instead of being read again from the log."""

    def send_changes(self: Seats, frame: bytes, before: int) -> None:
        for seat in self._live.values():
            if seat.backlog or not self._try(seat, frame):
                seat.backlog.append(frame)

    return patch.object(Seats, "send_changes", send_changes)


def presence_lost() -> AbstractContextManager[Any]:
    """A cursor that a peer could not take when it moved is not told again."""

    def send_passing(self: Seats, frame: bytes, left: Sequence[str], revision: int) -> None:
        for seat in self.all():
            if not (seat.live and self._try(seat, frame)):
                seat.left.update(left)

    return patch.object(Seats, "send_passing", send_passing)


def cursors_not_moved() -> AbstractContextManager[Any]:
    """A cursor stated at an older revision is taken as if it were the head's."""
    return patch("octavo.collab.presence.moved", lambda cursor, change, client_id: cursor)


SEEDS: Final[dict[Bug, Sequence[int]]] = {
    acknowledged_before_commit: (0, 1, 2),
    checked_then_inserted: (0, 1, 2),
    remembered_in_memory_only: (6, 7, 17, 18, 20),
    transformed_on_the_wrong_side: (0, 1, 2),
    history_folded: (13, 21, 28, 55, 58),
    off_by_one: (0, 1, 2),
    roles_not_read_again: (1, 3, 5),
    never_caught_up: (0, 2, 3, 5, 6),
    snapshot_one_early: (0, 1, 2),
    in_flight_altered: (0, 1, 2),
    retried_incrementally: (0, 1, 2, 7, 8),
    tip_not_rolled_back: (0, 1, 2),
    unknown_taken_for_failed: (0, 1, 2),
    fence_ignored: (0, 1, 7, 8, 15),
    empty_not_logged: (1, 2, 3, 7, 8),
    refused_without_reading: (44, 65, 78, 96, 174),
    gaps_not_checked: (1, 2, 3),
    role_not_read_on_the_other_node: (0, 2, 3),
    deaf_to_gaps: (2, 6, 14, 19, 20),
    epoch_ignored: (29, 55, 91, 107, 173),
    resent_into_another_history: (0, 1, 4),
    queue_without_end: (34, 48, 105, 115, 117),
    presence_lost: (68, 83, 97, 151, 179),
    cursors_not_moved: (0, 1, 2),
}
"""For each bug seeds that catch it.  Which they are shifts with the code: `python -m tests.simulation --planted`."""
