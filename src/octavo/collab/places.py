"""Who may edit at the same time (`docs/protocol.md` section 5).  Pure."""

from __future__ import annotations

from itertools import takewhile
from typing import Final

KEPT_FOR: Final = 600.0
"""Seconds for which somebody who left finds room again."""


class Places:
    """So many editors at once; never one who has a logged change or left less than ten minutes ago is kept out."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: set[str] = set()
        self._left: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, client_id: str, *, now: float, known: bool, elsewhere: int = 0) -> bool:
        """Whether this client may edit; `known`: it has a logged change here.  `elsewhere`: places at other nodes."""
        if client_id in self._taken:
            return True
        left = self._left.get(client_id)
        if (
            len(self._taken) + elsewhere < self._limit
            or known
            or (left is not None and now - left < KEPT_FOR)
        ):
            self._taken.add(client_id)
            self._left.pop(client_id, None)
            return True
        return False

    def leave(self, client_id: str, *, now: float) -> None:
        """Its place is free, and kept in mind for ten minutes."""
        if client_id not in self._taken:
            return
        self._taken.discard(client_id)
        self._left[client_id] = now
        for other, _ in list(takewhile(lambda item: now - item[1] >= KEPT_FOR, self._left.items())):
            del self._left[other]
