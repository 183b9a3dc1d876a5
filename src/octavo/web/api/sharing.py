"""Sharing: roles by name, invitations, guests, access requests; locks; the audit."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, Router, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from octavo.access import Action
from octavo.accounts import Identity
from octavo.audit import PAGE
from octavo.errors import Invalid
from octavo.protocol import MAX_SAFE_INTEGER
from octavo.web.api.accounts import login_cookie
from octavo.web.api.services import Called, Caller, Key
from octavo.web.api.sharing_types import (
    Accepted,
    AccessRequestPost,
    AccessRequests,
    AuditView,
    GuestPost,
    GuestView,
    InvitationView,
    LinkView,
    LockPut,
    LockView,
    PermissionPut,
    SharingView,
    audit_view,
    guest_view,
    request_view,
    sharing_view,
)
from octavo.web.auth import device_of

Before = Annotated[int | None, QueryParameter(name="before", ge=0, le=MAX_SAFE_INTEGER, required=False)]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]

# --- roles ------------------------------------------------------------------------------------------------


@get("/documents/{document_id:str}/permissions")
async def read_permissions(identity: Caller, services: Called, document_id: FromPath[str]) -> SharingView:
    """Who has which role."""
    shared = await services.sharing.of(identity, document_id)
    return sharing_view(shared, with_email=shared.owner.id == identity.user_id)


@put("/documents/{document_id:str}/permissions")
async def put_permission(
    identity: Caller, services: Called, document_id: FromPath[str], data: JSONBody[PermissionPut], key: Key
) -> SharingView:
    """Give a person a role, invite an address, or set what anyone with the link may do."""
    await services.documents.require(document_id, identity.user_id, Action.SHARE)
    if data.link_role is not UNSET:
        if data.role is not None or data.email is not None or data.user_id is not None:
            raise Invalid(
                "INVALID_REQUEST", "link_role stands alone; a person's role is a request of its own"
            )
        await services.sharing.set_link(identity, document_id, data.link_role)
        shared = await services.sharing.of(identity, document_id)
    else:
        if data.role is None or (data.email is None) == (data.user_id is None):
            raise Invalid("INVALID_REQUEST", "role, and either email or user_id, are needed; or link_role")
        shared = await services.sharing.give(
            identity, document_id, data.role, user_id=data.user_id, email=data.email
        )
    return sharing_view(shared, with_email=True)


@delete("/documents/{document_id:str}/permissions/{who:str}", status_code=204)
async def delete_permission(
    identity: Caller, services: Called, document_id: FromPath[str], who: FromPath[str], key: Key
) -> None:
    """Take a person's role, or an invitation by its email; everybody may take their own."""
    await services.sharing.take(identity, document_id, who)


# --- invitations and guests -------------------------------------------------------------------------------


@get("/invitations/{token:str}")
async def read_invitation(services: Called, token: FromPath[str]) -> InvitationView:
    """What an invitation's link offers."""
    found = await services.sharing.invitation(token)
    return InvitationView(found.document_id, found.email, found.role, found.title, found.inviter)


@post("/invitations/{token:str}", status_code=200)
async def accept_invitation(identity: Caller, services: Called, token: FromPath[str], key: Key) -> Accepted:
    """Take an invitation up as who one is."""
    return Accepted(*await services.sharing.accept(identity, token))


@get("/documents/{document_id:str}/guests")
async def read_link(services: Called, document_id: FromPath[str]) -> LinkView:
    """The role with which guests come in, where they do."""
    return LinkView(await services.guests.link(document_id))


@post("/documents/{document_id:str}/guests", status_code=201)
async def enter(
    request: Request[Any, Any, Any],
    services: Called,
    document_id: FromPath[str],
    data: JSONBody[GuestPost],
    key: Key,
) -> Response[GuestView]:
    """Come in by the link, with a name: the answer sets a cookie."""
    await services.count(services.attempts, request.scope["state"]["address"])
    identity = request.scope["state"].get("identity")
    entered = await services.guests.enter(
        identity if isinstance(identity, Identity) else None,
        document_id,
        name=data.name,
        color=data.color,
        device=device_of(request.headers.get("user-agent", "")),
        address=request.scope["state"]["address"],
    )
    cookies = [] if entered.token is None else [login_cookie(services.settings, entered.token)]
    return Response(guest_view(entered), status_code=201, cookies=cookies)


# --- access requests --------------------------------------------------------------------------------------


@post("/documents/{document_id:str}/access-requests", status_code=202)
async def ask(
    identity: Caller,
    services: Called,
    document_id: FromPath[str],
    data: JSONBody[AccessRequestPost],
    key: Key,
) -> None:
    """Ask the owner for access; the answer is the same whether or not there is such a document."""
    await services.count(services.asking, identity.user_id)
    request = services.sharing.checked_request(identity, document_id, data.role, data.message)
    services.gateway.run(services.sharing.ask(identity, request))


@get("/documents/{document_id:str}/access-requests")
async def list_requests(identity: Caller, services: Called, document_id: FromPath[str]) -> AccessRequests:
    """Who asks for access, the oldest first."""
    found = await services.sharing.requested(identity, document_id)
    return AccessRequests([request_view(request, person) for request, person in found])


@delete("/documents/{document_id:str}/access-requests/{user_id:str}", status_code=204)
async def decline(
    identity: Caller, services: Called, document_id: FromPath[str], user_id: FromPath[str], key: Key
) -> None:
    """Decline; giving a role is the other answer."""
    await services.sharing.decline(identity, document_id, user_id)


# --- locks and the audit ----------------------------------------------------------------------------------


@put("/documents/{document_id:str}/lock")
async def lock(
    identity: Caller, services: Called, document_id: FromPath[str], data: JSONBody[LockPut], key: Key
) -> LockView:
    """Make a document read-only for all."""
    return LockView(document_id, await services.locks.set(identity, document_id, data.reason))


@delete("/documents/{document_id:str}/lock", status_code=200)
async def unlock(identity: Caller, services: Called, document_id: FromPath[str], key: Key) -> LockView:
    """Let people write again."""
    return LockView(document_id, await services.locks.lift(identity, document_id))


@get("/documents/{document_id:str}/audit")
async def read_document_audit(
    identity: Caller,
    services: Called,
    document_id: FromPath[str],
    before: Before = None,
    limit: Limit = PAGE,
) -> AuditView:
    """What was done to a document's sharing, newest first."""
    page = await services.audit.read(identity, document_id, before=before, limit=limit)
    return audit_view(page, with_address=identity.person.admin)


@get("/audit")
async def read_audit(
    identity: Caller, services: Called, before: Before = None, limit: Limit = PAGE
) -> AuditView:
    """The whole audit, newest first."""
    page = await services.audit.read(identity, None, before=before, limit=limit)
    return audit_view(page, with_address=True)


router = Router(
    "",
    route_handlers=[
        read_permissions,
        put_permission,
        delete_permission,
        read_invitation,
        accept_invitation,
        read_link,
        enter,
        ask,
        list_requests,
        decline,
        lock,
        unlock,
        read_document_audit,
        read_audit,
    ],
    tags=["sharing"],
)
