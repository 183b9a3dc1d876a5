"""Suggestions: what is proposed in a document, proposing by a program, accepting and rejecting."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody

from octavo import protocol
from octavo.accounts import user_of
from octavo.delta import wire
from octavo.delta.ops import from_units
from octavo.errors import Invalid
from octavo.suggestions import Suggestion
from octavo.web.api.services import Called, Caller, Key

_KINDS_BY_TEXT: Final = {"delete": "deleted", "format": "formatted"}


class SuggestionView(msgspec.Struct, frozen=True):
    """`kind` is insert, delete, replace or format; `text` what comes in, goes or is formatted; `deleted` what a
    replacement takes; `formats` new values, null for what goes; `index` and `length` where its marks lie, in code
    units at `revision`.
    """

    id: str
    user: protocol.User | None
    kind: str
    text: str
    deleted: str
    formats: dict[str, Any]
    index: int
    length: int
    created_at: str | None


class SuggestionList(msgspec.Struct, frozen=True):
    revision: int
    suggestions: list[SuggestionView]


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An edit as one would make it who may edit: the server makes a suggestion of it."""

    base_revision: int
    ops: list[Any]
    epoch: str | None = None
    suggestion_id: str | None = None


class Proposed(msgspec.Struct, frozen=True):
    id: str
    revision: int


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which: `ids`, all of the person `user_id`, or with neither all there are."""

    ids: list[str] | None = None
    user_id: str | None = None


class Decided(msgspec.Struct, frozen=True):
    revision: int


@get("/documents/{document_id:str}/suggestions")
async def read(identity: Caller, services: Called, document_id: FromPath[str]) -> SuggestionList:
    """All suggestions, in the order of the text."""
    revision, found = await services.suggestions.list(identity, document_id)
    return SuggestionList(revision, [_view(one) for one in found])


@post("/documents/{document_id:str}/suggestions", status_code=201)
async def propose(
    identity: Caller, services: Called, document_id: FromPath[str], data: JSONBody[Proposal], key: Key
) -> Proposed:
    """Propose an edit; nothing is applied, whatever one's role is."""
    services.count_operation(identity.user_id, document_id)
    if len(data.ops) > services.settings.components:
        raise Invalid("TOO_LARGE", f"ops: at most {services.settings.components} components; send parts")
    suggestion_id, change = await services.suggestions.propose(
        identity,
        document_id,
        key,
        base_revision=data.base_revision,
        edit=wire.from_wire(data.ops),
        suggestion_id=data.suggestion_id,
        epoch=data.epoch,
    )
    return Proposed(suggestion_id, change.revision)


@post("/documents/{document_id:str}/suggestions/accept", status_code=200)
async def accept_all(
    identity: Caller, services: Called, document_id: FromPath[str], data: JSONBody[Decision], key: Key
) -> Decided:
    """Accept several as one change."""
    change = await services.suggestions.decide(
        identity, document_id, key, accept=True, ids=data.ids, author=data.user_id
    )
    return Decided(change.revision)


@post("/documents/{document_id:str}/suggestions/reject", status_code=200)
async def reject_all(
    identity: Caller, services: Called, document_id: FromPath[str], data: JSONBody[Decision], key: Key
) -> Decided:
    """Reject several as one change; one's own may be taken back by anyone who may suggest."""
    change = await services.suggestions.decide(
        identity, document_id, key, accept=False, ids=data.ids, author=data.user_id
    )
    return Decided(change.revision)


@post("/documents/{document_id:str}/suggestions/{suggestion_id:str}/accept", status_code=200)
async def accept(
    identity: Caller, services: Called, document_id: FromPath[str], suggestion_id: FromPath[str], key: Key
) -> Decided:
    """Accept one."""
    change = await services.suggestions.decide(identity, document_id, key, accept=True, ids=[suggestion_id])
    return Decided(change.revision)


@post("/documents/{document_id:str}/suggestions/{suggestion_id:str}/reject", status_code=200)
async def reject(
    identity: Caller, services: Called, document_id: FromPath[str], suggestion_id: FromPath[str], key: Key
) -> Decided:
    """Reject one."""
    change = await services.suggestions.decide(identity, document_id, key, accept=False, ids=[suggestion_id])
    return Decided(change.revision)


def _view(one: Suggestion) -> SuggestionView:
    found = one.found
    text = getattr(found, _KINDS_BY_TEXT.get(found.kind, "inserted"))
    return SuggestionView(
        found.id,
        None if one.author is None else user_of(one.author),
        found.kind,
        from_units(text),
        from_units(found.deleted) if found.kind == "replace" else "",
        found.formats,
        found.index,
        found.length,
        None if one.began_at is None else protocol.format_time(one.began_at),
    )


router = Router(
    "",
    route_handlers=[read, propose, accept_all, reject_all, accept, reject],
    tags=["suggestions"],
)
