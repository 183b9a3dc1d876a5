"""Who wrote what: content that carries, instead of its formats, the strokes by which each unit came to be there.

Everything stands on one machine.  Its `Content` takes every change of the log in turn; each insert is marked with the
*stroke* it belongs to (what one person did within a minute, in a row), so that text typed together stays one run.
Deleted pieces are remembered for a while: text that comes back word for word (undone, cut and pasted) gets its marks
back and so its authors.  Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from octavo.delta import Content, Delta, DeltaBuilder, Insert, Op, Retain
from octavo.delta.delta import part
from octavo.delta.ops import DELETE, INSERT, RETAIN, Attributes
from octavo.protocol import Change

STROKE_SECONDS: Final = 60
"""What one person does in a row within so many seconds shares an author's mark."""
MOVED_UNITS: Final = 12
"""From this length on, text that comes back word for word is taken for the same text, whoever brings it."""
_BURIED: Final = 128
_BURIED_UNITS: Final = 2_000_000

WRITTEN: Final = "w"
"""The mark of a run: its stroke."""
FORMATTED: Final = "f"
"""The mark of the last stroke that changed a format or a block."""

_EMBED: Final = "\ufffc"
_decode: Final = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Stroke:
    """What one person did in a row: the changes `first` … `last`, the first of them at `at` (seconds since 1970)."""

    first: int
    last: int
    user_id: str
    at: int


@dataclass(slots=True)
class Buried:
    """A piece that was deleted: its text (one U+FFFC per embed) and its runs with their marks."""

    index: int
    user_id: str
    text: str
    runs: list[Op]


def origin_of(change: Change) -> Mapping[str, Any]:
    """Where a change says that it comes from; empty for most."""
    if change.origin is None:
        return {}
    found = _decode(change.origin)
    return found if isinstance(found, dict) else {}


def restored(change: Change) -> int | None:
    """The revision that a change went back to; None for any other change."""
    if change.origin is None:
        return None
    revision = origin_of(change).get("restores")
    return revision if isinstance(revision, int) and 0 <= revision < change.revision else None


class Strokes:
    """The strokes so far, by the revision of their first change."""

    def __init__(self, strokes: Iterable[Stroke] = ()) -> None:
        self._strokes = {stroke.first: stroke for stroke in strokes}
        self._last = max(self._strokes.values(), key=lambda stroke: stroke.last, default=None)
        self._mark: Attributes = {}

    def __getitem__(self, first: int) -> Stroke:
        return self._strokes[first]

    def of(self, change: Change) -> int:
        """The stroke that a change belongs to, which it may begin."""
        last = self._last
        if (
            last is None
            or last.user_id != change.user_id
            or not 0 <= change.timestamp - last.at < STROKE_SECONDS
        ):
            last = Stroke(change.revision, change.revision, change.user_id, change.timestamp)
        elif change.revision > last.last:
            last = Stroke(last.first, change.revision, last.user_id, last.at)
        self._last = self._strokes[last.first] = last
        return last.first

    def mark(self, stroke: int) -> Attributes:
        """The mark of what is written in it: one object for the whole stroke, which lets runs join quickly."""
        if self._mark.get(WRITTEN) != stroke:
            self._mark = {WRITTEN: stroke}
        return self._mark

    def add(self, strokes: Iterable[Stroke]) -> None:
        """Strokes from another strand of the same log."""
        for stroke in strokes:
            self._strokes.setdefault(stroke.first, stroke)

    def used(self, runs: Iterable[Op]) -> list[Stroke]:
        """Those that the marks of these runs name, and the present one, in order."""
        names = {run.attributes[key] for run in runs if run.attributes for key in run.attributes}
        if self._last is not None:
            names.add(self._last.first)
        return [self._strokes[name] for name in sorted(names) if name in self._strokes]

    def __iter__(self) -> Iterator[Stroke]:
        return iter(self._strokes.values())


class Tracker:
    """The machine.  `revision` is that of the content that `marked` describes."""

    def __init__(
        self,
        revision: int,
        marked: Content,
        strokes: Strokes | None = None,
        buried: Iterable[Buried] = (),
        *,
        formats: bool = False,
    ) -> None:
        """`formats`: mark what changes formats too."""
        self.revision = revision
        self.marked = marked
        self.strokes = strokes or Strokes()
        self.buried = deque(buried)
        self._formats = formats

    def apply(self, change: Change) -> None:
        """The next change."""
        stroke = self.strokes.of(change)
        ops = change.delta.ops
        mark = self.strokes.mark(stroke)
        if len(ops) == 2 and ops[1].kind == INSERT and ops[0].attributes is None and ops[0].kind == RETAIN:
            op = ops[1]
            if op.length < MOVED_UNITS and change.origin is None:  # a key press
                self.marked.apply(Delta([ops[0], Insert(op.value, mark)]))
                self.revision = change.revision
                return
        self._apply(change, ops, stroke, mark)
        self.revision = change.revision

    def _apply(self, change: Change, ops: list[Op], stroke: int, mark: Attributes) -> None:
        out: list[Op] = []
        fresh: list[Op] = []
        index = 0
        hinted = change.origin is not None
        for op in ops:
            if op.kind == INSERT:
                fresh.append(op)
                continue
            if fresh:
                out += self._written(fresh, mark, hinted)
                fresh = []
            if op.kind == DELETE:
                self._bury(index, op.length, change)
                out.append(op)
            elif op.attributes is None:
                out.append(op)
            else:
                out.append(Retain(op.length, {FORMATTED: stroke} if self._formats else None))
            index += op.length
        out += self._written(fresh, mark, hinted)
        self.marked.apply(Delta(out))

    def text_of(self, run: Op) -> str:
        """The text of a marked run, one unit for each of its own."""
        return run.value if isinstance(run.value, str) else _EMBED

    def _written(self, fresh: list[Op], mark: Attributes, hinted: bool) -> list[Op]:
        """New text as runs: with the marks it had before, where it was there before."""
        length = sum([op.length for op in fresh])
        if (hinted or length >= MOVED_UNITS) and self.buried:
            text = "".join([op.value if isinstance(op.value, str) else _EMBED for op in fresh])
            for piece in reversed(self.buried):
                at = piece.text.find(text)
                if at >= 0:
                    return self._again(_part(piece.runs, at, at + length), mark)
        return [Insert(op.value, mark) for op in fresh]

    def _again(self, runs: list[Op], mark: Attributes) -> list[Op]:
        """Runs as they come back."""
        return runs

    def _bury(self, index: int, length: int, change: Change) -> None:
        runs = self.marked.slice(index, index + length).ops
        text = "".join([self.text_of(run) for run in runs])
        self._gone(runs, change)
        last = self.buried[-1] if self.buried else None
        if last is not None and last.user_id == change.user_id:
            if index + length == last.index:  # backspace after backspace
                last.index, last.text, last.runs = index, text + last.text, runs + last.runs
                return
            if index == last.index:
                last.text, last.runs = last.text + text, last.runs + runs
                return
        self.buried.append(Buried(index, change.user_id, text, runs))
        if len(self.buried) > _BURIED or sum([len(piece.text) for piece in self.buried]) > _BURIED_UNITS:
            self.buried.popleft()

    def _gone(self, runs: list[Op], change: Change) -> None:
        """These runs are deleted by this change."""


def _part(runs: list[Op], start: int, end: int) -> list[Op]:
    """The units start … end of some runs."""
    out: list[Op] = []
    at = 0
    for run in runs:
        first, last = max(start - at, 0), min(end - at, run.length)
        if first < last:
            out.append(part(run, first, last, run.attributes))
        at += run.length
    return out


# --- attribution --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """So many units of the content, by whom and when; without a stroke: by nobody (a document's first line)."""

    length: int
    stroke: Stroke | None


class Attribution(Tracker):
    """Who wrote each unit of the content, from the first change on.  `marked` holds the text itself."""

    @staticmethod
    def empty() -> Attribution:
        """Of the empty document."""
        return Attribution(0, Content())

    def restore(self, change: Change, then: Attribution) -> None:
        """A change that went back to what `then` describes: its text is its authors' again."""
        self.apply(change)
        if then.marked.length != self.marked.length:
            return  # it says so, but it is not
        self.marked = then.marked.copy()
        self.strokes.add(then.strokes)

    def runs(self) -> list[Run]:
        """They add up to the content; neighbours differ in their stroke."""
        out: list[Run] = []
        for op in self.marked.to_delta().ops:
            stroke = None if op.attributes is None else self.strokes[op.attributes[WRITTEN]]
            if out and out[-1].stroke is stroke:
                out[-1] = Run(out[-1].length + op.length, stroke)
            else:
                out.append(Run(op.length, stroke))
        return out

    # --- kept without its text, which the log has

    def pack(self) -> bytes:
        """All but the text of the content."""
        runs = self.marked.to_delta().ops
        pieces = [
            [piece.index, piece.user_id, [[run.value, _name(run)] for run in piece.runs]]
            for piece in self.buried
        ]
        used = self.strokes.used([*runs, *[run for piece in self.buried for run in piece.runs]])
        strokes = [[stroke.first, stroke.last, stroke.user_id, stroke.at] for stroke in used]
        packed = {"strokes": strokes, "runs": [[run.length, _name(run)] for run in runs], "buried": pieces}
        return msgspec.json.encode(_escaped(packed))

    @staticmethod
    def unpack(revision: int, packed: bytes, content: Delta) -> Attribution:
        """What `pack` has made, beside the content of its revision.  Raises ValueError when they do not fit."""
        kept = _decode(packed)
        builder = DeltaBuilder()
        runs = iter(kept["runs"])
        left, mark = 0, None
        for op in content.ops:
            at = 0
            while at < op.length:
                if not left:
                    left, name = next(runs, (0, 0))
                    mark = {WRITTEN: name} if name else None
                    if not left:
                        raise ValueError(f"the attribution of revision {revision} does not fit its content")
                taken = min(left, op.length - at)
                builder.put(part(op, at, at + taken, mark))
                at += taken
                left -= taken
        if left or next(runs, None) is not None:
            raise ValueError(f"the attribution of revision {revision} does not fit its content")
        strokes = [Stroke(first, last, user, at) for first, last, user, at in kept["strokes"]]
        pieces = [_unburied(*piece) for piece in kept["buried"]]
        return Attribution(revision, Content.from_delta(builder.build()), Strokes(strokes), pieces)


def _name(run: Op) -> int:
    return 0 if run.attributes is None else run.attributes[WRITTEN]


def _unburied(index: int, user_id: str, runs: list[Any]) -> Buried:
    ops: list[Op] = [Insert(_units(value), {WRITTEN: name} if name else None) for value, name in runs]
    text = "".join([op.value if isinstance(op.value, str) else _EMBED for op in ops])
    return Buried(index, user_id, text, ops)


def _escaped(packed: dict[str, Any]) -> dict[str, Any]:
    """Halves of surrogate pairs, which JSON does not carry, as lists of numbers."""
    for piece in packed["buried"]:
        for run in piece[2]:
            if isinstance(run[0], str) and not run[0].isascii():
                run[0] = [ord(unit) for unit in run[0]]
    return packed


def _units(value: Any) -> Any:
    return "".join([chr(unit) for unit in value]) if isinstance(value, list) else value
