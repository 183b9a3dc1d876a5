"""Comments: threads on ranges of the text, replies, reactions."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, UnsetType

from octavo import protocol
from octavo.access import Action
from octavo.comments import Placed, thread_view
from octavo.errors import Invalid
from octavo.web.api.services import Called, Caller, Key


class AnchorView(msgspec.Struct, frozen=True):
    """`length` 0: all of it is deleted."""

    revision: int
    index: int
    length: int


class AnchorPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    revision: int
    index: int
    length: int


class ThreadPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`mentions`: ids of people who may read the document."""

    anchor: AnchorPost
    text: str
    mentions: list[str] = []


class ReplyPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    mentions: list[str] = []


class CommentPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other words (its author), or dealt with or open again (its author and editors)."""

    text: str | UnsetType = UNSET
    mentions: list[str] = []
    resolved: bool | UnsetType = UNSET


class ReactionView(msgspec.Struct, frozen=True):
    emoji: str
    users: list[protocol.User]


class ReplyView(msgspec.Struct, frozen=True):
    """`user` is null once the account is erased."""

    id: str
    user: protocol.User | None
    text: str
    mentions: list[protocol.User]
    created_at: str
    edited_at: str | None
    reactions: list[ReactionView]


class ThreadView(ReplyView, frozen=True, kw_only=True):
    """`quote` is the text as it was when the thread began."""

    anchor: AnchorView
    quote: str
    resolved: bool
    resolved_at: str | None
    resolved_by: protocol.User | None
    replies: list[ReplyView]


class ThreadList(msgspec.Struct, frozen=True):
    comments: list[ThreadView]


@get("/documents/{document_id:str}/comments")
async def read(identity: Caller, services: Called, document_id: FromPath[str]) -> ThreadList:
    """All threads, the oldest first; their anchors are stated at the head."""
    return ThreadList([_view(one) for one in await services.comments.list(identity, document_id)])


@post("/documents/{document_id:str}/comments", status_code=201)
async def begin(
    identity: Caller, services: Called, document_id: FromPath[str], data: JSONBody[ThreadPost], key: Key
) -> ThreadView:
    """Begin a thread on a range of the content at a revision."""
    await services.count(services.remarks, identity.user_id)
    # Before the content is looked at: what is wrong with the range would tell that there is a document.
    await services.documents.require(document_id, identity.user_id, Action.COMMENT)
    anchor = data.anchor
    return _view(
        await services.comments.begin(
            identity,
            document_id,
            key,
            revision=anchor.revision,
            index=anchor.index,
            length=anchor.length,
            body=data.text,
            mentions=data.mentions,
        )
    )


@post("/documents/{document_id:str}/comments/{comment_id:str}/replies", status_code=201)
async def reply(
    identity: Caller,
    services: Called,
    document_id: FromPath[str],
    comment_id: FromPath[str],
    data: JSONBody[ReplyPost],
    key: Key,
) -> ThreadView:
    """Answer in a thread; the thread as it is then."""
    await services.count(services.remarks, identity.user_id)
    return _view(
        await services.comments.reply(
            identity, document_id, comment_id, key, body=data.text, mentions=data.mentions
        )
    )


@patch("/documents/{document_id:str}/comments/{comment_id:str}")
async def change(
    identity: Caller,
    services: Called,
    document_id: FromPath[str],
    comment_id: FromPath[str],
    data: JSONBody[CommentPatch],
    key: Key,
) -> ThreadView:
    """Other words for a comment or reply, or a thread resolved or open again; the thread as it is then."""
    if (data.text is UNSET) == (data.resolved is UNSET):
        raise Invalid("INVALID_REQUEST", "either text or resolved is needed")
    if data.text is not UNSET:
        return _view(
            await services.comments.rewrite(
                identity, document_id, comment_id, body=data.text, mentions=data.mentions
            )
        )
    assert data.resolved is not UNSET
    return _view(await services.comments.resolve(identity, document_id, comment_id, resolved=data.resolved))


@delete("/documents/{document_id:str}/comments/{comment_id:str}", status_code=204)
async def remove(
    identity: Caller, services: Called, document_id: FromPath[str], comment_id: FromPath[str], key: Key
) -> None:
    """A reply, or a thread with all its replies."""
    await services.comments.remove(identity, document_id, comment_id)


@put("/documents/{document_id:str}/comments/{comment_id:str}/reactions/{emoji:str}")
async def react(
    identity: Caller,
    services: Called,
    document_id: FromPath[str],
    comment_id: FromPath[str],
    emoji: FromPath[str],
    key: Key,
) -> ThreadView:
    """React to a comment or reply with an emoji."""
    await services.count(services.remarks, identity.user_id)
    return _view(await services.comments.react(identity, document_id, comment_id, emoji, on=True))


@delete("/documents/{document_id:str}/comments/{comment_id:str}/reactions/{emoji:str}", status_code=200)
async def unreact(
    identity: Caller,
    services: Called,
    document_id: FromPath[str],
    comment_id: FromPath[str],
    emoji: FromPath[str],
    key: Key,
) -> ThreadView:
    """Take one's own reaction back."""
    return _view(await services.comments.react(identity, document_id, comment_id, emoji, on=False))


def _view(placed: Placed) -> ThreadView:
    found: dict[str, Any] = thread_view(placed)
    return msgspec.convert(found, ThreadView, from_attributes=True)


router = Router("", route_handlers=[read, begin, reply, change, remove, react, unreact], tags=["comments"])
