"""Cutting a delta that is too much for one message.  Lengths are UTF-16 code units, sizes bytes."""

from __future__ import annotations

from typing import Final

import msgspec

from octavo.delta import Delta, DeltaBuilder, wire
from octavo.delta.ops import Delete, Insert, Op, Retain, cuts_pair, from_units
from octavo.protocol import Limits

ENVELOPE_BYTES: Final = 512
"""Room in a message for everything but its ops."""

SURELY_SHORT: Final = 1000
"""A delta of this many units without attributes fits any message, at 6 bytes a unit."""


def first_part(delta: Delta, limits: Limits) -> tuple[Delta, Delta | None]:
    """What is sent now, and what stays behind it or None: `part.compose(rest)` is `delta`.

    Ops are taken while their JSON and a comma each fit.  A text that does not fit is cut after its last line
    end that does; where there is none it goes whole into the next message, or is cut anywhere if it comes
    first.  What is too large and cannot be cut is sent as it is, for the server to refuse.
    """
    if _surely_fits(delta, limits):
        return delta, None
    left = limits.message_bytes - ENVELOPE_BYTES
    acts = False
    for taken, op in enumerate(delta.ops):
        cost = _json_bytes(op) + 1
        if cost <= left and taken < limits.components:
            left -= cost
            acts = acts or not isinstance(op, Retain) or op.attributes is not None
            continue
        units = _units_that_fit(op, left, anywhere=not acts) if taken < limits.components else 0
        if units == 0 and not acts:
            return _parted(delta, taken + 1, 0)
        return _parted(delta, taken, units)
    return delta, None


def _parted(delta: Delta, taken: int, units: int) -> tuple[Delta, Delta | None]:
    """Cut after `taken` ops and `units` of the text of the next one."""
    if taken >= len(delta.ops):
        return delta, None
    part, rest = DeltaBuilder(), DeltaBuilder()
    for op in delta.ops[:taken]:
        part.put(op)
        if not isinstance(op, Delete):
            rest.retain(op.length)
    cut = delta.ops[taken]
    if units:
        assert isinstance(cut.value, str)
        part.insert(cut.value[:units], cut.attributes)
        rest.retain(units)
        rest.insert(cut.value[units:], cut.attributes)
        taken += 1
    for op in delta.ops[taken:]:
        rest.put(op)
    return part.build(), rest.build()


def _surely_fits(delta: Delta, limits: Limits) -> bool:
    """Whether it fits for certain without being encoded, as all but pastes do."""
    if len(delta.ops) > min(8, limits.components) or limits.message_bytes < 8 * SURELY_SHORT:
        return False
    return all(
        op.attributes is None
        and (not isinstance(op, Insert) or (isinstance(op.value, str) and op.length < 100))
        for op in delta.ops
    )


def _json_bytes(op: Op) -> int:
    return len(msgspec.json.encode(wire.to_wire(Delta([op]))[0]))


def _units_that_fit(op: Op, left: int, *, anywhere: bool) -> int:
    """How much of an insert of text fits into `left` bytes; 0 when nothing may be cut off."""
    if not isinstance(op, Insert) or not isinstance(op.value, str):
        return 0
    text = op.value
    room = left - (_json_bytes(Insert("x", op.attributes)) - 1) - 1
    low, high = 0, len(text) - 1
    while low < high:
        middle = (low + high + 1) // 2
        end = middle - 1 if cuts_pair(text, middle) else middle
        if len(msgspec.json.encode(from_units(text[:end]))) - 2 <= room:
            low = middle
        else:
            high = middle - 1
    low = low - 1 if cuts_pair(text, low) else low
    line_end = text.rfind("\n", 0, low) + 1
    return line_end or (low if anywhere else 0)
