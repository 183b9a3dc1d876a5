"""Delta: what a document is, and what happens to it, in one form (the JSON form is Quill's Delta).

The rules of composing and transforming are those of quill-delta; vectors/delta, made by it, hold us to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from octavo.delta.attributes import (
    compose_attributes,
    invert_attributes,
    same_attributes,
    same_value,
    yield_attributes,
)
from octavo.delta.ops import DELETE, INSERT, RETAIN, Attributes, Delete, Insert, Op, Retain, Value, to_units
from octavo.errors import Invalid

if TYPE_CHECKING:
    from octavo.delta.content import Content

_JOIN_AT_ONCE: Final = 256
"""Texts up to this length are joined as they meet, longer ones all together at the end: so building stays
linear.
"""


class Delta:
    """Ops in normal form: inserts alone are content, anything else is a change to content.

    Laws, each a property test and a vector file shared with the browser (`+` composes):
      grouping     (d + a) + b == d + (a + b)
      convergence  d + a + b.transform_after(a) == d + b + a.transform_before(b)
      undo         d + a + a.invert(d) == d
    Lengths and indexes are UTF-16 code units.  Nothing here changes its arguments.
    """

    __slots__ = ("_base_length", "_tail", "ops")

    def __init__(self, ops: list[Op] | None = None) -> None:
        """A delta over ops that are in normal form already; `DeltaBuilder` and `wire.from_wire` bring them
        there.
        """
        self.ops: list[Op] = [] if ops is None else ops
        self._base_length = -1
        self._tail = 0  # a plain retain at the end says nothing, but a chain of calls goes on behind it

    def __repr__(self) -> str:
        return f"Delta({self.ops!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Delta):
            return NotImplemented
        mine = self.ops
        theirs = other.ops
        if len(mine) != len(theirs):
            return False
        return all([_same_op(op, theirs[index]) for index, op in enumerate(mine)])

    def insert(self, value: Value, attributes: Attributes | None = None) -> Delta:
        """This delta, and then an insert.  For a few ops; a loop wants `DeltaBuilder`."""
        builder = self._builder()
        builder.insert(value, attributes)
        return builder.go_on()

    def retain(self, length: int, attributes: Attributes | None = None) -> Delta:
        """This delta, and then a retain.  A plain one shows only when something follows it."""
        builder = self._builder()
        builder.retain(length, attributes)
        return builder.go_on()

    def delete(self, length: int) -> Delta:
        """This delta, and then a delete."""
        builder = self._builder()
        builder.delete(length)
        return builder.go_on()

    def _builder(self) -> DeltaBuilder:
        builder = DeltaBuilder(self.ops, len(self.ops))
        builder.retain(self._tail)
        return builder

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not self.ops

    @property
    def is_content(self) -> bool:
        """Whether it holds inserts only."""
        return all([op.kind == INSERT for op in self.ops])

    @property
    def base_length(self) -> int:
        """How many units of the content before it this delta speaks of."""
        length = self._base_length
        if length < 0:
            length = 0
            for op in self.ops:
                if op.kind != INSERT:
                    length += op.length
            self._base_length = length
        return length

    @property
    def change_length(self) -> int:
        """By how many units it makes the content longer (negative: shorter)."""
        length = 0
        for op in self.ops:
            if op.kind == INSERT:
                length += op.length
            elif op.kind == DELETE:
                length -= op.length
        return length

    def compose(self, later: Delta) -> Delta:
        """One delta that does what this one and then `later` does."""
        if not self.ops:
            return later
        if not later.ops:
            return self
        return _compose(self.ops, later.ops)

    def transform_after(self, earlier: Delta) -> Delta:
        """This delta, moved to where `earlier`, made to the same content, has been applied.

        `earlier` is logged: where both insert at one place its text stands left, and it keeps the values it
        set.
        """
        return _transform(self, earlier, True)

    def transform_before(self, later: Delta) -> Delta:
        """This delta moved past `later`, which yields to it: the other half of
        `later.transform_after(self)`.
        """
        return _transform(self, later, False)

    def transform_index(self, index: int, *, stick: Literal["left", "right"]) -> int:
        """Where a caret at `index` stands after this delta.

        Text inserted exactly there leaves it on the left or pushes it to the right.
        """
        stays = stick == "left"
        offset = 0
        for op in self.ops:
            if offset > index:
                break
            if op.kind == DELETE:
                index -= min(op.length, index - offset)
                continue
            if op.kind == INSERT and (offset < index or not stays):
                index += op.length
            offset += op.length
        return index

    def invert(self, content: Delta | Content) -> Delta:
        """What undoes this delta; `content` is the content before it.

        It holds real changes only: an attribute that this delta set to the value it had stays out of it.
        """
        if isinstance(content, Delta):
            return _invert(self, content)
        return content.invert(self)

    def diff(self, other: Delta) -> Delta:
        """A change that turns this content into the content `other`.

        It never deletes the final newline nor inserts after it, and never cuts a surrogate pair.  Raises
        Invalid when either is not content.
        """
        from octavo.delta.difference import difference  # which builds deltas: a cycle at the top of the file

        if not (self.is_content and other.is_content):
            raise Invalid(
                "INVALID_OPERATION", "only contents (inserts alone) can be compared; one of these is a change"
            )
        return difference(self, other)


class DeltaBuilder:
    """Builds a delta in normal form, op by op, in linear time."""

    __slots__ = ("_keep", "_ops", "_seams")

    def __init__(self, start: list[Op] | None = None, count: int = 0) -> None:
        """Begin empty, or with the first `count` of ops that are in normal form."""
        self._ops: list[Op] = [] if start is None else start[:count]
        self._keep = 0  # a plain retain not written yet: neighbours join, and one at the end falls away
        self._seams = False  # whether texts lie side by side that `build` still has to join
        if count:
            last = self._ops[count - 1]
            if last.kind == RETAIN and last.attributes is None:
                self._keep = last.length
                self._ops.pop()

    def insert(self, value: Value, attributes: Attributes | None = None) -> None:
        """Add text or an embed (a one-key object).  Empty text and None attributes vanish, as in
        quill-delta.
        """
        if isinstance(value, str):
            value = to_units(value)
            if not value:
                return
        elif len(value) != 1:
            raise Invalid("INVALID_OPERATION", f"an embed is an object with one key, not {len(value)}")
        if attributes is not None:
            attributes = {name: item for name, item in attributes.items() if item is not None} or None
        self.put(Insert(value, attributes))

    def retain(self, length: int, attributes: Attributes | None = None) -> None:
        """Keep `length` units, with changed attributes.  Lengths below 1 vanish."""
        if length <= 0:
            return
        if not attributes:
            self._keep += length
            return
        ops = self._ops
        if self._keep:
            self._flush()
        elif ops:
            last = ops[-1]
            if last.kind == RETAIN and same_attributes(last.attributes, attributes):
                ops[-1] = Retain(last.length + length, attributes)
                return
        ops.append(Retain(length, attributes))

    def delete(self, length: int) -> None:
        """Remove `length` units.  Lengths below 1 vanish."""
        if length <= 0:
            return
        ops = self._ops
        if self._keep:
            self._flush()
        elif ops:
            last = ops[-1]
            if last.kind == DELETE:
                ops[-1] = Delete(last.length + length)
                return
        ops.append(Delete(length))

    def build(self) -> Delta:
        """The delta so far, without a plain retain at its end.  The builder is spent."""
        return Delta(_joined(self._ops) if self._seams else self._ops)

    def go_on(self) -> Delta:
        """The delta so far, to be continued by its own methods: they still know of a plain retain at its
        end.
        """
        delta = self.build()
        delta._tail = self._keep
        return delta

    def put(self, op: Op) -> None:
        """Add an insert as it is (for the algebra itself: nothing is checked)."""
        ops = self._ops
        if self._keep:
            self._flush()
            ops.append(op)
            return
        at = len(ops)
        if at and ops[at - 1].kind == DELETE:
            at -= 1  # normal form: within a run inserts stand before the delete
        if at:
            last = ops[at - 1]
            if last.kind == INSERT and same_attributes(last.attributes, op.attributes):
                text = last.value
                more = op.value
                if isinstance(text, str) and isinstance(more, str):
                    if len(text) + len(more) <= _JOIN_AT_ONCE:
                        ops[at - 1] = Insert(text + more, last.attributes)
                        return
                    self._seams = True
        if at == len(ops):
            ops.append(op)
        else:
            ops.insert(at, op)

    def rest(self, ops: list[Op], start: int) -> None:
        """Add ops[start:], which are in normal form: only the seam needs care."""
        count = len(ops)
        while start < count:
            op = ops[start]
            start += 1
            if op.kind == INSERT:
                self.put(op)
            elif op.kind == DELETE:
                self.delete(op.length)
            else:
                self.retain(op.length, op.attributes)
                if start < count:
                    if self._keep:
                        self._flush()
                    self._ops.extend(ops[start:])
                return

    def _flush(self) -> None:
        self._ops.append(Retain(self._keep, None))
        self._keep = 0


def _same_op(one: Op, other: Op) -> bool:
    if one is other:
        return True
    if one.kind != other.kind or one.length != other.length:
        return False
    if one.kind == INSERT and not same_value(one.value, other.value):
        return False
    return same_attributes(one.attributes, other.attributes)


def _joined(ops: list[Op]) -> list[Op]:
    """The same ops, each group of neighbouring texts with equal attributes joined into one."""
    out: list[Op] = []
    texts: list[str] = []
    for op in ops:
        value = op.value
        if op.kind == INSERT and isinstance(value, str):
            if texts and same_attributes(out[-1].attributes, op.attributes):
                texts.append(value)
                continue
            _close(out, texts)
            texts = [value]
        else:
            _close(out, texts)
            texts = []
        out.append(op)
    _close(out, texts)
    return out


def _close(out: list[Op], texts: list[str]) -> None:
    if len(texts) > 1:
        out[-1] = Insert("".join(texts), out[-1].attributes)


def _transform(delta: Delta, over: Delta, over_first: bool) -> Delta:
    """`delta` moved past `over`; `over_first` says who stands left and keeps its values."""
    ops = delta.ops
    others = over.ops
    if not ops or not others:
        return delta
    first = ops[0]
    if first.kind == RETAIN and first.attributes is None:
        apart = first.length - over.base_length
        if apart > 0 or (apart == 0 and over_first):  # all of `over` lies before: this delta only shifts
            length = first.length + over.change_length
            moved = ops[1:]
            if length:
                moved.insert(0, Retain(length, None))
            return Delta(moved)
    first = others[0]
    if first.kind == RETAIN and first.attributes is None:
        apart = first.length - delta.base_length
        if apart > 0 or (apart == 0 and not over_first):  # all of `over` lies behind
            return delta
    return _transform_ops(ops, others, over_first)


def _transform_ops(ops: list[Op], others: list[Op], over_first: bool) -> Delta:
    out = DeltaBuilder()
    i = 0
    j = 0
    own = ops[0]
    own_left = own.length
    other = others[0]
    other_left = other.length
    while True:
        if other.kind == INSERT and (over_first or own.kind != INSERT):
            out._keep += other.length
            other_left = 0
        elif own.kind == INSERT:
            out.put(own)
            own_left = 0
        else:
            length = own_left if own_left < other_left else other_left
            if other.kind == RETAIN:
                attributes = own.attributes
                if own.kind == DELETE:
                    out.delete(length)
                elif attributes is None:
                    out._keep += length
                elif over_first:
                    out.retain(length, yield_attributes(attributes, other.attributes))
                else:
                    out.retain(length, attributes)
            elif own.kind == DELETE:
                pass  # both deleted it
            own_left -= length
            other_left -= length
        if own_left == 0:
            i += 1
            if i == len(ops):
                return out.build()
            own = ops[i]
            own_left = own.length
        if other_left == 0:
            j += 1
            if j == len(others):
                break
            other = others[j]
            other_left = other.length
    _put_part(out, own, own.length - own_left)
    out.rest(ops, i + 1)
    return out.build()


def _put_part(out: DeltaBuilder, op: Op, start: int) -> None:
    """Add what of `op` lies after its first `start` units."""
    if op.kind == RETAIN:
        out.retain(op.length - start, op.attributes)
    elif op.kind == DELETE:
        out.delete(op.length - start)
    else:
        out.put(part(op, start, op.length, op.attributes))


def part(op: Op, start: int, end: int, attributes: Attributes | None) -> Op:
    """The insert of op's units start … end, with these attributes."""
    value = op.value
    if isinstance(value, str) and (start or end != op.length):
        return Insert(value[start:end], attributes)
    if attributes is op.attributes:
        return op
    return Insert(value, attributes)


def _put_formatted(out: DeltaBuilder, op: Op, start: int, length: int, change: Attributes | None) -> None:
    """Add `length` units of an insert or retain, with changed attributes."""
    attributes = op.attributes
    if change is not None:
        attributes = compose_attributes(attributes, change, op.kind == RETAIN)
    if op.kind == RETAIN:
        if attributes is None:
            out._keep += length
        else:
            out.retain(length, attributes)
    elif length == op.length and change is None:
        out.put(op)
    else:
        out.put(part(op, start, start + length, attributes))


def _compose(ops: list[Op], later: list[Op]) -> Delta:
    i = 0
    j = 0
    done = 0  # units of ops[i] that are dealt with
    then = later[0]
    left = then.length
    if then.kind == RETAIN and then.attributes is None:
        for first in ops:  # what a plain retain covers whole stays as it is
            if left == 0:
                break
            if first.kind != DELETE:
                if first.length > left:
                    break
                left -= first.length
            i += 1
        if left == 0:
            j = 1
            if j < len(later):
                then = later[1]
                left = then.length
    out = DeltaBuilder(ops, i)
    while i < len(ops) and j < len(later):
        first = ops[i]
        if then.kind == INSERT:
            out.put(then)
            left = 0
        elif first.kind == DELETE:
            out.delete(first.length)
            i += 1
            continue
        else:
            length = first.length - done
            if length > left:
                length = left
            if then.kind == DELETE:
                if first.kind == RETAIN:
                    out.delete(length)  # an insert and its deletion cancel out
            else:
                _put_formatted(out, first, done, length, then.attributes)
            left -= length
            done += length
            if done == first.length:
                i += 1
                done = 0
        if left == 0:
            j += 1
            if j < len(later):
                then = later[j]
                left = then.length
    if i < len(ops):
        _put_part(out, ops[i], done)
        out.rest(ops, i + 1)
    elif j < len(later):
        if left < then.length:
            _put_part(out, then, then.length - left)
            j += 1
        out.rest(later, j)
    return out.build()


def _invert(delta: Delta, content: Delta) -> Delta:
    out = DeltaBuilder()
    runs = content.ops
    i = 0
    done = 0
    for op in delta.ops:
        if op.kind == INSERT:
            out.delete(op.length)
            continue
        left = op.length
        while left:
            if i == len(runs):
                raise Invalid(
                    "INVALID_OPERATION",
                    f"the change reaches {left} past the end of the content it is undone on",
                )
            run = runs[i]
            length = min(run.length - done, left)
            if op.kind == DELETE:
                out.put(part(run, done, done + length, run.attributes))
            elif op.attributes is None:
                out.retain(length)
            else:
                out.retain(length, invert_attributes(op.attributes, run.attributes))
            left -= length
            done += length
            if done == run.length:
                i += 1
                done = 0
    return out.build()
