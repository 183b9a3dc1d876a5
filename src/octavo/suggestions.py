"""Suggestions as people handle them: seen, proposed by programs, accepted and rejected.

The marks lie in the content (`delta/suggestions.py`); what stands here follows from them and the log.  A decision
is an ordinary change, so it is live, attributed to whoever decides, undoable, and in the history.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection

from octavo import access, protocol
from octavo.access import Action
from octavo.accounts import Identity, derived_id
from octavo.catalog import people
from octavo.catalog import suggestions as catalog
from octavo.catalog.people import Person
from octavo.collab.host import RoomHost
from octavo.delta import Content, Delta, schema, suggestions
from octavo.delta.suggestions import Found
from octavo.documents import Documents
from octavo.errors import Conflict, Denied, Missing
from octavo.ports import Database, OperationLog

_NAMED: Final = b'"suggest-'


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One, where it stands at a revision; `began_at` is when it was first logged, seconds since 1970."""

    found: Found
    author: Person | None
    """None once the account is erased."""
    began_at: int | None
    """None for one so new that the log has it and nothing that follows the log has seen it."""


class Suggestions:
    """What the suggestions of a document are, and deciding on them."""

    def __init__(self, database: Database, log: OperationLog, documents: Documents, host: RoomHost) -> None:
        self._database = database
        self._log = log
        self._documents = documents
        self._host = host

    async def list(self, identity: Identity, document_id: str) -> tuple[int, Sequence[Suggestion]]:
        """The head's revision, and its suggestions in the order of the text.  Raises Missing."""
        await self._documents.require(document_id, identity.user_id, Action.READ)
        head, content = await self._host.content(document_id)
        found = suggestions.find(content.to_delta())
        ids = [one.id for one in found]
        authors = {suggestions.author_of(one) for one in ids}
        known = await began(self._database, self._log, document_id, ids)
        persons = await self._database.read(lambda connection: people.by_ids(connection, list(authors)))
        return head.revision, [
            Suggestion(one, persons.get(suggestions.author_of(one.id)), known.get(one.id)) for one in found
        ]

    async def decide(
        self,
        identity: Identity,
        document_id: str,
        key: str,
        *,
        accept: bool,
        ids: Collection[str] | None = None,
        author: str | None = None,
    ) -> protocol.Change:
        """Accept or reject these (None: all; `author`: all of one person), as one change, which bears `key`.

        One's own may be rejected by whoever may suggest.  Raises Missing for a suggestion that is not there (any
        more), Denied.
        """
        least = Action.DECIDE if accept else Action.SUGGEST
        role = await self._documents.require(document_id, identity.user_id, least)
        made = await self._made(identity, document_id, key)
        if made is not None:
            return made
        head, content = await self._host.content(document_id)
        present = content.to_delta()
        chosen = {
            one
            for one in suggestions.ids_in(present)
            if (ids is None or one in ids) and (author is None or suggestions.author_of(one) == author)
        }
        if ids is not None and not chosen:
            raise Missing("NOT_FOUND", "there is no such suggestion here: it may have been decided already")
        if any(suggestions.author_of(one) != identity.user_id for one in chosen):
            access.require(role, Action.DECIDE)
        delta = suggestions.decide(present, chosen, accept=accept)
        return await self._submit(identity, document_id, role, key, head.revision, head.epoch, delta)

    async def propose(
        self,
        identity: Identity,
        document_id: str,
        key: str,
        *,
        base_revision: int,
        edit: Delta,
        suggestion_id: str | None,
        epoch: str | None = None,
    ) -> tuple[str, protocol.Change]:
        """An edit to the content at `base_revision`, made a suggestion; nothing is applied, whatever the role is.

        Raises Denied, Missing, Invalid.
        """
        await self._documents.require(document_id, identity.user_id, Action.SUGGEST)
        if suggestion_id is None:
            suggestion_id = f"{identity.user_id}.{derived_id('s', identity.user_id, key)[1:]}"
        if suggestions.author_of(suggestion_id) != identity.user_id:
            raise Denied("FORBIDDEN", "suggestion_id: it begins with your own user id and a point")
        made = await self._made(identity, document_id, key)
        if made is not None:
            return suggestion_id, made
        content = Content.from_delta(await self._host.content_at(document_id, base_revision))
        schema.check(edit, content)
        delta = suggestions.suggest(edit, content, suggestion_id)
        change = await self._submit(
            identity,
            document_id,
            "commenter",
            key,
            base_revision,
            epoch or await self._epoch(document_id),
            delta,
        )
        return suggestion_id, change

    async def _made(self, identity: Identity, document_id: str, key: str) -> protocol.Change | None:
        """What was asked for with this key already.  Raises Conflict for one that did something else."""
        row = await self._log.client(document_id, key)
        if row is None:
            return None
        if row.user_id != identity.user_id or row.seq != 1:
            raise Conflict("ALREADY_EXISTS", "this Idempotency-Key has done something else already")
        [change] = await self._log.read(document_id, after=row.revision - 1, limit=1)
        return change

    async def _epoch(self, document_id: str) -> str:
        return (await self._log.head(document_id)).epoch

    async def _submit(
        self, identity: Identity, document_id: str, role: str, key: str, base: int, epoch: str, delta: Delta
    ) -> protocol.Change:
        digest = protocol.digest(base, delta)
        operation = protocol.Operation(key, 1, identity.user_id, base, delta, digest)
        return await self._host.submit_operation(document_id, operation, role, epoch=epoch)


async def began(
    database: Database, log: OperationLog, document_id: str, ids: Collection[str]
) -> dict[str, int]:
    """Those of the suggestions that are or were in the log, and when they were first logged.

    The index says it up to where its job has come, the log itself from there on.
    """

    def work(connection: Connection) -> tuple[dict[str, int], int]:
        return catalog.began(connection, document_id, ids), catalog.indexed_to(connection, document_id)

    found, after = await database.read(work)
    while len(found) < len(set(ids)):
        page = await log.read(document_id, after=after, limit=protocol.CHANGES_PER_PAGE)
        for change in page:
            for one in suggestions.ids_in(change.delta) & set(ids):
                found.setdefault(one, change.timestamp)
        if len(page) < protocol.CHANGES_PER_PAGE:
            break
        after = page[-1].revision
    return found


async def known_suggestions(
    database: Database, log: OperationLog, document_id: str, ids: Collection[str]
) -> set[str]:
    """Those of the suggestions that are or were in the log: whose marks an editor may bring back."""
    return set(await began(database, log, document_id, ids))


class SuggestionsSeen:
    """The job that follows the log and remembers when each suggestion began."""

    name = catalog.JOB

    def __init__(self, database: Database, log: OperationLog) -> None:
        self._database = database
        self._log = log

    def noticed(self, document_id: str, changes: Sequence[protocol.Change]) -> bool:
        return any(_NAMED in change.ops for change in changes)

    async def run(self, document_id: str, after: int) -> int:
        while page := await self._log.read(document_id, after=after, limit=protocol.CHANGES_PER_PAGE):
            first: dict[str, int] = {}
            for change in page:
                if _NAMED in change.ops:
                    for one in suggestions.ids_in(change.delta):
                        first.setdefault(one, change.timestamp)
            if first:
                await self._database.write(partial(catalog.add, document_id=document_id, began_at=first))
            after = page[-1].revision
        return after
