"""Suggestions in the content (protocol.md section 6): their marks, deciding on them, and making an edit one.

A suggestion's id is `{user id}.{random}`, so whose it is needs no table.  Three marks bear it:
`suggest-insert` (its value is the id), `suggest-delete:{id}` and `suggest-format:{id}`.  Laws:

    accepted and rejected are projections: no mark is left, and a second time changes nothing
    deciding one by one, in any order, ends where deciding all at once does (but where two formats set one attribute)
    rejected(content) is the same before and after whatever `check` lets a commenter do
    check never refuses what `suggest` made of an edit
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from octavo.delta.attributes import diff_attributes, same_value
from octavo.delta.content import Content
from octavo.delta.delta import Delta, DeltaBuilder
from octavo.delta.ops import DELETE, INSERT, Attributes, Insert, Op, cuts_pair
from octavo.errors import Denied

INSERTED: Final = "suggest-insert"
DELETED: Final = "suggest-delete:"
FORMATTED: Final = "suggest-format:"
_MARK: Final = "suggest-"
SHOWN: Final = 1_000


def author_of(suggestion_id: str) -> str:
    """The user id in a suggestion's id."""
    return suggestion_id.rpartition(".")[0]


def mark_id(name: str, value: Any) -> str | None:
    """The suggestion's id that this attribute bears; None for one that is no mark, or takes one away."""
    if value is None or not name.startswith(_MARK):
        return None
    return str(value) if name == INSERTED else name[len(DELETED) :]  # both prefixes are equally long


def ids_in(delta: Delta) -> set[str]:
    """The suggestions whose marks this delta puts or, as content, bears."""
    return {
        found
        for op in delta.ops
        if op.attributes is not None
        for name, value in op.attributes.items()
        if (found := mark_id(name, value)) is not None
    }


# --- finding ----------------------------------------------------------------------------------------------------


class Found:
    """One suggestion as it stands in a content: from `index` its marks cover up to `length` units.

    `inserted` and `deleted` are the text (an embed is U+FFFC), cut after SHOWN code units; `formats` what shall
    be set, None for what shall go.
    """

    __slots__ = ("deleted", "formats", "formatted", "id", "index", "inserted", "length")

    def __init__(self, suggestion_id: str, index: int) -> None:
        self.id = suggestion_id
        self.index = index
        self.length = 0
        self.inserted = ""
        self.deleted = ""
        self.formatted = ""
        self.formats: Attributes = {}

    @property
    def kind(self) -> str:
        """`insert`, `delete`, `replace` or `format`."""
        if self.inserted:
            return "replace" if self.deleted else "insert"
        return "delete" if self.deleted else "format"


def find(content: Delta) -> list[Found]:
    """The suggestions in a content, in the order in which they begin."""
    found: dict[str, Found] = {}
    index = 0
    for run in content.ops:
        for name, value in (run.attributes or {}).items():
            one = mark_id(name, value)
            if one is None:
                continue
            entry = found.setdefault(one, Found(one, index))
            entry.length = index + run.length - entry.index
            text = run.value if isinstance(run.value, str) else "\ufffc"
            if name == INSERTED:
                entry.inserted = _shown(entry.inserted, text)
            elif name.startswith(DELETED):
                entry.deleted = _shown(entry.deleted, text)
            else:
                entry.formatted = _shown(entry.formatted, text)
                entry.formats = {**entry.formats, **value}
        index += run.length
    return list(found.values())


def _shown(before: str, more: str) -> str:
    text = before + more[: SHOWN + 1]
    return text[: SHOWN - cuts_pair(text, SHOWN)]


# --- deciding ---------------------------------------------------------------------------------------------------


def decide(content: Delta, ids: Collection[str] | None, *, accept: bool) -> Delta:
    """The change to `content` that accepts or rejects these suggestions (None: all of them).

    Formats are applied in order of id.  Empty when none of them is there.
    """
    out = DeltaBuilder()
    for run in content.ops:
        attributes = run.attributes
        chosen = None if attributes is None else _chosen(attributes, ids)
        if attributes is None or not chosen:
            out.retain(run.length)
            continue
        inserted = INSERTED in chosen
        deleted = any(name.startswith(DELETED) for name in chosen)
        if deleted if accept else inserted:
            out.delete(run.length)
            continue
        after = {name: value for name, value in attributes.items() if name not in chosen}
        if accept:
            after = _formatted(after, {name: attributes[name] for name in chosen})
        out.retain(run.length, diff_attributes(attributes, after))
    return out.build()


def accepted(content: Delta) -> Delta:
    """The content as if every suggestion were accepted."""
    return content.compose(decide(content, None, accept=True))


def rejected(content: Delta) -> Delta:
    """The content as if every suggestion were rejected: what exports, search and counts see."""
    out = DeltaBuilder()
    for op in content.ops:
        attributes = op.attributes
        if attributes is not None:
            if INSERTED in attributes:
                continue
            attributes = _plain(attributes)
        out.insert(op.value, attributes)
    return out.build()


def _chosen(attributes: Attributes, ids: Collection[str] | None) -> list[str]:
    return [
        name
        for name, value in attributes.items()
        if (found := mark_id(name, value)) is not None and (ids is None or found in ids)
    ]


def _formatted(attributes: Attributes, marks: Attributes) -> Attributes:
    for name in sorted(marks):
        if name.startswith(FORMATTED):
            attributes = {**attributes, **marks[name]}
    return {name: value for name, value in attributes.items() if value is not None}


def _plain(attributes: Attributes) -> Attributes | None:
    return {name: value for name, value in attributes.items() if not name.startswith(_MARK)} or None


# --- what somebody may do who may only suggest ------------------------------------------------------------------


def check(delta: Delta, content: Content, user_id: str) -> None:
    """Whether `delta`, which fits the schema, only suggests as `user_id`.  Raises Denied (FORBIDDEN).

    Rejecting every suggestion gives the same content before and after it, and it puts and takes away only this
    user's marks; whoever deletes text of an own suggested insertion takes other people's marks on it along.
    """
    same = True
    for start, part in _pieces(delta):
        before = content.slice(start, start + part.base_length)
        _check_marks(part, before, user_id)
        same = same and rejected(before) == rejected(before.compose(part))
    if same:
        return
    # Piece by piece it differs; a letter that moved past equal ones does not, seen whole.
    before = content.slice(0, delta.base_length)
    if rejected(before) != rejected(before.compose(delta)):
        raise Denied(
            "FORBIDDEN",
            "you may only suggest here: put text in with suggest-insert, mark what shall go with suggest-delete "
            "and what shall look otherwise with suggest-format",
        )


def _pieces(delta: Delta) -> Iterator[tuple[int, Delta]]:
    """The delta cut at its plain retains: where each piece starts in the content, and the piece."""
    index = start = 0
    ops: list[Op] = []
    for op in delta.ops:
        if op.kind != INSERT and op.kind != DELETE and op.attributes is None:
            if ops:
                yield start, Delta(ops)
            ops = []
            index += op.length
            start = index
            continue
        ops.append(op)
        if op.kind != INSERT:
            index += op.length
    if ops:
        yield start, Delta(ops)


def _check_marks(part: Delta, before: Delta, user_id: str) -> None:
    runs = _Runs(before)
    for op in part.ops:
        if op.kind == INSERT:
            _own(op.attributes, user_id)
            continue
        for run in runs.take(op.length):
            present: Attributes = run.attributes or {}
            if op.kind == DELETE:
                if not _owned(present.get(INSERTED), user_id):
                    _own(run.attributes, user_id)
                continue
            for name, value in (op.attributes or {}).items():
                if name.startswith(_MARK) and not same_value(present.get(name), value):
                    _own({name: value}, user_id)
                    _own({name: present.get(name)}, user_id)


def _own(attributes: Attributes | None, user_id: str) -> None:
    for name, value in (attributes or {}).items():
        found = mark_id(name, value)
        if found is not None and author_of(found) != user_id:
            raise Denied(
                "FORBIDDEN",
                f"the suggestion {found[:140]} is another person's: you may put and take away only your own marks",
            )


def _owned(suggestion_id: Any, user_id: str) -> bool:
    return isinstance(suggestion_id, str) and author_of(suggestion_id) == user_id


class _Runs:
    """Walks the runs of a content, cut where asked."""

    def __init__(self, content: Delta) -> None:
        self._ops = content.ops
        self._at = 0
        self._offset = 0

    def take(self, length: int) -> Iterator[Op]:
        """The next `length` units."""
        while length:
            op = self._ops[self._at]
            size = min(op.length - self._offset, length)
            value = op.value
            if isinstance(value, str):
                value = value[self._offset : self._offset + size]
            yield Insert(value, op.attributes)
            length -= size
            self._offset += size
            if self._offset == op.length:
                self._at += 1
                self._offset = 0


# --- making an edit a suggestion --------------------------------------------------------------------------------


def suggest(delta: Delta, content: Content, suggestion_id: str) -> Delta:
    """What an edit to `content` becomes when its author may only suggest, or wants to.

    Text comes in marked; what would be deleted is marked, but for one's own suggested insertions, which go; formats
    are kept in the mark, but on one's own suggested insertions, which take them.  Marks of one's own that the edit puts
    or takes on what is there, or brings back with its own suggested text (undo), stay; others are left out.  The
    final newline is not marked.  What replaces text comes behind it.
    """
    out = DeltaBuilder()
    index = 0
    waiting: list[Op] = []
    for op in delta.ops:
        if op.kind == INSERT:
            waiting.append(op)
            continue
        end = index + op.length
        if op.kind == DELETE:
            for run in content.slice(index, end).ops:
                _suggest_deletion(run, suggestion_id, out)
        _suggest_insertions(waiting, suggestion_id, out)
        if op.kind != DELETE and op.attributes is None:
            out.retain(op.length)
        elif op.kind != DELETE:
            for run in content.slice(index, end).ops:
                out.retain(run.length, _suggest_format(run, op.attributes or {}, suggestion_id))
        index = end
    _suggest_insertions(waiting, suggestion_id, out)
    return out.build()


def _suggest_insertions(waiting: list[Op], suggestion_id: str, out: DeltaBuilder) -> None:
    user_id = author_of(suggestion_id)
    for op in waiting:
        attributes: Attributes = op.attributes or {}
        if _owned(attributes.get(INSERTED), user_id):
            out.insert(op.value, _without_others(attributes, user_id))
        else:  # marks that a new line took over from the one it parts are not its own
            out.insert(op.value, {**(_plain(attributes) or {}), INSERTED: suggestion_id})
    waiting.clear()


def _without_others(attributes: Attributes, user_id: str) -> Attributes:
    return {
        name: value
        for name, value in attributes.items()
        if (found := mark_id(name, value)) is None or author_of(found) == user_id
    }


def _suggest_deletion(run: Op, suggestion_id: str, out: DeltaBuilder) -> None:
    user_id = author_of(suggestion_id)
    present: Attributes = run.attributes or {}
    if _owned(present.get(INSERTED), user_id):
        out.delete(run.length)
        return
    marked = any(name.startswith(DELETED) and author_of(name[len(DELETED) :]) == user_id for name in present)
    out.retain(run.length, None if marked else {DELETED + suggestion_id: True})


def _suggest_format(run: Op, change: Attributes, suggestion_id: str) -> Attributes | None:
    """The change of a run's attributes that suggests this change of them."""
    user_id = author_of(suggestion_id)
    present: Attributes = run.attributes or {}
    result: Attributes = {}
    wanted: Attributes = {}
    for name, value in change.items():
        if not name.startswith(_MARK):
            wanted[name] = value
        elif _own_mark(name, value, present, user_id):
            result[name] = value
    if _owned(present.get(INSERTED), user_id):
        return {**wanted, **result} or None
    mark = FORMATTED + suggestion_id
    pending = {**present.get(mark, {}), **wanted}
    kept = {name: value for name, value in pending.items() if not same_value(present.get(name), value)}
    if wanted and not same_value(present.get(mark), kept or None):
        result[mark] = kept or None
    return result or None


def _own_mark(name: str, value: Any, present: Attributes, user_id: str) -> bool:
    """Whether this change of a mark is one that its author may make: `suggest-insert` is not taken off or put on."""
    if name == INSERTED:
        return False
    return author_of(name[len(DELETED) :]) == user_id and not same_value(present.get(name), value)
