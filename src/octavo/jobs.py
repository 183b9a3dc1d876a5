"""Work that follows the logs, outside the write path: each job has a durable cursor in every document.

A job is told of changes, catches up from its cursors at the start, is tried again with growing delays when it fails,
and goes to the list of dead letters when it keeps failing; one document's failure stops no other.  The first job makes
snapshots.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol

import msgspec
from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from octavo import protocol
from octavo.catalog.leases import LeaseLost
from octavo.catalog.tables import dead_letters as letters
from octavo.catalog.tables import heads, job_cursors
from octavo.delta import Content, Delta, wire
from octavo.errors import Invalid, Missing
from octavo.leases import Leases
from octavo.ports import Clock, Database, OperationLog, Snapshot, SnapshotStore

log = logging.getLogger(__name__)

TELL_AFTER: Final = 0.25
"""Seconds for which what other workers have to do is gathered before they are told."""


class Job(Protocol):
    """Something to be done about changes.  It may be asked twice for the same ones, and must not mind."""

    name: str

    def noticed(self, document_id: str, changes: Sequence[protocol.Change]) -> bool:
        """These were just logged: is there something to do now?  Called for every batch, so it must be quick.

        None at all: the document was touched in another way, or nobody has it open any more.
        """

    async def run(self, document_id: str, after: int) -> int:
        """Do what the changes from `after` + 1 on ask for; returns the revision up to which all is done."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What a job gave up on: the changes `after` + 1 … `revision` of a document."""

    job: str
    document_id: str
    after: int
    revision: int
    attempts: int
    error: str
    failed_at: int


@dataclass(frozen=True, slots=True)
class Policy:
    """When to try again, in seconds, and when to give up."""

    first_delay: float = 1.0
    longest_delay: float = 300.0
    attempts: int = 8
    run_limit: float = 120.0
    refresh: float = 60.0  # how often the dead letters are read, to see what an operator retried

    def delay(self, attempts: int) -> float:
        """How long to wait after that many failures."""
        return min(self.longest_delay, self.first_delay * 2.0 ** (attempts - 1))


@dataclass(slots=True)
class _Lane:
    """One job's own queue of documents, worked off one at a time."""

    job: Job
    pause: float = 0.0
    ready: OrderedDict[str, None] = field(default_factory=OrderedDict)
    failures: dict[str, int] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)  # waiting for their next attempt
    resting: set[str] = field(default_factory=set)  # within the job's pause
    missed: set[str] = field(default_factory=set)  # noticed while resting
    dead: set[str] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    busy: str | None = None

    def add(self, document_id: str) -> None:
        if document_id in self.resting:
            self.missed.add(document_id)
        elif document_id not in self.held and document_id not in self.dead:
            self.ready[document_id] = None
            self.wake.set()


class Jobs:
    """Runs the jobs of one process.  All methods are called on the event loop's thread."""

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        database: Database,
        clock: Clock,
        policy: Policy | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_failure: Callable[[str], None] | None = None,
        pauses: Mapping[str, float] = MappingProxyType({}),
        leases: Leases | None = None,
        runs: bool = True,
    ) -> None:
        """`sleep(seconds)` and `clock` may be virtual; `on_failure(job name)` counts failed runs.

        `pauses`: for how many seconds a job lets a document rest after a run; what is noticed meanwhile waits,
        and runs once.  Among several nodes `leases` say which documents are this worker's, `runs` whether it is one
        at all.  `database` is then to be `Guarded`, the jobs' own too.
        """
        self._database = database
        self._clock = clock
        self._policy = policy or Policy()
        self._sleep = sleep
        self._on_failure = on_failure
        self._lanes = {job.name: _Lane(job, pauses.get(job.name, 0.0)) for job in jobs}
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._leases = leases
        self._runs = runs
        self._tell: Callable[[str, str], None] | None = None
        self._theirs: dict[tuple[str, str], None] = {}

    def connect(self, tell: Callable[[str, str], None]) -> None:
        """`tell(job name, document)` lets the other workers know what is theirs to do."""
        self._tell = tell

    async def start(self) -> None:
        """Read where each job stopped, and begin with what it has not seen."""
        if not self._runs:
            return
        await self._read_letters()
        if self._leases is not None:
            await self._leases.beat()
        await self._sweep()
        for lane in self._lanes.values():
            self._keep(self._work(lane))
        self._keep(self._refresh())
        if self._leases is not None:
            self._keep(self._leases.beat_always(self._sweep))

    async def stop(self) -> None:
        """Let go at once; the cursors say where to go on."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._leases is not None and self._runs:
            await self._leases.release()

    def changed(self, document_id: str, changes: Sequence[protocol.Change]) -> None:
        """These changes are durable; never waits, never raises."""
        for lane in self._lanes.values():
            try:
                due = lane.job.noticed(document_id, changes)
            except Exception:
                log.exception("job %s failed to take note of document %s", lane.job.name, document_id)
                due = True
            if due and self._is_mine(document_id):
                self._idle.clear()
                lane.add(document_id)
            elif due:
                self._pass_on(lane.job, document_id, changes)

    def touched(self, document_id: str, changes: Sequence[protocol.Change]) -> None:
        """`changed`, of which every worker learns by itself."""
        if self._is_mine(document_id):
            self.changed(document_id, changes)

    def heard(self, job: str, document_id: str) -> None:
        """Another node says that there is something to do."""
        lane = self._lanes.get(job)
        if lane is not None and self._is_mine(document_id):
            self._idle.clear()
            lane.add(document_id)

    async def catch_up(self, name: str) -> None:
        """Let a job go on wherever it is behind; returns when it has done what it can."""
        lane = self._lanes[name]
        for document_id in await self._database.read(partial(behind, job=name)):
            lane.add(document_id)
        while lane.ready or lane.busy:
            self._idle.clear()
            await self._idle.wait()

    async def settled(self) -> None:
        """Wait until nothing is ready or running (what waits for another attempt does not count)."""
        while any(lane.ready or lane.busy for lane in self._lanes.values()):
            self._idle.clear()
            await self._idle.wait()

    def _is_mine(self, document_id: str) -> bool:
        return self._runs and (self._leases is None or self._leases.has(document_id))

    def _pass_on(self, job: Job, document_id: str, changes: Sequence[protocol.Change]) -> None:
        """Each document once in a moment; what is lost on the way is found by the next sweep."""
        if isinstance(job, SnapshotJob) and changes:
            job.passed_on(document_id, changes[-1].revision)
        if self._tell is not None:
            if not self._theirs:
                asyncio.get_running_loop().call_later(TELL_AFTER, self._tell_others)
            self._theirs[job.name, document_id] = None

    def _tell_others(self) -> None:
        theirs, self._theirs = self._theirs, {}
        for job, document_id in theirs:
            if self._tell is not None:
                self._tell(job, document_id)

    async def _sweep(self) -> None:
        """Whatever is behind, and this worker's to do."""
        for name, lane in self._lanes.items():
            for document_id in await self._database.read(partial(behind, job=name)):
                if self._is_mine(document_id):
                    lane.add(document_id)

    # --- inside --------------------------------------------------------------------------------------------

    def _keep(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, lane: _Lane) -> None:
        while True:
            if not lane.ready:
                self._idle.set()
                lane.wake.clear()
                await lane.wake.wait()
            lane.busy, _ = lane.ready.popitem(last=False)
            try:
                await self._run(lane, lane.busy)
            finally:
                lane.busy = None

    async def _run(self, lane: _Lane, document_id: str) -> None:
        try:
            if self._leases is None:
                await self._run_here(lane, document_id)
            else:
                with self._leases.under(document_id):
                    await self._run_here(lane, document_id)
        except LeaseLost:
            lane.failures.pop(document_id, None)  # whoever has it now does it

    async def _run_here(self, lane: _Lane, document_id: str) -> None:
        job = lane.job
        after = -1
        try:
            after = await self._database.read(lambda connection: cursor(connection, job.name, document_id))
            async with asyncio.timeout(self._policy.run_limit):
                reached = await job.run(document_id, after)
            if reached > after:
                await self._database.write(
                    lambda connection: set_cursor(connection, job.name, document_id, reached)
                )
            lane.failures.pop(document_id, None)
            self._pause(lane, document_id)
        except Missing:
            lane.failures.pop(document_id, None)  # deleted for good meanwhile
        except LeaseLost:
            raise
        except Exception as fault:
            await self._failed(lane, document_id, after, fault)

    def _pause(self, lane: _Lane, document_id: str) -> None:
        if not lane.pause:
            return
        if document_id in lane.ready:
            del lane.ready[document_id]
            lane.missed.add(document_id)
        lane.resting.add(document_id)
        self._keep(self._rested(lane, document_id))

    async def _rested(self, lane: _Lane, document_id: str) -> None:
        await self._sleep(lane.pause)
        lane.resting.discard(document_id)
        if document_id in lane.missed:
            lane.missed.discard(document_id)
            lane.add(document_id)

    async def _failed(self, lane: _Lane, document_id: str, after: int, fault: Exception) -> None:
        name = lane.job.name
        attempts = lane.failures[document_id] = lane.failures.get(document_id, 0) + 1
        error = f"{type(fault).__name__}: {fault}"[:1000]
        if self._on_failure is not None:
            self._on_failure(name)
        if attempts < self._policy.attempts:
            delay = self._policy.delay(attempts)
            log.warning("job %s failed on %s (%s); again in %.0f s", name, document_id, error, delay)
            lane.held.add(document_id)
            self._keep(self._again(lane, document_id, delay))
            return
        log.error("job %s gave up on %s after %d attempts: %s", name, document_id, attempts, error)
        now = self._clock.now()
        try:
            await self._database.write(
                lambda connection: bury(connection, name, document_id, max(after, 0), attempts, error, now)
            )
        except LeaseLost:
            raise
        except Exception as second:
            # The store fails: what cannot be put on the list is tried again, for as long as it takes.
            log.warning("job %s on %s cannot be listed as dead: %s", name, document_id, second)
            lane.held.add(document_id)
            self._keep(self._again(lane, document_id, self._policy.longest_delay))
            return
        lane.dead.add(document_id)
        del lane.failures[document_id]

    async def _again(self, lane: _Lane, document_id: str, delay: float) -> None:
        await self._sleep(delay)
        lane.held.discard(document_id)
        lane.add(document_id)

    async def _refresh(self) -> None:
        while True:
            await self._sleep(self._policy.refresh)
            try:
                await self._read_letters()
                if self._leases is not None:
                    await self._sweep()  # what others were told of may have been lost
            except Exception as fault:
                log.warning("the dead letters cannot be read: %s; trying again", fault)

    async def _read_letters(self) -> None:
        listed = await dead_letters(self._database)
        for name, lane in self._lanes.items():
            dead = {letter.document_id for letter in listed if letter.job == name}
            freed = lane.dead - dead
            lane.dead = dead
            for document_id in filter(self._is_mine, freed):
                lane.add(document_id)


# --- cursors and dead letters ------------------------------------------------------------------------------


async def dead_letters(database: Database) -> list[DeadLetter]:
    """What jobs gave up on, oldest first."""

    def work(connection: Connection) -> list[DeadLetter]:
        rows = connection.execute(
            select(letters).order_by(letters.c.failed_at, letters.c.job, letters.c.document_id)
        )
        return [DeadLetter(**row._mapping) for row in rows]

    return await database.read(work)


async def retry(database: Database, job: str, document_id: str) -> None:
    """Take it off the list; a running server tries it again within a minute.  Raises Missing."""
    await database.write(lambda connection: _take_off(connection, job, document_id))


async def drop(database: Database, job: str, document_id: str) -> None:
    """Take it off the list and let the job pass over those changes for good.  Raises Missing."""

    def work(connection: Connection) -> None:
        revision = _take_off(connection, job, document_id)
        set_cursor(connection, job, document_id, revision)

    await database.write(work)


def _take_off(connection: Connection, job: str, document_id: str) -> int:
    row = connection.execute(
        delete(letters)
        .where(letters.c.job == job, letters.c.document_id == document_id)
        .returning(letters.c.revision)
    ).first()
    if row is None:
        raise Missing(
            "NOT_FOUND", f"job {job} has no dead letter for document {document_id}; list them first"
        )
    return int(row.revision)


def behind(connection: Connection, job: str) -> list[str]:
    """Documents with changes that the job has not dealt with, but for its dead letters."""
    query = (
        select(heads.c.document_id)
        .outerjoin(
            job_cursors, and_(job_cursors.c.document_id == heads.c.document_id, job_cursors.c.job == job)
        )
        .outerjoin(letters, and_(letters.c.document_id == heads.c.document_id, letters.c.job == job))
        .where(
            letters.c.job.is_(None),
            heads.c.revision > 0,
            or_(job_cursors.c.revision.is_(None), job_cursors.c.revision < heads.c.revision),
        )
        .order_by(heads.c.document)
    )
    return list(connection.scalars(query))


def cursor(connection: Connection, job: str, document_id: str) -> int:
    """The revision up to which a job has dealt with a document; 0 at first."""
    query = select(job_cursors.c.revision)
    found = connection.scalar(query.where(job_cursors.c.job == job, job_cursors.c.document_id == document_id))
    return 0 if found is None else found


def set_cursor(connection: Connection, job: str, document_id: str, revision: int) -> None:
    where = and_(job_cursors.c.job == job, job_cursors.c.document_id == document_id)
    if connection.execute(update(job_cursors).where(where).values(revision=revision)).rowcount == 0:
        connection.execute(insert(job_cursors).values(job=job, document_id=document_id, revision=revision))


def bury(
    connection: Connection, job: str, document_id: str, after: int, attempts: int, error: str, now: int
) -> None:
    """Put it on the list of dead letters; `now` in seconds since 1970."""
    head = connection.scalar(select(func.max(heads.c.revision)).where(heads.c.document_id == document_id))
    if head is None:
        return
    connection.execute(delete(letters).where(letters.c.job == job, letters.c.document_id == document_id))
    connection.execute(
        insert(letters).values(
            job=job,
            document_id=document_id,
            after=after,
            revision=head,
            attempts=attempts,
            error=error,
            failed_at=now,
        )
    )


# --- snapshots ---------------------------------------------------------------------------------------------

SPLICES_BETWEEN: Final = 4_000
"""2,000 typed characters: read from rows and applied in about 10 ms, which is what a cold open may take."""
_UNITS_PER_COST: Final = 32  # a long content is encoded and stored more rarely: it costs in proportion
_UNITS_PER_SPLICE: Final = 1024  # about a leaf of the content: long runs cost by length, short ones by number
_WORTH_KEEPING: Final = 500  # splices; replaying them takes about 2 ms
_PAGE: Final = 500
_REMEMBERED: Final = 20_000  # documents whose cost is known; of others it is read from the log

_decode: Final = msgspec.json.Decoder().decode


def replay_cost(delta: Delta) -> int:
    """What applying a delta costs, in run splices: places touched, and their length in leaves."""
    ops = delta.ops
    return 1 + sum(
        1 + op.length // _UNITS_PER_SPLICE for op in ops if op.kind != 0 or op.attributes is not None
    )


class SnapshotJob:
    """Keeps the cost of replaying any revision bounded: a snapshot after every so many splices."""

    name = "snapshot"

    def __init__(
        self, operations: OperationLog, snapshots: SnapshotStore, *, splices: int = SPLICES_BETWEEN
    ) -> None:
        self._log = operations
        self._snapshots = snapshots
        self._splices = splices
        # revision, cost since the last snapshot, cost at which the next one is due
        self._costs: OrderedDict[str, tuple[int, int, int]] = OrderedDict()

    def noticed(self, document_id: str, changes: Sequence[protocol.Change]) -> bool:
        known = self._costs.get(document_id)
        if not changes:
            return known is not None and known[1] >= _WORTH_KEEPING
        if known is None or known[0] + 1 != changes[0].revision:
            return True
        cost = known[1] + sum(replay_cost(change.delta) for change in changes)
        self._remember(document_id, changes[-1].revision, cost, known[2])
        return cost >= known[2]

    def passed_on(self, document_id: str, revision: int) -> None:
        """Another worker looks after it from here on: it is told again when as much has come together."""
        self._remember(document_id, revision, 0, self._splices)

    async def run(self, document_id: str, after: int) -> int:
        """Replay from the last snapshot, leaving one wherever the cost since the one before is reached.

        One more stands at the end when opening from there saves more than reading the snapshot costs.

        Raises Invalid when a logged operation does not apply: `octavo verify` says more.
        """
        revision, content = await self._begin(document_id)
        cost = 0
        while changes := await self._log.read(document_id, after=revision, limit=_PAGE):
            for change in changes:
                try:
                    content.apply(change.delta)
                except Invalid as fault:
                    raise Invalid(
                        fault.code, f"change {change.revision} does not apply: {fault.message}"
                    ) from fault
                revision = change.revision
                cost += replay_cost(change.delta)
                if cost >= self._due(content):
                    await self._keep(document_id, revision, content)
                    cost = 0
        if cost >= _WORTH_KEEPING:
            await self._keep(document_id, revision, content)
            cost = 0
        self._remember(document_id, revision, cost, self._due(content))
        return revision

    def _due(self, content: Content) -> int:
        return max(self._splices, content.length // _UNITS_PER_COST)

    async def _begin(self, document_id: str) -> tuple[int, Content]:
        found = await self._snapshots.latest(document_id)
        if found is None:
            return 0, Content()
        return found.revision, Content.from_delta(wire.from_content(_decode(found.content)))

    async def _keep(self, document_id: str, revision: int, content: Content) -> None:
        # Encoding a long content takes tens of milliseconds: not on the event loop's thread.
        encoded = await asyncio.to_thread(lambda: protocol.ops_to_json(content.to_delta()))
        await self._snapshots.put(document_id, Snapshot(revision, encoded))

    def _remember(self, document_id: str, revision: int, cost: int, due: int) -> None:
        self._costs[document_id] = (revision, cost, due)
        self._costs.move_to_end(document_id)
        while len(self._costs) > _REMEMBERED:
            self._costs.popitem(last=False)
