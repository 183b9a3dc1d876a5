"""History: editing sessions, diffs, attribution, versions, going back."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, Router, delete, get, post, put
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter

from octavo.protocol import MAX_SAFE_INTEGER
from octavo.web.api.history_types import (
    AttributionView,
    DiffView,
    HistoryView,
    RestorePost,
    RevertPost,
    RevertView,
    RevisionView,
    StepsView,
    VersionPut,
    Versions,
    VersionView,
    attribution_view,
    diff_view,
    revert_view,
    session_views,
    version_view,
)
from octavo.web.api.services import Called, Caller, Key

Before = Annotated[int | None, QueryParameter(name="before", ge=0, le=MAX_SAFE_INTEGER, required=False)]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]
First = Annotated[int, QueryParameter(name="from", ge=0, le=MAX_SAFE_INTEGER, required=False)]
Last = Annotated[int | None, QueryParameter(name="to", ge=0, le=MAX_SAFE_INTEGER, required=False)]
Revision = Annotated[int | None, QueryParameter(name="revision", ge=0, le=MAX_SAFE_INTEGER, required=False)]
AtRevision = Annotated[int, PathParameter(ge=0, le=MAX_SAFE_INTEGER)]
_KEPT = {"cache-control": "private, no-cache"}
PAGE = 50


@get("/documents/{document_id:str}/history")
async def read_history(
    identity: Caller,
    services: Called,
    document_id: FromPath[str],
    before: Before = None,
    limit: Limit = PAGE,
) -> HistoryView:
    """Editing sessions, newest first."""
    grouped = await services.history.sessions(identity, document_id, before=before, limit=limit)
    return HistoryView(session_views(grouped), grouped.next_before)


@get("/documents/{document_id:str}/history/steps")
async def read_steps(
    identity: Caller, services: Called, document_id: FromPath[str], first: First = 0, last: Last = None
) -> StepsView:
    """What each person did in a row between two revisions, newest first."""
    return StepsView(session_views(await services.history.steps(identity, document_id, first, last)))


@get("/documents/{document_id:str}/diff")
async def read_diff(
    identity: Caller, services: Called, document_id: FromPath[str], first: First = 0, last: Last = None
) -> Response[DiffView]:
    """The content at `to` with what was inserted, deleted and formatted since `from`; without `to` at the head."""
    compared = await services.history.diff(identity, document_id, first, last)
    return Response(diff_view(compared), headers=_KEPT)


@get("/documents/{document_id:str}/attribution")
async def read_attribution(
    identity: Caller, services: Called, document_id: FromPath[str], revision: Revision = None
) -> Response[AttributionView]:
    """Who wrote each run of the content, and when."""
    found = await services.history.attribution(identity, document_id, revision)
    return Response(attribution_view(*found), headers=_KEPT)


@get("/documents/{document_id:str}/versions")
async def read_versions(identity: Caller, services: Called, document_id: FromPath[str]) -> Versions:
    """The named revisions, newest first."""
    found, people = await services.history.versions(identity, document_id)
    return Versions([version_view(version, people) for version in found])


@put("/documents/{document_id:str}/versions/{revision:int}")
async def name_version(
    identity: Caller,
    services: Called,
    document_id: FromPath[str],
    revision: AtRevision,
    data: JSONBody[VersionPut],
    key: Key,
) -> VersionView:
    """Name a revision, or rename it."""
    version = await services.history.name(identity, document_id, revision, data.name)
    return version_view(version, {identity.user_id: identity.user})


@delete("/documents/{document_id:str}/versions/{revision:int}", status_code=204)
async def unname_version(
    identity: Caller, services: Called, document_id: FromPath[str], revision: AtRevision, key: Key
) -> None:
    """Take a version's name away."""
    await services.history.unname(identity, document_id, revision)


@post("/documents/{document_id:str}/snapshot", status_code=200)
async def snapshot(identity: Caller, services: Called, document_id: FromPath[str], key: Key) -> RevisionView:
    """Keep the content as it is now, so that it opens at once later."""
    return RevisionView(await services.history.snapshot(identity, document_id))


@post("/documents/{document_id:str}/restore", status_code=200)
async def restore(
    identity: Caller, services: Called, document_id: FromPath[str], data: JSONBody[RestorePost], key: Key
) -> RevisionView:
    """Go back to what a revision held: a new change, as which it can be undone."""
    services.count_operation(identity.user_id, document_id)
    return RevisionView(await services.history.restore(identity, document_id, data.revision, key))


@post("/documents/{document_id:str}/revert", status_code=200)
async def revert(
    identity: Caller, services: Called, document_id: FromPath[str], data: JSONBody[RevertPost], key: Key
) -> RevertView:
    """Take back what one person did between two revisions, as far as it still stands."""
    services.count_operation(identity.user_id, document_id)
    return revert_view(
        await services.history.revert(
            identity,
            document_id,
            data.user_id,
            data.from_revision,
            data.to_revision,
            key,
            preview=data.preview,
        )
    )


router = Router(
    "",
    route_handlers=[
        read_history,
        read_steps,
        read_diff,
        read_attribution,
        read_versions,
        name_version,
        unname_version,
        snapshot,
        restore,
        revert,
    ],
    tags=["history"],
)
