"""Cutting a delta that is too much for one message.  Lengths are UTF-16 code units, sizes bytes."""

from __future__ import annotations

from typing import Final

import msgspec

from octavo.delta import Delta, DeltaBuilder, wire
from octavo.delta.ops import Delete, Insert, Op, Retain, cuts_pair, from_units
from octavo.protocol import Limits

ENVELOPE_BYTES: Final = 512
"""Kept free in a message for all but its ops."""

LONGEST_UNIT: Final = 6
"""No code unit takes more bytes of JSON: the escape of a control character."""

LONGEST_PLAIN_OP: Final = 32


def first_part(delta: Delta, limits: Limits) -> tuple[Delta, Delta | None]:
    """The longest beginning of `delta` that one message carries, and the rest, which follows on it; None: no
    rest.

    `part.compose(rest)` is `delta`.  Text is cut after a line's end where there is one.  An op that is too
    large and cannot be cut is left whole, for the server to refuse.
    """
    ops = delta.ops
    budget = max(1, limits.message_bytes - ENVELOPE_BYTES)
    if len(ops) <= limits.components and _surely_below(delta, budget):
        return delta, None
    taken = units = 0
    for op in ops[: max(2, limits.components)]:
        cost = _json_bytes(op) + 1
        if cost > budget:
            units = _units_that_fit(op, budget)
            break
        budget -= cost
        taken += 1
    only_retained = taken == 1 and isinstance(ops[0], Retain) and ops[0].attributes is None
    if units == 0 and (taken == 0 or only_retained):
        taken += 1  # there is no smaller step forward
    return (delta, None) if taken >= len(ops) else _cut(ops, taken, units)


def _cut(ops: list[Op], taken: int, units: int) -> tuple[Delta, Delta]:
    """Cut after `taken` ops and `units` of the text of the next one."""
    part, rest = DeltaBuilder(), DeltaBuilder()
    for op in ops[:taken]:
        _push(part, op)
        if not isinstance(op, Delete):
            rest.retain(op.length)
    if units:
        text = ops[taken].value
        assert isinstance(text, str)
        part.insert(text[:units], ops[taken].attributes)
        rest.retain(units)
        rest.insert(text[units:], ops[taken].attributes)
        taken += 1
    for op in ops[taken:]:
        _push(rest, op)
    return part.build(), rest.build()


def _push(builder: DeltaBuilder, op: Op) -> None:
    if isinstance(op, Insert):
        builder.put(op)
    elif isinstance(op, Delete):
        builder.delete(op.length)
    else:
        builder.retain(op.length, op.attributes)


def _surely_below(delta: Delta, budget: int) -> bool:
    """Whether it fits: without encoding it, as for all but pastes."""
    most = 0
    for op in delta.ops:
        if op.attributes is not None or not isinstance(op.value, str):
            most = budget
            break
        most += LONGEST_PLAIN_OP + LONGEST_UNIT * len(op.value)
    return most < budget or len(msgspec.json.encode(wire.to_wire(delta))) < budget


def _json_bytes(op: Op) -> int:
    return len(msgspec.json.encode(wire.to_wire(Delta([op]))[0]))


def _units_that_fit(op: Op, budget: int) -> int:
    """How many units of an insert of text fit into so many bytes; 0 where nothing may be cut off."""
    if not isinstance(op, Insert) or not isinstance(op.value, str):
        return 0
    text = op.value
    room = budget - (_json_bytes(Insert("x", op.attributes)) - 1) - 1
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if len(msgspec.json.encode(from_units(text[: _whole(text, middle)]))) - 2 <= room:
            low = middle
        else:
            high = middle - 1
    end = _whole(text, low)
    return text.rfind("\n", 0, end) + 1 or end


def _whole(text: str, end: int) -> int:
    """One unit less where a surrogate pair would be cut."""
    return end - 1 if cuts_pair(text, end) else end
