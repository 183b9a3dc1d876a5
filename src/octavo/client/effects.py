"""What the client machine tells its shell to do.  The table is in `vectors/client/README.md`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from octavo.delta import Delta
from octavo.protocol import ClientMessage


@dataclass(frozen=True, slots=True)
class Send:
    """This message, on the present socket."""

    message: ClientMessage


@dataclass(frozen=True, slots=True)
class Joined:
    """Welcomed: role, user, limits and presences of the machine are valid now."""


@dataclass(frozen=True, slots=True)
class Apply:
    """Another's change, moved over all that is pending: do it to what is shown."""

    delta: Delta
    revision: int
    client_id: str


@dataclass(frozen=True, slots=True)
class Reset:
    """Show this content instead."""

    content: Delta
    revision: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The operation in flight is durable in the log."""

    seq: int
    revision: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Finally refused.  `delta` is what was dropped, for copying; nothing can be edited until `Reset`."""

    code: str
    message: str
    delta: Delta


@dataclass(frozen=True, slots=True)
class Kept:
    """Work that cannot be logged (any more), to be kept as a copy."""

    code: str
    delta: Delta


@dataclass(frozen=True, slots=True)
class Delayed:
    """A temporary refusal: all is kept, and the same operation is sent again."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """Others' cursors have changed: read them with `cursors()`."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An `event` of the server, passed on."""

    event: str
    data: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """An error that names no operation, passed on."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Give up the present socket, if any, and open another with a new ticket after so many seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class Stop:
    """Give up for good.  `delta` is unsent work, empty when there is none."""

    code: int
    delta: Delta


Effect = (
    Send
    | Joined
    | Apply
    | Reset
    | Acknowledged
    | Refused
    | Kept
    | Delayed
    | PresenceChanged
    | Happened
    | Failed
    | Connect
    | Stop
)
