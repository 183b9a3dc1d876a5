"""Others' cursors, stated at the client's revision and without its own pending work.  Pure; UTF-16 units."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET

from octavo.delta import Delta
from octavo.delta.ops import Delete, Insert
from octavo.protocol import Cursor, Presence, Presences, Upload

REMEMBERED: Final = 64
"""Along how many of the last changes a late presence can still be moved; as many messages are held."""


class Pointers:
    """Where the others are."""

    def __init__(self) -> None:
        self._present: dict[str, Presence] = {}
        self._held: deque[Presences] = deque(maxlen=REMEMBERED)
        self._recent: deque[tuple[int, Delta, str]] = deque(maxlen=REMEMBERED)

    def take(self, presences: Iterable[Presence], own_id: str) -> None:
        """Start from what a `welcome` lists."""
        self._present = {one.client_id: one for one in presences if one.client_id != own_id}

    def clear(self) -> bool:
        """Forget everybody; whether there was anybody."""
        had = bool(self._present)
        self._present.clear()
        self._held.clear()
        self._recent.clear()
        return had

    def receive(self, message: Presences, revision: int, own_id: str) -> bool:
        """Take what moved; one of a revision still to come is held.  Whether anything changed."""
        if message.revision > revision:
            self._held.append(message)
            return False
        for client_id in message.left:
            self._present.pop(client_id, None)
        later = [change for change in self._recent if change[0] > message.revision]
        for one in message.presences:
            for _, delta, author in later:
                one = moved(one, delta, author)
            if one.client_id != own_id:
                self._present[one.client_id] = one
        return True

    def follow(self, delta: Delta, author: str, revision: int, own_id: str) -> bool:
        """A change of `author` brought the client to `revision`.  Whether a held message came due."""
        for client_id, one in self._present.items():
            self._present[client_id] = moved(one, delta, author)
        self._recent.append((revision, delta, author))
        due = [held for held in self._held if held.revision <= revision]
        for held in due:
            self._held.remove(held)
            self.receive(held, revision, own_id)
        return bool(due)

    def shown(self, pending: Sequence[Delta]) -> list[Presence]:
        """Everybody, moved over the client's own pending work."""
        present = list(self._present.values())
        for delta in pending:
            present = [moved(one, delta, None) for one in present]
        return present


def moved(presence: Presence, delta: Delta, author: str | None) -> Presence:
    """A presence moved along a change: an insert at the caret pushes its own author's only."""
    uploads = presence.uploads
    if uploads is not UNSET:  # what anybody puts at such a place comes before the image
        uploads = [Upload(one.id, delta.transform_index(one.index, stick="right")) for one in uploads]
    cursor = presence.cursor
    if cursor is not None:
        cursor = _moved_cursor(cursor, delta, presence.client_id == author)
    return Presence(presence.client_id, presence.user, cursor, uploads)


def _moved_cursor(cursor: Cursor, delta: Delta, own: bool) -> Cursor:
    path = cursor.path
    if path is not UNSET:  # in a table, whose own place moves; index and length count inside the cell
        table = path[0] if path else None
        if isinstance(table, int):
            path = [delta.transform_index(table, stick="right"), *path[1:]]
        return Cursor(cursor.index, cursor.length, path)
    stick: Final = "right" if own else "left"
    start = delta.transform_index(cursor.index, stick=stick)
    end = delta.transform_index(cursor.index + cursor.length, stick=stick)
    return Cursor(start, end - start)


def without_pending(cursor: Cursor, pending: Sequence[Delta]) -> Cursor:
    """A cursor in the shown content as the server counts it: of `pending` the last comes off first."""
    start, end = cursor.index, cursor.index + cursor.length
    for delta in reversed(pending):
        start, end = index_before(delta, start), index_before(delta, end)
    return Cursor(start, end - start, cursor.path)


def uploads_without_pending(uploads: Iterable[Upload], pending: Sequence[Delta]) -> list[Upload]:
    """Places of images in the shown content as the server counts them."""
    return [Upload(one.id, without_pending(Cursor(one.index), pending).index) for one in uploads]


def index_before(delta: Delta, index: int) -> int:
    """The place before `delta` of an index after it; inside inserted text, where that text begins."""
    before = 0
    after = 0
    for op in delta.ops:
        if after > index or (after == index and not isinstance(op, Delete)):
            break
        if isinstance(op, Delete):
            before += op.length
        elif index < after + op.length:
            return before if isinstance(op, Insert) else before + index - after
        else:
            after += op.length
            before += 0 if isinstance(op, Insert) else op.length
    return before + max(0, index - after)
