"""The client machine: what a client does with edits, messages and time, as a pure function of them.

Exactly `docs/protocol.md` sections 2 and 3.  It holds no content, only the revision that the shown content
builds on and the user's work that the server has not acknowledged: one operation in flight and a buffer
behind it (the client of Jupiter, Nichols et al., UIST 1995, as in Google Wave).  Each event returns the
effects that the shell performs, in order.  Times are seconds of the caller's clock, `random` is 0 … 1.  Its
twin is `browser/src/core/machine.ts`; both play the scripts of `vectors/client/`, whose README lists events
and effects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import UNSET

from octavo.client.effects import (
    Acknowledged,
    Apply,
    Connect,
    Delayed,
    Effect,
    Failed,
    Happened,
    Joined,
    Kept,
    PresenceChanged,
    Refused,
    Reset,
    Send,
    Stop,
)
from octavo.client.parts import first_part
from octavo.client.pointers import Pointers, uploads_without_pending, without_pending
from octavo.delta import Delta, wire
from octavo.errors import TEMPORARY
from octavo.protocol import (
    UPLOADS_SHOWN,
    Changes,
    ClientMessage,
    CloseCode,
    Cursor,
    Error,
    Event,
    Hello,
    Limits,
    OperationMessage,
    Ping,
    Presence,
    PresenceMessage,
    Presences,
    Redirect,
    ServerMessage,
    Upload,
    User,
    Welcome,
    WireChange,
)

PING_AFTER: Final = 8.0
DEAD_AFTER: Final = 4.0
RETRY_AFTER_MS: Final = 1000
BACKOFF_START: Final = 0.5
BACKOFF_LIMIT: Final = 30.0
TOO_MANY_WAIT: Final = 5.0
INTERNAL_IS_FINAL: Final = 5
"""So many INTERNAL answers to one seq count as a final refusal."""

_GONE: Final = frozenset({CloseCode.FORBIDDEN, CloseCode.NOT_FOUND, CloseCode.DELETED, CloseCode.REPLACED})
_UNREADABLE: Final = frozenset({CloseCode.BAD_MESSAGE, CloseCode.TOO_LARGE})


@dataclass(slots=True)
class InFlight:
    """The operation sent and not acknowledged: `sent` exactly as first sent, `moved` along all received
    since.
    """

    client_id: str
    sent: OperationMessage
    moved: Delta
    edits: int = 1
    on_this_socket: bool = False
    internal_errors: int = 0


@dataclass(slots=True)
class Work:
    """What is not yet sent, composed into one."""

    delta: Delta
    edits: int = 1
    at: str | None = None
    origin: Any = None


class Machine:
    """One open document as its client sees it.

    `revision` is None while the whole content is awaited: at first where none is given, and after a final
    refusal. Edits come back as `Kept` then, and after `Stop`.
    """

    def __init__(
        self,
        client_id: str,
        *,
        epoch: str | None = None,
        revision: int | None = None,
        seq: int = 0,
        in_flight: InFlight | None = None,
        buffer: Delta | None = None,
        acks: bool = False,
    ) -> None:
        self.client_id = client_id
        self.epoch = epoch
        self.revision = revision
        self.seq = seq
        self.in_flight = in_flight
        self.buffer = None if buffer is None else Work(buffer)
        self.acks = acks
        self.connection = 0
        self.user: User | None = None
        self.role: str | None = None
        self.limits = Limits()
        self.joined = False
        self.stopped = False
        self._open = False
        self._greeting = False
        self._greet_again = False
        self._attempts = 0
        self._retry_at: float | None = None
        self._heard_at = 0.0
        self._pinged_at: float | None = None
        self._rebase_at: int | None = None  # to be reached before a conflicting operation goes out anew
        self._adopting = False  # the client id was taken; what was in flight is looked for under the old one
        if in_flight is not None and in_flight.client_id != client_id:
            self._adopting = True
        # Brought from storage, and no welcome has confirmed yet that what lay there was the latest.
        self._restored = buffer is not None and not self._adopting
        self._pointers = Pointers()

    # --- what the shell may ask -----------------------------------------------------------------------------

    @property
    def synchronized(self) -> bool:
        """Everything is acknowledged, and therefore durable."""
        return self.in_flight is None and self.buffer is None

    @property
    def editable(self) -> bool:
        """Whether edits can be taken: a content is known, and the document is not given up."""
        return self.revision is not None and not self.stopped

    @property
    def unacknowledged(self) -> int:
        """How many of the user's edits are not known to be in the log."""
        sent, held = self.in_flight, self.buffer
        return (0 if sent is None else sent.edits) + (0 if held is None else held.edits)

    @property
    def wake_at(self) -> float | None:
        """When `tick` is due next."""
        times = [] if self._retry_at is None else [self._retry_at]
        if self._open:
            pinged = self._pinged_at
            times.append(self._heard_at + PING_AFTER if pinged is None else pinged + DEAD_AFTER)
        return min(times, default=None)

    def pending(self) -> list[Delta]:
        """What is shown beyond `revision`: the operation in flight, then the buffer."""
        sent = [] if self.in_flight is None else [self.in_flight.moved]
        return sent if self.buffer is None else [*sent, self.buffer.delta]

    def cursors(self) -> list[Presence]:
        """Where the others are, in what is shown."""
        return self._pointers.shown(self.pending())

    # --- events ---------------------------------------------------------------------------------------------

    def opened(self, *, now: float) -> list[Effect]:
        """A new socket is open; an older one, if any, counts no more."""
        if self.stopped:
            return []
        effects = self._disconnect() if self._open else []
        self._open = True
        self._heard_at = now
        self._pinged_at = None
        self.connection += 1
        return effects + self._greet()

    def edit(self, delta: Delta, *, at: str | None = None, origin: Any = None) -> list[Effect]:
        """The user did this to what is shown."""
        if delta.is_empty:
            return []
        if not self.editable:
            return [Kept("NOT_EDITABLE", delta)]
        held = self.buffer
        if held is None:
            self.buffer = Work(delta, 1, at, origin)
        else:
            held.delta = held.delta.compose(delta)
            held.edits += 1
            held.origin = held.origin if held.origin == origin else None
            self._drop_empty_buffer()
        return self._send_buffer()

    def point(self, cursor: Cursor | None, uploads: Sequence[Upload] = ()) -> list[Effect]:
        """The caret or selection stands here in what is shown; None: nowhere in the text.

        `uploads`: where images that are on their way are to come, for the others to see.
        """
        if not self.joined or self.revision is None:
            return []
        counted = None if cursor is None else without_pending(cursor, self.pending())
        places = uploads_without_pending(uploads, self.pending())[:UPLOADS_SHOWN]
        return [Send(PresenceMessage(self.revision, counted, places or UNSET))]

    def receive(self, message: ServerMessage, *, now: float, random: float = 0.5) -> list[Effect]:
        """A frame of the present socket.  Raises Invalid when it holds a delta that cannot be read."""
        if self.stopped or not self._open:
            return []
        self._heard_at = now
        self._pinged_at = None
        match message:
            case Changes():
                return self._receive_changes(message.changes) if self.joined else []
            case Welcome():
                return self._receive_welcome(message, random)
            case Error():
                return self._receive_error(message, now)
            case Presences() if self.joined and self.revision is not None:
                changed = self._pointers.receive(message, self.revision, self.client_id)
                return [PresenceChanged()] if changed else []
            case Event():
                resent = self._resend() if message.event == "document.unlocked" else []
                return [*resent, Happened(message.event, message.data)]
            case Redirect():
                return [Connect(random * message.after_ms / 1000)]
            case _:
                return []

    def closed(self, code: int, *, random: float = 0.5, fresh_id: str | None = None) -> list[Effect]:
        """The present socket is gone, or could not be opened.  4408 needs a `fresh_id` to go on with."""
        sent_here = self.in_flight is not None and self.in_flight.on_this_socket
        effects = self._disconnect()
        if self.stopped:
            return effects
        if code in _GONE:
            self.stopped = True
            return [*effects, Stop(code, self._composed())]
        if code in _UNREADABLE and sent_here:
            effects += self._refuse("INVALID_OPERATION", f"the server closed the connection with {code}")
        if code == CloseCode.CLIENT_TAKEN and fresh_id is not None:
            self.client_id = fresh_id
            self.seq = 0
            self._adopting = self.in_flight is not None
            return [*effects, Connect(0.0)]
        if code == CloseCode.TOO_MANY:
            return [*effects, Connect(TOO_MANY_WAIT * (1 + random))]
        if code == CloseCode.TICKET and self._attempts == 0:
            self._attempts = 1
            return [*effects, Connect(0.0)]
        return [*effects, self._back_off(random)]

    def tick(self, *, now: float, random: float = 0.5) -> list[Effect]:
        """The time is `wake_at` or later."""
        effects: list[Effect] = []
        if self._retry_at is not None and now >= self._retry_at:
            effects += self._resend()
        if not self._open:
            return effects
        if self._pinged_at is not None and now >= self._pinged_at + DEAD_AFTER:
            return [*self._disconnect(), self._back_off(random)]
        if self._pinged_at is None and now >= self._heard_at + PING_AFTER:
            self._pinged_at = now
            effects.append(Send(Ping()))
        return effects

    # --- connecting -----------------------------------------------------------------------------------------

    def _greet(self) -> list[Effect]:
        """Say hello, once at a time: the server answers each, and only the last answer counts."""
        self.joined = False
        if self._greeting:
            self._greet_again = True
            return []
        self._greeting = True
        if self.revision is None or self.epoch is None:
            return [Send(Hello(self.client_id, self.connection, acks=self.acks))]
        return [Send(Hello(self.client_id, self.connection, self.epoch, self.revision, self.acks))]

    def _disconnect(self) -> list[Effect]:
        self._open = self.joined = self._greeting = self._greet_again = False
        self._retry_at = self._pinged_at = None
        if self.in_flight is not None:
            self.in_flight.on_this_socket = False
        return [PresenceChanged()] if self._pointers.clear() else []

    def _back_off(self, random: float) -> Connect:
        wait = min(BACKOFF_LIMIT, BACKOFF_START * 2.0 ** min(self._attempts, 10))
        self._attempts += 1
        return Connect(random * wait)

    def _receive_welcome(self, welcome: Welcome, random: float) -> list[Effect]:
        if not self._greeting:
            return []
        self._greeting = False
        if self._greet_again:
            self._greet_again = False
            return self._greet()
        if welcome.content is None and (welcome.epoch != self.epoch or self.revision is None):
            self.revision = None  # nothing that we have fits this answer: ask a new connection for all of it
            return [*self._disconnect(), self._back_off(random)]
        self.role, self.user, self.limits = welcome.role, welcome.user, welcome.limits
        self.joined = True
        self._attempts = 0
        self._pointers.clear()
        effects: list[Effect] = [Joined()]
        stale = self._restored and welcome.last_seq > self.seq and welcome.content is None
        self._restored = False
        if stale:  # whoever stored this went on without storing it: it may be in the log already
            kept = Kept("OUTDATED_COPY", self._composed())
            self._drop()
            self.revision = self.epoch = None
            return [kept, *self._greet()]
        if welcome.content is not None:
            effects += self._rebuild(welcome, wire.from_content(welcome.content.ops))
        else:
            effects += self._take_in(welcome.changes)
            if not self.joined:
                return effects
        if not self._adopting:
            self.seq = max(self.seq, welcome.last_seq)
        self._pointers.take(welcome.presences, welcome.client_id)
        return effects + self._resume(welcome)

    def _rebuild(self, welcome: Welcome, content: Delta) -> list[Effect]:
        """Another history than ours: what was not sent cannot be placed in it, so it is kept as a copy."""
        lost = self._composed()
        self._drop()
        self._adopting = False
        self.epoch, self.revision = welcome.epoch, welcome.revision
        reset = Reset(content, welcome.revision)
        return [reset] if lost.is_empty else [Kept("EPOCH_CHANGED", lost), reset]

    def _resume(self, welcome: Welcome) -> list[Effect]:
        """What becomes of the operation that was in flight when the connection broke."""
        sent = self.in_flight
        if self._adopting:
            if welcome.changes and sent is not None:
                return self._greet()  # its change may still be among what follows
            self._adopting = False
            return self._send_anew()
        if sent is None:
            return self._send_buffer()
        if self._rebase_at is not None:
            return self._rebase()
        return [] if welcome.last_seq >= sent.sent.seq else self._resend()

    # --- changes --------------------------------------------------------------------------------------------

    def _receive_changes(self, changes: Sequence[WireChange]) -> list[Effect]:
        effects = self._take_in(changes)
        if not self.joined:
            return effects
        return effects + (self._send_buffer() if self._rebase_at is None else self._rebase())

    def _take_in(self, changes: Sequence[WireChange]) -> list[Effect]:
        """Take changes in up to the first gap, which is asked for."""
        effects: list[Effect] = []
        for change in changes:
            if self.revision is None or change.revision <= self.revision:
                continue
            if change.revision != self.revision + 1:
                return effects + self._greet()
            effects += self._receive_change(change)
        return effects

    def _receive_change(self, change: WireChange) -> list[Effect]:
        self.revision = change.revision
        delta = wire.from_wire(change.ops)
        came_due = self._pointers.follow(delta, change.client_id, change.revision, self.client_id)
        others: list[Effect] = [PresenceChanged()] if came_due else []
        sent, held = self.in_flight, self.buffer
        if sent is not None and (change.client_id, change.seq) == (sent.client_id, sent.sent.seq):
            self.in_flight = self._retry_at = self._rebase_at = None
            return [Acknowledged(change.seq, change.revision), *others]
        if sent is not None:
            sent.moved, delta = sent.moved.transform_after(delta), delta.transform_before(sent.moved)
        if held is not None:
            held.delta, delta = held.delta.transform_after(delta), delta.transform_before(held.delta)
            self._drop_empty_buffer()
        return [Apply(delta, change.revision, change.client_id), *others]

    # --- sending --------------------------------------------------------------------------------------------

    def _composed(self) -> Delta:
        delta = Delta()
        for later in self.pending():
            delta = delta.compose(later)
        return delta

    def _drop(self) -> None:
        self.in_flight = self.buffer = self._retry_at = self._rebase_at = None

    def _drop_empty_buffer(self) -> None:
        if self.buffer is not None and self.buffer.delta.is_empty:
            self.buffer = None

    def _send_buffer(self) -> list[Effect]:
        work = self.buffer
        if not self.joined or self.in_flight is not None or work is None:
            return []
        self.buffer = None
        return self._send(work)

    def _send(self, work: Work) -> list[Effect]:
        """Put work in flight under the next seq, or as much of it as one message may carry."""
        assert self.revision is not None
        part, rest = first_part(work.delta, self.limits)
        if rest is not None:
            held = self.buffer
            delta = rest if held is None else rest.compose(held.delta)
            edits = work.edits + (0 if held is None else held.edits)
            self.buffer = Work(delta, edits, work.at, work.origin)
            self._drop_empty_buffer()
        self.seq += 1
        sent = OperationMessage(self.seq, self.revision, wire.to_wire(part), work.at, work.origin)
        edits = work.edits if rest is None else 0
        self.in_flight = InFlight(self.client_id, sent, part, edits, on_this_socket=True)
        return [Send(sent)]

    def _resend(self) -> list[Effect]:
        """The operation exactly as first sent, with its first base revision."""
        self._retry_at = None
        if self.in_flight is None or not self.joined:
            return []
        self.in_flight.on_this_socket = True
        return [Send(self.in_flight.sent)]

    def _send_anew(self) -> list[Effect]:
        """The copy that was moved along, under the next seq and based on the present revision."""
        self._rebase_at = None
        sent, self.in_flight = self.in_flight, None
        if sent is None:
            return self._send_buffer()
        return self._send(Work(sent.moved, sent.edits, sent.sent.at, sent.sent.origin))

    def _rebase(self) -> list[Effect]:
        if self._rebase_at is None or self.revision is None or self.revision < self._rebase_at:
            return []
        return self._send_anew()

    # --- refusals -------------------------------------------------------------------------------------------

    def _receive_error(self, error: Error, now: float) -> list[Effect]:
        if error.seq is None:
            return [Failed(error.code, error.message)]
        sent = self.in_flight
        if sent is None or error.seq != sent.sent.seq or not sent.on_this_socket:
            return []  # about what is settled already
        if error.code == "REVISION_CONFLICT":
            self._rebase_at = error.current_revision or 0
            return self._greet()
        if error.code == "INTERNAL":
            sent.internal_errors += 1
        if error.code not in TEMPORARY or sent.internal_errors >= INTERNAL_IS_FINAL:
            return self._refuse(error.code, error.message)
        wait = RETRY_AFTER_MS if error.retry_after_ms is None else error.retry_after_ms
        self._retry_at = None if error.code == "DOCUMENT_LOCKED" else now + wait / 1000
        return [Delayed(error.code, error.message)]

    def _refuse(self, code: str, message: str) -> list[Effect]:
        """Drop what was refused and all that stood on it, and ask for the whole content."""
        refused = Refused(code, message, self._composed())
        self._drop()
        self.revision = self.epoch = None
        return [refused, *(self._greet() if self._open else [])]


def encode(message: ClientMessage) -> bytes:
    """A message as it travels: members that say nothing are left out."""
    members = msgspec.to_builtins(message)
    if not isinstance(message, PresenceMessage):
        members = {name: value for name, value in members.items() if value is not None and value is not False}
    return msgspec.json.encode(members)
