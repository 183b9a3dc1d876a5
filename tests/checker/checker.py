"""From what happened to what was violated: the promises of a run, checked after it has come to rest.

Input is one document's run: each operation that a client submitted and what it learnt of it, reads, deliveries,
revocations, the whole log, snapshots, and the final content of everybody.  An unknown outcome (no answer, a lost
connection) is never a failure by itself: the log says what became of it.  Contents are compared as deltas; times are
seconds on one clock.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from octavo.delta import Content, Delta
from octavo.delta.ops import Insert, Retain
from octavo.errors import Invalid

OpId = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Submitted:
    """One operation of a client.  `digest` is that of its first body; `revision` is what an `ok` named."""

    client_id: str
    seq: int
    digest: bytes
    outcome: Literal["ok", "fail", "unknown"]
    revision: int | None = None

    @property
    def id(self) -> OpId:
        return self.client_id, self.seq


@dataclass(frozen=True, slots=True)
class Logged:
    """One row of the log."""

    revision: int
    client_id: str
    seq: int
    digest: bytes
    delta: Delta
    user_id: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Read:
    """A read that began when `acknowledged` was already acknowledged to somebody, and answered `revision`."""

    who: str
    acknowledged: int
    revision: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """A change reached a user's client."""

    user_id: str
    revision: int
    at: float


@dataclass(frozen=True, slots=True)
class Revoked:
    """From `revision` on a user may not write, until the rights came back at revision `until`; `bound` seconds after
    `at` nothing more may reach them."""

    user_id: str
    revision: int
    at: float
    bound: float = 1.0
    until: float = float("inf")


@dataclass(frozen=True, slots=True)
class Pointed:
    """The last cursor that a client stated, in the content at `revision`: both its ends."""

    client_id: str
    revision: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Where somebody at `revision`, with nothing pending, shows the cursor of a client."""

    who: str
    client_id: str
    revision: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SnapshotTaken:
    revision: int
    content: Delta


@dataclass(frozen=True, slots=True)
class Final:
    """What somebody ended with: a client, REST, a fresh reader, a node."""

    who: str
    revision: int
    content: Delta


@dataclass(slots=True)
class Run:
    """All that is known of one document's run; what was not observed stays empty."""

    submitted: list[Submitted] = field(default_factory=list)
    log: list[Logged] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    revoked: list[Revoked] = field(default_factory=list)
    snapshots: list[SnapshotTaken] = field(default_factory=list)
    finals: list[Final] = field(default_factory=list)
    pointed: list[Pointed] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken, and by what."""

    promise: str
    detail: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.detail}"


def check(run: Run) -> list[Violation]:
    """Every violation found, in the order of the promises; none for a sound run."""
    return [
        *_numbered(run),
        *_once(run),
        *_acknowledged(run),
        *_refused(run),
        *_in_order(run),
        *_fresh_reads(run),
        *_revocations(run),
        *_contents(run),
        *_cursors(run),
    ]


def _numbered(run: Run) -> Iterator[Violation]:
    """Revisions are 1 … n without a gap."""
    for expected, row in enumerate(run.log, start=1):
        if row.revision != expected:
            yield Violation("numbered", f"revision {row.revision} stands where {expected} belongs")
            return


def _once(run: Run) -> Iterator[Violation]:
    """No operation is in the log twice; one whose outcome is unknown is there 0 or 1 times."""
    counts = Counter((row.client_id, row.seq) for row in run.log)
    for op_id, count in counts.items():
        if count > 1:
            yield Violation("once", f"operation {op_id} is in the log {count} times")


def _acknowledged(run: Run) -> Iterator[Violation]:
    """What was acknowledged is in the log, at the acknowledged revision and with the same body."""
    rows = {(row.client_id, row.seq): row for row in run.log}
    for one in run.submitted:
        row = rows.get(one.id)
        if one.outcome == "ok" and row is None:
            yield Violation(
                "lost", f"operation {one.id} was acknowledged at {one.revision} and is not in the log"
            )
        elif one.outcome == "ok" and row is not None and row.revision != one.revision:
            yield Violation(
                "revision", f"operation {one.id} was acknowledged at {one.revision}, is {row.revision}"
            )
        if row is not None and row.digest != one.digest:
            yield Violation("body", f"operation {one.id} is in the log with another body")


def _refused(run: Run) -> Iterator[Violation]:
    """What was finally refused left no trace."""
    logged = {(row.client_id, row.seq) for row in run.log}
    for one in run.submitted:
        if one.outcome == "fail" and one.id in logged:
            yield Violation("refused", f"operation {one.id} was refused and is in the log")


def _in_order(run: Run) -> Iterator[Violation]:
    """Each client's operations stand in the log in the order of their seq."""
    last: dict[str, int] = defaultdict(int)
    for row in run.log:
        if row.seq < last[row.client_id]:
            yield Violation("order", f"{row.client_id} has seq {row.seq} after {last[row.client_id]}")
        last[row.client_id] = max(row.seq, last[row.client_id])


def _fresh_reads(run: Run) -> Iterator[Violation]:
    """Once something is acknowledged, every later read includes it."""
    for read in run.reads:
        if read.revision < read.acknowledged:
            yield Violation(
                "stale", f"{read.who} read {read.revision} when {read.acknowledged} was acknowledged"
            )


def _revocations(run: Run) -> Iterator[Violation]:
    """After a revocation nothing of that user is logged, and after its bound nothing reaches them."""
    for one in run.revoked:
        for row in run.log:
            if row.user_id == one.user_id and one.revision < row.revision <= one.until:
                yield Violation("rights", f"{one.user_id} wrote revision {row.revision} after {one.revision}")
        for delivery in run.delivered:
            if delivery.user_id == one.user_id and delivery.at > one.at + one.bound:
                late = delivery.at - one.at
                yield Violation(
                    "rights", f"{one.user_id} got {delivery.revision} {late:.1f} s after losing it"
                )


def _contents(run: Run) -> Iterator[Violation]:
    """Snapshots equal the replay to their revision, and everybody's end equals the whole replay."""
    wanted = defaultdict(list)
    for snapshot in run.snapshots:
        wanted[snapshot.revision].append(snapshot)
    content = Content()
    head = 0
    for row in [None, *run.log]:
        if row is not None:
            try:
                content.apply(row.delta)
            except Invalid as fault:
                yield Violation("replay", f"revision {row.revision} does not fit: {fault.message}")
                return
            head = row.revision
        for snapshot in wanted.pop(head, ()):
            if snapshot.content != content.to_delta():
                yield Violation("snapshot", f"the snapshot of revision {head} is not the replay")
    for revision in wanted:
        yield Violation("snapshot", f"there is a snapshot of revision {revision}, past the head {head}")
    expected = content.to_delta()
    for final in run.finals:
        if final.revision != head:
            yield Violation("converged", f"{final.who} ended at revision {final.revision}, the log at {head}")
        elif final.content != expected:
            yield Violation("converged", f"{final.who} ended with another content than the log's replay")


def _cursors(run: Run) -> Iterator[Violation]:
    """Everybody shows each cursor where the changes since it was stated have moved it."""
    pointed = {one.client_id: one for one in run.pointed}
    for seen in run.seen:
        one = pointed[seen.client_id]
        start, end = one.start, one.end
        for row in run.log[one.revision : seen.revision]:
            own = row.client_id == one.client_id
            start, end = _moved(start, row.delta, own), _moved(end, row.delta, own)
        if (seen.start, seen.end) != (start, end):
            detail = (
                f"{seen.who} shows {one.client_id} at {seen.start}-{seen.end}, which stands at {start}-{end}"
            )
            yield Violation("cursor", detail)


def _moved(index: int, delta: Delta, own: bool) -> int:
    """A place after a change, counted unit by unit: text put there pushes only its own author's cursor."""
    before = after = 0  # how many units of the old and of the new content lie to the left of the op
    for op in delta.ops:
        for _ in range(op.length):
            if isinstance(op, Insert):
                if before > index or (before == index and not own):
                    return after
                after += 1
            elif before == index:
                return after
            else:
                before += 1
                after += isinstance(op, Retain)
    return after + max(0, index - before)
