"""The change that turns one content into another: hunks of their text, with formats and embeds."""

from __future__ import annotations

import json

from octavo.delta.attributes import diff_attributes
from octavo.delta.delta import Delta, DeltaBuilder, part
from octavo.delta.hunks import hunks
from octavo.delta.ops import Op


def _flat(content: Delta, embeds: dict[str, str]) -> str:
    """The content as one string for comparing: equal embeds become equal astral characters, which units never
    hold.
    """
    parts: list[str] = []
    for op in content.ops:
        value = op.value
        if isinstance(value, str):
            parts.append(value)
            continue
        parts.append(embeds.setdefault(json.dumps(value, sort_keys=True), chr(0x10000 + len(embeds))))
    return "".join(parts)


class _Runs:
    """Reads content run by run."""

    __slots__ = ("_done", "_i", "_ops")

    def __init__(self, content: Delta) -> None:
        self._ops = content.ops
        self._i = 0
        self._done = 0

    def next(self, limit: int) -> Op:
        """At most `limit` units of the present run."""
        op = self._ops[self._i]
        start = self._done
        end = min(op.length, start + limit)
        if end == op.length:
            self._i += 1
            self._done = 0
        else:
            self._done = end
        return part(op, start, end, op.attributes)


def difference(before: Delta, after: Delta) -> Delta:
    """What `Delta.diff` promises, for two contents."""
    out = DeltaBuilder()
    old = _Runs(before)
    new = _Runs(after)
    embeds: dict[str, str] = {}
    here = 0
    one = _flat(before, embeds)
    other = _flat(after, embeds)
    changes = hunks(one, other)
    changes.append((len(one), len(one), len(other), len(other)))
    for start, end, new_start, new_end in changes:
        same = start - here
        while same:
            run = old.next(same)
            left = run.length
            while left:
                wanted = new.next(left)
                out.retain(wanted.length, diff_attributes(run.attributes, wanted.attributes))
                left -= wanted.length
            same -= run.length
        fresh = new_end - new_start
        while fresh:
            run = new.next(fresh)
            out.put(run)
            fresh -= run.length
        gone = end - start
        out.delete(gone)
        while gone:
            gone -= old.next(gone).length
        here = end
    return out.build()
