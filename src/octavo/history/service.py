"""The history as people use it: look, compare, name, go back, take back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from octavo import access, protocol
from octavo.access import Action
from octavo.accounts import Identity, protocol_length, user_of
from octavo.catalog import documents as documents_catalog
from octavo.catalog import history as catalog
from octavo.catalog import people
from octavo.catalog.history import Version
from octavo.collab.host import RoomHost, no_revision
from octavo.delta import Content, Delta
from octavo.delta.ops import INSERT
from octavo.documents import Documents, require_history, role_now
from octavo.errors import Invalid, Missing
from octavo.history.contribution import Contribution, Reversal
from octavo.history.diff import DiffTracker, Marked
from octavo.history.following import AttributionJob, SessionJob, rebuild, session_of
from octavo.history.reading import changes_between
from octavo.history.sessions import Session, steps
from octavo.history.tracking import Attribution, Run, restored
from octavo.ports import Clock, Database, OperationLog, Snapshot, SnapshotStore

NAME_UNITS: Final = 100
MOST_VERSIONS: Final = 1_000
MOST_STEPPED: Final = 50_000
"""Changes whose finer steps are worked out at once."""


@dataclass(frozen=True, slots=True)
class Grouped:
    """Editing sessions, newest first, with the versions named in each and everybody who is named in them."""

    sessions: list[Session]
    versions: dict[int, list[Version]]
    """By the session's `from_revision`, newest first."""
    people: dict[str, protocol.User]
    next_before: int | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """What happened between two revisions."""

    from_revision: int
    to_revision: int
    runs: list[Marked]
    people: dict[str, protocol.User]


@dataclass(frozen=True, slots=True)
class Reverted:
    """What taking somebody's changes back does; `revision` is the change that did it, None for a preview."""

    reversal: Reversal
    base_revision: int
    content: Delta
    revision: int | None = None


class History:
    """What the routes, the command line and the SDK call; every verb asks who may."""

    def __init__(
        self,
        database: Database,
        log: OperationLog,
        snapshots: SnapshotStore,
        clock: Clock,
        documents: Documents,
        sessions: SessionJob,
        attributions: AttributionJob,
        host: RoomHost,
    ) -> None:
        self._database = database
        self._log = log
        self._snapshots = snapshots
        self._clock = clock
        self._documents = documents
        self._sessions = sessions
        self._attributions = attributions
        self._host = host

    async def require(self, identity: Identity, document_id: str) -> str:
        """The role of somebody who may see the history.  Raises Missing, Denied."""
        return await self._database.read(
            lambda connection: require_history(connection, identity.user_id, document_id)
        )

    # --- editing sessions -----------------------------------------------------------------------------------

    async def sessions(
        self, identity: Identity, document_id: str, *, before: int | None, limit: int
    ) -> Grouped:
        """A page of editing sessions, brought up to the head first."""
        await self.require(identity, document_id)
        await self._sessions.run(document_id, 0)

        def work(connection: Connection) -> Grouped:
            rows = catalog.sessions_of(connection, document_id, before=before, limit=limit + 1)
            more = rows[limit:]
            found = [session_of(row) for row in rows[:limit]]
            return _grouped(connection, document_id, found, found[-1].from_revision if more else None)

        return await self._database.read(work)

    async def steps(self, identity: Identity, document_id: str, first: int, last: int | None) -> Grouped:
        """What one person did in a row each, between two revisions, newest first."""
        await self.require(identity, document_id)
        last = await self._checked_end(document_id, first, last)
        if last - first > MOST_STEPPED:
            raise Invalid("INVALID_REQUEST", f"from and to: at most {MOST_STEPPED} changes apart")
        changes = [
            change async for page in changes_between(self._log, document_id, first, last) for change in page
        ]
        found = steps(changes)[::-1]
        return await self._database.read(lambda connection: _grouped(connection, document_id, found, None))

    # --- what happened, and who did it ----------------------------------------------------------------------

    async def diff(self, identity: Identity, document_id: str, first: int, last: int | None) -> Compared:
        """The content at one revision (the head, if none is said) with what happened since another."""
        await self.require(identity, document_id)
        last = await self._checked_end(document_id, first, last)
        runs = await self.compare(document_id, first, last)
        users = {run.stroke.user_id for run in runs if run.stroke is not None}
        return Compared(first, last, runs, await self._people(users))

    async def compare(self, document_id: str, first: int, last: int) -> list[Marked]:
        """The runs of a diff.  Who may was asked before; raises Missing for revisions that are not there."""
        content = await self._host.content_at(document_id, last)
        if first == 0:  # then all that there is was inserted, and by whom is kept
            return _all_inserted(await self._attributions.at(document_id, last), content)
        tracker = DiffTracker(first, await self._host.content_at(document_id, first))
        async for page in changes_between(self._log, document_id, first, last):
            for change in page:
                back = restored(change)
                if back is None:
                    tracker.apply(change)
                else:
                    then = await self._host.content_at(document_id, back)
                    tracker.restore(change, then, await self._attributions.at(document_id, back))
        return tracker.result(content)

    async def attribution(
        self, identity: Identity, document_id: str, revision: int | None
    ) -> tuple[int, list[Run], dict[str, protocol.User]]:
        """Who wrote each run of a content, at the head if no revision is said."""
        await self.require(identity, document_id)
        head = (await self._log.head(document_id)).revision
        at = head if revision is None else revision
        if at > head:
            raise no_revision(at, head)
        runs = await self.authors(document_id, at)
        users = {run.stroke.user_id for run in runs if run.stroke is not None}
        return at, runs, await self._people(users)

    async def authors(self, document_id: str, revision: int) -> list[Run]:
        """The runs of an attribution.  Who may was asked before."""
        return (await self._attributions.at(document_id, revision)).runs()

    # --- versions -------------------------------------------------------------------------------------------

    async def versions(
        self, identity: Identity, document_id: str
    ) -> tuple[list[Version], dict[str, protocol.User]]:
        """The named ones, newest first."""

        def work(connection: Connection) -> tuple[list[Version], dict[str, protocol.User]]:
            require_history(connection, identity.user_id, document_id)
            found = catalog.versions_of(connection, document_id)
            return found, _users(connection, {version.user_id for version in found})

        return await self._database.read(work)

    async def name(self, identity: Identity, document_id: str, revision: int, name: str) -> Version:
        """Give a revision a name, or another one.  Raises Invalid, Missing, Denied."""
        await self._documents.require(document_id, identity.user_id, Action.NAME)
        name = checked_name(name)
        head = (await self._log.head(document_id)).revision
        if not 0 <= revision <= head:
            raise no_revision(revision, head)
        version = Version(revision, name, identity.user_id, self._clock.now())

        def work(connection: Connection) -> None:
            access.require(role_now(connection, document_id, identity.user_id), Action.NAME)
            if catalog.count_versions(connection, document_id) >= MOST_VERSIONS:
                raise Invalid(
                    "TOO_LARGE", f"a document has at most {MOST_VERSIONS} named versions; unname some"
                )
            catalog.name_version(connection, document_id, version)

        await self._database.write(work)
        self._told(document_id, version, identity)
        return version

    async def unname(self, identity: Identity, document_id: str, revision: int) -> None:
        """Take the name away; the revision stays.  Raises Missing, Denied."""

        def work(connection: Connection) -> None:
            access.require(role_now(connection, document_id, identity.user_id), Action.NAME)
            if not catalog.unname_version(connection, document_id, revision):
                raise Missing("NOT_FOUND", f"revision {revision} has no name")

        await self._database.write(work)
        self._told(document_id, Version(revision, "", identity.user_id, self._clock.now()), identity)

    def _told(self, document_id: str, version: Version, identity: Identity) -> None:
        data = {
            "id": document_id,
            "revision": version.revision,
            "name": version.name or None,
            "user": user_of(identity.person),
            "named_at": protocol.format_time(version.named_at),
        }
        self._host.event(document_id, "version.named", data)

    async def snapshot(self, identity: Identity, document_id: str) -> int:
        """Keep the content at the head now, so that it opens at once; returns its revision."""
        await self._documents.require(document_id, identity.user_id, Action.NAME)
        revision, content = await self._host.latest(document_id)
        if revision:
            await self._snapshots.put(document_id, Snapshot(revision, protocol.ops_to_json(content)))
        return revision

    # --- going back -----------------------------------------------------------------------------------------

    async def restore(self, identity: Identity, document_id: str, revision: int, key: str) -> int:
        """A new change whose result is the content that a revision had; returns its revision.

        It is an intent: computed where it is logged, so of two at once the later wins exactly.  The same key again
        does nothing twice.
        """
        role = await self._documents.require(document_id, identity.user_id, Action.RESTORE)
        await self.require(identity, document_id)
        content = await self._host.content_at(document_id, revision)
        operation = protocol.restoring(key, identity.user_id, revision, content)
        return (await self._host.submit_operation(document_id, operation, role)).revision

    async def revert(
        self,
        identity: Identity,
        document_id: str,
        user_id: str,
        first: int,
        last: int,
        key: str,
        *,
        preview: bool,
    ) -> Reverted:
        """Take back what of one person's changes after `first` up to `last` still stands, as one change."""
        role = await self._documents.require(document_id, identity.user_id, Action.RESTORE)
        await self.require(identity, document_id)
        await self._checked_end(document_id, first, last)
        row = await self._log.client(document_id, key)
        if row is not None and row.user_id == identity.user_id and not preview:
            done = row.revision  # asked again
            found = await self._reversal(document_id, user_id, first, last, done - 1)
            return Reverted(found, done - 1, Delta(), done)
        head, content = await self._host.latest(document_id)
        found = await self._reversal(document_id, user_id, first, last, head)
        if preview or not found.delta.ops:
            return Reverted(found, head, content)
        operation = protocol.Operation(
            key,
            1,
            identity.user_id,
            head,
            found.delta,
            protocol.digest(head, found.delta),
            origin=b'{"undo":%d}' % last,
        )
        change = await self._host.submit_operation(document_id, operation, role)
        return Reverted(found, head, content, change.revision)

    async def _reversal(self, document_id: str, user_id: str, first: int, last: int, head: int) -> Reversal:
        content = await self._host.content_at(document_id, first)
        contribution = Contribution(user_id, first, last, Content.from_delta(content))
        async for page in changes_between(self._log, document_id, first, head):
            for change in page:
                contribution.apply(change)
        return contribution.result()

    # --- who sees it ----------------------------------------------------------------------------------------

    async def show_to(self, identity: Identity, document_id: str, role: str) -> None:
        """Set the least role that sees the history: viewer, editor or owner.  Raises Invalid, Missing, Denied."""
        if role not in ("viewer", "editor", "owner"):
            raise Invalid("INVALID_REQUEST", "history_role: viewer, editor or owner")

        def work(connection: Connection) -> None:
            access.require(role_now(connection, document_id, identity.user_id), Action.SHARE)
            documents_catalog.set_history_role(connection, document_id, role)

        await self._database.write(work)

    async def rebuild(self, document_id: str) -> None:
        """Make what is derived of a document's log anew; to be called after its log was rewritten (redaction)."""
        self._sessions.forget(document_id)
        await rebuild(self._database, self._sessions, self._attributions, document_id)

    # --- inside ---------------------------------------------------------------------------------------------

    async def _checked_end(self, document_id: str, first: int, last: int | None) -> int:
        head = (await self._log.head(document_id)).revision
        if last is None:
            last = head
        if last > head or first > head:
            raise no_revision(max(first, last), head)
        if not 0 <= first <= last:
            raise Invalid("INVALID_REQUEST", "from and to: revisions, from 0 and to at least from")
        return last

    async def _people(self, user_ids: Iterable[str]) -> dict[str, protocol.User]:
        ids = set(user_ids)
        return await self._database.read(lambda connection: _users(connection, ids))


def checked_name(name: str) -> str:
    """A version's name, in one line.  Raises Invalid."""
    name = " ".join(name.split())
    if not name or protocol_length(name) > NAME_UNITS or not name.isprintable():
        raise Invalid("INVALID_REQUEST", f"name: 1 to {NAME_UNITS} characters, in one line")
    return name


def _users(connection: Connection, user_ids: Iterable[str]) -> dict[str, protocol.User]:
    return {user_id: user_of(person) for user_id, person in people.by_ids(connection, set(user_ids)).items()}


def _grouped(
    connection: Connection, document_id: str, sessions: Sequence[Session], next_before: int | None
) -> Grouped:
    named: dict[int, list[Version]] = {}
    if sessions:
        first = min(session.from_revision for session in sessions)
        last = max(session.to_revision for session in sessions)
        found = catalog.versions_of(connection, document_id, after=first - 1, to=last)
        for version in found:
            for session in sessions:
                begins = session.from_revision if session.from_revision else -1
                if begins < version.revision <= session.to_revision:
                    named.setdefault(session.from_revision, []).append(version)
                    break
    users = {user for session in sessions for user in session.shares}
    users |= {version.user_id for found in named.values() for version in found}
    return Grouped(list(sessions), named, _users(connection, users), next_before)


def _all_inserted(attribution: Attribution, content: Delta) -> list[Marked]:
    """The diff since the empty document."""
    out: list[Marked] = []
    at = 0
    whole = Content.from_delta(content)
    for run in attribution.runs():
        for op in whole.slice(at, at + run.length).ops:
            assert op.kind == INSERT
            if run.stroke is not None:
                out.append(Marked(op, "inserted", run.stroke))
            elif op.attributes:
                out.append(Marked(op, "formatted", None, dict.fromkeys(op.attributes)))
            else:
                out.append(Marked(op, "kept"))
        at += run.length
    return out
