"""Whose marks of suggestions may an operation bear?  Its author's, and those that are or were in the log.  Pure.

An editor's undo, restore or paste brings other people's marks back; an id that the log never had would put words
into somebody's mouth (protocol.md section 6).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from octavo.delta import suggestions
from octavo.errors import Denied
from octavo.protocol import Operation

KEPT = 20_000
"""Ids remembered by a room; beyond that they are asked for again."""


@dataclass(slots=True)
class Held:
    """An operation that waits for the answer."""

    operation: Operation
    role: str
    arrived: float
    ids: frozenset[str]


class Marks:
    """Which ids a room knows to be in its log, and which operations wait until that is known of theirs."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._held: dict[str, Held] = {}

    def unproven(self, operation: Operation) -> frozenset[str]:
        """Other people's suggestions whose marks it puts, and of which is not known that the log has them.

        What is no suggestion's id is the schema's to refuse.
        """
        return frozenset(
            one
            for one in suggestions.ids_in(operation.delta)
            if suggestions.author_of(one) not in ("", operation.user_id) and one not in self._known
        )

    def hold(self, operation: Operation, role: str, arrived: float, ids: frozenset[str]) -> None:
        self._held[operation.client_id] = Held(operation, role, arrived, ids)

    def answer(self, client_id: str, known: Collection[str]) -> Held | None:
        """These ids are or were in the log.  Whoever waited for them; None: nobody any more."""
        if len(self._known) > KEPT:
            self._known.clear()
        self._known.update(known)
        return self.drop(client_id)

    def drop(self, client_id: str) -> Held | None:
        return self._held.pop(client_id, None)

    def rights(self, roles: Mapping[str, str | None]) -> None:
        """The roles have changed."""
        for held in self._held.values():
            held.role = roles.get(held.operation.user_id) or ""


def foreign(ids: Collection[str]) -> Denied:
    return Denied(
        "FORBIDDEN",
        f"the suggestion {min(ids)[:140]} is another person's and never stood in this document: "
        "put in your own, with your user id before the point",
    )
