"""A room to test, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence

from octavo.collab.entry import (
    Effect,
    Effects,
    Refuse,
)
from octavo.collab.room import Room
from octavo.collab.settings import HostSettings
from octavo.delta import Content
from octavo.protocol import Operation


def make(settings: HostSettings | None = None, *, clients: Sequence[str] = ("ada", "bob", "eve")) -> Room:
    """A room at revision 0 that knows that these clients are new."""
    room = Room(Content(), head=0, epoch="e", fence=0, settings=settings or HostSettings(), document_id="d")
    for client_id in clients:
        room.client_loaded(client_id, None)
    return room


def submit(room: Room, one: Operation, role: str = "editor") -> Effects:
    return room.submit(one, role, 0.0)


def store(room: Room) -> Effects:
    """Append the next batch, and it succeeds."""
    return room.logged(room.take_batch(0))


def text(room: Room) -> str:
    return room.head_content().text()


def refusals(effects: Effects) -> list[tuple[str, int, str]]:
    return [
        (effect.operation.client_id, effect.operation.seq, effect.error.code)
        for effect in effects
        if isinstance(effect, Refuse)
    ]


def kinds(effects: Sequence[Effect]) -> list[type[Effect]]:
    return [type(effect) for effect in effects]
