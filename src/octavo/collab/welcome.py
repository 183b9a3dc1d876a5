"""The `welcome`, and the frames that bring a peer up from an older revision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from octavo.protocol import CHANGES_PER_PAGE, WELCOME_BYTES, Change

FRAME_BYTES: Final = 1 << 17
"""A frame of catching up is about this long, so that it is paced by what the peer reads."""


def first_part(changes: Sequence[Change], max_bytes: int = WELCOME_BYTES) -> Sequence[Change]:
    """As many changes from the start as one frame carries, at least one of them."""
    size = 0
    for count, change in enumerate(changes[:CHANGES_PER_PAGE]):
        size += len(change.ops) + 200
        if size > max_bytes and count:
            return changes[:count]
    return changes[:CHANGES_PER_PAGE]


def parts(changes: Sequence[Change], max_bytes: int = WELCOME_BYTES) -> Iterator[Sequence[Change]]:
    """The changes in frames."""
    while changes:
        part = first_part(changes, max_bytes)
        yield part
        changes = changes[len(part) :]
