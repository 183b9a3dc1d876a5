"""The client machine: what a client does with edits and messages, as a pure function of them.

Exactly `docs/protocol.md` sections 2 and 3.  It holds no content, no socket and no clock: only the revision
that the shown content builds on, and the user's work that the server has not acknowledged, one operation in
flight and a buffer behind it (the states of Jupiter: Nichols et al., UIST 1995).  Every event returns the
effects that the shell must perform, in order.  Its twin is `browser/src/core/machine.ts`; both play the
scripts in `vectors/client/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from octavo.client.followers import Followers, index_before, moved
from octavo.client.parts import first_part
from octavo.delta import Delta, wire
from octavo.errors import TEMPORARY
from octavo.protocol import (
    Ack,
    Changes,
    ClientMessage,
    CloseCode,
    Cursor,
    Error,
    Event,
    Hello,
    Limits,
    OperationMessage,
    Pong,
    Presence,
    PresenceMessage,
    Presences,
    Redirect,
    ServerMessage,
    User,
    Welcome,
    WireChange,
)

MAX_INTERNAL: Final = 5
"""The fifth INTERNAL for one operation counts as a final refusal."""

DEFAULT_RETRY_MS: Final = 1000
TOO_MANY_RETRY_MS: Final = 5000

_FINAL_CLOSE: Final = {
    CloseCode.BAD_MESSAGE: ("INVALID_REQUEST", "The server could not read what this client sent."),
    CloseCode.TOO_LARGE: ("TOO_LARGE", "The edit was too large for the server."),
}
_STOPPING_CLOSE: Final = frozenset(
    {CloseCode.FORBIDDEN, CloseCode.NOT_FOUND, CloseCode.DELETED, CloseCode.REPLACED}
)


# --- effects ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    """This message, on the present socket."""

    message: ClientMessage


@dataclass(frozen=True, slots=True)
class Apply:
    """Another's change, moved over all that is pending: do it to what is shown."""

    delta: Delta
    revision: int
    client_id: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The operation in flight is durable in the log."""

    seq: int
    revision: int


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The connection stands, and these are here too."""

    role: str
    user: User
    presences: list[Presence]


@dataclass(frozen=True, slots=True)
class Reset:
    """Show this content instead."""

    content: Delta
    revision: int


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """Others' cursors, in what is shown, and who left."""

    presences: list[Presence]
    left: list[str]


@dataclass(frozen=True, slots=True)
class Happened:
    """An `event` of the server."""

    event: str
    data: Any


@dataclass(frozen=True, slots=True)
class Retry:
    """A temporary refusal: call `retry` after so many milliseconds."""

    after_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Finally refused, or impossible to place; `lost` is the work given up, to be offered for copying."""

    code: str
    message: str
    lost: list[Delta]


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Open a new socket with a new ticket: after so many milliseconds with jitter, or (None) with backoff."""

    after_ms: int | None


@dataclass(frozen=True, slots=True)
class Redirected:
    """The node goes away: connect again after a random part of so many milliseconds."""

    after_ms: int


@dataclass(frozen=True, slots=True)
class Identify:
    """The client id is another user's: call `identify` with a fresh one."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Give up for good; `lost` is the work that was not acknowledged."""

    code: int
    lost: list[Delta]


@dataclass(frozen=True, slots=True)
class Notice:
    """An error about nothing that is in flight."""

    code: str
    message: str


Effect = (
    Send
    | Apply
    | Acknowledged
    | Welcomed
    | Reset
    | PresenceChanged
    | Happened
    | Retry
    | Refused
    | Reconnect
    | Redirected
    | Identify
    | Stop
    | Notice
)


# --- the machine --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class InFlight:
    """`sent` is exactly what went first: a resend must not differ in a byte.  `moved` follows what was
    received.
    """

    sent: OperationMessage
    moved: Delta
    edits: int
    internal_errors: int = 0
    conflicted: bool = False


class Machine:
    """One open document as its client sees it.

    `epoch` and `revision` say what is shown already (from REST); without them the first `welcome` brings the
    content.
    """

    def __init__(
        self, client_id: str, *, epoch: str | None = None, revision: int | None = None, acks: bool = False
    ) -> None:
        self.client_id = client_id
        self.epoch = epoch
        self.revision = revision
        self.acks = acks
        self.seq = 0
        self.in_flight: InFlight | None = None
        self.buffer: Delta | None = None
        self.limits = Limits()
        self.connection: Literal["offline", "greeting", "live", "stopped"] = "offline"
        self.connections = 0
        self.rebuilding = False
        """Refused finally: nothing can be edited until the `Reset`."""
        self.waiting = False
        """Refused for a while: `retry` is awaited."""
        self._buffer_edits = 0
        self._unanswered_hellos = 0
        self._followers = Followers()

    @property
    def synchronized(self) -> bool:
        """Everything is acknowledged, and therefore durable."""
        return self.in_flight is None and self.buffer is None

    @property
    def unacknowledged(self) -> int:
        """How many of the user's edits are not yet known to be in the log."""
        return self._buffer_edits + (0 if self.in_flight is None else self.in_flight.edits)

    @property
    def pending(self) -> list[Delta]:
        """What is shown beyond `revision`: the operation in flight, then the buffer."""
        sent = [] if self.in_flight is None else [self.in_flight.moved]
        return sent if self.buffer is None else [*sent, self.buffer]

    # --- what the user does ---------------------------------------------------------------------------------

    def edit(self, delta: Delta) -> list[Effect]:
        """The user did this to what is shown."""
        if delta.is_empty:
            return []
        if self.rebuilding or self.connection == "stopped":
            message = "The document cannot be edited at the moment."
            return [Refused("NOT_EDITABLE", message, [delta])]
        self._set_buffer(delta if self.buffer is None else self.buffer.compose(delta), self._buffer_edits + 1)
        return self._flush()

    def cursor(self, cursor: Cursor | None) -> list[Effect]:
        """The caret or selection stands here in what is shown; None: nowhere in the text."""
        if self.connection != "live" or self.rebuilding or self.revision is None:
            return []
        if cursor is not None:
            start, end = cursor.index, cursor.index + cursor.length
            for delta in reversed(self.pending):
                start, end = index_before(delta, start), index_before(delta, end)
            cursor = Cursor(start, end - start, cursor.path)
        return [Send(PresenceMessage(self.revision, cursor))]

    # --- the connection -------------------------------------------------------------------------------------

    def connected(self) -> list[Effect]:
        """A new socket is open; an older one, if any, counts no more."""
        if self.connection == "stopped":
            return []
        self.connections += 1
        self._unanswered_hellos = 0
        self.waiting = False
        return self._hello()

    def disconnected(self, code: int) -> list[Effect]:
        """The present socket is gone, or could not be opened."""
        if self.connection == "stopped":
            return []
        was_sent = self.in_flight is not None and self.connection != "offline"
        self.connection = "offline"
        self._unanswered_hellos = 0
        self.waiting = False
        if code in _STOPPING_CLOSE:
            self.connection = "stopped"
            return [Stop(code, self._drop())]
        if code == CloseCode.CLIENT_TAKEN:
            return [Identify()]
        again = Reconnect(TOO_MANY_RETRY_MS if code == CloseCode.TOO_MANY else None)
        if code in _FINAL_CLOSE and was_sent:
            return [self._refuse(*_FINAL_CLOSE[code]), again]
        return [again]

    def identify(self, client_id: str) -> list[Effect]:
        """Go on as `client_id`.  Nothing of ours is logged under the old one: what was in flight is work
        like any.
        """
        self.client_id = client_id
        self.seq = 0
        sent, self.in_flight = self.in_flight, None
        if sent is not None:
            whole = sent.moved if self.buffer is None else sent.moved.compose(self.buffer)
            self._set_buffer(whole, self._buffer_edits + sent.edits)
        return [Reconnect(0)]

    def retry(self) -> list[Effect]:
        """The time that a `Retry` named is over."""
        if not self.waiting:
            return []
        self.waiting = False
        return self._resend() if self.connection == "live" else []

    # --- what the server says -------------------------------------------------------------------------------

    def receive(self, message: ServerMessage) -> list[Effect]:
        """A frame of the present socket.  Raises Invalid when it holds a delta that cannot be read."""
        if self.connection in ("offline", "stopped"):
            return []
        match message:
            case Welcome():
                return self._welcomed(message)
            case Error():
                return self._failed(message)
            case Redirect():
                return [Redirected(message.after_ms)]
            case Event():
                return self._event(message)
            case Changes() if self.connection == "live":
                effects = self._advance(message.changes)
                return self._hello() if effects is None else effects + self._flush()
            case Presences() if self.connection == "live":
                placed = self._followers.arrange(message.revision, message.presences, self.revision or 0)
                return [self._presence(placed, message.left)]
            case Changes() | Presences() | Ack() | Pong():
                return []

    def _event(self, message: Event) -> list[Effect]:
        effects: list[Effect] = [Happened(message.event, message.data)]
        if message.event == "document.unlocked" and self.waiting and self.connection == "live":
            self.waiting = False
            effects += self._resend()
        return effects

    def _hello(self) -> list[Effect]:
        self.connection = "greeting"
        self._unanswered_hellos += 1
        hello = Hello(self.client_id, self.connections, acks=self.acks)
        if not self.rebuilding and self.epoch is not None and self.revision is not None:
            hello = Hello(self.client_id, self.connections, self.epoch, self.revision, self.acks)
        return [Send(hello)]

    def _welcomed(self, welcome: Welcome) -> list[Effect]:
        if self._unanswered_hellos == 0:
            return []
        self._unanswered_hellos -= 1
        if self._unanswered_hellos > 0:
            return []  # the answer to the last hello counts
        self.connection = "live"
        self.waiting = False
        self.limits = welcome.limits
        if welcome.content is not None:
            effects: list[Effect] | None = self._rebuilt(welcome, wire.from_content(welcome.content.ops))
        else:
            effects = self._caught_up(welcome)
        if effects is None:
            return self._out_of_step()
        placed = self._followers.arrange(welcome.revision, welcome.presences, welcome.revision)
        effects.append(Welcomed(welcome.role, welcome.user, self._presence(placed, []).presences))
        return effects + self._resumed(welcome)

    def _rebuilt(self, welcome: Welcome, content: Delta) -> list[Effect]:
        """The whole content came: because we asked, or because ours is of another history."""
        lost = self._drop()
        effects: list[Effect] = []
        if lost and self.epoch is not None and self.epoch != welcome.epoch:
            message = "The document was restored from a backup; what was not yet saved here does not fit it."
            effects.append(Refused("EPOCH_CHANGED", message, lost))
        elif lost:
            message = (
                "The server's document is older than this client's; what was not yet saved does not fit it."
            )
            effects.append(Refused("OUT_OF_STEP", message, lost))
        self.rebuilding = False
        self.epoch = welcome.epoch
        self.revision = welcome.revision
        self.seq = max(self.seq, welcome.last_seq)
        self._followers.clear()
        return [*effects, Reset(content, welcome.revision)]

    def _caught_up(self, welcome: Welcome) -> list[Effect] | None:
        """The changes since, the acknowledgement perhaps among them; None when they do not fit what we
        have.
        """
        if self.rebuilding or self.revision is None or welcome.epoch != self.epoch:
            return None
        had = self.revision
        effects = self._advance(welcome.changes)
        if effects is None or self.revision != welcome.revision:
            return None
        logged = self.in_flight is not None and welcome.last_seq >= self.in_flight.sent.seq
        return None if logged and welcome.last_seq_revision <= had else effects

    def _resumed(self, welcome: Welcome) -> list[Effect]:
        """Send again what was in flight if the log does not have it; else what waits behind it."""
        sent = self.in_flight
        if sent is None:
            return self._flush()
        if welcome.last_seq >= sent.sent.seq:
            return []
        return self._launch(sent.moved, sent.edits) if sent.conflicted else self._resend()

    def _out_of_step(self) -> list[Effect]:
        message = "This client lost step with the server and loads the document anew."
        return [self._refuse("OUT_OF_STEP", message), *self._hello()]

    def _advance(self, changes: Sequence[WireChange]) -> list[Effect] | None:
        """Take changes in.  None when the first is not the next; after a later gap, what was taken in
        stands.
        """
        effects: list[Effect] = []
        revision = self.revision or 0
        for change in changes:
            if change.revision <= revision:
                continue
            if change.revision > revision + 1:
                return [*effects, *self._hello()] if effects else None
            revision = self.revision = change.revision
            effects.append(self._take(change))
        due = self._followers.due(revision)
        return [*effects, self._presence(due, [])] if due else effects

    def _take(self, change: WireChange) -> Effect:
        delta = wire.from_wire(change.ops)
        self._followers.record(change.revision, delta, change.client_id)
        sent = self.in_flight
        if sent is not None and change.client_id == self.client_id and change.seq == sent.sent.seq:
            self.in_flight = None
            self.waiting = False
            return Acknowledged(change.seq, change.revision)
        if sent is not None:
            sent.moved, delta = sent.moved.transform_after(delta), delta.transform_before(sent.moved)
        if self.buffer is not None:
            held, delta = self.buffer.transform_after(delta), delta.transform_before(self.buffer)
            self._set_buffer(held, self._buffer_edits)
        return Apply(delta, change.revision, change.client_id)

    def _presence(self, presences: Sequence[Presence], left: list[str]) -> PresenceChanged:
        pending = self.pending
        others = [one for one in presences if one.client_id != self.client_id]
        return PresenceChanged([moved(one, pending, None) for one in others], left)

    # --- sending --------------------------------------------------------------------------------------------

    def _set_buffer(self, delta: Delta | None, edits: int) -> None:
        empty = delta is None or delta.is_empty
        self.buffer = None if empty else delta
        self._buffer_edits = 0 if empty else edits

    def _flush(self) -> list[Effect]:
        if self.connection != "live" or self.in_flight is not None or self.buffer is None:
            return []
        part, rest = first_part(self.buffer, self.limits)
        edits = self._buffer_edits if rest is None else 0
        self._set_buffer(rest, self._buffer_edits)
        return self._launch(part, edits)

    def _launch(self, delta: Delta, edits: int) -> list[Effect]:
        assert self.revision is not None
        self.seq += 1
        sent = OperationMessage(self.seq, self.revision, wire.to_wire(delta))
        self.in_flight = InFlight(sent, delta, edits)
        return [Send(sent)]

    def _resend(self) -> list[Effect]:
        return [] if self.in_flight is None else [Send(self.in_flight.sent)]

    # --- refusals -------------------------------------------------------------------------------------------

    def _failed(self, error: Error) -> list[Effect]:
        sent = self.in_flight
        if self.rebuilding:
            return []
        if sent is None or error.seq != sent.sent.seq:
            return [Notice(error.code, error.message)]
        if error.code == "REVISION_CONFLICT":
            sent.conflicted = True
            return self._hello()  # its welcome brings what is missing, then the moved-along copy goes
        if error.code == "INTERNAL":
            sent.internal_errors += 1
        temporary = error.code in TEMPORARY or error.retry_after_ms is not None
        if not temporary or sent.internal_errors >= MAX_INTERNAL:
            return [self._refuse(error.code, error.message), *self._hello()]
        self.waiting = True
        return [Retry(DEFAULT_RETRY_MS if error.retry_after_ms is None else error.retry_after_ms)]

    def _refuse(self, code: str, message: str) -> Refused:
        """Drop what was refused and all that stood on it; the next hello asks for the whole content."""
        lost = self._drop()
        self.rebuilding = True
        self.waiting = False
        return Refused(code, message, lost)

    def _drop(self) -> list[Delta]:
        """The unacknowledged work, given up."""
        lost = [delta for delta in self.pending if not delta.is_empty]
        self.in_flight = self.buffer = None
        self._buffer_edits = 0
        return lost


def encode(message: ClientMessage) -> bytes:
    """A message as it travels: members that say nothing are left out."""
    members = msgspec.to_builtins(message)
    if not isinstance(message, PresenceMessage):
        members = {name: value for name, value in members.items() if value is not None and value is not False}
    return msgspec.json.encode(members)
