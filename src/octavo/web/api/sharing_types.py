"""The JSON of sharing, guests, locks and the audit, as `docs/protocol.md` section 4 has it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from octavo import protocol
from octavo.accounts import user_of
from octavo.audit import AuditPage
from octavo.catalog.audit import Entry
from octavo.catalog.people import Person
from octavo.catalog.requests import AccessRequest
from octavo.guests import Entered
from octavo.protocol import format_time
from octavo.sharing import Shared
from octavo.web.api.types import SwitchesView, UserView, user_view


class PermissionPut(Struct):
    """`role` with `email` or `user_id`; or `link_role` alone."""

    email: str | None = None
    user_id: str | None = None
    role: str | None = None
    link_role: str | UnsetType | None = UNSET


class PersonRole(Struct):
    user: UserView
    role: str


class InvitationEntry(Struct, omit_defaults=True):
    """`token` is that of the invitation's link, in the answer to the request that made it and never again."""

    email: str
    role: str
    token: str | UnsetType = UNSET


class SharingView(Struct):
    """`role` is one's own; `guests` is one of `switches`."""

    title: str
    role: str
    owner: UserView
    people: list[PersonRole]
    invitations: list[InvitationEntry]
    link_role: str | None
    guests: bool
    switches: SwitchesView
    locked: protocol.Lock | None


def sharing_view(shared: Shared, *, with_email: bool) -> SharingView:
    made = dict([shared.token]) if shared.token else {}
    return SharingView(
        shared.title,
        shared.role,
        user_view(shared.owner, with_email=with_email),
        [PersonRole(user_view(person, with_email=with_email), role) for person, role in shared.people],
        [InvitationEntry(email, role, made.get(email, UNSET)) for email, role in shared.invitations],
        shared.link_role,
        shared.switches.guests,
        SwitchesView(**asdict(shared.switches)),
        shared.locked,
    )


class InvitationView(Struct):
    document_id: str
    email: str
    role: str
    title: str
    invited_by: str


class Accepted(Struct):
    document_id: str
    role: str


class LinkView(Struct):
    role: str


class GuestPost(Struct):
    name: str | None = None
    color: str | None = None


class GuestView(Struct):
    user: UserView
    role: str


def guest_view(entered: Entered) -> GuestView:
    return GuestView(user_view(entered.person), entered.role)


class AccessRequestPost(Struct):
    role: str = "viewer"
    message: str = ""


class AccessRequestView(Struct):
    user: UserView
    role: str
    message: str
    created_at: str


class AccessRequests(Struct):
    requests: list[AccessRequestView]


def request_view(request: AccessRequest, person: Person) -> AccessRequestView:
    """With the address: the owner must know who asks."""
    created_at = format_time(request.created_at)
    return AccessRequestView(user_view(person, with_email=True), request.role, request.message, created_at)


class LockPut(Struct):
    reason: str = ""


class LockView(Struct):
    id: str
    locked: protocol.Lock | None


class AuditEntry(Struct, kw_only=True, omit_defaults=True):
    """`person` is the subject where that is somebody with an account or a guest, `title` the document's as it is now.

    `address`, of the network, is for administrators only.
    """

    id: int
    at: str
    actor: protocol.User | None
    action: str
    document_id: str | None
    subject: str | None
    detail: dict[str, Any]
    person: protocol.User | None = None
    title: str | None = None
    address: str | UnsetType | None = UNSET


class AuditView(Struct):
    entries: list[AuditEntry]
    next_before: int | None


def audit_view(page: AuditPage, *, with_address: bool) -> AuditView:
    def view(entry: Entry) -> AuditEntry:
        actor, person = page.people.get(entry.actor_id or ""), page.people.get(entry.subject or "")
        return AuditEntry(
            id=entry.id,
            at=format_time(entry.at),
            actor=None if actor is None else user_of(actor),
            action=entry.action,
            document_id=entry.document_id,
            subject=entry.subject,
            detail=entry.detail,
            person=None if person is None else user_of(person),
            title=page.titles.get(entry.document_id or ""),
            address=entry.address if with_address else UNSET,
        )

    return AuditView([view(entry) for entry in page.entries], page.next_before)
