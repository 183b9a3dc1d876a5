"""A document's changes as server-sent events."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Stream

from octavo.web.api.services import Called, Caller


@get("/documents/{document_id:str}/feed", media_type="text/event-stream")
async def feed(
    identity: Caller,
    services: Called,
    document_id: FromPath[str],
    last_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID", required=False)] = None,
    after: Annotated[int | None, QueryParameter(required=False)] = None,
) -> Stream:
    """The changes as they come, from the last one seen on; ids say where to go on."""
    events = await services.feeds.follow(identity, document_id, last_id, after)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Stream(events, media_type="text/event-stream", headers=headers)


router = Router("", route_handlers=[feed], tags=["documents"])
