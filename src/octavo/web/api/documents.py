"""Documents: make, open, name, throw away; tickets; reading and writing the log without a socket."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, Router, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET
from msgspec.structs import asdict

from octavo import protocol
from octavo.access import Action
from octavo.errors import Invalid
from octavo.library import Arrangement
from octavo.web.api.services import Called, Caller, Key
from octavo.web.api.types import (
    ChangeList,
    ContentView,
    DocumentCreated,
    DocumentDetail,
    DocumentPatch,
    DocumentView,
    NewDocument,
    Submission,
    Submitted,
    SwitchesPatch,
    TicketView,
    change_list,
    collaborators,
    summary,
)

JSON = "application/json"
_NO_STORE = {"cache-control": "no-store"}

Revision = Annotated[
    int | None, QueryParameter(name="revision", ge=0, le=protocol.MAX_SAFE_INTEGER, required=False)
]
Flag = Annotated[bool, QueryParameter(required=False)]


@post("/documents", status_code=201)
async def create(
    identity: Caller, services: Called, data: JSONBody[NewDocument], key: Key
) -> Response[DocumentCreated]:
    """A new document; `content`, or that of a template, becomes its change 1."""
    if data.template_id is not None:
        if data.content is not None:
            raise Invalid("INVALID_REQUEST", "content or template_id, not both")
        opened = await services.home.copies.from_template(
            identity, data.template_id, data.title, key, folder_id=data.folder_id
        )
    else:
        ops = None if data.content is None else data.content.ops
        opened = await services.documents.create(identity, data.title, ops, key, folder_id=data.folder_id)
    url = services.websocket_url(opened.document.id, identity)
    view = DocumentCreated(**summary(opened), websocket_url=url)
    return Response(view, status_code=201, headers=_NO_STORE)


@get("/documents/{document_id:str}")
async def read(
    request: Request[Any, Any, Any],
    identity: Caller,
    services: Called,
    document_id: FromPath[str],
    revision: Revision = None,
) -> Response[DocumentView]:
    """A document with its content, now or as it was at a revision."""
    opened = await services.documents.open(identity, document_id, visit=revision is None)
    shared = summary(opened)
    if revision is None:
        head, ops = await services.documents.content(document_id)
        shared.update(epoch=head.epoch, revision=head.revision)
        # A socket writes: a token that may only read gets no way to one.
        url = services.websocket_url(document_id, identity) if "write" in identity.scopes else UNSET
        view = DocumentView(
            **shared, content=ContentView(ops), collaborators=collaborators(opened), websocket_url=url
        )
        return Response(view, headers=_NO_STORE)
    await services.history.require(identity, document_id)
    etag = f'"{opened.document.epoch}-{revision}"'
    headers = {"cache-control": "private, no-cache", "etag": etag}
    # What a revision holds never alters, so the tag alone answers; the rights were asked just now.
    if etag in request.headers.get("if-none-match", ""):
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
    ops = await services.documents.content_at(document_id, revision)
    shared["revision"] = revision
    view = DocumentView(**shared, content=ContentView(ops), collaborators=collaborators(opened))
    return Response(view, headers=headers)


@patch("/documents/{document_id:str}")
async def update(
    identity: Caller, services: Called, document_id: FromPath[str], data: JSONBody[DocumentPatch], key: Key
) -> DocumentDetail:
    """Title, one's own star, folder and tags, whether it is a template, what the link gives, the switches, who
    sees the history."""
    switches = {} if data.switches is UNSET else _given(data.switches)
    if switches or data.link_role is not UNSET or data.history_role is not UNSET:
        await services.documents.require(document_id, identity.user_id, Action.SHARE)
    if data.link_role is not UNSET:
        await services.sharing.set_link(identity, document_id, data.link_role)
    if data.history_role is not UNSET:
        await services.history.show_to(identity, document_id, data.history_role)
    if switches:
        await services.sharing.switch(identity, document_id, **switches)
    opened = await services.documents.update(
        identity,
        document_id,
        title=None if data.title is UNSET else data.title,
        starred=None if data.starred is UNSET else data.starred,
        arrangement=_arrangement(data),
    )
    return DocumentDetail(**summary(opened))


@delete("/documents/{document_id:str}", status_code=204)
async def trash(
    identity: Caller, services: Called, document_id: FromPath[str], key: Key, forever: Flag = False
) -> None:
    """Into the trash; with `forever` for good, from wherever it is."""
    if forever:
        await services.home.trash.delete(identity, document_id)
    else:
        await services.documents.trash(identity, document_id)


@post("/documents/{document_id:str}/undelete", status_code=200)
async def undelete(
    identity: Caller, services: Called, document_id: FromPath[str], key: Key
) -> DocumentDetail:
    """Out of the trash."""
    return DocumentDetail(**summary(await services.documents.undelete(identity, document_id)))


@post("/documents/{document_id:str}/ticket", status_code=200)
async def ticket(
    identity: Caller, services: Called, document_id: FromPath[str], key: Key
) -> Response[TicketView]:
    """What a further connection needs."""
    opened = await services.documents.open(identity, document_id)
    document = opened.document
    url = services.websocket_url(document_id, identity)
    return Response(
        TicketView(url, document.epoch, document.revision, opened.role), headers=_NO_STORE, status_code=200
    )


@get(
    "/documents/{document_id:str}/operations",
    responses={200: ResponseSpec(ChangeList, description="The changes from + 1 … to")},
)
async def changes(
    identity: Caller,
    services: Called,
    document_id: FromPath[str],
    first: Annotated[int, QueryParameter(name="from", le=protocol.MAX_SAFE_INTEGER)] = 0,
    last: Annotated[
        int | None, QueryParameter(name="to", le=protocol.MAX_SAFE_INTEGER, required=False)
    ] = None,
) -> Response[bytes]:
    """The changes from + 1 … to, at most 1,000 a page."""
    found = await services.documents.changes(identity, document_id, first, last)
    return Response(b'{"changes":' + change_list(found) + b"}", media_type=JSON)


@post(
    "/documents/{document_id:str}/operations",
    status_code=200,
    responses={
        200: ResponseSpec(Submitted, description="The change's revision, and the changes since its base")
    },
)
async def submit(
    identity: Caller, services: Called, document_id: FromPath[str], data: JSONBody[Submission], key: Key
) -> Response[bytes]:
    """Submit an operation without a socket; the same client_id and seq again does nothing twice."""
    services.count_operation(identity.user_id, document_id)
    if not protocol.valid_client_id(data.client_id):
        raise Invalid("INVALID_REQUEST", "client_id: 1 to 64 characters of A-Z a-z 0-9 _ -")
    biggest = protocol.MAX_SAFE_INTEGER
    if not 1 <= data.seq <= biggest or not 0 <= data.base_revision <= biggest:
        raise Invalid("INVALID_REQUEST", "seq counts from 1 and base_revision from 0")
    message = protocol.OperationMessage(data.seq, data.base_revision, data.ops, data.at, data.origin)
    operation = protocol.operation(
        message,
        client_id=data.client_id,
        user_id=identity.user_id,
        max_components=services.settings.components,
    )
    revision, found = await services.documents.submit(identity, document_id, data.epoch, operation)
    body = b'{"revision":%d,"changes":%b}' % (revision, change_list(found))
    return Response(body, media_type=JSON, status_code=200)


def _arrangement(data: DocumentPatch) -> Arrangement | None:
    if data.folder_id is UNSET and data.tags is UNSET and data.template is UNSET:
        return None
    return Arrangement(
        move=data.folder_id is not UNSET,
        folder_id=None if data.folder_id is UNSET else data.folder_id,
        tags=None if data.tags is UNSET else data.tags,
        template=None if data.template is UNSET else data.template,
    )


def _given(patch: SwitchesPatch) -> dict[str, bool]:
    return {name: on for name, on in asdict(patch).items() if on is not UNSET}


router = Router(
    "",
    route_handlers=[
        create,
        read,
        update,
        trash,
        undelete,
        ticket,
        changes,
        submit,
    ],
    tags=["documents"],
)
