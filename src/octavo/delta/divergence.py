"""A long change moved over a long history, exactly as one by one, in time that follows from what is hit.

The change is kept in parts of about 64 ops, each of which speaks of its own stretch of the content; an earlier change
touches only the parts that it reaches into (`performance.md` of the design calls history that is folded first a trap:
it gives other results).
"""

from __future__ import annotations

from typing import Final

from octavo.delta.delta import Delta, DeltaBuilder
from octavo.delta.ops import DELETE, INSERT, RETAIN, Op, Retain

PART: Final = 64
"""Ops in a part; one that grows to twice as many is cut anew."""


class Divergence:
    """A change on its way over what others did: `transform_after` it one by one, then take `to_delta`.

    Every part but the last ends in a retain or a delete, so that what is inserted at a seam belongs to the part behind
    it; and no part ends in a delete where the next one begins with an insert or a delete: normal form would move that
    insert in front.
    """

    __slots__ = ("_lengths", "_parts", "size")

    def __init__(self, delta: Delta) -> None:
        self._parts: list[list[Op]] = _cut(delta.ops)
        self._lengths: list[int] = [_base_length(part) for part in self._parts]
        self.size = len(delta.ops)

    def to_delta(self) -> Delta:
        """The change as it stands now."""
        out = DeltaBuilder()
        for part in self._parts:
            out.rest(part, 0)
        return out.build()

    def transform_after(self, earlier: Delta) -> int:
        """Move over a change that is logged, as `Delta.transform_after` does; how many ops had to be looked at."""
        others = earlier.ops
        if not others or not self._parts:
            return 1
        first = others[0]
        start = first.length if first.kind == RETAIN and first.attributes is None else 0
        end = earlier.base_length
        lengths = self._lengths
        last_part = len(lengths) - 1
        low = 0
        before = 0
        while low < last_part and before + lengths[low] <= start:
            before += lengths[low]
            low += 1
        high = low
        reach = before + lengths[low]
        while high < last_part and reach <= end:
            high += 1
            reach += lengths[high]
        own = self._parts[low] if low == high else _joined(self._parts[low : high + 1])
        moved = Delta(own).transform_after(_shifted(others, before)).ops
        looked_at = len(own) + len(others) + 2
        if high < last_part:
            _pad(moved, reach - before + earlier.change_length)
        self.size += len(moved) - len(own)
        self._put(low, high, moved)
        return looked_at

    def _put(self, low: int, high: int, ops: list[Op]) -> None:
        """These ops in place of the parts low … high, with the part before where they now belong together."""
        while low > 0 and ops and ops[0].kind != RETAIN and self._parts[low - 1][-1].kind == DELETE:
            low -= 1
            ops = _joined([self._parts[low], ops])
        parts = _cut(ops) if len(ops) >= 2 * PART else ([ops] if ops else [])
        self._parts[low : high + 1] = parts
        self._lengths[low : high + 1] = [_base_length(part) for part in parts]


def _base_length(ops: list[Op]) -> int:
    length = 0
    for op in ops:
        if op.kind != INSERT:
            length += op.length
    return length


def _cut(ops: list[Op]) -> list[list[Op]]:
    """In parts that end in a retain, or in a delete that a retain follows."""
    parts: list[list[Op]] = []
    part: list[Op] = []
    for index, op in enumerate(ops):
        part.append(op)
        if len(part) < PART or op.kind == INSERT or index + 1 == len(ops):
            continue
        if op.kind == RETAIN or ops[index + 1].kind == RETAIN:
            parts.append(part)
            part = []
    if part:
        parts.append(part)
    return parts


def _joined(parts: list[list[Op]]) -> list[Op]:
    """The ops of neighbouring parts in normal form, a plain retain at their end included."""
    out = DeltaBuilder()
    length = 0
    for part in parts:
        out.rest(part, 0)
        length += _base_length(part)
    ops = out.build().ops
    _pad(ops, length)
    return ops


def _pad(ops: list[Op], length: int) -> None:
    """Bring back the plain retain that a delta does not need at its end, but a part does: up to `length` units."""
    missing = length - _base_length(ops)
    if missing <= 0:
        return
    if ops and ops[-1].kind == RETAIN and ops[-1].attributes is None:
        ops[-1] = Retain(ops[-1].length + missing, None)
    else:
        ops.append(Retain(missing, None))


def _shifted(ops: list[Op], by: int) -> Delta:
    """The same change, for a stretch of the content that begins at `by`."""
    if by == 0:
        return Delta(ops)
    first = ops[0]  # a plain retain that reaches `by` at least
    rest = ops[1:]
    if first.length > by:
        rest.insert(0, Retain(first.length - by, None))
    return Delta(rest)
