"""Random edits as people make them: words, deletions, formats, lines, astral characters, past each other."""

from __future__ import annotations

from random import Random
from typing import Any

from octavo.delta import Delta
from octavo.delta.ops import to_units

_WORDS = ("a", "the ", "wörd", "x", "two\nlines", "😀", "\n", "ab", "👩‍💻 ", "end.")
_FORMATS: tuple[dict[str, Any], ...] = (
    {"bold": True},
    {"bold": None},
    {"color": "#ff0000"},
    {"color": "#00ff00"},
)


def random_edit(random: Random, content: Delta, *, crowded: bool = False) -> Delta:
    """An edit that fits the content and the schema; where it is crowded, all are at the same few places."""
    units = "".join(op.value if isinstance(op.value, str) else "\ufffc" for op in content.ops)
    last = _whole(units, min(len(units) - 1, 8)) if crowded else len(units) - 1
    edit = Delta()
    index = 0
    for _ in range(1 if random.random() < 0.8 else 3):
        if index > last:
            break
        start = _whole(units, random.randint(index, last))
        if start > last:
            break
        edit = edit.retain(start - index) if start > index else edit
        kind = random.random()
        end = min(last, _whole(units, min(last, start + random.randint(1, 6))))
        if kind < 0.55 or end <= start:
            attributes = {"bold": True} if random.random() < 0.2 else None
            edit = edit.insert(to_units(random.choice(_WORDS)), attributes)
            index = start
        elif kind < 0.8:
            edit = edit.delete(end - start)
            index = end
        elif kind < 0.95:
            edit = edit.retain(end - start, random.choice(_FORMATS))
            index = end
        else:
            line = units.find("\n", start)
            edit = edit.retain(line - start) if line > start else edit
            edit = edit.retain(1, {"header": random.choice((1, 2, None))})
            index = line + 1
    return edit


def _whole(units: str, index: int) -> int:
    """The index, moved off the middle of a surrogate pair."""
    if (
        0 < index < len(units)
        and "\udc00" <= units[index] <= "\udfff"
        and "\ud800" <= units[index - 1] <= "\udbff"
    ):
        return index + 1
    return index
