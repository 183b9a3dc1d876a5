"""Documents as people handle them: make, open, name, throw away; and write to without a socket.

Whoever may not know that a document exists gets NOT_FOUND.  Whatever takes rights raises the document's
fence in the same transaction, and open sockets are told afterwards.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from octavo import access, library, protocol
from octavo.access import Action
from octavo.accounts import Identity, derived_id, protocol_length
from octavo.catalog import audit, folders, heads, people, permissions, usage
from octavo.catalog import documents as catalog
from octavo.catalog.documents import Document
from octavo.catalog.library import tags_of
from octavo.catalog.people import Person
from octavo.collab.host import RoomHost
from octavo.delta import Content, Delta, schema, wire
from octavo.errors import Conflict, Denied, Invalid, Missing
from octavo.library import Arrangement
from octavo.ports import Clock, Database, Head, OperationLog
from octavo.settings import Settings

SHARED_ROLES: Final = ("editor", "commenter", "viewer")
UNTITLED: Final = "Untitled document"


class Online(Protocol):
    """Who has a socket open on a document, on this node."""

    def online(self, document_id: str) -> Collection[str]: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A document as one of its readers sees it."""

    document: Document
    role: str
    owner: Person
    people: list[tuple[Person, str]]
    starred: bool
    online: Collection[str]
    locked_by: Person | None
    """Who locked it, while it is locked and the account exists."""
    folder_id: str | None
    tags: list[str]


class Documents:
    """The one way from outside to a document, but for the sockets' own."""

    def __init__(
        self,
        database: Database,
        log: OperationLog,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._database = database
        self._log = log
        self._clock = clock
        self._settings = settings
        self._host: RoomHost
        self._online: Callable[[str], Collection[str]] = lambda document_id: ()

    def connect(self, host: RoomHost, online: Callable[[str], Collection[str]]) -> None:
        """The rooms and the sockets, which themselves ask this object for roles."""
        self._host = host
        self._online = online

    # --- roles --------------------------------------------------------------------------------------------

    async def role(self, document_id: str, user_id: str) -> str | None:
        """The role now.  Missing (DOCUMENT_DELETED) for those who have one on what is in the trash."""
        return await self._database.read(lambda connection: role_now(connection, document_id, user_id))

    async def require(self, document_id: str, user_id: str, action: Action) -> str:
        """The role, which suffices.  Raises Missing, Denied."""
        role = await self.role(document_id, user_id)
        access.require(role, action)
        assert role is not None
        return role

    # --- making and opening -------------------------------------------------------------------------------

    async def create(
        self,
        identity: Identity,
        title: str,
        content: list[Any] | None,
        key: str,
        *,
        folder_id: str | None = None,
    ) -> Opened:
        """A new document; its content becomes change 1, which bears `key` as its client id.

        The id follows from person and key, so asking again with the same key finds the same document.
        Raises Invalid, Missing for a folder, and Conflict when the key made something else.
        """
        delta = None if content is None else self.checked_content(content)
        return await self.make(identity, title, delta, key, folder_id=folder_id)

    async def make(
        self,
        identity: Identity,
        title: str,
        content: Delta | None,
        key: str,
        *,
        folder_id: str | None = None,
        length: int = 0,
    ) -> Opened:
        """`create` from content that is known to be good; None with a `length`: `fill` brings it."""
        title = self.checked_title(title)
        length = length if content is None else content.change_length
        document_id = derived_id("d", identity.user_id, key)
        now = self._clock.now()

        def work(connection: Connection) -> None:
            try:
                existing = catalog.get(connection, document_id)
            except Missing:
                if length:
                    usage.check(connection, identity.user_id, length, self._settings.storage_bytes)
                catalog.add(connection, document_id, title, identity.user_id, now)
                heads.create(connection, document_id, "e" + secrets.token_hex(8), now=now)
                library.place(connection, identity.user_id, document_id, folder_id)
                return
            if existing.title != title:
                raise Conflict("ALREADY_EXISTS", "this Idempotency-Key has made another document already")

        await self._database.write(work)
        if content is not None:
            await self.fill(document_id, identity, content, key)
        return await self.open(identity, document_id)

    async def made(self, identity: Identity, key: str) -> Opened | None:
        """What `make` has made with this key, content and all; None: nothing yet."""
        try:
            opened = await self.open(identity, derived_id("d", identity.user_id, key))
        except Missing:
            return None
        return opened if opened.document.revision else None

    async def fill(self, document_id: str, identity: Identity, content: Delta, key: str) -> None:
        """Change 1 of what `make` has made with this key and without content."""
        first = Content().to_delta().diff(content)
        if first.is_empty:
            return
        operation = protocol.Operation(key, 1, identity.user_id, 0, first, protocol.digest(0, first))
        await self._host.submit_operation(document_id, operation, "owner")

    async def open(self, identity: Identity, document_id: str, *, visit: bool = False) -> Opened:
        """All about a document but its content; `visit`: somebody looks at it now.  Raises Missing."""
        user_id = identity.user_id
        now = self._clock.now()

        def work(connection: Connection) -> tuple[Opened, bool]:
            role = role_now(connection, document_id, user_id)
            access.require(role, Action.READ)
            assert role is not None
            document = catalog.get(connection, document_id)
            roles = permissions.people_of(connection, document_id)
            found = people.by_ids(connection, [document.owner_id, *(person for person, _ in roles)])
            lock = document.lock
            locked_by = None if lock is None else people.by_id(connection, lock.by)
            by_name = user_id == document.owner_id or any(person == user_id for person, _ in roles)
            opened = Opened(
                document,
                role,
                found[document.owner_id],
                [(found[person], named) for person, named in roles],
                catalog.starred(connection, document_id, user_id),
                self._online(document_id),
                locked_by,
                folders.place_of(connection, user_id, document_id),
                tags_of(connection, user_id, document_id),
            )
            if identity.person.guest:  # guests have no list
                return opened, False
            last = catalog.opened_at(connection, document_id, user_id)
            return opened, last != now if visit else last is None and not by_name

        opened, noted = await self._database.read(work)
        if noted:
            await self._database.write(
                lambda connection: catalog.visit(connection, document_id, user_id, now)
            )
        return opened

    async def content(self, document_id: str) -> tuple[Head, list[dict[str, Any]]]:
        """The content at the head as wire ops.  Who may read was asked before."""
        head, content = await self._host.content(document_id)
        return head, wire.to_wire(content.to_delta())

    async def content_at(self, document_id: str, revision: int) -> list[dict[str, Any]]:
        """The content as it was.  Raises Invalid for a revision that the log does not reach."""
        return wire.to_wire(await self._host.content_at(document_id, revision))

    # --- changing what is about it ------------------------------------------------------------------------

    async def update(
        self,
        identity: Identity,
        document_id: str,
        *,
        title: str | None = None,
        starred: bool | None = None,
        arrangement: Arrangement | None = None,
    ) -> Opened:
        """Title (who may rename), one's own star, folder and tags (who may read, but guests).

        Raises Invalid, Missing, Denied.
        """
        title = None if title is None else self.checked_title(title)
        now = self._clock.now()

        def work(connection: Connection) -> None:
            role = role_now(connection, document_id, identity.user_id)
            access.require(role, Action.READ)
            if title is not None:
                access.require(role, Action.RENAME)
                require_unlocked(connection, document_id)
                catalog.retitle(connection, document_id, title, now)
            if starred is not None:
                if identity.person.guest:
                    raise Denied("FORBIDDEN", "guests have no list of documents; sign in to star one")
                catalog.set_star(connection, document_id, identity.user_id, starred, now)
            if arrangement is not None:
                assert role is not None
                library.arrange(connection, identity, document_id, role, arrangement)

        await self._database.write(work)
        if title is not None:
            self._host.event(document_id, "title.changed", {"id": document_id, "title": title})
        return await self.open(identity, document_id)

    async def trash(self, identity: Identity, document_id: str) -> None:
        """Into the trash; nobody reads or writes it there.  Doing it twice is no error."""
        now = self._clock.now()

        def work(connection: Connection) -> None:
            try:
                access.require(role_now(connection, document_id, identity.user_id), Action.TRASH)
            except Missing as fault:
                if fault.code == "DOCUMENT_DELETED" and self._owns(connection, identity, document_id):
                    return
                raise
            catalog.set_deleted(connection, document_id, now)
            _note(connection, "document.trashed", identity, document_id, now)
            heads.raise_fence(connection, document_id)

        await self._database.write(work)
        self._host.event(document_id, "document.deleted", {"id": document_id})
        await self._host.rights_changed(document_id)

    async def undelete(self, identity: Identity, document_id: str) -> Opened:
        """Out of the trash again."""
        now = self._clock.now()

        def work(connection: Connection) -> None:
            standing = permissions.standing(connection, document_id, identity.user_id)
            role = None if standing is None else access.highest(standing.by_name, standing.by_link)
            access.require(role, Action.TRASH)
            catalog.set_deleted(connection, document_id, None)
            _note(connection, "document.undeleted", identity, document_id, now)

        await self._database.write(work)
        self._host.event(document_id, "document.undeleted", {"id": document_id})
        return await self.open(identity, document_id)

    async def gone(self, document_id: str) -> None:
        """It was deleted for good: whoever has it open is told and closed."""
        self._host.event(document_id, "document.deleted", {"id": document_id})
        await self._host.rights_changed(document_id)

    @staticmethod
    def _owns(connection: Connection, identity: Identity, document_id: str) -> bool:
        return catalog.get(connection, document_id).owner_id == identity.user_id

    # --- the log ------------------------------------------------------------------------------------------

    async def changes(
        self, identity: Identity, document_id: str, first: int, last: int | None
    ) -> list[protocol.Change]:
        """The changes first + 1 … last, at most a page of them.

        The last thousand are for all who may write, whoever else sees the history: a rebase needs them.
        """
        await self._require_changes(identity, document_id, first)
        if first < 0 or (last is not None and last < first):
            raise Invalid("INVALID_REQUEST", "from and to: revisions, from 0 and to at least from")
        limit = protocol.CHANGES_PER_PAGE if last is None else min(last - first, protocol.CHANGES_PER_PAGE)
        return await self._log.read(document_id, after=first, limit=limit) if limit else []

    async def _require_changes(self, identity: Identity, document_id: str, first: int) -> None:
        def work(connection: Connection) -> None:
            role = role_now(connection, document_id, identity.user_id)
            access.require(role, Action.READ)
            recent = catalog.get(connection, document_id).revision - protocol.CHANGES_PER_PAGE
            if first < recent or not access.allows(role, Action.SUBMIT):
                require_history(connection, identity.user_id, document_id)

        await self._database.read(work)

    async def submit(
        self, identity: Identity, document_id: str, epoch: str, operation: protocol.Operation
    ) -> tuple[int, list[protocol.Change]]:
        """An operation without a socket: its revision, and the changes from its base on if they fit a page."""
        role = await self.require(document_id, identity.user_id, Action.SUBMIT)
        head = await self._log.head(document_id)
        if head.epoch != epoch:
            raise Conflict(
                "EPOCH_CHANGED", "the document has another history now; read it again", epoch=head.epoch
            )
        row = await self._log.client(document_id, operation.client_id)
        if row is not None and row.user_id != identity.user_id:
            raise Denied("FORBIDDEN", "client_id: it is another person's; take 128 random bits of your own")
        change = await self._host.submit_operation(document_id, operation, role, epoch=epoch)
        count = change.revision - operation.base_revision
        if count > protocol.CHANGES_PER_PAGE:
            return change.revision, []
        return change.revision, await self._log.read(document_id, after=operation.base_revision, limit=count)

    # --- what may stand -----------------------------------------------------------------------------------

    def checked_title(self, title: str) -> str:
        """A title in one line.  Raises Invalid."""
        title = " ".join(title.split()) or UNTITLED
        if protocol_length(title) > self._settings.title_units:
            raise Invalid("INVALID_REQUEST", f"title: at most {self._settings.title_units} characters")
        if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in title):
            raise Invalid("INVALID_REQUEST", "title: no control characters")
        return title

    def checked_content(self, ops: list[Any]) -> Delta:
        """Content given by REST.  Raises Invalid."""
        delta = wire.from_content(ops)
        schema.check_content(delta)
        if delta.change_length > self._settings.document_units:
            raise Invalid(
                "TOO_LARGE", f"content: a document has at most {self._settings.document_units} code units"
            )
        return delta


def _note(connection: Connection, action: str, identity: Identity, document_id: str, now: int) -> None:
    audit.add(connection, action, now=now, actor=identity.user_id, document_id=document_id)


def role_now(connection: Connection, document_id: str, user_id: str) -> str | None:
    """The role that counts.  Missing (DOCUMENT_DELETED) for those who have one on what is in the trash."""
    standing = permissions.standing(connection, document_id, user_id)
    if standing is None:
        return None
    role = access.highest(standing.by_name, standing.by_link)
    if role is not None and standing.deleted:
        raise Missing("DOCUMENT_DELETED", "the document is in the trash; its owner can put it back")
    return role


def require_history(connection: Connection, user_id: str, document_id: str) -> str:
    """The role of somebody who may see how a document came to be.  Raises Missing, Denied."""
    role = role_now(connection, document_id, user_id)
    access.require(role, Action.READ)
    assert role is not None
    access.require_history(role, catalog.get(connection, document_id).history_role)
    return role


def require_unlocked(connection: Connection, document_id: str) -> None:
    """Raises Conflict (DOCUMENT_LOCKED)."""
    lock = catalog.lock_of(connection, document_id)
    if lock is not None:
        raise access.locked(lock.reason)
