"""What a room keeps for each operation it has not logged yet, and what it asks its host to do.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from octavo.delta import Delta
from octavo.delta.divergence import Divergence
from octavo.errors import OctavoError
from octavo.protocol import Change, Operation

SLICE: Final = 2_000
"""Units of rebasing done in one go: about one per component looked at, 2 ms in pure Python at the worst."""

REBASE_LIMIT: Final = 500 * SLICE
"""Units after which an old operation is sent back with `REVISION_CONFLICT`: about 1 s."""


@dataclass(slots=True)
class Entry:
    """An operation on its way into the log.

    `based` is it transformed over the logged changes up to revision `at`, and over nothing else, so that it stays good
    when the queue is thrown away; `delta` is it where it stands in the queue.  `refusal` is a verdict that is not final
    before all that stands ahead of it is durable; `checked`: the log was read to its end since it arrived, so
    that what another node has logged is not refused here.  `away` is it on its way over a long history: then that, and
    not `based`, stands at `at`.
    """

    operation: Operation
    role: str
    arrived: float
    based: Delta
    at: int
    delta: Delta
    inverse: Delta | None = None
    refusal: OctavoError | None = None
    change: Change | None = None
    work: int = 0
    away: Divergence | None = None
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Broadcast:
    """These are durable now, and may be shown.  `arrived` is when the first of our own arrived."""

    changes: Sequence[Change]
    transformed: int
    own: int
    arrived: float | None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Tell the author; the code says whether it is final."""

    operation: Operation
    error: OctavoError


@dataclass(frozen=True, slots=True)
class Known:
    """A resend of what is logged at `revision`: its author has the change, or is about to get it."""

    operation: Operation
    revision: int


@dataclass(frozen=True, slots=True)
class Ignore:
    """An old seq that came late; only somebody who waits for it is told."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Taken:
    """The client id is another user's: close with 4408."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class ReadLog:
    """Read the log after the head until its end; give each page to `logged`, then call `caught_up`."""


@dataclass(frozen=True, slots=True)
class ReadOld:
    """Read a page of the log after this revision and give it to `older`."""

    after: int


@dataclass(frozen=True, slots=True)
class LoadClient:
    """Read this client's row and give it to `client_loaded`."""

    client_id: str


@dataclass(frozen=True, slots=True)
class LoadMarks:
    """Find out which of these suggestions are or were in the log, and tell `marks_loaded`."""

    client_id: str
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Continue:
    """There is rebasing left: call `work` again after others had their turn."""


Effect = Broadcast | Refuse | Known | Ignore | Taken | ReadLog | ReadOld | LoadClient | LoadMarks | Continue
Effects = Sequence[Effect]
