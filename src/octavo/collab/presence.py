"""Who is in a document and where: cursors that move along with every change.  Pure.

An insert at a caret pushes it only when it is the cursor's own client's.  What was said within one window goes out in
one frame, stated at one revision; of several cursors of one client the last counts, which with windows of 50 ms makes
twenty a second.  Cursors are moved when they are looked at, not with each change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET

from octavo.protocol import Change, Cursor, Presence, Presences, User

SILENT_AFTER: Final = 60.0
MOVES_KEPT: Final = 256


@dataclass(slots=True)
class _Member:
    user: User
    heard: float
    at: int
    cursor: Cursor | None = None
    held: tuple[int, Cursor | None] | None = None


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
        now: float,
        changes_after: Callable[[int], Sequence[Change]],
    ) -> None:
        """A cursor, counted in the content at a revision.  One newer than the head is held until that is reached.

        `changes_after` gives the changes between an older revision and the head, as far as they are remembered.
        """
        self.join(client_id, user, now=now)
        member = self._members[client_id]
        if revision > self.head:
            member.held = (revision, cursor)
            self._ahead[client_id] = revision
            return
        member.held = None
        self._ahead.pop(client_id, None)
        if cursor is not None and revision < self.head:
            for change in changes_after(revision):
                cursor = moved(cursor, change, client_id)
        member.cursor, member.at = cursor, self.head
        self._moved[client_id] = None

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
        return Presence(client_id, member.user, cursor)

    def _bring(self, client_id: str, member: _Member) -> None:
        """Move a cursor along what was logged since it was last looked at."""
        first = self.head - len(self._moves)
        if member.held is not None and member.held[0] <= self.head:
            member.at, member.cursor = member.held
            member.held = None
        if member.cursor is not None:
            for change in self._moves[max(0, member.at - first) :]:
                member.cursor = moved(member.cursor, change, client_id)
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
