"""How attribute maps compose, move past one another, and are undone (after `AttributeMap` of quill-delta).

None stands for "no attributes"; no function returns an empty map, and none changes its arguments.
"""

from __future__ import annotations

from typing import Any

from octavo.delta.ops import Attributes


def same_value(one: Any, other: Any) -> bool:
    """Equality as JSON has it.  Python says True == 1 and False == 0, which would merge what JavaScript keeps
    apart.
    """
    if one is other:
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    if isinstance(one, dict):
        if not isinstance(other, dict) or len(one) != len(other):
            return False
        for name, value in one.items():
            if name not in other or not same_value(value, other[name]):
                return False
        return True
    if isinstance(one, list):
        if not isinstance(other, list) or len(one) != len(other):
            return False
        return all([same_value(value, other[index]) for index, value in enumerate(one)])
    return bool(one == other)


def same_attributes(one: Attributes | None, other: Attributes | None) -> bool:
    """Whether two runs carry the same attributes, by value and by type."""
    if one is other:
        return True
    if one is None or other is None or one != other:
        return False
    for name, value in one.items():
        if value is not other[name] and not same_value(value, other[name]):
            return False
    return True


def compose_attributes(base: Attributes | None, change: Attributes, keep_null: bool) -> Attributes | None:
    """`base`, then `change`.  `keep_null` for retains: there a None still has to remove something below."""
    drops = not keep_null and None in change.values()
    if base is None and not drops:
        return change
    result: Attributes = change if base is None else {**base, **change}
    if drops:
        result = {name: value for name, value in result.items() if value is not None}
    return result or None


def yield_attributes(own: Attributes, prior: Attributes | None) -> Attributes | None:
    """What is left of `own` when `prior` keeps every value that it set."""
    if prior is None:
        return own
    return {name: value for name, value in own.items() if name not in prior} or None


def invert_attributes(change: Attributes, base: Attributes | None) -> Attributes | None:
    """What undoes `change` on a run that had `base`.

    Only what really changed: a redundant None could later strip another author's attribute.
    """
    result: Attributes = {}
    for name, value in change.items():
        before = None if base is None else base.get(name)
        if not same_value(before, value):
            result[name] = before
    return result or None


def diff_attributes(before: Attributes | None, after: Attributes | None) -> Attributes | None:
    """What turns a run with `before` into one with `after`; None on a retain removes."""
    if before is after:
        return None
    old: Attributes = before or {}
    new: Attributes = after or {}
    result: Attributes = {name: None for name in old if name not in new}
    for name, value in new.items():
        if name not in old or not same_value(old[name], value):
            result[name] = value
    return result or None
