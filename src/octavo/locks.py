"""Locks: a document that is read-only for all, with a reason, until its owner or an administrator says otherwise."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from octavo import access, protocol
from octavo.access import Action
from octavo.accounts import Identity, protocol_length, user_of
from octavo.catalog import audit, heads, people
from octavo.catalog import documents as catalog
from octavo.catalog.documents import Lock
from octavo.collab.host import RoomHost
from octavo.collab.settings import Conditions
from octavo.documents import role_now
from octavo.errors import Invalid
from octavo.ports import Clock, Database

REASON_UNITS: Final = 255


class Locks:
    """Locking and unlocking.  The rooms learn of it by `conditions`, under the fence that both raise."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._host: RoomHost

    def connect(self, host: RoomHost) -> None:
        """The rooms, which themselves ask this object for locks."""
        self._host = host

    async def conditions(self, document_id: str) -> Conditions:
        """The lock, and whether one may suggest, now."""

        def work(connection: Connection) -> Conditions:
            switches = catalog.get(connection, document_id).switches
            return Conditions(lock_view(connection, document_id), switches.suggestions)

        return await self._database.read(work)

    async def set(self, identity: Identity, document_id: str, reason: str) -> protocol.Lock | None:
        """Lock, or lock for another reason; nothing commits afterwards.  Raises Invalid, Missing, Denied."""
        reason = " ".join(reason.split())
        if protocol_length(reason) > REASON_UNITS or not reason.isprintable():
            raise Invalid("INVALID_REQUEST", f"reason: at most {REASON_UNITS} characters, in one line")
        return await self._change(identity, document_id, Lock(reason, identity.user_id, self._clock.now()))

    async def lift(self, identity: Identity, document_id: str) -> protocol.Lock | None:
        """Unlock; doing it twice is no error.  Raises Missing, Denied."""
        return await self._change(identity, document_id, None)

    async def _change(self, identity: Identity, document_id: str, lock: Lock | None) -> protocol.Lock | None:
        now = self._clock.now()

        def work(connection: Connection) -> protocol.Lock | None:
            require_owner_or_admin(connection, identity, document_id, Action.LOCK)
            catalog.set_lock(connection, document_id, lock)
            audit.add(
                connection,
                "document.unlocked" if lock is None else "document.locked",
                now=now,
                actor=identity.user_id,
                document_id=document_id,
                reason="" if lock is None else lock.reason,
            )
            # Unlocking takes nothing from anybody, but it is by the fence that all nodes look again.
            heads.raise_fence(connection, document_id)
            return lock_view(connection, document_id)

        view = await self._database.write(work)
        await self._host.rights_changed(document_id)
        return view


def require_owner_or_admin(
    connection: Connection, identity: Identity, document_id: str, action: Action
) -> None:
    """What the owner may, and an administrator on any document.  Raises Missing, Denied."""
    if identity.person.admin:
        catalog.get(connection, document_id)
    else:
        access.require(role_now(connection, document_id, identity.user_id), action)


def lock_view(connection: Connection, document_id: str) -> protocol.Lock | None:
    """The lock as clients see it."""
    lock = catalog.lock_of(connection, document_id)
    if lock is None:
        return None
    person = people.by_id(connection, lock.by)
    return protocol.Lock(
        lock.reason, protocol.format_time(lock.at), None if person is None else user_of(person)
    )
