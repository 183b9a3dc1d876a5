"""Comments: threads on ranges of the text, which move along with every change.

`anchoring.py` keeps the ranges.  Events tell everybody who has the document open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from octavo import access, protocol
from octavo.access import Action
from octavo.accounts import Identity, derived_id, protocol_length, user_of
from octavo.anchoring import Anchors, place_of
from octavo.catalog import comments as catalog
from octavo.catalog import documents as document_catalog
from octavo.catalog import people
from octavo.catalog.comments import Comment, Place, Thread
from octavo.catalog.people import Person
from octavo.collab.anchors import Anchor
from octavo.collab.host import RoomHost
from octavo.delta import Content, Delta
from octavo.delta.ops import cuts_pair, from_units
from octavo.documents import role_now
from octavo.errors import Denied, Invalid, Missing
from octavo.ports import Clock, Database

UNITS: Final = 10_000
QUOTE_UNITS: Final = 1_000
MOST_MENTIONS: Final = 50
EMOJI_UNITS: Final = 32


@dataclass(frozen=True, slots=True)
class Placed:
    """A thread with its anchor at the head `revision`, and everybody who is named in it."""

    thread: Thread
    revision: int
    index: int
    length: int
    persons: Mapping[str, Person]


class Comments:
    """Writing, answering, resolving.  Viewers and above read, commenters and above write."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        host: RoomHost,
        anchors: Anchors,
    ) -> None:
        self._database = database
        self._anchors = anchors
        self._clock = clock
        self._host = host

    # --- reading ------------------------------------------------------------------------------------------

    async def list(self, identity: Identity, document_id: str) -> Sequence[Placed]:
        """All threads, the oldest first, their anchors at the head.  Raises Missing."""

        def work(connection: Connection) -> tuple[list[Thread], dict[str, Person]]:
            access.require(role_now(connection, document_id, identity.user_id), Action.READ)
            found = catalog.of(connection, document_id)
            return found, people.by_ids(connection, catalog.people_in(found))

        found, persons = await self._database.read(work)
        if not found:
            return []
        revision, anchors = await self._anchors.at_head(document_id)
        return [
            Placed(one, revision, anchors[one.id].start, anchors[one.id].length, persons)
            for one in found
            if one.id in anchors
        ]

    async def _placed(self, document_id: str, thread_id: str) -> Placed:
        def work(connection: Connection) -> tuple[Thread, dict[str, Person]]:
            found = catalog.thread(connection, document_id, thread_id)
            return found, people.by_ids(connection, catalog.people_in([found]))

        found, persons = await self._database.read(work)
        revision, anchors = await self._anchors.at_head(document_id)
        if thread_id not in anchors:
            raise catalog.missing(thread_id)
        anchor = anchors[thread_id]
        return Placed(found, revision, anchor.start, anchor.length, persons)

    # --- writing ------------------------------------------------------------------------------------------

    async def begin(
        self,
        identity: Identity,
        document_id: str,
        key: str,
        *,
        revision: int,
        index: int,
        length: int,
        body: str,
        mentions: Sequence[str],
    ) -> Placed:
        """A new thread on a range of the content at `revision`; the same key again finds the same one.

        Raises Invalid for a range that is not there, Denied, Missing.
        """
        body = checked(body)
        content = Content.from_delta(await self._host.content_at(document_id, revision))
        _check_range(content, revision, index, length)
        quote = quoted(content.slice(index, index + length))
        thread_id = derived_id("c", identity.user_id, document_id, key)
        anchor = Anchor(index, index + length)
        while True:
            revision, anchor = await self._anchors.to_head(document_id, revision, anchor)
            place = place_of(revision, anchor)

            def work(connection: Connection, place: Place = place) -> bool:
                self._may_write(connection, identity, document_id)
                if catalog.anchored_to(connection, document_id) > place.revision:
                    return False  # the job has passed by meanwhile
                comment = self._comment(connection, identity, document_id, thread_id, None, body, mentions)
                if catalog.known(connection, document_id, thread_id):
                    return True
                if catalog.count(connection, document_id) >= catalog.MOST_THREADS:
                    raise full(f"a document has at most {catalog.MOST_THREADS} threads")
                catalog.begin(connection, document_id, comment, quote, place)
                return True

            if await self._database.write(work):
                break
        placed = await self._placed(document_id, thread_id)
        self._host.event(document_id, "comment.created", thread_view(placed))
        return placed

    async def reply(
        self,
        identity: Identity,
        document_id: str,
        thread_id: str,
        key: str,
        *,
        body: str,
        mentions: Sequence[str],
    ) -> Placed:
        """Answer in a thread.  Raises Missing, Denied, Invalid."""
        body = checked(body)
        reply_id = derived_id("r", identity.user_id, document_id, key)

        def work(connection: Connection) -> None:
            self._may_write(connection, identity, document_id)
            _, above = catalog.owner_of(connection, document_id, thread_id)
            if above is not None:
                raise Invalid("INVALID_REQUEST", "a reply has no replies: answer in its thread")
            if catalog.known(connection, document_id, reply_id):
                return
            if catalog.reply_count(connection, thread_id) >= catalog.MOST_REPLIES:
                raise full(f"a thread has at most {catalog.MOST_REPLIES} replies; begin another")
            comment = self._comment(connection, identity, document_id, reply_id, thread_id, body, mentions)
            catalog.add(connection, document_id, comment)

        await self._database.write(work)
        placed = await self._placed(document_id, thread_id)
        self._host.event(document_id, "comment.replied", thread_view(placed))
        return placed

    async def rewrite(
        self, identity: Identity, document_id: str, comment_id: str, *, body: str, mentions: Sequence[str]
    ) -> Placed:
        """Other words for one's own comment or reply.  Raises Missing, Denied, Invalid."""
        body = checked(body)

        def work(connection: Connection) -> str:
            access.require(role_now(connection, document_id, identity.user_id), Action.COMMENT)
            author, above = catalog.owner_of(connection, document_id, comment_id)
            if author != identity.user_id:
                raise Denied("FORBIDDEN", "only its author may change a comment; reply to it instead")
            named = _readers(connection, document_id, mentions)
            catalog.rewrite(connection, comment_id, body, named, self._clock.now())
            return above or comment_id

        return await self._edited(document_id, await self._database.write(work))

    async def resolve(
        self, identity: Identity, document_id: str, thread_id: str, *, resolved: bool
    ) -> Placed:
        """Dealt with, or open again: by its author and by editors.  Raises Missing, Denied, Invalid."""

        def work(connection: Connection) -> None:
            role = role_now(connection, document_id, identity.user_id)
            access.require(role, Action.COMMENT)
            author, above = catalog.owner_of(connection, document_id, thread_id)
            if above is not None:
                raise Invalid("INVALID_REQUEST", "resolved: a thread is resolved, not a reply")
            if author != identity.user_id:
                access.require(role, Action.EDIT)
            now = self._clock.now() if resolved else None
            catalog.resolve(connection, thread_id, now, identity.user_id if resolved else None)

        await self._database.write(work)
        placed = await self._placed(document_id, thread_id)
        if resolved:
            self._host.event(document_id, "comment.resolved", thread_view(placed))
        else:
            self._host.event(document_id, "comment.reopened", thread_view(placed))
        return placed

    async def react(
        self, identity: Identity, document_id: str, comment_id: str, emoji: str, *, on: bool
    ) -> Placed:
        """Put a reaction to a comment or reply, or take one's own back.  Raises Missing, Denied, Invalid."""

        def work(connection: Connection) -> str:
            self._may_write(connection, identity, document_id)
            _, above = catalog.owner_of(connection, document_id, comment_id)
            if protocol_length(emoji) > EMOJI_UNITS or emoji.isascii() or any(map(str.isspace, emoji)):
                raise Invalid("INVALID_REQUEST", "emoji: one emoji")
            if on and catalog.reaction_count(connection, comment_id) >= catalog.MOST_REACTIONS:
                raise full(f"a comment has at most {catalog.MOST_REACTIONS} reactions")
            now = self._clock.now() if on else None
            catalog.react(connection, comment_id, identity.user_id, emoji, now)
            return above or comment_id

        return await self._edited(document_id, await self._database.write(work))

    async def remove(self, identity: Identity, document_id: str, comment_id: str) -> None:
        """A reply, or a thread with all replies: by its author and the document's owner.  Raises Missing, Denied."""

        def work(connection: Connection) -> str | None:
            role = role_now(connection, document_id, identity.user_id)
            access.require(role, Action.COMMENT)
            author, above = catalog.owner_of(connection, document_id, comment_id)
            if author != identity.user_id and role != "owner":
                raise Denied("FORBIDDEN", "only its author and the document's owner may delete a comment")
            catalog.remove(connection, comment_id)
            return above

        above = await self._database.write(work)
        if above is None:
            self._host.event(document_id, "comment.deleted", {"id": comment_id})
        else:
            await self._edited(document_id, above)

    # --- inside -------------------------------------------------------------------------------------------

    def _may_write(self, connection: Connection, identity: Identity, document_id: str) -> None:
        access.require(role_now(connection, document_id, identity.user_id), Action.COMMENT)
        if not document_catalog.get(connection, document_id).switches.comments:
            raise Denied("FORBIDDEN", "comments are switched off for this document; ask its owner")

    def _comment(
        self,
        connection: Connection,
        identity: Identity,
        document_id: str,
        comment_id: str,
        thread_id: str | None,
        body: str,
        mentions: Sequence[str],
    ) -> Comment:
        named = _readers(connection, document_id, mentions)
        return Comment(comment_id, thread_id, identity.user_id, body, named, self._clock.now(), None, {})

    async def moved(self, document_id: str, thread_id: str) -> None:
        """An anchor took back what a change gave back: clients cannot know it by themselves."""
        with suppress(Missing):  # deleted meanwhile
            placed = await self._placed(document_id, thread_id)
            self._host.event(document_id, "comment.moved", thread_view(placed))

    async def _edited(self, document_id: str, thread_id: str) -> Placed:
        placed = await self._placed(document_id, thread_id)
        self._host.event(document_id, "comment.edited", thread_view(placed))
        return placed


def _check_range(content: Content, revision: int, index: int, length: int) -> None:
    if length < 1 or index < 0 or index + length > content.length:
        raise Invalid(
            "INVALID_REQUEST",
            f"anchor: at revision {revision} the content has {content.length} code units; comment on some of them",
        )
    if content.cuts_pair(index) or content.cuts_pair(index + length):
        raise Invalid("INVALID_REQUEST", "anchor: it parts a surrogate pair; take whole characters")


def _readers(connection: Connection, document_id: str, user_ids: Sequence[str]) -> list[str]:
    """Those of the people named who may read the document; the others learn nothing."""
    if len(user_ids) > MOST_MENTIONS:
        raise Invalid("INVALID_REQUEST", f"mentions: at most {MOST_MENTIONS} people")
    return [one for one in dict.fromkeys(user_ids) if role_now(connection, document_id, one) is not None]


def checked(body: str) -> str:
    """A comment's text.  Raises Invalid."""
    body = body.strip()
    if not body:
        raise Invalid("INVALID_REQUEST", "text: write something")
    if protocol_length(body) > UNITS:
        raise Invalid("TOO_LARGE", f"text: a comment has at most {UNITS} code units; shorten it")
    if any((ord(one) < 32 and one not in "\n\t") or 0xD800 <= ord(one) < 0xE000 for one in body):
        raise Invalid("INVALID_REQUEST", "text: no control characters")
    return body


def full(reason: str) -> Invalid:
    return Invalid("TOO_LARGE", reason)


def quoted(content: Delta) -> str:
    """The commented text as people read it, shortened; an embed is U+FFFC."""
    text = "".join(op.value if isinstance(op.value, str) else "\ufffc" for op in content.ops)
    cut = QUOTE_UNITS - cuts_pair(text, QUOTE_UNITS)
    return from_units(text[:cut])


# --- as clients see it --------------------------------------------------------------------------------------


def thread_view(placed: Placed) -> dict[str, Any]:
    """The REST object, which events bear too: indexes and lengths are code units at the anchor's revision."""
    thread, persons = placed.thread, placed.persons
    return {
        "anchor": {"revision": placed.revision, "index": placed.index, "length": placed.length},
        "quote": thread.quote,
        "resolved": thread.resolved_at is not None,
        "resolved_at": _time(thread.resolved_at),
        "resolved_by": _user(persons, thread.resolved_by),
        **_comment_view(thread.first, persons),
        "replies": [_comment_view(one, persons) for one in thread.replies],
    }


def _comment_view(one: Comment, persons: Mapping[str, Person]) -> dict[str, Any]:
    return {
        "id": one.id,
        "user": _user(persons, one.user_id),
        "text": one.body,
        "mentions": [user_of(persons[name]) for name in one.mentions if name in persons],
        "created_at": _time(one.created_at),
        "edited_at": _time(one.edited_at),
        "reactions": [
            {"emoji": emoji, "users": [user_of(persons[name]) for name in users if name in persons]}
            for emoji, users in one.reactions.items()
        ],
    }


def _user(persons: Mapping[str, Person], user_id: str | None) -> protocol.User | None:
    """None once the account is erased."""
    return user_of(persons[user_id]) if user_id is not None and user_id in persons else None


def _time(at: int | None) -> str | None:
    return None if at is None else protocol.format_time(at)
