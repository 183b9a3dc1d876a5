"""The newest changes of a document, kept in memory so that most operations need no read.  Pure."""

from __future__ import annotations

from octavo.protocol import Change


class Recent:
    """Consecutive changes that end at the head, bounded by count and bytes."""

    def __init__(self, head: int, *, max_changes: int, max_bytes: int) -> None:
        self._changes: dict[int, Change] = {}
        self._first = head + 1
        self._head = head
        self._max_changes = max_changes
        self._max_bytes = max_bytes
        self.bytes = 0

    def add(self, change: Change) -> None:
        """The change after the head."""
        self._changes[change.revision] = change
        self._head = change.revision
        self.bytes += len(change.ops) + 200
        while len(self._changes) > self._max_changes or (
            self.bytes > self._max_bytes and len(self._changes) > 1
        ):
            self.bytes -= len(self._changes.pop(self._first).ops) + 200
            self._first += 1

    def covers(self, revision: int) -> bool:
        """Whether all changes after this revision are here."""
        return revision + 1 >= self._first

    def after(self, revision: int, limit: int | None = None) -> list[Change]:
        """The changes after a revision that is covered, in order."""
        end = self._head if limit is None else min(self._head, revision + limit)
        changes = self._changes
        return [changes[number] for number in range(revision + 1, end + 1)]
