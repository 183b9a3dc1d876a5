"""What happened between two revisions: operations, not texts.  What was typed is what is shown.

The earlier content goes through all changes in between with each of its units replaced by a code point of its own
(above those that text in code units can hold), so that at the end it can be told which of them are still there, and
where; what was inserted bears its author's mark all along.  Text that was away and came back is kept text.  Pure.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from octavo.delta import Content, Delta, DeltaBuilder, Insert, Op
from octavo.delta.attributes import diff_attributes, invert_attributes
from octavo.delta.delta import part
from octavo.delta.ops import INSERT, RETAIN, Attributes
from octavo.history.tracking import FORMATTED, WRITTEN, Attribution, Stroke, Strokes, Tracker
from octavo.protocol import Change

Kind = Literal["kept", "inserted", "deleted", "formatted"]

_FIRST: Final = 0x10000
_CODES: Final = 0x110000 - _FIRST
_HIGH: Final = "h"
"""Marks units of the earlier content past the number of code points."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A run of a diff.  `before`: for formatted ones what was set before (None: nothing), by name."""

    op: Op
    kind: Kind
    stroke: Stroke | None = None
    before: Attributes | None = None


class DiffTracker(Tracker):
    """Follows the changes after `revision`, at which the content was `base`."""

    def __init__(self, revision: int, base: Delta) -> None:
        super().__init__(revision, Content.from_delta(Delta(_coded(0, base.change_length))), formats=True)
        self._base = base
        self._text = "".join([op.value if isinstance(op.value, str) else "\ufffc" for op in base.ops])
        self._gone_in = array("q", bytes(8 * base.change_length))

    def text_of(self, run: Op) -> str:
        return "".join([self._text_of(op, start) for op, start in _pieces([run])])

    def _text_of(self, op: Op, start: int | None) -> str:
        return super().text_of(op) if start is None else self._text[start : start + op.length]

    def _again(self, runs: list[Op], mark: Attributes) -> list[Op]:
        """The same units, which remember who brought them back: they may have come to stand elsewhere."""
        return [
            op if start is None else part(op, 0, op.length, {**(op.attributes or {}), **mark})
            for op, start in _pieces(runs)
        ]

    def _gone(self, runs: list[Op], change: Change) -> None:
        stroke = self.strokes.of(change)
        for op, start in _pieces(runs):
            if start is not None:
                self._gone_in[start : start + op.length] = array("q", [stroke]) * op.length

    def restore(self, change: Change, content: Delta, then: Attribution) -> None:
        """A change that went back to `content`, whose authors are known."""
        stroke = self.strokes.of(change)
        present = _pieces(self.marked.to_delta().ops)
        self.strokes.add(then.strokes)
        builder = DeltaBuilder()
        index = at = 0
        for op in [*self._base.diff(content).ops, None]:
            if op is None or op.kind == RETAIN:
                end = self._base.change_length if op is None else index + op.length
                for run in _coded(index, end, stroke):
                    builder.put(run)
                at += end - index
                index = end
            elif op.kind == INSERT:
                for run in then.marked.slice(at, at + op.length).ops:
                    builder.put(run)
                at += op.length
            else:
                index += op.length
        self.marked = Content.from_delta(builder.build())
        self._missing(present, stroke)
        self.buried.clear()
        self.revision = change.revision

    def _missing(self, before: list[tuple[Op, int | None]], stroke: int) -> None:
        """What a restore took away."""
        here = bytearray(self._base.change_length)
        for op, start in _pieces(self.marked.to_delta().ops):
            if start is not None:
                here[start : start + op.length] = b"\1" * op.length
        for op, start in before:
            for index in () if start is None else range(start, start + op.length):
                if not here[index]:
                    self._gone_in[index] = stroke

    # --- the end

    def result(self, content: Delta) -> list[Marked]:
        """The runs: those that are not deleted are `content`, the tracker's present one; those that are not
        inserted are the earlier content, with `before` put back.
        """
        return _Result(self._base, content, self._gone_in, self.strokes).of(self._ordered())

    def _ordered(self) -> list[tuple[Op, int | None]]:
        """The runs, each with where it stands in the earlier content; None where it counts as inserted.

        Units that were cut and pasted past others count as new; those that came back to their place are kept.
        """
        pieces = _pieces(self.marked.to_delta().ops)
        following = [0] * len(pieces)
        bound = len(self._gone_in)
        for index in range(len(pieces) - 1, -1, -1):
            op, start = pieces[index]
            following[index] = bound
            if start is not None and not _moved(op):
                bound = start
        out: list[tuple[Op, int | None]] = []
        done = 0
        for (op, start), bound in zip(pieces, following, strict=True):
            if start is not None and _moved(op) and not done <= start <= bound - op.length:
                start = None
            if start is not None:
                done = start + op.length
            out.append((op, start))
        return out


class _Result:
    """Puts the runs of a diff together."""

    def __init__(self, base: Delta, content: Delta, gone_in: array[int], strokes: Strokes) -> None:
        self._old = _Reader(base)
        self._new = _Reader(content)
        self._gone_in = gone_in
        self._strokes = strokes
        self._last: Stroke | None = None
        self.out: list[Marked] = []

    def of(self, runs: list[tuple[Op, int | None]]) -> list[Marked]:
        for run, start in runs:
            if start is None:
                stroke = self._strokes[run.attributes[WRITTEN]] if run.attributes else None
                for op in self._new.take(run.length):
                    self._put(Marked(op, "inserted", stroke))
                continue
            self._deleted(start)
            self._kept(run)
        self._deleted(len(self._gone_in))
        return self.out

    def _deleted(self, to: int) -> None:
        while self._old.index < to:
            here = self._old.index
            end = here
            while end < to and self._gone_in[end] == self._gone_in[here]:
                end += 1
            stroke = self._strokes[self._gone_in[here]] if self._gone_in[here] else None
            for op in self._old.take(end - here):
                self._put(Marked(op, "deleted", stroke))

    def _kept(self, run: Op) -> None:
        name = (run.attributes or {}).get(FORMATTED)
        stroke = None if name is None else self._strokes[name]
        left = run.length
        while left:
            old = self._old.next(left)
            rest = old.length
            left -= rest
            while rest:
                new = self._new.next(rest)
                rest -= new.length
                changed = diff_attributes(old.attributes, new.attributes)
                if not changed:
                    self._put(Marked(new, "kept"))
                else:
                    self._put(Marked(new, "formatted", stroke, invert_attributes(changed, old.attributes)))

    def _put(self, marked: Marked) -> None:
        last = self.out[-1] if self.out else None
        if (
            last is not None
            and (last.kind, last.stroke, last.before) == (marked.kind, marked.stroke, marked.before)
            and isinstance(last.op.value, str)
            and isinstance(marked.op.value, str)
            and last.op.attributes == marked.op.attributes
        ):
            joined = Insert(last.op.value + marked.op.value, marked.op.attributes)
            self.out[-1] = Marked(joined, marked.kind, marked.stroke, marked.before)
        else:
            self.out.append(marked)


class _Reader:
    """Reads content run by run."""

    def __init__(self, content: Delta) -> None:
        self._ops = content.ops
        self._i = self._done = 0
        self.index = 0

    def next(self, limit: int) -> Op:
        """At most `limit` units of the present run."""
        op = self._ops[self._i]
        end = min(op.length, self._done + limit)
        taken = part(op, self._done, end, op.attributes)
        self.index += taken.length
        if end == op.length:
            self._i, self._done = self._i + 1, 0
        else:
            self._done = end
        return taken

    def take(self, length: int) -> list[Op]:
        """The next `length` units."""
        out = []
        while length:
            out.append(self.next(length))
            length -= out[-1].length
        return out


def forward(runs: Sequence[Marked]) -> Delta:
    """The change that the runs of a diff tell of: applied to the earlier content it gives the later one."""
    builder = DeltaBuilder()
    for run in runs:
        if run.kind == "inserted":
            builder.put(run.op)
        elif run.kind == "deleted":
            builder.delete(run.op.length)
        elif run.before is None:
            builder.retain(run.op.length)
        else:
            attributes: dict[str, Any] = run.op.attributes or {}
            builder.retain(run.op.length, {name: attributes.get(name) for name in run.before})
    return builder.build()


# --- code points for units ----------------------------------------------------------------------------------


def _coded(start: int, end: int, formatted: int | None = None) -> list[Op]:
    """The units start … end of the earlier content as code points."""
    out: list[Op] = []
    while start < end:
        high = start // _CODES
        stop = min(end, (high + 1) * _CODES)
        first = _FIRST + start % _CODES
        attributes: Attributes = {_HIGH: high} if high else {}
        if formatted is not None:
            attributes[FORMATTED] = formatted
        out.append(Insert("".join(map(chr, range(first, first + stop - start))), attributes or None))
        start = stop
    return out


def _pieces(runs: list[Op]) -> list[tuple[Op, int | None]]:
    """Runs cut into neighbouring old units, each with where its first stood, and (None) into what is new."""
    out: list[tuple[Op, int | None]] = []
    for run in runs:
        value = run.value
        if not isinstance(value, str):
            out.append((run, None))
            continue
        high = (run.attributes or {}).get(_HIGH, 0) * _CODES - _FIRST
        at = 0
        while at < len(value):
            code = ord(value[at])
            end = at + 1
            if code < _FIRST:
                while end < len(value) and ord(value[end]) < _FIRST:
                    end += 1
                out.append((part(run, at, end, run.attributes), None))
            else:
                while end < len(value) and ord(value[end]) == code + end - at:
                    end += 1
                out.append((part(run, at, end, run.attributes), code + high))
            at = end
    return out


def _moved(op: Op) -> bool:
    return op.attributes is not None and WRITTEN in op.attributes
