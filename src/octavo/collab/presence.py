"""Who is in a document and where: cursors, and places of images on their way, that move along with every change.  Pure.

An insert at a caret pushes it only when it is the cursor's own client's.  What was said within one window goes out in
one frame, stated at one revision; of several cursors of one client the last counts, which with windows of 50 ms makes
twenty a second.  Cursors are moved when they are looked at, not with each change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET, UnsetType

from octavo.delta import Delta
from octavo.protocol import Change, Cursor, Presence, Presences, Upload, User

SILENT_AFTER: Final = 60.0
MOVES_KEPT: Final = 256


@dataclass(slots=True)
class _Member:
    user: User
    heard: float
    at: int
    cursor: Cursor | None = None
    uploads: Sequence[Upload] = ()
    held: tuple[int, Cursor | None, Sequence[Upload]] | None = None


class Audience:
    """The clients of one document.  Revisions follow the head that `changed` tells."""

    def __init__(self, head: int) -> None:
        self.head = head
        self._members: dict[str, _Member] = {}
        self._moves: list[Change] = []
        self._moved: dict[str, None] = {}
        self._left: dict[str, None] = {}
        self._ahead: dict[str, int] = {}

    @property
    def dirty(self) -> bool:
        """There is something to say at the end of the window."""
        return bool(self._moved or self._left)

    def join(self, client_id: str, user: User, *, now: float) -> None:
        """Said hello: here, but nowhere in the text yet.  One who is here already stays where he is."""
        member = self._members.get(client_id)
        if member is None:
            self._members[client_id] = _Member(user, now, self.head)
            self._moved[client_id] = None
            self._left.pop(client_id, None)
        else:
            member.heard = now

    def leave(self, client_id: str) -> None:
        if self._members.pop(client_id, None) is not None:
            self._moved.pop(client_id, None)
            self._ahead.pop(client_id, None)
            self._left[client_id] = None

    def heard(self, client_id: str, *, now: float) -> None:
        """Not silent."""
        member = self._members.get(client_id)
        if member is not None:
            member.heard = now

    def silent(self, *, now: float) -> list[str]:
        """Forget those who have been silent for a minute; returns who they were."""
        silent = [name for name, member in self._members.items() if now - member.heard >= SILENT_AFTER]
        for client_id in silent:
            self.leave(client_id)
        return silent

    def state(
        self,
        client_id: str,
        user: User,
        revision: int,
        cursor: Cursor | None,
        *,
        uploads: Sequence[Upload] = (),
        now: float,
        changes_after: Callable[[int], Sequence[Change]],
    ) -> None:
        """A cursor, counted in the content at a revision.  One newer than the head is held until that is reached.

        `changes_after` gives the changes between an older revision and the head, as far as they are remembered.
        """
        self.join(client_id, user, now=now)
        member = self._members[client_id]
        if revision > self.head:
            member.held = (revision, cursor, uploads)
            self._ahead[client_id] = revision
            return
        member.held = None
        self._ahead.pop(client_id, None)
        if revision < self.head and (cursor is not None or uploads):
            for change in changes_after(revision):
                cursor = None if cursor is None else moved(cursor, change, client_id)
                uploads = moved_uploads(uploads, change.delta)
        member.cursor, member.uploads, member.at = cursor, uploads, self.head
        self._moved[client_id] = None

    def bring_nothing(self, client_id: str) -> bool:
        """Its images will not come: it may not edit any more.  Returns whether there were any to forget."""
        member = self._members.get(client_id)
        if member is None or not (member.uploads or (member.held and member.held[2])):
            return False
        member.uploads = ()
        if member.held is not None:
            member.held = (*member.held[:2], ())
        self._moved[client_id] = None
        return True

    def changed(self, changes: Sequence[Change]) -> None:
        """These follow the head."""
        for change in changes:
            self._moves.append(change)
            self.head = change.revision
        for client_id, revision in list(self._ahead.items()):
            if revision <= self.head:
                self._moved[client_id] = None
                del self._ahead[client_id]
        if len(self._moves) > MOVES_KEPT:
            for client_id, member in self._members.items():
                self._bring(client_id, member)
            self._moves.clear()

    def window(self, length: int) -> Presences | None:
        """What was said since the last window, as one message; `length` is the content's at the head."""
        if not self.dirty:
            return None
        people = [self._shown(client_id, length) for client_id in self._moved]
        left = list(self._left)
        self._moved.clear()
        self._left.clear()
        return Presences(self.head, people, left)

    def everybody(self, length: int, *, but: str) -> list[Presence]:
        """All but one, at the head."""
        return [self._shown(client_id, length) for client_id in self._members if client_id != but]

    def _shown(self, client_id: str, length: int) -> Presence:
        member = self._members[client_id]
        self._bring(client_id, member)
        cursor = member.cursor
        if cursor is not None and cursor.path is UNSET:
            start = max(0, min(cursor.index, length))
            end = max(0, min(cursor.index + cursor.length, length))
            if start != cursor.index or end - start != cursor.length:
                cursor = member.cursor = Cursor(start, end - start)
        uploads: list[Upload] | UnsetType = UNSET
        if member.uploads:
            uploads = [Upload(one.id, min(one.index, length)) for one in member.uploads]
        return Presence(client_id, member.user, cursor, uploads)

    def _bring(self, client_id: str, member: _Member) -> None:
        """Move a cursor along what was logged since it was last looked at."""
        first = self.head - len(self._moves)
        if member.held is not None and member.held[0] <= self.head:
            member.at, member.cursor, member.uploads = member.held
            member.held = None
        if member.cursor is not None or member.uploads:
            for change in self._moves[max(0, member.at - first) :]:
                member.cursor = None if member.cursor is None else moved(member.cursor, change, client_id)
                member.uploads = moved_uploads(member.uploads, change.delta)
        member.at = self.head


def moved(cursor: Cursor, change: Change, client_id: str) -> Cursor:
    """A cursor after one more change."""
    delta = change.delta
    path = cursor.path
    if path is not UNSET:  # in a table, whose own place moves; index and length count inside the cell
        table = path[0] if path else None
        if not isinstance(table, int):
            return cursor
        return Cursor(cursor.index, cursor.length, [delta.transform_index(table, stick="right"), *path[1:]])
    stick: Final = "right" if change.client_id == client_id else "left"
    start = delta.transform_index(cursor.index, stick=stick)
    end = start if not cursor.length else delta.transform_index(cursor.index + cursor.length, stick=stick)
    if start == cursor.index and end - start == cursor.length:
        return cursor
    return Cursor(start, end - start)


def moved_uploads(uploads: Sequence[Upload], delta: Delta) -> Sequence[Upload]:
    """Places of images after one more change: what anybody puts there comes before the image."""
    if not uploads:
        return uploads
    return [Upload(one.id, delta.transform_index(one.index, stick="right")) for one in uploads]
