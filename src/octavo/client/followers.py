"""Other people's cursors in step with the content: those ahead of us are held, those behind are moved
along.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET

from octavo.delta import Delta
from octavo.delta.ops import Delete, Insert
from octavo.protocol import Cursor, Presence

REMEMBERED: Final = 64
"""How many of the last changes a late presence can still be moved along."""


class Followers:
    """What is needed to place a presence stated at another revision than the client's."""

    def __init__(self) -> None:
        self._recent: deque[tuple[int, Delta, str]] = deque(maxlen=REMEMBERED)
        self._held: dict[str, tuple[int, Presence]] = {}

    def clear(self) -> None:
        self._recent.clear()
        self._held.clear()

    def record(self, revision: int, delta: Delta, author: str) -> None:
        """A change of `author` brought the client to `revision`."""
        self._recent.append((revision, delta, author))

    def arrange(self, revision: int, presences: Iterable[Presence], present: int) -> list[Presence]:
        """Those that can be shown at revision `present`, moved there; later ones are held, too old ones
        left out.
        """
        if revision > present:
            self._held.update({one.client_id: (revision, one) for one in presences})
            return []
        presences = list(presences)
        for one in presences:
            self._held.pop(one.client_id, None)
        later = [change for change in self._recent if revision < change[0] <= present]
        if len(later) < present - revision:
            return []
        for _, delta, author in later:
            presences = [moved(one, [delta], author) for one in presences]
        return presences

    def due(self, present: int) -> list[Presence]:
        """Those held that revision `present` has reached."""
        if not self._held:
            return []
        ready = [held for held in self._held.values() if held[0] <= present]
        return [one for revision, held in ready for one in self.arrange(revision, [held], present)]


def moved(presence: Presence, deltas: Sequence[Delta], author: str | None) -> Presence:
    """A presence after `deltas` by `author`: one's own insert pushes one's caret, others' do not.

    A place inside a table counts within its cell and stays as it is.
    """
    cursor = presence.cursor
    if cursor is None or cursor.path is not UNSET or not deltas:
        return presence
    start, end = cursor.index, cursor.index + cursor.length
    for delta in deltas:
        if presence.client_id == author:
            start = delta.transform_index(start, stick="right")
            end = delta.transform_index(end, stick="right")
        else:
            start = delta.transform_index(start, stick="left")
            end = delta.transform_index(end, stick="left")
    return Presence(presence.client_id, presence.user, Cursor(start, end - start, cursor.path))


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
