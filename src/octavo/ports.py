"""All that Octavo needs of the outside, one Protocol each; their laws stand in the docstrings.

`tests/contracts/` holds one suite per port, and every adapter passes it.  `adapters/memory.py` is the
executable specification.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from octavo.convert.terms import Passage
from octavo.delta import Delta
from octavo.errors import Conflict
from octavo.protocol import Change

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Head:
    """What `append` compares with: where a document's log ends."""

    epoch: str
    revision: int
    fence: int


@dataclass(frozen=True, slots=True)
class ClientRow:
    """What the log knows of one client on one document: its last logged operation."""

    user_id: str
    seq: int
    revision: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The content of a document at a revision, as canonical JSON of its wire ops."""

    revision: int
    content: bytes


class RevisionTaken(Conflict):
    """Another writer logged this revision first: read what follows the head, transform, append again."""

    def __init__(self, head: int) -> None:
        super().__init__("REVISION_CONFLICT", f"the log ends at revision {head}", current_revision=head)
        self.head = head


class AlreadyLogged(Conflict):
    """The log has this (client, seq), a later seq of this client, or the client belongs to another user."""

    def __init__(self, client_id: str, row: ClientRow) -> None:
        super().__init__("ALREADY_EXISTS", f"client {client_id} has already logged seq {row.seq}")
        self.client_id = client_id
        self.row = row


class Fenced(Conflict):
    """Somebody's rights were taken since: read the roles again before appending."""

    def __init__(self, fence: int) -> None:
        super().__init__("FORBIDDEN", "the rights on this document have changed")
        self.fence = fence


class OperationLog(Protocol):
    """Each document's changes, numbered 1, 2, 3 … without a gap.  May be slow or absent, never wrong.

    A read error is an error (`Unavailable`), never an empty document; an unknown document is `Missing`.
    """

    async def create(self, document_id: str, epoch: str) -> None:
        """Start the log of a new document at revision 0, fence 0.  Creating one that exists: `Conflict`."""

    async def head(self, document_id: str) -> Head:
        """Where the log ends now.  `Missing` when there is no such log."""

    async def heads(self, document_ids: Collection[str]) -> dict[str, Head]:
        """Where these logs end now, in one question however many they are; unknown documents are left out."""

    async def append(
        self, document_id: str, *, epoch: str, expected_revision: int, fence: int, changes: Sequence[Change]
    ) -> None:
        """Store all durably, or none.  When it returns, the changes survive kill -9 and loss of power.

        Compare-and-set: the log must end at `expected_revision`, have this `epoch` and this `fence`, and each
        change must bear a seq greater than its client's last logged one, a base revision not before that
        one's revision, and the client's own user.  Raises RevisionTaken, AlreadyLogged, Fenced; EPOCH_CHANGED
        as Conflict; anything else means unknown: read.  Appends of several documents that wait at the same
        time share one transaction; each succeeds or fails alone.
        """

    async def read(self, document_id: str, *, after: int, limit: int = 1000) -> list[Change]:
        """The changes after + 1 … after + limit, in order, fewer at the end of the log."""

    async def client(self, document_id: str, client_id: str) -> ClientRow | None:
        """The last logged operation of a client on a document."""

    async def raise_fence(self, document_id: str) -> int:
        """Take the append right from everybody who holds the present fence; returns the new one.

        The product raises it inside the transaction that takes the rights (`catalog`); this verb is for
        operators and tests.
        """


@runtime_checkable
class Replays(Protocol):
    """A log that knows a shorter way to a content than change by change."""

    async def deltas(self, document_id: str, *, after: int, to: int) -> tuple[list[Delta], int]:
        """What leads from the content at revision `after` on towards that at `to`, and the revision it leads to.

        Fewer deltas than changes where what was typed in one go is kept as one: for contents only, never for
        transforming.  Raises as `OperationLog.read` does.
        """


class SnapshotStore(Protocol):
    """Contents by revision: a cache of the log, never the truth.  Damaged ones are skipped and reported."""

    async def latest(self, document_id: str, *, at_most: int | None = None) -> Snapshot | None:
        """The newest sound snapshot, at or before revision `at_most`."""

    async def put(self, document_id: str, snapshot: Snapshot) -> None:
        """Keep it; putting the same revision again replaces it."""


class Relay(Protocol):
    """Messages between nodes, by topic.  It may lose, delay, double and reorder them: nothing may depend on one.

    What is in them is the nodes' own affair (`collab/hints.py`).
    """

    def publish(self, topic: str, message: bytes) -> None:
        """Tell whoever listens.  Never waits, never raises; what cannot leave soon is dropped."""

    def subscribe(
        self, topic: str, listener: Callable[[bytes], None], joined: Callable[[], None] | None = None
    ) -> Callable[[], None]:
        """Call `listener(message)` for every message that arrives, the process's own too; returns the way to stop.

        `joined()` is called whenever listening begins, also anew: what was said before may have been missed.
        """


class Counters(Protocol):
    """What all nodes count together.  Losable: with no answer within a moment, everything is allowed."""

    async def take(self, key: str, *, rate: float, burst: float) -> float:
        """Take one from a bucket of `burst`, refilled by `rate` a second; 0.0, or the seconds until it can be had."""

    async def give_back(self, key: str, *, rate: float, burst: float) -> None:
        """Undo one `take`."""

    async def first(self, key: str, seconds: int) -> bool:
        """Whether nobody has asked this for the key within so many seconds."""


class BlobStore(Protocol):
    """Bytes by name: pictures now, sealed segments later.  A blob never changes under its key."""

    async def put(self, key: str, data: bytes) -> None:
        """Keep it; durable on return.  Putting a key again is nothing new.

        A key is 1 to 128 of a-z, 0-9 and `-`.
        """

    async def get(self, key: str) -> bytes:
        """The bytes.  `Missing` when there is no such blob; any other failure is `Unavailable`."""

    async def delete(self, key: str) -> None:
        """Forget it; deleting what is not there is no error."""

    async def keys(self) -> list[str]:
        """Every key there is, in order: for collecting what nothing needs any more."""


class Database(Protocol):
    """The catalog's transactions.  All writes of a process share one writer with the log."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a read transaction on a thread of its own; it must not write."""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in the writer's transaction; durable on return.  An exception undoes it alone."""


class Fetch(Protocol):
    """Files from elsewhere, by addresses that nobody vouches for."""

    async def __call__(self, url: str, limit: int) -> bytes:
        """The bytes at an http or https address, never one inside the server's own network.

        Raises Invalid: TOO_LARGE for more than `limit` bytes, INVALID_REQUEST when nothing came.
        """


class Clock(Protocol):
    """Time comes in from outside, so that it can be virtual."""

    def now(self) -> int:
        """Seconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """A document as search knows it; `readers` maps who may read it to their own tags on it."""

    document_id: str
    title: str
    text: str
    readers: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A document that a query finds; a higher score is better."""

    document_id: str
    score: float


class SearchIndex(Protocol):
    """Finds documents by their words.  Derived: it may lag, or be empty and told everything anew.

    What a query asks for is what `convert.terms.parse` makes of it: every part must be answered by the title, by
    the text or by one of the reader's own tags.  Any text is a query; one that asks for nothing finds nothing.
    """

    async def put(self, entry: SearchEntry) -> None:
        """Know the document as this from now on; durable on return."""

    async def remove(self, document_id: str) -> None:
        """Forget it; one that is not there is no error."""

    async def search(
        self, reader: str, query: str, *, among: Collection[str] | None = None, limit: int = 50
    ) -> list[SearchHit]:
        """The best among what `reader` may read (and `among`, if given), best first; titles weigh most."""

    async def passages(self, query: str, document_ids: Collection[str]) -> dict[str, Passage]:
        """The piece of each text that answers most of the query; none for a text that answers nothing of it.

        Who may read was asked before.
        """

    async def empty(self) -> bool:
        """Whether nothing is known: after the first start, and when the index was lost or is of another make."""
