"""Guests: people without an account, who come in by the link of a document whose owner lets them.

A guest is a real but limited identity: `role_now` gives it the link's role on the documents it has entered, and
the access matrix keeps it from everything that is not about these.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from octavo.accounts import Accounts, Identity, checked_color
from octavo.catalog import audit
from octavo.catalog import guests as catalog
from octavo.catalog.people import Person
from octavo.errors import Conflict, Invalid
from octavo.ports import Clock, Database


@dataclass(frozen=True, slots=True)
class Entered:
    """A guest on a document; `token` is the cookie's value for somebody who was none before."""

    person: Person
    role: str
    token: str | None


class Guests:
    """Coming in by a link."""

    def __init__(self, database: Database, accounts: Accounts, clock: Clock) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock

    async def link(self, document_id: str) -> str:
        """The role that the link gives to guests.  Raises Missing where it lets none in."""
        return await self._database.read(lambda connection: catalog.link_of(connection, document_id))

    async def enter(
        self,
        identity: Identity | None,
        document_id: str,
        *,
        name: str | None,
        color: str | None,
        device: str,
        address: str | None,
    ) -> Entered:
        """Come in as a new guest, or as the one that somebody is already.  Raises Missing, Invalid, Conflict."""
        if identity is not None and not identity.person.guest:
            raise Conflict("ALREADY_EXISTS", "you are signed in: the link is good for you as you are")
        if identity is None and name is None:
            raise Invalid("INVALID_REQUEST", "name: who comes in is shown to the others by a name")
        checked = None if name is None else self._accounts.checked_name(name)
        color = checked_color(color)
        now = self._clock.now()
        token = secrets.token_urlsafe(32) if identity is None else None

        def work(connection: Connection) -> Entered:
            role = catalog.link_of(connection, document_id)
            if identity is not None:
                person = identity.person
            else:
                assert checked is not None
                assert token is not None
                person = catalog.add(connection, "g" + secrets.token_hex(16), checked, color, now)
                self._accounts.add_login(connection, person.id, token, device, address)
            catalog.enter(connection, document_id, person.id, now)
            audit.add(
                connection,
                "guest.entered",
                now=now,
                actor=person.id,
                document_id=document_id,
                subject=person.id,
                address=address,
                role=role,
            )
            return Entered(person, role, token)

        return await self._database.write(work)
