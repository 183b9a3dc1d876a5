"""Content: a long document that changes in place, at a cost that hardly grows with its length.

Runs lie in leaves, leaves in chapters, chapters in volumes.  A place is found by walking volumes, then
chapters, then leaves, each from the nearer end (about 20 steps in 10,000,000 units), and not at all when it
lies in the leaf of the last edit.
"""

from __future__ import annotations

from typing import Final

from octavo.delta.attributes import compose_attributes, invert_attributes, same_attributes
from octavo.delta.delta import Delta, DeltaBuilder
from octavo.delta.ops import DELETE, INSERT, RETAIN, Attributes, Insert, Op, Value, cuts_pair, from_units
from octavo.errors import Invalid

MAX_UNITS: Final = 960
"""The most units in a leaf: up to here malloc serves its text from the thread's own cache."""
FILL_UNITS: Final = 704
"""How full a leaf is made at first, so that there is room to type."""
SMALL_UNITS: Final = 128
"""A leaf shorter than this after a deletion joins its neighbour, so that there never are many tiny ones."""
MAX_RUNS: Final = 32
MAX_LEAVES: Final = 24
MAX_CHAPTERS: Final = 40


class _Leaf:
    """Neighbouring runs: values[i] with attributes marks[i].  Two texts side by side differ in attributes."""

    __slots__ = ("length", "marks", "values")

    def __init__(self, values: list[Value], marks: list[Attributes | None], length: int) -> None:
        self.values = values
        self.marks = marks
        self.length = length


class _Chapter:
    __slots__ = ("leaves", "length")

    def __init__(self, leaves: list[_Leaf]) -> None:
        self.leaves = leaves
        length = 0
        for leaf in leaves:
            length += leaf.length
        self.length = length


class _Volume:
    __slots__ = ("chapters", "length")

    def __init__(self, chapters: list[_Chapter]) -> None:
        self.chapters = chapters
        length = 0
        for chapter in chapters:
            length += chapter.length
        self.length = length


class Content:
    """The content of one document.  Lengths and indexes are UTF-16 code units.

    For one thread: reading moves the cursor as well.  `copy` is what another thread may have.
    """

    __slots__ = ("_base", "_chapter", "_leaf", "_volume", "_volumes", "length")

    def __init__(self) -> None:
        """The empty document, one newline."""
        self._fill([_Leaf(["\n"], [None], 1)])

    def _fill(self, leaves: list[_Leaf]) -> None:
        if not leaves:
            leaves = [_Leaf([], [], 0)]
        self._volumes = _volumes_of(_chapters_of(leaves))
        length = 0
        for volume in self._volumes:
            length += volume.length
        self.length = length
        self._home()

    def _home(self) -> None:
        """Put the cursor on the first leaf."""
        self._base = 0  # where the cursor's leaf begins
        self._volume = self._volumes[0]
        self._chapter = self._volume.chapters[0]
        self._leaf = self._chapter.leaves[0]

    @staticmethod
    def from_delta(delta: Delta) -> Content:
        """The content that these inserts spell.  Raises Invalid when there is anything but inserts."""
        if not delta.is_content:
            raise Invalid("INVALID_OPERATION", "content holds inserts only; this delta retains or deletes")
        content = Content()
        content._fill(_leaves_of(delta.ops))
        return content

    def copy(self) -> Content:
        """Another content, equal to this one and independent of it."""
        content = Content()
        content._fill([_Leaf(list(leaf.values), list(leaf.marks), leaf.length) for leaf in self._leaves()])
        return content

    def __repr__(self) -> str:
        return f"Content({self.length} units)"

    def _leaves(self) -> list[_Leaf]:
        return [leaf for volume in self._volumes for chapter in volume.chapters for leaf in chapter.leaves]

    # --- reading

    def text(self) -> str:
        """The text alone: embeds are left out, surrogate pairs joined."""
        parts = [value for leaf in self._leaves() for value in leaf.values if isinstance(value, str)]
        return from_units("".join(parts))

    def to_delta(self) -> Delta:
        """All of it as a delta."""
        return self.slice(0, self.length)

    def slice(self, start: int, end: int) -> Delta:
        """The units start … end (without end) as a delta.  Raises Invalid when they are not all there."""
        if start < 0 or end < start or end > self.length:
            raise Invalid(
                "INVALID_OPERATION", f"there is no range {start} to {end} in a content of {self.length} units"
            )
        out = DeltaBuilder()
        left = end - start
        while left:
            leaf = self._seek(end - left)
            left = _read(leaf, end - left - self._base, left, out)
        return out.build()

    def cuts_pair(self, index: int) -> bool:
        """Whether a cut at `index` would part the two halves of a surrogate pair."""
        if index <= 0 or index >= self.length:
            return False
        leaf = self._seek(index)
        offset = index - self._base
        if offset == 0:
            return False  # neither leaves nor runs ever begin inside a pair
        for value in leaf.values:  # pragma: no branch  # it lies in one of them
            if offset < len(value):
                return isinstance(value, str) and not value.isascii() and cuts_pair(value, offset)
            offset -= len(value)
        return False  # pragma: no cover

    def invert(self, delta: Delta) -> Delta:
        """What undoes `delta`, which is about to be applied.  Raises Invalid when it does not fit."""
        out = DeltaBuilder()
        index = 0
        for op in delta.ops:
            if op.kind == INSERT:
                out.delete(op.length)
                continue
            attributes = op.attributes
            end = index + op.length
            if op.kind == DELETE:
                for run in self.slice(index, end).ops:
                    out.put(run)
            elif attributes is None:
                out.retain(op.length)
            else:
                for run in self.slice(index, end).ops:
                    out.retain(run.length, invert_attributes(attributes, run.attributes))
            index = end
        return out.build()

    # --- changing

    def apply(self, delta: Delta) -> None:
        """Apply a change in place.  Raises Invalid, and changes nothing, when it reaches past the end."""
        ops = delta.ops
        if len(ops) == 2:  # a key press: retain, then one insert or delete
            first = ops[0]
            op = ops[1]
            if first.kind == RETAIN and first.attributes is None:
                index = first.length
                if op.kind == INSERT and index <= self.length:
                    self._insert(index, op)
                    return
                if op.kind == DELETE and index + op.length <= self.length:
                    self._delete(index, op.length)
                    return
        if delta.base_length > self.length:
            past = delta.base_length - self.length
            raise Invalid(
                "INVALID_OPERATION",
                f"the change reaches {past} past the end of a content of {self.length} units",
            )
        index = 0
        for op in ops:
            if op.kind == INSERT:
                self._insert(index, op)
                index += op.length
            elif op.kind == DELETE:
                self._delete(index, op.length)
            else:
                attributes = op.attributes
                if attributes is not None:
                    self._format(index, op.length, attributes)
                index += op.length

    def _seek(self, index: int) -> _Leaf:
        """Move the cursor to the leaf that holds the unit at `index` (at the end: the last leaf).

        Each loop ends at its break: what is looked for lies inside.
        """
        leaf = self._leaf
        base = self._base
        if base <= index < base + leaf.length:
            return leaf
        volume = self._volume
        if len(self._volumes) == 1:
            base = 0
        elif index < self.length >> 1:
            base = 0
            for volume in self._volumes:  # pragma: no branch
                base += volume.length
                if index < base:
                    break
            base -= volume.length
        else:
            base = self.length
            for volume in reversed(self._volumes):  # pragma: no branch
                base -= volume.length
                if index >= base:
                    break
        self._volume = volume
        chapter = self._chapter
        if index - base < volume.length >> 1:
            for chapter in volume.chapters:  # pragma: no branch
                base += chapter.length
                if index < base:
                    break
            base -= chapter.length
        else:
            base += volume.length
            for chapter in reversed(volume.chapters):  # pragma: no branch
                base -= chapter.length
                if index >= base:
                    break
        self._chapter = chapter
        if index - base < chapter.length >> 1:
            for leaf in chapter.leaves:  # pragma: no branch
                base += leaf.length
                if index < base:
                    break
            base -= leaf.length
        else:
            base += chapter.length
            for leaf in reversed(chapter.leaves):  # pragma: no branch
                base -= leaf.length
                if index >= base:
                    break
        self._base = base
        self._leaf = leaf
        return leaf

    def _insert(self, index: int, op: Op) -> None:
        length = op.length
        if length > FILL_UNITS:
            self._insert_long(index, op)
            return
        offset = index - self._base
        leaf = self._leaf
        if offset < 0 or offset > leaf.length:
            leaf = self._seek(index)
            offset = index - self._base
        values = leaf.values
        value = op.value
        present = values[0] if len(values) == 1 else None
        if isinstance(present, str) and isinstance(value, str) and leaf.marks[0] is op.attributes:
            values[0] = present[:offset] + value + present[offset:]  # plain text, by far the commonest
        else:
            _put(leaf, offset, value, op.attributes)
        leaf.length += length
        self._chapter.length += length
        self._volume.length += length
        self.length += length
        if leaf.length > MAX_UNITS or len(values) > MAX_RUNS:
            self._replace([leaf, _halve(leaf)])

    def _insert_long(self, index: int, op: Op) -> None:
        leaf = self._seek(index)
        tail = _split(leaf, index - self._base)
        leaves = [part for part in [leaf, *_leaves_of([op]), tail] if part.length]
        self._chapter.length += op.length
        self._volume.length += op.length
        self.length += op.length
        self._replace(leaves)

    def _replace(self, leaves: list[_Leaf]) -> None:
        """Put these leaves in the place of the cursor's; all counts have them already."""
        chapter = self._chapter
        volume = self._volume
        at = chapter.leaves.index(self._leaf)
        chapter.leaves[at : at + 1] = leaves
        if len(chapter.leaves) <= MAX_LEAVES:
            self._leaf = leaves[0]
            return
        at = volume.chapters.index(chapter)
        volume.chapters[at : at + 1] = _chapters_of(chapter.leaves)
        if len(volume.chapters) > MAX_CHAPTERS:
            at = self._volumes.index(volume)
            self._volumes[at : at + 1] = _volumes_of(volume.chapters)
        self._home()

    def _drop(self) -> None:
        """Remove the cursor's leaf, which is empty; the very last one stays."""
        leaves = self._chapter.leaves
        chapters = self._volume.chapters
        if len(leaves) > 1:
            leaves.remove(self._leaf)
        elif len(chapters) > 1:
            chapters.remove(self._chapter)
        elif len(self._volumes) > 1:
            self._volumes.remove(self._volume)
        self._home()

    def _delete(self, index: int, length: int) -> None:
        while length:
            leaf = self._seek(index)
            offset = index - self._base
            part = leaf.length - offset
            if part > length:
                part = length
            _cut(leaf, offset, offset + part)
            leaf.length -= part
            self._chapter.length -= part
            self._volume.length -= part
            self.length -= part
            length -= part
            if leaf.length == 0:
                self._drop()
            elif leaf.length < SMALL_UNITS:
                self._merge()

    def _merge(self) -> None:
        """Join the cursor's leaf, grown short, with the next one, if that leaves room to type."""
        leaves = self._chapter.leaves
        leaf = self._leaf
        at = leaves.index(leaf)
        if at + 1 == len(leaves):
            return
        after = leaves[at + 1]
        runs = len(leaf.values) + len(after.values)
        if leaf.length + after.length > FILL_UNITS or runs > MAX_RUNS:
            return
        seam = len(leaf.values)
        leaf.values.extend(after.values)
        leaf.marks.extend(after.marks)
        leaf.length += after.length
        _join(leaf, seam)
        del leaves[at + 1]

    def _format(self, index: int, length: int, attributes: Attributes) -> None:
        while length:
            leaf = self._seek(index)
            offset = index - self._base
            part = leaf.length - offset
            if part > length:
                part = length
            _mark(leaf, offset, offset + part, attributes)
            index += part
            length -= part
            if len(leaf.values) > MAX_RUNS:
                self._replace([leaf, _halve(leaf)])


def _put(leaf: _Leaf, offset: int, value: Value, mark: Attributes | None) -> None:
    """Insert into a leaf's runs; its length is the caller's to note."""
    values = leaf.values
    marks = leaf.marks
    count = len(values)
    i = 0
    size = 0
    while i < count:
        size = len(values[i])
        if offset <= size:
            break
        offset -= size
        i += 1
    if i == count:  # an empty leaf
        values.append(value)
        marks.append(mark)
        return
    present = values[i]
    if isinstance(value, str):
        if isinstance(present, str) and same_attributes(marks[i], mark):
            values[i] = present[:offset] + value + present[offset:]
            return
        if offset == size and i + 1 < count:
            after = values[i + 1]
            if isinstance(after, str) and same_attributes(marks[i + 1], mark):
                values[i + 1] = value + after
                return
    if offset == size:
        i += 1
    elif offset and isinstance(present, str):
        values[i] = present[:offset]
        values.insert(i + 1, present[offset:])
        marks.insert(i + 1, marks[i])
        i += 1
    values.insert(i, value)
    marks.insert(i, mark)


def _divide(leaf: _Leaf, offset: int) -> int:
    """Make a run begin at `offset`, and say which."""
    values = leaf.values
    i = 0
    for value in values:
        size = len(value)
        if offset < size:
            if offset and isinstance(value, str):
                values[i] = value[:offset]
                i += 1
                values.insert(i, value[offset:])
                leaf.marks.insert(i, leaf.marks[i - 1])
            return i
        offset -= size
        i += 1
    return i


def _join(leaf: _Leaf, seam: int) -> bool:
    """Join the runs on both sides of a seam if they are texts with the same attributes."""
    values = leaf.values
    if seam <= 0 or seam >= len(values):
        return False
    one = values[seam - 1]
    other = values[seam]
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    if not same_attributes(leaf.marks[seam - 1], leaf.marks[seam]):
        return False
    values[seam - 1] = one + other
    del values[seam]
    del leaf.marks[seam]
    return True


def _cut(leaf: _Leaf, start: int, end: int) -> None:
    """Remove the units start … end from a leaf's runs; its length is the caller's to note."""
    values = leaf.values
    offset = start
    i = 0
    for value in values:
        size = len(value)
        if offset < size:
            if isinstance(value, str) and offset + end - start < size:
                values[i] = value[:offset] + value[offset + end - start :]
                return
            break
        offset -= size
        i += 1
    first = _divide(leaf, start)
    last = _divide(leaf, end)
    del values[first:last]
    del leaf.marks[first:last]
    _join(leaf, first)


def _mark(leaf: _Leaf, start: int, end: int, attributes: Attributes) -> None:
    """Change the attributes of the units start … end."""
    first = _divide(leaf, start)
    last = _divide(leaf, end)
    marks = leaf.marks
    for i in range(first, last):
        marks[i] = compose_attributes(marks[i], attributes, False)
    for seam in range(last, first - 1, -1):
        _join(leaf, seam)


def _halve(leaf: _Leaf) -> _Leaf:
    """Split a leaf that grew too long, or too rich in runs; not inside a surrogate pair."""
    values = leaf.values
    if leaf.length <= MAX_UNITS:
        offset = 0
        for value in values[: len(values) >> 1]:
            offset += len(value)
        return _split(leaf, offset)
    half = leaf.length >> 1
    offset = half
    for value in values:
        if offset < len(value):
            if isinstance(value, str) and cuts_pair(value, offset):
                half += 1
            break
        offset -= len(value)
    return _split(leaf, half)


def _split(leaf: _Leaf, offset: int) -> _Leaf:
    """Take what lies after `offset` out of a leaf, as a leaf of its own."""
    i = _divide(leaf, offset)
    after = _Leaf(leaf.values[i:], leaf.marks[i:], leaf.length - offset)
    del leaf.values[i:]
    del leaf.marks[i:]
    leaf.length = offset
    return after


def _read(leaf: _Leaf, skip: int, left: int, out: DeltaBuilder) -> int:
    """Write up to `left` units of a leaf, but for its first `skip`, to `out`; how many are still wanted."""
    i = 0
    for value in leaf.values:
        size = len(value)
        if skip >= size:
            skip -= size
        else:
            part = size - skip
            if part > left:
                part = left
            if part < size and isinstance(value, str):
                value = value[skip : skip + part]
            out.put(Insert(value, leaf.marks[i]))
            skip = 0
            left -= part
            if left == 0:
                return 0
        i += 1
    return left


def _leaves_of(ops: list[Op]) -> list[_Leaf]:
    """Leaves that hold these inserts, filled so that there is room to type."""
    leaves: list[_Leaf] = []
    leaf = _Leaf([], [], 0)
    for op in ops:
        start = 0
        while start < op.length:
            if leaf.length >= FILL_UNITS or len(leaf.values) >= MAX_RUNS // 2:
                leaves.append(leaf)
                leaf = _Leaf([], [], 0)
            value = op.value
            end = min(op.length, start + FILL_UNITS - leaf.length)
            if isinstance(value, str):
                if cuts_pair(value, end):
                    end += 1
                value = value[start:end]
            leaf.values.append(value)
            leaf.marks.append(op.attributes)
            leaf.length += end - start
            start = end
    if leaf.length:
        leaves.append(leaf)
    return leaves


def _chapters_of(leaves: list[_Leaf]) -> list[_Chapter]:
    size = MAX_LEAVES * 2 // 3
    return [_Chapter(leaves[i : i + size]) for i in range(0, len(leaves), size)]


def _volumes_of(chapters: list[_Chapter]) -> list[_Volume]:
    size = MAX_CHAPTERS * 2 // 3
    return [_Volume(chapters[i : i + size]) for i in range(0, len(chapters), size)]
