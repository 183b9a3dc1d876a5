"""Who has which role on a document, and what its owner lets others do: by name, by invitation, by link, on request.

Whatever takes rights raises the document's fence in the same transaction, and open sockets are told afterwards.
Every act is written into the audit in its transaction.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection

from octavo import access, protocol
from octavo.access import Action
from octavo.accounts import (
    Identity,
    checked_email,
    hashed_token,
    no_invitation,
    protocol_length,
    take_up,
    user_of,
)
from octavo.catalog import audit, contacts, heads, invitations, people, permissions, requests
from octavo.catalog import documents as catalog
from octavo.catalog.documents import Switches
from octavo.catalog.invitations import Invitation
from octavo.catalog.people import Person
from octavo.catalog.requests import AccessRequest
from octavo.collab.host import RoomHost
from octavo.documents import SHARED_ROLES, role_now
from octavo.errors import Conflict, Invalid, Missing, OctavoError
from octavo.locks import lock_view
from octavo.ports import Clock, Database
from octavo.settings import Settings

MESSAGE_UNITS: Final = 1000
REQUESTS: Final = 200
"""So many access requests of a document are listed at once."""

_logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """Who has which role, as one of the readers may know it; `token` is that of an invitation just made.

    `role` is the reader's own.
    """

    title: str
    role: str
    owner: Person
    people: list[tuple[Person, str]]
    invitations: list[tuple[str, str]]
    link_role: str | None
    switches: Switches
    locked: protocol.Lock | None
    token: tuple[str, str] | None = None
    """(address, the token of its link)"""


class Sharing:
    """Everything that gives rights on documents, and takes them."""

    def __init__(self, database: Database, host: RoomHost, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._host = host
        self._clock = clock
        self._settings = settings

    # --- by name ------------------------------------------------------------------------------------------

    async def of(self, identity: Identity, document_id: str) -> Shared:
        """Who has which role.  All who may read see it; emails of the invited only the owner."""
        return await self._database.read(lambda connection: _shared(connection, identity, document_id))

    async def give(
        self, identity: Identity, document_id: str, role: str, *, user_id: str | None, email: str | None
    ) -> Shared:
        """Give somebody a role, or invite an address that has no account; "owner" hands the document over.

        Answers the person's access request, if there is one.  Raises Invalid, Missing, Denied, Conflict.
        """
        check_shared_role(role, owner=True)
        address = None if email is None else checked_email(email)
        now = self._clock.now()
        secret = secrets.token_urlsafe(32)

        def work(connection: Connection) -> tuple[Shared, str | None]:
            access.require(role_now(connection, document_id, identity.user_id), Action.SHARE)
            person = _addressee(connection, user_id, address)
            token = None
            answered = None
            if person is not None:
                _give(connection, identity, document_id, person, role, now)
                answered = person.id if requests.remove(connection, document_id, person.id) else None
            elif role == "owner":
                raise Invalid("INVALID_REQUEST", "email: only somebody with an account can become owner")
            else:
                assert address is not None
                self._invite(connection, identity, document_id, address, role, secret, now)
                token = (address, secret)
            heads.raise_fence(connection, document_id)
            return _shared(connection, identity, document_id, token), answered

        shared, answered = await self._database.write(work)
        await self._changed(document_id)
        if answered is not None:
            self._answered(identity, document_id, answered, role)
        return shared

    async def _changed(self, document_id: str) -> None:
        """Open sockets follow the roles as they are now, and whoever shows who has access looks again."""
        await self._host.rights_changed(document_id)
        self._host.event(document_id, "sharing.changed", {"id": document_id})

    def _invite(
        self,
        connection: Connection,
        identity: Identity,
        document_id: str,
        address: str,
        role: str,
        secret: str,
        now: int,
    ) -> None:
        invitations.add(
            connection,
            document_id,
            address,
            role,
            invited_by=identity.user_id,
            token_hash=hashed_token(secret),
            now=now,
            expires_at=now + self._settings.invitation_days * 86_400,
        )
        audit.add(
            connection,
            "invitation.made",
            now=now,
            actor=identity.user_id,
            document_id=document_id,
            subject=address,
            role=role,
        )

    async def take(self, identity: Identity, document_id: str, who: str) -> None:
        """Take somebody's role by name (`who`: a user id, or the email of an invitation).  Raises Missing, Denied."""
        now = self._clock.now()

        def work(connection: Connection) -> None:
            role = role_now(connection, document_id, identity.user_id)
            # Everybody may leave a document that was shared with them.
            access.require(role, Action.READ if who == identity.user_id else Action.SHARE)
            action, subject = "role.taken", who
            if "@" in who and invitations.withdraw(connection, document_id, who.lower()):
                action, subject = "invitation.withdrawn", who.lower()
            else:
                permissions.take(connection, document_id, who)
            audit.add(
                connection, action, now=now, actor=identity.user_id, document_id=document_id, subject=subject
            )
            heads.raise_fence(connection, document_id)

        await self._database.write(work)
        await self._changed(document_id)

    # --- by the link, and what is allowed --------------------------------------------------------------------

    async def set_link(self, identity: Identity, document_id: str, role: str | None) -> None:
        """What anyone with the link may do; None: nobody comes in by it.  Raises Invalid, Missing, Denied."""
        check_shared_role(role, nobody=True)
        now = self._clock.now()

        def work(connection: Connection) -> None:
            access.require(role_now(connection, document_id, identity.user_id), Action.SHARE)
            catalog.set_link_role(connection, document_id, role, now)
            audit.add(
                connection,
                "link.changed",
                now=now,
                actor=identity.user_id,
                document_id=document_id,
                role=role,
            )
            heads.raise_fence(connection, document_id)

        await self._database.write(work)
        await self._changed(document_id)

    async def switch(self, identity: Identity, document_id: str, **on: bool) -> Switches:
        """Turn switches on or off, by the names of `Switches`.  Raises Missing, Denied."""
        now = self._clock.now()

        def work(connection: Connection) -> Switches:
            access.require(role_now(connection, document_id, identity.user_id), Action.SHARE)
            catalog.set_switches(connection, document_id, **on)
            switches = catalog.get(connection, document_id).switches
            audit.add(
                connection,
                "switches.changed",
                now=now,
                actor=identity.user_id,
                document_id=document_id,
                **asdict(switches),
            )
            if on.get("guests") is False or "suggestions" in on:
                heads.raise_fence(connection, document_id)
            return switches

        switches = await self._database.write(work)
        if "guests" in on or "suggestions" in on:
            await self._host.rights_changed(document_id)
        self._host.event(document_id, "switches.changed", {"id": document_id, "switches": asdict(switches)})
        return switches

    # --- invitations ----------------------------------------------------------------------------------------

    async def invitation(self, token: str) -> Invitation:
        """What an invitation's link offers.  Raises Missing."""
        now = self._clock.now()
        found = await self._database.read(
            lambda connection: invitations.by_token(connection, hashed_token(token), now)
        )
        if found is None:
            raise no_invitation()
        return found

    async def accept(self, identity: Identity, token: str) -> tuple[str, str]:
        """Take an invitation up; returns (document id, the role that one has now).  Raises Missing."""
        now = self._clock.now()

        def work(connection: Connection) -> tuple[str, str]:
            found = take_up(connection, token, identity.user_id, now)
            role = role_now(connection, found.document_id, identity.user_id)
            assert role is not None
            return found.document_id, role

        document_id, role = await self._database.write(work)
        await self._changed(document_id)
        return document_id, role

    async def joined(self, user_id: str) -> None:
        """Somebody's new account has taken invitations up: whoever shows who has access looks again."""
        for document_id in await self._database.read(
            lambda connection: permissions.documents_of(connection, user_id)
        ):
            self._host.event(document_id, "sharing.changed", {"id": document_id})

    # --- on request -----------------------------------------------------------------------------------------

    def checked_request(self, identity: Identity, document_id: str, role: str, message: str) -> AccessRequest:
        """What somebody asks for.  Raises Invalid; never says whether there is such a document."""
        check_shared_role(role)
        message = message.strip()
        if protocol_length(message) > MESSAGE_UNITS or "\x00" in message:
            raise Invalid("INVALID_REQUEST", f"message: at most {MESSAGE_UNITS} characters")
        return AccessRequest(document_id, identity.user_id, role, message, self._clock.now())

    async def ask(self, identity: Identity, request: AccessRequest) -> None:
        """Keep a request for more than one has, and tell the owner; one for anything else is passed over.

        Runs after the answer was given, so that the time it takes tells nothing; does not raise.
        """

        def work(connection: Connection) -> str | None:
            try:
                present = role_now(connection, request.document_id, identity.user_id)
                document = catalog.get(connection, request.document_id)
            except Missing:
                return None
            if document.deleted_at is not None or access.highest(present, request.role) == present:
                return None
            requests.add(connection, request)
            audit.add(
                connection,
                "access.requested",
                now=request.created_at,
                actor=identity.user_id,
                document_id=document.id,
                subject=identity.user_id,
                role=request.role,
            )
            return document.owner_id

        try:
            owner_id = await self._database.write(work)
        except OctavoError:
            _logger.exception("an access request could not be kept")
            return
        if owner_id is not None:
            data = {
                "id": request.document_id,
                "user": user_of(identity.person),
                "role": request.role,
                "message": request.message,
                "created_at": protocol.format_time(request.created_at),
            }
            self._host.event(request.document_id, "access.requested", data, user_id=owner_id)

    async def requested(self, identity: Identity, document_id: str) -> list[tuple[AccessRequest, Person]]:
        """Who waits for an answer, the oldest first.  Raises Missing, Denied."""

        def work(connection: Connection) -> list[tuple[AccessRequest, Person]]:
            access.require(role_now(connection, document_id, identity.user_id), Action.SHARE)
            found = requests.of(connection, document_id, REQUESTS)
            who = people.by_ids(connection, {request.user_id for request in found})
            return [(request, who[request.user_id]) for request in found]

        return await self._database.read(work)

    async def decline(self, identity: Identity, document_id: str, user_id: str) -> None:
        """Raises Missing, Denied."""
        now = self._clock.now()

        def work(connection: Connection) -> None:
            access.require(role_now(connection, document_id, identity.user_id), Action.SHARE)
            if not requests.remove(connection, document_id, user_id):
                raise Missing("NOT_FOUND", "this person does not ask for access")
            audit.add(
                connection,
                "access.declined",
                now=now,
                actor=identity.user_id,
                document_id=document_id,
                subject=user_id,
            )

        await self._database.write(work)
        self._answered(identity, document_id, user_id, None)

    def _answered(self, identity: Identity, document_id: str, user_id: str, role: str | None) -> None:
        data = {"id": document_id, "user_id": user_id, "role": role}
        self._host.event(document_id, "access.answered", data, user_id=identity.user_id)


def _shared(
    connection: Connection, identity: Identity, document_id: str, token: tuple[str, str] | None = None
) -> Shared:
    role = role_now(connection, document_id, identity.user_id)
    access.require(role, Action.READ)
    assert role is not None
    document = catalog.get(connection, document_id)
    roles = permissions.people_of(connection, document_id)
    found = people.by_ids(connection, [document.owner_id, *(person for person, _ in roles)])
    return Shared(
        document.title,
        role,
        found[document.owner_id],
        [(found[person], named) for person, named in roles],
        invitations.of(connection, document_id) if role == "owner" else [],
        document.link_role,
        document.switches,
        lock_view(connection, document_id),
        token,
    )


def _addressee(connection: Connection, user_id: str | None, email: str | None) -> Person | None:
    if email is not None:
        return people.by_email(connection, email)
    person = None if user_id is None else people.by_id(connection, user_id)
    if person is None or person.guest:
        raise Missing("NOT_FOUND", "user_id: there is no such person")
    return person


def _give(
    connection: Connection, identity: Identity, document_id: str, person: Person, role: str, now: int
) -> None:
    document = catalog.get(connection, document_id)
    action = "role.given"
    if person.id == document.owner_id:
        if role != "owner":
            raise Conflict("ALREADY_EXISTS", "this is the owner; hand the document over first")
    elif role == "owner":
        if person.disabled:
            raise Invalid("INVALID_REQUEST", "this account is closed: nobody could own the document by it")
        action = "owner.changed"
        permissions.hand_over(connection, document_id, person.id, now)
    else:
        permissions.give(connection, document_id, person.id, role, now)
    contacts.add(connection, identity.user_id, person.id, now)
    audit.add(
        connection,
        action,
        now=now,
        actor=identity.user_id,
        document_id=document_id,
        subject=person.id,
        role=role,
    )


def check_shared_role(role: str | None, *, nobody: bool = False, owner: bool = False) -> None:
    """Raises Invalid."""
    allowed = (*SHARED_ROLES, "owner") if owner else SHARED_ROLES
    if role not in allowed and not (nobody and role is None):
        raise Invalid("INVALID_REQUEST", f"role: one of {', '.join(allowed)}{', or null' if nobody else ''}")
