"""Comments: threads with their anchors, replies, reactions.

Everything runs inside `Database.read` or `.write`; times are seconds since 1970, indexes UTF-16 code units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from octavo.catalog.tables import anchored, comments, reactions, threads
from octavo.errors import Missing

MOST_THREADS: Final = 5_000
MOST_REPLIES: Final = 1_000
MOST_REACTIONS: Final = 200


@dataclass(frozen=True, slots=True)
class Comment:
    """A thread's first comment, or a reply.  `reactions`: who reacted, by emoji, the earliest first."""

    id: str
    thread_id: str | None
    user_id: str | None
    body: str
    mentions: list[str]
    created_at: int
    edited_at: int | None
    reactions: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Place:
    """A stored anchor: where it stood at `revision`, or at the document's `anchored_to` if that is later."""

    revision: int
    start: int
    end: int
    lost: bytes


@dataclass(frozen=True, slots=True)
class Thread:
    id: str
    document_id: str
    quote: str
    place: Place
    resolved_at: int | None
    resolved_by: str | None
    first: Comment
    replies: list[Comment]


def anchored_to(connection: Connection, document_id: str) -> int:
    """The revision up to which the anchors of a document have been moved along."""
    found = connection.execute(
        select(anchored.c.revision).where(anchored.c.document_id == document_id)
    ).scalar()
    return int(found or 0)


def places(connection: Connection, document_id: str) -> dict[str, Place]:
    """The anchors of a document by thread."""
    rows = connection.execute(
        select(threads.c.id, threads.c.revision, threads.c.start, threads.c.end, threads.c.lost).where(
            threads.c.document_id == document_id
        )
    )
    return {row.id: Place(row.revision, row.start, row.end, row.lost) for row in rows}


def keep_places(connection: Connection, document_id: str, revision: int, moved: Mapping[str, Place]) -> None:
    """These are the anchors at `revision`; those that are not named stand there as they are stored."""
    for thread_id, place in moved.items():
        connection.execute(
            update(threads)
            .where(threads.c.id == thread_id)
            .values(revision=place.revision, start=place.start, end=place.end, lost=place.lost)
        )
    if not connection.execute(
        update(anchored).where(anchored.c.document_id == document_id).values(revision=revision)
    ).rowcount:
        connection.execute(insert(anchored).values(document_id=document_id, revision=revision))


def count(connection: Connection, document_id: str) -> int:
    """How many threads there are."""
    query = select(func.count()).select_from(threads).where(threads.c.document_id == document_id)
    return int(connection.execute(query).scalar_one())


def add(connection: Connection, document_id: str, comment: Comment) -> None:
    connection.execute(
        insert(comments).values(
            id=comment.id,
            document_id=document_id,
            thread_id=comment.thread_id,
            user_id=comment.user_id,
            body=comment.body,
            mentions=msgspec.json.encode(comment.mentions),
            created_at=comment.created_at,
            edited_at=comment.edited_at,
        )
    )


def begin(connection: Connection, document_id: str, comment: Comment, quote: str, place: Place) -> None:
    """A thread with its first comment."""
    add(connection, document_id, comment)
    connection.execute(
        insert(threads).values(
            id=comment.id,
            document_id=document_id,
            quote=quote,
            revision=place.revision,
            start=place.start,
            end=place.end,
            lost=place.lost,
        )
    )


def known(connection: Connection, document_id: str, comment_id: str) -> bool:
    """Whether there is such a comment or reply."""
    query = select(comments.c.id).where(comments.c.id == comment_id, comments.c.document_id == document_id)
    return connection.execute(query).first() is not None


def owner_of(connection: Connection, document_id: str, comment_id: str) -> tuple[str | None, str | None]:
    """Whose a comment is, and the thread that it replies to.  Raises Missing."""
    row = connection.execute(
        select(comments.c.user_id, comments.c.thread_id).where(
            comments.c.id == comment_id, comments.c.document_id == document_id
        )
    ).first()
    if row is None:
        raise missing(comment_id)
    return row.user_id, row.thread_id


def rewrite(connection: Connection, comment_id: str, body: str, mentions: list[str], now: int) -> None:
    connection.execute(
        update(comments)
        .where(comments.c.id == comment_id)
        .values(body=body, mentions=msgspec.json.encode(mentions), edited_at=now)
    )


def resolve(connection: Connection, thread_id: str, now: int | None, user_id: str | None) -> None:
    """Dealt with since `now`; None: open again."""
    connection.execute(
        update(threads).where(threads.c.id == thread_id).values(resolved_at=now, resolved_by=user_id)
    )


def remove(connection: Connection, comment_id: str) -> None:
    """A reply, or a whole thread; anchors and reactions go with it."""
    connection.execute(delete(comments).where(comments.c.id == comment_id))


def react(connection: Connection, comment_id: str, user_id: str, emoji: str, now: int | None) -> None:
    """Put a reaction, or with `now` None take it back; doing it twice is no error."""
    mine = (
        (reactions.c.comment_id == comment_id)
        & (reactions.c.user_id == user_id)
        & (reactions.c.emoji == emoji)
    )
    connection.execute(delete(reactions).where(mine))
    if now is not None:
        connection.execute(
            insert(reactions).values(comment_id=comment_id, user_id=user_id, emoji=emoji, created_at=now)
        )


def reaction_count(connection: Connection, comment_id: str) -> int:
    query = select(func.count()).select_from(reactions).where(reactions.c.comment_id == comment_id)
    return int(connection.execute(query).scalar_one())


def reply_count(connection: Connection, thread_id: str) -> int:
    query = select(func.count()).select_from(comments).where(comments.c.thread_id == thread_id)
    return int(connection.execute(query).scalar_one())


def thread(connection: Connection, document_id: str, thread_id: str) -> Thread:
    """One thread, whole.  Raises Missing."""
    found = _threads(connection, document_id, thread_id)
    if not found:
        raise missing(thread_id)
    return found[0]


def of(connection: Connection, document_id: str) -> list[Thread]:
    """All threads of a document, the oldest first."""
    return _threads(connection, document_id, None)


def _threads(connection: Connection, document_id: str, thread_id: str | None) -> list[Thread]:
    query = select(threads).where(threads.c.document_id == document_id)
    texts = select(comments).where(comments.c.document_id == document_id)
    if thread_id is not None:
        query = query.where(threads.c.id == thread_id)
        texts = texts.where((comments.c.id == thread_id) | (comments.c.thread_id == thread_id))
    rows = {row.id: row for row in connection.execute(query)}
    written = connection.execute(texts.order_by(comments.c.created_at, comments.c.id)).all()
    given = _reactions(connection, document_id, thread_id)
    by_thread: dict[str, list[Comment]] = {}
    for row in written:
        one = Comment(
            row.id,
            row.thread_id,
            row.user_id,
            row.body,
            msgspec.json.decode(row.mentions),
            row.created_at,
            row.edited_at,
            given.get(row.id, {}),
        )
        by_thread.setdefault(row.thread_id or row.id, []).append(one)
    found = []
    for name, texts_of in by_thread.items():
        begun = rows[name]
        first = next(one for one in texts_of if one.id == name)
        replies = [one for one in texts_of if one is not first]
        place = Place(begun.revision, begun.start, begun.end, begun.lost)
        found.append(
            Thread(
                name, document_id, begun.quote, place, begun.resolved_at, begun.resolved_by, first, replies
            )
        )
    return found


def _reactions(
    connection: Connection, document_id: str, thread_id: str | None
) -> dict[str, dict[str, list[str]]]:
    query = (
        select(reactions.c.comment_id, reactions.c.emoji, reactions.c.user_id)
        .join(comments, comments.c.id == reactions.c.comment_id)
        .where(comments.c.document_id == document_id)
        .order_by(reactions.c.created_at, reactions.c.emoji)
    )
    if thread_id is not None:
        query = query.where((comments.c.id == thread_id) | (comments.c.thread_id == thread_id))
    found: dict[str, dict[str, list[str]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.comment_id, {}).setdefault(row.emoji, []).append(row.user_id)
    return found


def people_in(found: Iterable[Thread]) -> set[str]:
    """Everybody who wrote, resolved, reacted or is named in these."""
    ids: set[str | None] = set()
    for one in found:
        ids.add(one.resolved_by)
        for comment in (one.first, *one.replies):
            ids.add(comment.user_id)
            ids.update(comment.mentions)
            for users in comment.reactions.values():
                ids.update(users)
    return {one for one in ids if one is not None}


def missing(comment_id: str) -> Missing:
    return Missing("NOT_FOUND", f"there is no comment {comment_id[:64]} in this document")
