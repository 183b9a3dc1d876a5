"""The home page: lists and search, folders, tags, templates, copies, the trash."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET

from octavo import templates
from octavo.catalog.library import Filters
from octavo.convert.terms import QUERY_LENGTH
from octavo.library import PAGE
from octavo.web.api.home_types import (
    DocumentList,
    Emptied,
    FolderList,
    FolderPatch,
    FolderView,
    NewCopy,
    NewFolder,
    TagList,
    TagView,
    TemplateList,
    folder_view,
    list_view,
    own_view,
    shipped_view,
)
from octavo.web.api.services import Called, Caller, Key
from octavo.web.api.types import DocumentCreated, summary

Flag = Annotated[bool, QueryParameter(required=False)]


@get("/documents")
async def find(
    identity: Caller,
    services: Called,
    wanted: Annotated[str, QueryParameter(name="query", required=False)] = "",
    folder_id: FromQuery[str | None] = None,
    tag: FromQuery[str | None] = None,
    owned: Flag = False,
    shared: Flag = False,
    starred: Flag = False,
    recent: Flag = False,
    trashed: Flag = False,
    template: Flag = False,
    sort: FromQuery[str | None] = None,
    order: FromQuery[str | None] = None,
    preview: Flag = False,
    cursor: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = PAGE,
) -> DocumentList:
    """One's documents, sorted and narrowed; with `query` the best matches in titles, texts and one's own tags."""
    page = await services.home.library.find(
        identity,
        Filters(
            owned=owned,
            shared=shared,
            starred=starred,
            recent=recent,
            trashed=trashed,
            template=template,
            folder_id=folder_id,
            tag=tag,
        ),
        query=wanted[:QUERY_LENGTH],
        sort=sort,
        order=order,
        cursor=cursor,
        limit=limit,
    )
    return list_view(page, with_preview=preview)


@get("/folders")
async def folders(identity: Caller, services: Called) -> FolderList:
    """One's own folders, all of them, by name."""
    return FolderList([folder_view(*found) for found in await services.home.folders.tree(identity)])


@post("/folders", status_code=201)
async def add_folder(identity: Caller, services: Called, data: JSONBody[NewFolder], key: Key) -> FolderView:
    """A new folder, at the top or in another."""
    made = await services.home.folders.add(identity, data.name, data.parent_id, key)
    return folder_view(made, 0)


@patch("/folders/{folder_id:str}")
async def change_folder(
    identity: Caller, services: Called, folder_id: FromPath[str], data: JSONBody[FolderPatch], key: Key
) -> FolderView:
    """Rename it, or put it into another."""
    changed = await services.home.folders.change(
        identity,
        folder_id,
        name=None if data.name is UNSET else data.name,
        move=data.parent_id is not UNSET,
        parent_id=None if data.parent_id is UNSET else data.parent_id,
    )
    return folder_view(*changed)


@delete("/folders/{folder_id:str}", status_code=204)
async def remove_folder(identity: Caller, services: Called, folder_id: FromPath[str], key: Key) -> None:
    """What was in it moves up."""
    await services.home.folders.remove(identity, folder_id)


@get("/tags")
async def tags(identity: Caller, services: Called) -> TagList:
    """One's own tags."""
    found = await services.home.library.tags(identity)
    return TagList([TagView(name, count) for name, count in found])


@get("/templates")
async def list_templates(identity: Caller, services: Called) -> TemplateList:
    """Those that come with Octavo, then one's own."""
    own = await services.home.copies.templates(identity)
    shipped = [shipped_view(template) for template in templates.shipped().values()]
    return TemplateList(shipped + [own_view(listed) for listed in own])


@post("/documents/{document_id:str}/copy", status_code=201)
async def copy(
    identity: Caller, services: Called, document_id: FromPath[str], data: JSONBody[NewCopy], key: Key
) -> Response[DocumentCreated]:
    """A document of one's own from this one, as it is or as it was."""
    opened = await services.home.copies.copy(
        identity, document_id, key, revision=data.revision, title=data.title, folder_id=data.folder_id
    )
    url = services.websocket_url(opened.document.id, identity)
    view = DocumentCreated(**summary(opened), websocket_url=url)
    return Response(view, status_code=201, headers={"cache-control": "no-store"})


@delete("/trash", status_code=200)
async def empty_trash(identity: Caller, services: Called, key: Key) -> Emptied:
    """Delete all that one has in the trash, for good."""
    return Emptied(await services.home.trash.empty(identity))


router = Router(
    "",
    route_handlers=[
        find,
        folders,
        add_folder,
        change_folder,
        remove_folder,
        tags,
        list_templates,
        copy,
        empty_trash,
    ],
    tags=["home"],
)
