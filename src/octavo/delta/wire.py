"""Between JSON (as msgspec or json decoded it) and deltas.  Strict on the way in: protocol.md rules 3 and
7.
"""

from __future__ import annotations

from typing import Any, NoReturn

from octavo.delta.attributes import same_attributes
from octavo.delta.delta import Delta, DeltaBuilder
from octavo.delta.ops import (
    DELETE,
    INSERT,
    MAX_LENGTH,
    RETAIN,
    Attributes,
    Delete,
    Insert,
    Op,
    Retain,
    from_units,
    to_units,
)
from octavo.errors import Invalid


def from_wire(ops: Any) -> Delta:
    """The delta that these JSON ops spell.

    They must be in normal form already (a plain retain at the end is ignored): were they put right here,
    their author would go on with something else.  Raises Invalid (INVALID_OPERATION) that names the component
    and why.
    """
    if not isinstance(ops, list):
        raise Invalid("INVALID_OPERATION", f"ops must be a list of components, not {_named(ops)}")
    out: list[Op] = []
    last: Op | None = None
    for item in ops:
        op = _read(item, len(out))
        if last is not None:
            _check_order(last, op, len(out))
        out.append(op)
        last = op
    if last is not None and last.kind == RETAIN and last.attributes is None:
        out.pop()
    return Delta(out)


def from_content(ops: Any) -> Delta:
    """Content (inserts alone) that these JSON ops spell; neighbours that are alike are joined.

    Raises Invalid (INVALID_OPERATION).
    """
    if not isinstance(ops, list):
        raise Invalid("INVALID_OPERATION", f"ops must be a list of inserts, not {_named(ops)}")
    builder = DeltaBuilder()
    for index, item in enumerate(ops):
        op = _read(item, index)
        if op.kind != INSERT:
            _refuse(index, "content holds inserts only")
        builder.put(op)
    return builder.build()


def to_wire(delta: Delta) -> list[dict[str, Any]]:
    """JSON-ready ops, surrogate pairs joined.  Attributes and embeds are shared with the delta: do not change
    them.
    """
    out: list[dict[str, Any]] = []
    for op in delta.ops:
        item: dict[str, Any]
        if op.kind == RETAIN:
            item = {"retain": op.length}
        elif op.kind == DELETE:
            item = {"delete": op.length}
        else:
            value = op.value
            item = {"insert": from_units(value) if isinstance(value, str) else value}
        if op.attributes is not None:
            item["attributes"] = op.attributes
        out.append(item)
    return out


def _read(item: Any, index: int) -> Op:
    if not isinstance(item, dict):
        _refuse(index, f"a component is an object, not {_named(item)}")
    attributes: Attributes | None = None
    if len(item) != 1:
        attributes = _read_attributes(item, index)
    if "retain" in item:
        return Retain(_read_length(item["retain"], index, "retain"), attributes)
    if "insert" in item:
        value = item["insert"]
        if attributes is not None and None in attributes.values():
            _refuse(index, "null in the attributes of an insert; leave the attribute out")
        if isinstance(value, str):
            if not value:
                _refuse(index, "an empty insert")
            if not value.isascii():
                value = _read_text(value, index)
        elif not isinstance(value, dict) or len(value) != 1:
            _refuse(index, "insert must be text or an embed, an object with exactly one key")
        return Insert(value, attributes)
    if "delete" in item:
        if attributes is not None:
            _refuse(index, "a delete has no attributes")
        return Delete(_read_length(item["delete"], index, "delete"))
    _refuse(index, "a component has one of insert, retain and delete")


def _read_attributes(item: dict[str, Any], index: int) -> Attributes:
    if ("retain" in item) + ("insert" in item) + ("delete" in item) > 1:
        _refuse(index, "more than one of insert, retain and delete")
    if len(item) != 2 or "attributes" not in item:
        _refuse(index, "a component has one of insert, retain and delete, and beside it only attributes")
    attributes = item["attributes"]
    if not isinstance(attributes, dict) or not attributes:
        _refuse(index, "attributes must be an object with at least one member, or be left out")
    return attributes


def _read_length(value: Any, index: int, verb: str) -> int:
    if type(value) is not int or value <= 0 or value > MAX_LENGTH:
        _refuse(index, f"{verb} must be a whole number from 1 to 2^53 - 1, not {_named(value)}")
    return value


def _read_text(value: str, index: int) -> str:
    try:
        return to_units(value)
    except Invalid as error:
        _refuse(index, error.message)


def _check_order(last: Op, op: Op, index: int) -> None:
    """Normal form: inserts before the delete, and nothing beside its like."""
    if last.kind == DELETE:
        if op.kind == INSERT:
            _refuse(index, "an insert right after a delete; normal form has the insert first")
        if op.kind == DELETE:
            _refuse(index, "two deletes side by side; normal form joins them")
    elif last.kind == op.kind and same_attributes(last.attributes, op.attributes):
        if op.kind == RETAIN:
            _refuse(index, "two retains with the same attributes side by side; normal form joins them")
        if isinstance(last.value, str) and isinstance(op.value, str):
            _refuse(index, "two texts with the same attributes side by side; normal form joins them")


def _named(value: Any) -> str:
    """A value for an error message, however big it is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(value)
    if isinstance(value, int):
        return str(value) if -MAX_LENGTH <= value <= MAX_LENGTH else "so great a number"
    return "text" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"


def _refuse(index: int, reason: str) -> NoReturn:
    raise Invalid("INVALID_OPERATION", f"ops[{index}]: {reason}")
