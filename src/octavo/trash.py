"""The end of documents: deleted for good by their owners, or by time in the trash."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy import Connection

from octavo import access
from octavo.access import Action
from octavo.accounts import Identity
from octavo.catalog import audit, permissions
from octavo.catalog import documents as catalog
from octavo.documents import Documents
from octavo.errors import Missing, OctavoError
from octavo.ports import Clock, Database

log = logging.getLogger(__name__)

DAYS: Final = 30
SWEEP_SECONDS: Final = 3600.0


class Trash:
    """Deleting for good: log, snapshots, roles and all that names a document go in one transaction."""

    def __init__(self, database: Database, documents: Documents, clock: Clock) -> None:
        self._database = database
        self._documents = documents
        self._clock = clock

    async def delete(self, identity: Identity, document_id: str) -> None:
        """One's own document, in the trash or not; open sockets are closed.  Raises Missing, Denied."""
        if not await self._database.read(lambda connection: _in_trash(connection, identity, document_id)):
            await self._documents.trash(identity, document_id)
        now = self._clock.now()

        def work(connection: Connection) -> None:
            _in_trash(connection, identity, document_id)
            self._remove(connection, document_id, identity.user_id, now)

        await self._database.write(work)
        await self._documents.gone(document_id)

    async def empty(self, identity: Identity) -> int:
        """All that somebody has in the trash; how many that were."""
        found = await self._database.read(
            lambda connection: catalog.trashed(connection, owner_id=identity.user_id)
        )
        for document_id in found:
            try:
                await self.delete(identity, document_id)
            except Missing:
                continue  # deleted elsewhere meanwhile
        return len(found)

    async def sweep(self) -> int:
        """Delete what has been in the trash for `DAYS`; how many that were."""
        now = self._clock.now()
        before = now - DAYS * 86_400
        found = await self._database.read(lambda connection: catalog.trashed(connection, before=before))
        for document_id in found:

            def work(connection: Connection, document_id: str = document_id) -> None:
                # It may have been taken out since.
                if document_id in catalog.trashed(connection, before=before):
                    self._remove(connection, document_id, None, now)

            await self._database.write(work)
            await self._documents.gone(document_id)
        return len(found)

    async def sweep_always(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """`sweep` once an hour, for ever."""
        while True:
            try:
                swept = await self.sweep()
                if swept:
                    log.info("%d documents were in the trash for %d days and are deleted", swept, DAYS)
            except OctavoError as fault:
                log.warning("the trash cannot be emptied: %s; trying again in an hour", fault)
            await sleep(SWEEP_SECONDS)

    @staticmethod
    def _remove(connection: Connection, document_id: str, actor: str | None, now: int) -> None:
        title = catalog.get(connection, document_id).title
        audit.add(connection, "document.deleted", now=now, actor=actor, document_id=document_id, title=title)
        catalog.remove(connection, document_id)


def _in_trash(connection: Connection, identity: Identity, document_id: str) -> bool:
    """Whether it lies there; who may not delete it learns no more than elsewhere.  Raises Missing, Denied."""
    standing = permissions.standing(connection, document_id, identity.user_id)
    role = None if standing is None else access.highest(standing.by_name, standing.by_link)
    access.require(role, Action.TRASH)
    assert standing is not None
    return standing.deleted
