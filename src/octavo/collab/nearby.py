"""Who is in a document at other nodes, as far as was heard lately.  Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from octavo.collab.hints import Here
from octavo.protocol import Presence

SILENT_AFTER: Final = 15.0
"""Seconds after which a node that said nothing about a document has nobody there any more."""


@dataclass(slots=True)
class _Neighbour:
    heard: float
    editors: int = 0
    people: dict[str, Presence] = field(default_factory=dict)


class Nearby:
    """The other nodes that have a document open, and who is with each."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Neighbour] = {}

    def __len__(self) -> int:
        """How many other nodes have the document open."""
        return len(self._nodes)

    @property
    def editors(self) -> int:
        """How many places are taken there."""
        return sum(node.editors for node in self._nodes.values())

    def of(self, client_id: str) -> Presence | None:
        """What another node said last of a client that is with it."""
        for node in self._nodes.values():
            if client_id in node.people:
                return node.people[client_id]
        return None

    def users(self) -> set[str]:
        """The ids of the users who are there."""
        return {person.user.id for node in self._nodes.values() for person in node.people.values()}

    def heard(self, node: str, *, now: float) -> None:
        """It said something about the document, whatever it was."""
        known = self._nodes.get(node)
        if known is None:
            self._nodes[node] = _Neighbour(now)
        else:
            known.heard = now

    def here(self, node: str, hint: Here, *, now: float) -> list[str]:
        """Take note of who is there; returns who is at no other node any more."""
        self.heard(node, now=now)
        known = self._nodes[node]
        known.editors = hint.editors
        said = {person.client_id: person for person in hint.people}
        gone = set(hint.left)
        if hint.whole:
            gone |= known.people.keys() - said.keys()
        gone -= said.keys()
        for client_id in gone:
            known.people.pop(client_id, None)
        for client_id, person in said.items():
            for other in self._nodes.values():
                other.people.pop(client_id, None)
            known.people[client_id] = person
        return sorted(client_id for client_id in gone if self.of(client_id) is None)

    def silent(self, *, now: float) -> list[str]:
        """Forget the nodes of which nothing was heard for long; returns who was there."""
        quiet = [name for name, node in self._nodes.items() if now - node.heard >= SILENT_AFTER]
        return sorted(client_id for name in quiet for client_id in self._nodes.pop(name).people)
