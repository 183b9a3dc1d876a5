"""Taking back what one person did between two revisions, as far as it still stands.  Pure.

A running reversal: what would undo the person's changes so far, at the content of the present revision.  Each of their
changes puts its inverse before it; each change of somebody else moves it along, and takes from it what can no longer
be undone (text that others have deleted, formats that others have set since).
"""

from __future__ import annotations

from dataclasses import dataclass

from octavo.delta import Content, Delta
from octavo.delta.ops import DELETE, INSERT
from octavo.protocol import Change


@dataclass(frozen=True, slots=True)
class Reversal:
    """`delta` reverts at the present content.  Lengths in code units.

    `prevented_deletions`: text of theirs that others have deleted since, so that there is nothing to take away;
    `prevented_formats`: text whose formats others have set since.
    """

    delta: Delta
    changes: int
    removes: int
    returns: int
    reformats: int
    prevented_deletions: int
    prevented_formats: int


class Contribution:
    """Follows the log from the revision `after` on, at which the content was `content` (its own from now on)."""

    def __init__(self, user_id: str, after: int, to: int, content: Content) -> None:
        self._user_id = user_id
        self._after = after
        self._to = to
        self._content = content
        self._reversal = Delta()
        self._changes = self._deletions = self._formats = 0

    def apply(self, change: Change) -> None:
        """The next change of the log."""
        own = change.user_id == self._user_id and self._after < change.revision <= self._to
        if own:
            inverse = self._content.invert(change.delta)
            self._reversal = inverse.compose(self._reversal)
            self._changes += 1
        elif self._reversal.ops:
            self.follow(change.delta, other=change.user_id != self._user_id)
        if change.revision <= self._to:
            self._content.apply(change.delta)

    def follow(self, delta: Delta, *, other: bool = True) -> None:
        """A change, or several composed, that is not to be reverted."""
        before = _measure(self._reversal)
        self._reversal = self._reversal.transform_after(delta)
        after = _measure(self._reversal)
        if other:
            self._deletions += before[0] - after[0]
            self._formats += max(0, before[2] - after[2])

    def result(self) -> Reversal:
        """What to do now."""
        removes, returns, reformats = _measure(self._reversal)
        return Reversal(
            self._reversal, self._changes, removes, returns, reformats, self._deletions, self._formats
        )


def _measure(delta: Delta) -> tuple[int, int, int]:
    """How much is deleted, inserted and formatted."""
    deleted = inserted = formatted = 0
    for op in delta.ops:
        if op.kind == DELETE:
            deleted += op.length
        elif op.kind == INSERT:
            inserted += op.length
        elif op.attributes is not None:
            formatted += op.length
    return deleted, inserted, formatted
