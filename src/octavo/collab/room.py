"""Room: one open document as a pure machine.  Operations go in, effects come out; the host performs them.

The content stands at the *tip*: head, in flight, waiting.  One batch is on its way to the log, the next one gathers.
When another node logs first, the whole queue is thrown away, the tip is rolled back, and every operation **as
received** is transformed anew, one by one over the log and then over those ahead of it, and checked again.  A change
once transformed is never transformed further: that would need TP2, which deltas lack.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, islice
from typing import Final

from octavo.access import Action, allows, locked
from octavo.collab.entry import (
    REBASE_LIMIT,
    SLICE,
    Broadcast,
    Continue,
    Effect,
    Effects,
    Entry,
    Ignore,
    Known,
    LoadClient,
    LoadMarks,
    ReadLog,
    ReadOld,
    Refuse,
    Taken,
)
from octavo.collab.marks import Marks, foreign
from octavo.collab.recent import Recent
from octavo.collab.settings import HostSettings
from octavo.delta import Content, Delta, schema, suggestions
from octavo.delta.divergence import Divergence
from octavo.errors import Conflict, Denied, Invalid, OctavoError, Unavailable
from octavo.ports import ClientRow
from octavo.protocol import Change, Operation, ops_to_json

ROWS_KEPT: Final = 4096
_NOTHING: Final[Effects] = ()


class Room:
    """See the module.  `content` is at the tip; `head` counts what is durable."""

    def __init__(
        self,
        content: Content,
        *,
        head: int,
        epoch: str,
        fence: int,
        settings: HostSettings,
        document_id: str = "",
    ) -> None:
        self.document_id = document_id
        self.content = content
        self.head = head
        self.epoch = epoch
        self.fence = fence
        self.lock: str | None = None
        """Why nobody may write now; None: everybody with the right may."""
        self.suggesting = True
        """Whether those who may not edit may suggest."""
        self.recent = Recent(head, max_changes=settings.recent_changes, max_bytes=settings.recent_bytes)
        self.in_flight: list[Entry] = []
        self.waiting: list[Entry] = []
        self.failing = False
        self._settings = settings
        self._rows: dict[str, ClientRow | None] = {}
        self._pending: dict[str, Operation] = {}
        self._unknown: dict[str, tuple[Operation, str, float]] = {}
        self._second: dict[str, tuple[Operation, str, float]] = {}
        self._marks = Marks()
        self._ahead: list[Entry] = []
        self._parked: deque[Entry] = deque()
        self._page: dict[int, Change] = {}
        self._reading_old = False
        self._queue_units = 0

    # --- what the host may ask -----------------------------------------------------------------------------------

    @property
    def settled(self) -> bool:
        """Nothing is on its way: the tip is the head."""
        return not (self.in_flight or self.waiting)

    @property
    def idle(self) -> bool:
        """Nothing is known of that is not in the log."""
        return not self._pending and not self._second

    @property
    def ready(self) -> bool:
        """A batch waits and none is in flight."""
        return bool(self.waiting) and not self.in_flight

    @property
    def bytes(self) -> int:
        """What it takes in memory, roughly."""
        return 20_000 + 4 * self.content.length + self.recent.bytes

    def row(self, client_id: str) -> tuple[bool, ClientRow | None]:
        """Whether the client's row is known here, and the row."""
        return client_id in self._rows, self._rows.get(client_id)

    def head_content(self) -> Content:
        """The content at the head; the tip itself when nothing is on its way, so not to be changed or kept."""
        if self.settled:
            return self.content
        content = self.content.copy()
        for entry in chain(reversed(self.waiting), reversed(self.in_flight)):
            if entry.inverse is not None:
                content.apply(entry.inverse)
        return content

    @property
    def head_length(self) -> int:
        """UTF-16 code units of the content at the head."""
        accepted = (entry for entry in chain(self.in_flight, self.waiting) if entry.inverse is not None)
        return self.content.length - sum(entry.delta.change_length for entry in accepted)

    # --- operations come in --------------------------------------------------------------------------------------

    def submit(self, operation: Operation, role: str, arrived: float) -> Effects:
        """Put an operation behind all that was accepted before it."""
        client_id = operation.client_id
        if client_id in self._pending:
            return self._behind_another(operation, role, arrived)
        if self.failing or self._queue_units > self._settings.queue_bytes:
            return [Refuse(operation, _unavailable())]
        if client_id not in self._rows:
            self._pending[client_id] = operation
            self._unknown[client_id] = (operation, role, arrived)
            return [LoadClient(client_id)]
        answer = self._standing(operation)
        if answer is not None:
            return [answer]
        self._pending[client_id] = operation
        ids = self._marks.unproven(operation)
        if ids:
            self._marks.hold(operation, role, arrived, ids)
            return [LoadMarks(client_id, ids)]
        return self._take(_entry(operation, role, arrived))

    def _behind_another(
        self, operation: Operation, role: str, arrived: float, *, caught_up: bool = False
    ) -> Effects:
        """An operation whose client has one on its way here.  That may have been logged by another node since."""
        client_id = operation.client_id
        pending, row = self._pending[client_id], self._rows.get(client_id)
        if pending.seq == operation.seq and pending.digest == operation.digest:
            return _NOTHING  # a resend: its change or its refusal is on its way
        if pending.user_id != operation.user_id:
            return [Taken(operation)]
        if operation.seq > pending.seq and row is not None and row.seq >= pending.seq:
            return [*self._settled_elsewhere(pending), *self.submit(operation, role, arrived)]
        if operation.seq > pending.seq and operation.base_revision > self.head and not caught_up:
            self._second[client_id] = (operation, role, arrived)
            return [ReadLog()]
        reason = (
            "this seq was used for another operation"
            if pending.seq == operation.seq
            else f"wait until seq {pending.seq} is acknowledged before sending the next operation"
        )
        return [Refuse(operation, Invalid("INVALID_OPERATION", reason))]

    def _settled_elsewhere(self, operation: Operation) -> list[Effect]:
        """The log answers for an operation that is still being loaded, read or rebased for here."""
        client_id = operation.client_id
        del self._pending[client_id]
        self._unknown.pop(client_id, None)
        self._marks.drop(client_id)
        self._parked = deque(entry for entry in self._parked if entry.operation is not operation)
        self._ahead = [entry for entry in self._ahead if entry.operation is not operation]
        answer = self._standing(operation)
        return [] if answer is None else [answer]

    def client_loaded(self, client_id: str, row: ClientRow | None) -> Effects:
        """What the log knows of a client.  It may be older than what the room has learned meanwhile."""
        known = self._rows.get(client_id)
        if known is None or (row is not None and row.seq > known.seq):
            self._rows[client_id] = row
            self._forget_rows()
        held = self._unknown.pop(client_id, None)
        if held is None:
            return _NOTHING
        del self._pending[client_id]
        return self.submit(*held)

    def client_not_loaded(self, client_id: str) -> Effects:
        """The row could not be read."""
        held = self._unknown.pop(client_id, None)
        if held is None:
            return _NOTHING
        del self._pending[client_id]
        return [Refuse(held[0], _unavailable())]

    def marks_loaded(self, client_id: str, known: Collection[str] | None) -> Effects:
        """Which of the suggestions that `LoadMarks` named are or were in the log; None: it could not be read."""
        held = self._marks.answer(client_id, known or ())
        if held is None:
            return _NOTHING
        entry = _entry(held.operation, held.role, held.arrived)
        if known is None:
            return [self._refuse(entry, _unavailable())]
        if not held.ids <= set(known):
            return [self._refuse(entry, foreign(held.ids - set(known)))]
        return self._take(entry)

    def _standing(self, operation: Operation) -> Effect | None:
        """The answer to an operation that its client's row rules out; None for one that may be logged."""
        row = self._rows.get(operation.client_id)
        if row is None:
            return None
        if row.user_id != operation.user_id:
            return Taken(operation)
        if operation.seq == row.seq:
            if operation.digest == row.digest:
                return Known(operation, row.revision)
            return Refuse(
                operation, Invalid("INVALID_OPERATION", "this seq was logged with another operation")
            )
        if operation.seq < row.seq:
            return Ignore(operation)
        if operation.base_revision < row.revision:
            reason = f"base_revision must be at least {row.revision}, where this client's last operation was logged"
            return Refuse(operation, Invalid("INVALID_OPERATION", reason))
        return None

    def _take(self, entry: Entry) -> Effects:
        if entry.operation.target is not None:
            entry.at = self.head  # an intent has no base: it is computed where it lands
            return self._enqueue(entry)
        if entry.at > self.head:
            self._ahead.append(entry)
            return [ReadLog()]
        steps = self.head - entry.at + len(self.in_flight) + len(self.waiting)
        if not self.recent.covers(entry.at) or steps * (len(entry.based.ops) + 3) > SLICE:
            self._parked.append(entry)
            return [Continue()] if len(self._parked) == 1 else _NOTHING
        return self._enqueue(entry)

    def caught_up(self) -> Effects:
        """The log has been read to its end: what still lies ahead of it has a base in the future."""
        ahead, self._ahead = self._ahead, []
        effects: list[Effect] = []
        for entry in ahead:
            answer = self._standing(entry.operation)
            if answer is not None:
                self._pending.pop(entry.operation.client_id, None)
                effects.append(answer)
            elif entry.at <= self.head:
                effects += self._take(entry)
            else:
                effects.append(
                    self._refuse(entry, self._conflict("base_revision lies past the end of the log"))
                )
        second, self._second = self._second, {}
        for client_id, held in second.items():
            if client_id in self._pending:
                effects += self._behind_another(*held, caught_up=True)
            else:
                effects += self.submit(*held)
        return effects

    # --- the queue -----------------------------------------------------------------------------------------------

    def _enqueue(self, entry: Entry) -> Effects:
        """Move it to the tip, check it there, and take it in."""
        target = entry.operation.target
        if target is None:
            delta = self._moved(entry)
        else:
            delta = self.content.to_delta().diff(target)
        entry.delta = delta
        entry.refusal = fault = self._fault(entry)
        if fault is None:
            entry.inverse = self.content.invert(delta)
            self.content.apply(delta)
        elif self.settled:
            return [self._refuse_surely(entry, fault)]
        self.waiting.append(entry)
        self._queue_units += _units(entry)
        return _NOTHING

    def _moved(self, entry: Entry) -> Delta:
        """The operation transformed over the log and over those ahead of it in the queue."""
        delta = entry.based
        if entry.at < self.head:
            for change in self.recent.after(entry.at):
                delta = delta.transform_after(change.delta)
            entry.based, entry.at = delta, self.head
        for earlier in chain(self.in_flight, self.waiting):
            if earlier.refusal is None:
                delta = delta.transform_after(earlier.delta)
        return delta

    def _fault(self, entry: Entry) -> OctavoError | None:
        """Why the operation cannot be accepted where it lands; None when it can."""
        delta, role = entry.delta, entry.role or None
        if entry.operation.target is not None and not allows(role, Action.EDIT):
            return _forbidden(role)
        changes = bool(entry.operation.delta.ops)
        if not allows(role, Action.SUBMIT) or (changes and not self._may_change(role)):
            return _forbidden(role)
        if self.lock is not None:
            return locked(self.lock)
        try:
            schema.check(delta, self.content)
            if not allows(role, Action.EDIT):
                suggestions.check(delta, self.content, entry.operation.user_id)
        except OctavoError as fault:
            return fault
        grows = delta.change_length
        if grows > 0 and self.content.length + grows > self._settings.document_units:
            limit = self._settings.document_units
            return Invalid("TOO_LARGE", f"the document would be longer than {limit} UTF-16 code units")
        return None

    def _may_change(self, role: str | None) -> bool:
        return allows(role, Action.EDIT) or (self.suggesting and allows(role, Action.SUGGEST))

    def _refuse_surely(self, entry: Entry, error: OctavoError) -> Effect:
        """Refuse, but not before the log was read: another node may have logged it under other conditions."""
        if entry.checked:
            return self._refuse(entry, error)
        entry.refusal = None
        entry.checked = True
        self._ahead.append(entry)
        return ReadLog()

    def _refuse(self, entry: Entry, error: OctavoError) -> Refuse:
        self._pending.pop(entry.operation.client_id, None)
        return Refuse(entry.operation, error)

    def _conflict(self, reason: str) -> Conflict:
        where = f"/api/v1/documents/{self.document_id}/operations"
        return Conflict("REVISION_CONFLICT", reason, current_revision=self.head, missing_operations=where)

    def take_batch(self, timestamp: int) -> list[Change]:
        """The next batch for the log, now in flight.  `timestamp`: seconds since 1970."""
        limit = self._settings.batch_changes
        self.in_flight, self.waiting = self.waiting[:limit], self.waiting[limit:]
        revision = self.head
        batch = []
        for entry in self.in_flight:
            if entry.refusal is not None:
                continue
            revision += 1
            operation = entry.operation
            entry.change = Change(
                revision,
                entry.delta,
                ops_to_json(entry.delta),
                operation.client_id,
                operation.seq,
                operation.user_id,
                timestamp,
                operation.base_revision if operation.target is None else revision - 1,
                operation.digest,
                operation.at,
                operation.origin,
            )
            batch.append(entry.change)
        return batch

    def batch(self) -> list[Change]:
        """What is in flight."""
        return [entry.change for entry in self.in_flight if entry.change is not None]

    # --- what the log says ---------------------------------------------------------------------------------------

    def logged(self, changes: Sequence[Change]) -> Effects:
        """These changes now stand in the log, whoever put them there: ours confirmed, another node's, or known."""
        new = [change for change in changes if change.revision > self.head]
        if not new:
            return _NOTHING
        if new[0].revision != self.head + 1:
            return [ReadLog()]
        confirmed, settled = self._confirmed(new)
        own = self.in_flight[:settled]
        self.in_flight = self.in_flight[settled:]
        foreign = new[confirmed:]
        queue = self._roll_back() if foreign else []
        for change in foreign:
            self.content.apply(change.delta)
        for change in new:
            self._remember(change)
        effects: list[Effect] = []
        accepted = [entry for entry in own if entry.refusal is None]
        moved = sum(entry.delta is not entry.operation.delta for entry in accepted)
        effects.append(Broadcast(new, moved, len(accepted), accepted[0].arrived if accepted else None))
        for entry in own:
            self._settle(entry, effects)
        if foreign:
            self._requeue(queue, effects)
        elif not self.in_flight:
            self._settle_refused(effects)
        return effects

    def _confirmed(self, new: Sequence[Change]) -> tuple[int, int]:
        """How many of the changes are our batch's, and how many entries in flight that settles."""
        count = settled = 0
        for entry in self.in_flight:
            if entry.change is not None:
                if count == len(new) or not _same(entry.change, new[count]):
                    break
                count += 1
            settled += 1
        return count, settled

    def _remember(self, change: Change) -> None:
        self.head = change.revision
        self.recent.add(change)
        rows = self._rows
        rows.pop(change.client_id, None)
        rows[change.client_id] = ClientRow(change.user_id, change.seq, change.revision, change.digest)
        self._forget_rows()

    def _forget_rows(self) -> None:
        """Those of whom nothing was heard longest go first; they can be loaded again."""
        for client_id in list(islice(self._rows, max(0, len(self._rows) - ROWS_KEPT))):
            if client_id not in self._pending:
                del self._rows[client_id]

    def _settle(self, entry: Entry, effects: list[Effect]) -> None:
        self._queue_units -= _units(entry)
        if entry.refusal is not None:
            effects.append(self._refuse_surely(entry, entry.refusal))
        else:
            self._pending.pop(entry.operation.client_id, None)

    def _settle_refused(self, effects: list[Effect]) -> None:
        """All that stood ahead of these is durable: their refusals are final."""
        while self.waiting and self.waiting[0].refusal is not None:
            self._settle(self.waiting.pop(0), effects)

    def _roll_back(self) -> list[Entry]:
        """Take the tip back to the head; returns what was on its way, in order."""
        queue = self.in_flight + self.waiting
        for entry in reversed(queue):
            if entry.inverse is not None:
                self.content.apply(entry.inverse)
                entry.inverse = None
        self.in_flight, self.waiting = [], []
        self._queue_units = 0
        return queue

    def _requeue(self, queue: Sequence[Entry], effects: list[Effect]) -> None:
        """Each operation as received, anew and in order, checked again."""
        for entry in queue:
            entry.change = entry.refusal = None
            answer = self._standing(entry.operation)
            if answer is None:
                effects += self._take(entry)
            else:
                self._pending.pop(entry.operation.client_id, None)
                effects.append(answer)

    def anew(self) -> Effects:
        """Judge the whole queue again, from the operations as received (roles or rows have changed)."""
        effects: list[Effect] = []
        self._requeue(self._roll_back(), effects)
        return effects

    def rights(
        self,
        fence: int,
        roles: Mapping[str, str | None],
        lock: str | None = None,
        *,
        suggesting: bool = True,
    ) -> Effects:
        """The fence was raised: under it these are the roles, by user, why nobody may write, whether one may suggest.

        Whoever is not named has no role.
        """
        self.fence = fence
        self.lock = lock
        self.suggesting = suggesting
        self._marks.rights(roles)
        queue = self._roll_back()
        for entry in chain(queue, self._parked, self._ahead):
            entry.role = roles.get(entry.operation.user_id) or ""
        for held in (self._unknown, self._second):
            for client_id, (operation, _, arrived) in held.items():
                held[client_id] = (operation, roles.get(operation.user_id) or "", arrived)
        effects: list[Effect] = []
        self._requeue(queue, effects)
        return effects

    def users(self) -> set[str]:
        """The authors of all that is on its way."""
        second = (operation for operation, _, _ in self._second.values())
        return {operation.user_id for operation in chain(self._pending.values(), second)}

    def unavailable(self) -> Effects:
        """The store fails: all that waits is kept and tried again, and its authors are told."""
        self.failing = True
        queue = chain(self.in_flight, self.waiting, self._parked, self._ahead)
        return [Refuse(entry.operation, _unavailable()) for entry in queue]

    # --- old bases -----------------------------------------------------------------------------------------------

    def older(self, changes: Sequence[Change]) -> Effects:
        """A page of the log, as `ReadOld` asked for it; empty when it could not be read."""
        self._reading_old = False
        self._page = {change.revision: change for change in changes}
        if changes or not self._parked:
            return self.work()
        entry = self._parked.popleft()
        return [self._refuse(entry, _unavailable()), *([Continue()] if self._parked else [])]

    def work(self) -> Effects:
        """Rebase the oldest parked operation by one slice."""
        if not self._parked or self._reading_old:
            return _NOTHING
        entry = self._parked[0]
        spent = 0
        while entry.at < self.head and spent < SLICE:
            change = self._page.get(entry.at + 1)
            if change is None and self.recent.covers(entry.at):
                change = self.recent.after(entry.at, 1)[0]
            if change is None:
                self._reading_old = True
                return [ReadOld(entry.at)]
            if entry.away is None:
                entry.away = Divergence(entry.based)
            spent += entry.away.transform_after(change.delta)
            entry.at = change.revision
        entry.work += spent
        effects: list[Effect] = []
        if entry.work > REBASE_LIMIT:
            self._parked.popleft()
            effects.append(self._refuse(entry, self._conflict("base_revision lies too far back")))
        elif entry.at == self.head:
            self._parked.popleft()
            if entry.away is not None:
                entry.based, entry.away = entry.away.to_delta(), None
            answer = self._standing(entry.operation)
            if answer is None:
                effects += self._enqueue(entry)
            else:
                self._pending.pop(entry.operation.client_id, None)
                effects.append(answer)
        if self._parked:
            effects.append(Continue())
        else:
            self._page = {}
        return effects


def _same(ours: Change, logged: Change) -> bool:
    return (
        ours.revision == logged.revision
        and ours.client_id == logged.client_id
        and ours.seq == logged.seq
        and ours.ops == logged.ops
    )


def _entry(operation: Operation, role: str, arrived: float) -> Entry:
    return Entry(operation, role, arrived, operation.delta, operation.base_revision, operation.delta)


def _units(entry: Entry) -> int:
    operation = entry.operation
    delta = operation.delta if operation.target is None else operation.target
    return 64 * len(delta.ops) + 2 * max(0, delta.change_length)


def _forbidden(role: str | None) -> Denied:
    if role is None:
        return Denied("FORBIDDEN", "you have no access to this document any more")
    return Denied("FORBIDDEN", f"as {role} you may not change this document; ask its owner for more rights")


def _unavailable() -> Unavailable:
    reason = (
        "the store does not answer; whether the operation was accepted is not known: send it again unchanged"
    )
    return Unavailable("UNAVAILABLE", reason, retry_after_ms=1000)
