"""Anchors of comments: ranges that move along with every change exactly as the text does (protocol.md section 6).

The start is pushed by what is inserted at it, the end is not, so an anchor grows by what is typed inside it and by
nothing else; the start never passes the end.  When a change takes a piece of it, the anchor remembers what that change
took, as a hash, and where; when a later change puts exactly that back at that place, the anchor takes its
piece back.  Pure; lengths and indexes are UTF-16 code units.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from octavo.delta import Content, Delta
from octavo.delta.ops import DELETE, INSERT, RETAIN, Op

MOST_LOST = 32
"""Pieces that an anchor remembers; the oldest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A piece that a change took: where it stood, what the whole deletion took, and which part was the anchor's."""

    at: int
    length: int
    digest: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """start … end (without end) at some revision; equal when all of it is deleted."""

    start: int
    end: int
    lost: tuple[Lost, ...] = ()

    @property
    def length(self) -> int:
        return self.end - self.start


class Step:
    """One change, looked at once for however many anchors.  `before` is the content that it is made to."""

    def __init__(self, delta: Delta, before: Content) -> None:
        self._delta = delta
        self._deleted = list(_deletions(delta, before))
        self._inserted = {at: (length, digest) for at, length, digest in _insertions(delta)}
        first = delta.ops[0] if delta.ops else None
        self._first = first.length if first is not None and first.kind == RETAIN else 0

    def move(self, anchor: Anchor) -> Anchor:
        """The anchor after the change; the same object when it does not reach so far."""
        delta = self._delta
        if anchor.end < self._first and all(piece.at < self._first for piece in anchor.lost):
            return anchor
        end = delta.transform_index(anchor.end, stick="left")
        start = min(delta.transform_index(anchor.start, stick="right"), end)
        lost = [
            replace(piece, at=delta.transform_index(piece.at, stick="left"))
            for piece in anchor.lost
            if not self._covers(piece.at)
        ]
        kept = []
        for piece in lost:
            length, digest = self._inserted.get(piece.at, (0, b""))
            if (length, digest) == (piece.length, piece.digest):
                back = piece.at + piece.start, piece.at + piece.end
                start, end = (min(start, back[0]), max(end, back[1])) if start < end else back
            else:
                kept.append(piece)
        for index, length, digest in self._deleted:
            first, last = max(index, anchor.start), min(index + length, anchor.end)
            if first < last:
                at = delta.transform_index(index, stick="left")
                piece = Lost(at, length, digest, first - index, last - index)
                kept.append(piece)
        return Anchor(start, end, tuple(kept[-MOST_LOST:]))

    def _covers(self, at: int) -> bool:
        """Whether the change deletes on both sides of a place: what stood there has lost it."""
        return any(index < at < index + length for index, length, _ in self._deleted)

    def took_back(self, before: Anchor, after: Anchor) -> bool:
        """Whether the anchor moved otherwise than by the plain rule, which clients follow by themselves."""
        end = self._delta.transform_index(before.end, stick="left")
        start = min(self._delta.transform_index(before.start, stick="right"), end)
        return (start, end) != (after.start, after.end)


def _deletions(delta: Delta, before: Content) -> Iterator[tuple[int, int, bytes]]:
    """Each run of deletions: its index before the change, its length, and a hash of what it takes."""
    index = start = 0
    for op in [*delta.ops, None]:
        if op is not None and op.kind == DELETE:
            index += op.length
            continue
        if op is not None and op.kind == INSERT:
            continue
        if index > start:
            yield start, index - start, _digest(before.slice(start, index).ops)
        if op is not None:
            index += op.length
        start = index


def _insertions(delta: Delta) -> Iterator[tuple[int, int, bytes]]:
    """Each run of insertions: its index after the change, its length, and a hash of what it puts in."""
    index = 0
    run: list[Op] = []
    for op in [*delta.ops, None]:
        if op is not None and op.kind == INSERT:
            run.append(op)
            continue
        if run:
            length = sum(inserted.length for inserted in run)
            yield index, length, _digest(run)
            index += length
            run = []
        if op is not None and op.kind != DELETE:
            index += op.length


def _digest(ops: list[Op]) -> bytes:
    """Text and embeds, whatever their formats: formatting may have changed meanwhile."""
    found = hashlib.sha256()
    for op in ops:
        if isinstance(op.value, str):
            found.update(op.value.encode("utf-16-le", "surrogatepass"))
        else:
            found.update(b"\0\0" + msgspec.json.encode(op.value, order="sorted") + b"\0\0")
    return found.digest()[:16]
