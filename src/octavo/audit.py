"""Reading the audit: owners see what concerns their documents, administrators everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from octavo.access import Action
from octavo.accounts import Identity
from octavo.catalog import audit as catalog
from octavo.catalog import documents, people
from octavo.catalog.audit import Entry
from octavo.catalog.people import Person
from octavo.errors import Denied
from octavo.locks import require_owner_or_admin
from octavo.ports import Database

PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Newest first; `people` and `titles` are of those that there still are; `next_before` None: that was all."""

    entries: list[Entry]
    people: Mapping[str, Person]
    titles: Mapping[str, str]
    next_before: int | None


class Audit:
    """Pages of the audit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self, identity: Identity, document_id: str | None, *, before: int | None, limit: int
    ) -> AuditPage:
        """The entries before one, of a document or of everything.  Raises Missing, Denied."""

        def work(connection: Connection) -> AuditPage:
            if document_id is not None:
                require_owner_or_admin(connection, identity, document_id, Action.AUDIT)
            elif not identity.person.admin:
                raise Denied("FORBIDDEN", "the whole audit is for administrators; see `octavo user admin`")
            found = catalog.page(connection, document_id=document_id, before=before, limit=limit + 1)
            entries = found[:limit]
            concerned = {one for entry in entries for one in (entry.actor_id, entry.subject) if one}
            about = {entry.document_id for entry in entries if entry.document_id}
            return AuditPage(
                entries,
                people.by_ids(connection, concerned),
                documents.titles(connection, about),
                entries[-1].id if len(found) > limit else None,
            )

        return await self._database.read(work)
