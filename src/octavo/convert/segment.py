"""Sealed segments: consecutive changes of one document as columns in one compressed frame.  Pure.

    blob    = MAGIC, SHA-256 of frame, frame
    frame   = zstd of: length of head, head (JSON), the columns one after another
    columns = who, seq, base         runs of equal numbers: client; seq and base against what was to be expected
              when                   seconds between changes, and how many changes share one
              shape                  runs of changes of one kind: typing, backspace, forward delete; or a single other
              place                  where a run begins, from where the one before left the caret
              lengths                of what is not counted by the shape
              text                   everything inserted, one text
              marks                  the attributes of typed runs, each once
              others                 ops as they are: whatever is not a run
              extras                 `at` and origin of those that have them
              digests                of operations as received, where they do not follow from the change

About half a byte a key press, from which every change is read back as it was.  One thing is given up: the digest of an
operation that was transformed before it was logged, unless it is its client's last one in the segment.  It only tells
a resend from another operation under the same seq, and only a client's last operation is ever resent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import zstandard

from octavo import protocol
from octavo.convert.columns import Damaged, fold, number_at, numbers, put, put_runs, put_steps, runs, steps
from octavo.delta import Delta
from octavo.delta.ops import (
    DELETE,
    INSERT,
    RETAIN,
    Attributes,
    Delete,
    Insert,
    Op,
    Retain,
    from_units,
    to_units,
)
from octavo.errors import OctavoError
from octavo.protocol import Change

MAGIC: Final = b"octseg1\n"
MOST_CHANGES: Final = 16_384
"""Of one segment as the server seals them; the format knows no limit."""

LEVEL: Final = 19
_MOST_BYTES: Final = 1 << 30  # of one frame unpacked; more is damage
_MOST_COUNT: Final = 1 << 26
_COLUMNS: Final = 12
_HASH: Final = 32

# Kinds of runs, the low two bits of a shape; the number of changes, or what other it is, stands above them.
_TYPED, _BACKSPACE, _FORWARD, _OTHER = range(4)
_SPLICE, _MARKED, _AS_IS = range(3)

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


class _Head(msgspec.Struct, frozen=True):
    document_id: str
    first: int
    count: int
    clients: list[tuple[str, str]]
    columns: list[int]


_head_decoder: Final = msgspec.json.Decoder(_Head)
_extras_decoder: Final = msgspec.json.Decoder(list[tuple[int, str | None, str | None]])
_marks_decoder: Final = msgspec.json.Decoder(list[dict[str, Any]])


# --- writing ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Edit:
    """A change that deletes `deleted` units at `index` and inserts `text` there."""

    index: int
    deleted: int
    text: str
    marks: Attributes | None


@dataclass(slots=True)
class _Shapes:
    """The columns that say what was changed, as they grow."""

    shape: bytearray = field(default_factory=bytearray)
    place: bytearray = field(default_factory=bytearray)
    lengths: bytearray = field(default_factory=bytearray)
    text: list[str] = field(default_factory=list)
    marks: dict[bytes, int] = field(default_factory=dict)
    others: list[bytes] = field(default_factory=list)
    caret: int = 0

    def run(self, kind: int, count: int, index: int, caret: int) -> None:
        put(self.shape, count << 2 | kind)
        put(self.place, fold(index - self.caret + (kind == _BACKSPACE)))
        self.caret = caret

    def as_is(self, ops: bytes) -> None:
        put(self.shape, _AS_IS << 2 | _OTHER)
        put(self.lengths, len(ops))
        self.others.append(ops)

    def marked(self, count: int, edit: _Edit, text: str) -> None:
        key = _encode(edit.marks)
        self.run(_OTHER, _MARKED, edit.index, edit.index + len(text))
        put(self.lengths, count)
        put(self.lengths, len(text))
        put(self.lengths, self.marks.setdefault(key, len(self.marks)))
        self.text.append(text)


def encode(document_id: str, changes: Sequence[Change]) -> bytes:
    """The segment of these changes, which follow one another and are at least one."""
    clients: dict[tuple[str, str], int] = {}
    who = [clients.setdefault((change.client_id, change.user_id), len(clients)) for change in changes]
    expected: dict[int, int] = {}
    seqs, bases = [], []
    for client, change in zip(who, changes, strict=True):
        seqs.append(change.seq - expected.get(client, 0))
        expected[client] = change.seq + 1
        bases.append(change.revision - 1 - change.base_revision)
    shapes = _shapes(changes)
    columns = [
        *(put_runs(who), put_runs(seqs), put_steps(change.timestamp for change in changes), put_runs(bases)),
        *(bytes(shapes.shape), bytes(shapes.place), bytes(shapes.lengths)),
        from_units("".join(shapes.text)).encode("utf-8", "surrogatepass"),
        b"" if not shapes.marks else b"[" + b",".join(shapes.marks) + b"]",
        b"".join(shapes.others),
        _extras(changes),
        _digests(who, changes),
    ]
    head = _encode(
        _Head(document_id, changes[0].revision, len(changes), list(clients), [len(part) for part in columns])
    )
    raw = bytearray()
    put(raw, len(head))
    frame = zstandard.ZstdCompressor(level=LEVEL, write_checksum=False).compress(
        bytes(raw) + head + b"".join(columns)
    )
    return MAGIC + hashlib.sha256(frame).digest() + frame


def _extras(changes: Sequence[Change]) -> bytes:
    found = [
        (index, change.at, None if change.origin is None else change.origin.decode())
        for index, change in enumerate(changes)
        if change.at is not None or change.origin is not None
    ]
    return _encode(found) if found else b""


def _digests(who: list[int], changes: Sequence[Change]) -> bytes:
    """Of each client's last change its digest, where it does not follow; of others only that it does not."""
    last = {client: index for index, client in enumerate(who)}
    flags: list[int] = []
    kept: list[bytes] = []
    for index, (client, change) in enumerate(zip(who, changes, strict=True)):
        if change.digest == protocol.digest(change.base_revision, change.delta):
            flags.append(0)
        elif last[client] == index and len(change.digest) == _HASH:
            flags.append(1)
            kept.append(change.digest)
        else:
            flags.append(2)
    if not any(flags):
        return b""
    column = bytearray()
    packed = put_runs(flags)
    put(column, len(packed))
    return bytes(column) + packed + b"".join(kept)


def _shapes(changes: Sequence[Change]) -> _Shapes:
    out = _Shapes()
    edits = [_edit(change) for change in changes]
    start = 0
    while start < len(edits):
        edit = edits[start]
        if edit is None:
            out.as_is(changes[start].ops)
            start += 1
        else:
            start = _put_run(out, edits, start, edit)
    return out


def _put_run(out: _Shapes, edits: list[_Edit | None], start: int, edit: _Edit) -> int:
    """Write the run that begins here; returns where the next one does."""
    index = edit.index
    if not edit.deleted and len(edit.text) == 1:
        end = _typed(edits, start, edit)
        text = "".join([found.text for found in edits[start:end] if found is not None])
        if edit.marks is not None:
            out.marked(end - start, edit, text)
            return end
        out.run(_TYPED, end - start, index, index + len(text))
        out.text.append(text)
        return end
    if edit.deleted == 1 and not edit.text:
        end = _deleted(edits, start, index, -1)
        if end > start + 1:
            out.run(_BACKSPACE, end - start, index, index - (end - start - 1))
            return end
        end = _deleted(edits, start, index, 0)
        if end > start + 1:
            out.run(_FORWARD, end - start, index, index)
        else:
            out.run(_BACKSPACE, 1, index, index)
        return end
    if edit.marks is not None and not edit.deleted:
        out.marked(1, edit, edit.text)
        return start + 1
    out.run(_OTHER, _SPLICE, index, index + len(edit.text))
    put(out.lengths, edit.deleted)
    put(out.lengths, len(edit.text))
    out.text.append(edit.text)
    return start + 1


def _typed(edits: list[_Edit | None], start: int, first: _Edit) -> int:
    end = start + 1
    while (
        end < len(edits)
        and (edit := edits[end]) is not None
        and not edit.deleted
        and len(edit.text) == 1
        and edit.index == first.index + (end - start)
        and _encode(edit.marks) == _encode(first.marks)
    ):
        end += 1
    return end


def _deleted(edits: list[_Edit | None], start: int, index: int, step: int) -> int:
    end = start + 1
    while (
        end < len(edits)
        and (edit := edits[end]) is not None
        and edit.deleted == 1
        and not edit.text
        and edit.index == index + step * (end - start)
    ):
        end += 1
    return end


def _edit(change: Change) -> _Edit | None:
    """The change as one edit, where that gives its ops back byte for byte; else it is kept as it is."""
    ops = change.delta.ops
    index = 0
    if ops and ops[0].kind == RETAIN and ops[0].attributes is None:
        index = ops[0].length
        ops = ops[1:]
    found = None
    if len(ops) == 1 and ops[0].kind == DELETE:
        found = _Edit(index, ops[0].length, "", None)
    elif ops and ops[0].kind == INSERT and isinstance(ops[0].value, str):
        if len(ops) == 1:
            found = _Edit(index, 0, ops[0].value, ops[0].attributes)
        elif len(ops) == 2 and ops[1].kind == DELETE and ops[0].attributes is None:
            found = _Edit(index, ops[1].length, ops[0].value, None)
    if found is None or _ops_json(found) != change.ops:
        return None
    return found


def _ops_json(edit: _Edit) -> bytes:
    parts = []
    if edit.index:
        parts.append(b'{"retain":%d}' % edit.index)
    if edit.text:
        text = _encode(from_units(edit.text))
        if edit.marks is None:
            parts.append(b'{"insert":%b}' % text)
        else:
            parts.append(b'{"insert":%b,"attributes":%b}' % (text, _encode(edit.marks)))
    if edit.deleted:
        parts.append(b'{"delete":%d}' % edit.deleted)
    return b"[" + b",".join(parts) + b"]"


# --- reading ----------------------------------------------------------------------------------------------------


class Segment:
    """A segment whose bytes are sound.  Everything raises Damaged for bytes that no `encode` wrote."""

    def __init__(self, blob: bytes) -> None:
        if not blob.startswith(MAGIC):
            raise Damaged("this is no segment that this Octavo knows")
        frame = blob[len(MAGIC) + _HASH :]
        if hashlib.sha256(frame).digest() != blob[len(MAGIC) : len(MAGIC) + _HASH]:
            raise Damaged("the checksum does not match")
        try:
            raw = zstandard.ZstdDecompressor().decompress(frame, max_output_size=_MOST_BYTES)
            length, start = number_at(raw, 0)
            head = _head_decoder.decode(raw[start : start + length])
        except (zstandard.ZstdError, msgspec.DecodeError, UnicodeDecodeError) as fault:
            raise Damaged(str(fault)) from fault
        start += length
        if (
            len(head.columns) != _COLUMNS
            or sum(head.columns) != len(raw) - start
            or not 1 <= head.count <= _MOST_COUNT
        ):
            raise Damaged("the columns do not fill the segment")
        self.document_id = head.document_id
        self.first = head.first
        self.last = head.first + head.count - 1
        self._count = head.count
        self._clients = head.clients
        self._columns: list[bytes] = []
        for length in head.columns:
            self._columns.append(raw[start : start + length])
            start += length
        self._runs = _runs_of(self._columns)
        if sum([run[1] for run in self._runs]) != head.count:
            raise Damaged("the shapes have another length than their segment")
        self._expanded: _Expanded | None = None

    def changes(self, after: int, limit: int) -> list[Change]:
        """Those of the changes after + 1 … after + limit that lie in this segment."""
        expanded = self._expanded
        if expanded is None:
            expanded = self._expanded = _Expanded(self._columns, self._runs, self._clients, self._count)
        start = max(after + 1, self.first) - self.first
        stop = min(after + limit, self.last) + 1 - self.first
        return [expanded.change(index, self.first + index) for index in range(start, stop)]

    def fold(self) -> None:
        """Give back the memory that reading change by change took; the next such reading takes it again."""
        self._expanded = None

    def deltas(self, *, upto: int | None = None, after: int = 0) -> list[Delta]:
        """What leads from the content at revision `after` (or the segment's beginning) to that at `upto` (or its end).

        Runs of typing and of deleting are one delta each: many fewer than changes.  For contents only; what
        is transformed must go over the changes one by one.
        """
        upto = self.last if upto is None else min(upto, self.last)
        skip = max(0, after - self.first + 1)
        return _deltas(self._runs, skip, upto - self.first + 1)


def _text_of(column: bytes) -> str:
    try:
        text = column.decode("utf-8", "surrogatepass")
        return text if text.isascii() else to_units(text)
    except (UnicodeDecodeError, OctavoError) as fault:
        raise Damaged("the text cannot be read") from fault


def _marks_of(column: bytes) -> list[Attributes]:
    try:
        return _marks_decoder.decode(column) if column else []
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Damaged("the attributes cannot be read") from fault


def _parse(ops: bytes) -> Delta:
    try:
        return protocol.ops_from_json(ops)
    except (msgspec.DecodeError, UnicodeDecodeError, OctavoError) as fault:
        raise Damaged(f"an operation cannot be read: {fault}") from fault


# kind (a shape's, or one of the others after _OTHER), changes in it, index of the first, units that it deletes, text
# that it inserts, its attributes (an operation as it is: its JSON in place of the text)
_Run = tuple[int, int, int, int, str, Attributes | None]


def _runs_of(columns: list[bytes]) -> list[_Run]:
    shape, place, lengths, text, marks, others = columns[4:10]
    places = iter(numbers(place))
    more = iter(numbers(lengths))
    units = _text_of(text)
    attributes = _marks_of(marks)
    caret = read = other = 0
    out: list[_Run] = []
    put_out = out.append
    try:
        for header in numbers(shape):
            kind, count = header & 3, header >> 2
            if kind == _OTHER and count == _AS_IS:
                length = next(more)
                put_out((_OTHER + _AS_IS, 1, 0, 0, others[other : other + length].decode(), None))
                other += length
                continue
            folded = next(places)
            index = caret + (folded >> 1 if not folded & 1 else -((folded + 1) >> 1))
            if kind == _TYPED:
                put_out((_TYPED, count, index, 0, units[read : read + count], None))
                read += count
                caret = index + count
            elif kind == _BACKSPACE:
                index -= 1
                put_out((_BACKSPACE, count, index, count, "", None))
                caret = index - count + 1
            elif kind == _FORWARD:
                put_out((_FORWARD, count, index, count, "", None))
                caret = index
            else:
                deleted = next(more)
                length = next(more)
                inserted = units[read : read + length]
                read += length
                caret = index + length
                if count == _SPLICE:
                    put_out((_OTHER, 1, index, deleted, inserted, None))
                else:
                    put_out((_OTHER + _MARKED, deleted, index, 0, inserted, attributes[next(more)]))
    except (StopIteration, IndexError, UnicodeDecodeError) as fault:
        raise Damaged("the columns end too soon") from fault
    return out


def _deltas(all_runs: list[_Run], skip: int, stop: int) -> list[Delta]:
    """The deltas of the changes skip … stop (without stop), counted from the segment's first."""
    out: list[Delta] = []
    put_out = out.append
    done = 0
    for run in all_runs:
        kind, count, index, deleted, text, marks = run
        if done < skip or done + count > stop:
            if done >= stop:
                break
            first, last = max(skip - done, 0), min(stop - done, count)
            done += count
            if first < last:
                out += _each(run)[first:last]
            continue
        done += count
        if kind in (_TYPED, _OTHER + _MARKED):
            put_out(Delta([Retain(index), Insert(text, marks)] if index else [Insert(text, marks)]))
        elif kind in (_BACKSPACE, _FORWARD):
            begin = index - count + 1 if kind == _BACKSPACE else index
            put_out(Delta([Retain(begin), Delete(deleted)] if begin else [Delete(deleted)]))
        else:
            put_out(_single(run))
    return out


def _single(run: _Run) -> Delta:
    kind, _, index, deleted, text, marks = run
    if kind == _OTHER + _AS_IS:
        return _parse(text.encode())
    ops: list[Op] = [Retain(index)] if index else []
    if text:
        ops.append(Insert(text, marks))
    if deleted:
        ops.append(Delete(deleted))
    return Delta(ops)


def _each(run: _Run) -> list[Delta]:
    """The changes of a run, one by one."""
    return [_single(edit) for edit in _edits(run)]


def _edits(run: _Run) -> list[_Run]:
    kind, count, index, _, text, marks = run
    if kind == _BACKSPACE:
        return [(_OTHER, 1, index - number, 1, "", None) for number in range(count)]
    if kind == _FORWARD:
        return [(_OTHER, 1, index, 1, "", None)] * count
    if kind == _TYPED or (kind == _OTHER + _MARKED and count > 1):
        return [(_OTHER, 1, index + number, 0, unit, marks) for number, unit in enumerate(text)]
    return [run]


class _Expanded:
    """Every change of a segment, to be made into a `Change` when it is asked for."""

    def __init__(
        self, columns: list[bytes], all_runs: list[_Run], clients: list[tuple[str, str]], count: int
    ) -> None:
        self._clients = clients
        self._edits = [edit for run in all_runs for edit in _edits(run)]
        self._who = runs(columns[0], count)
        self._times = steps(columns[2], count)
        self._bases = runs(columns[3], count)
        self._extras = _extras_of(columns[10])
        self._digests = _digests_of(columns[11], count)
        expected: dict[int, int] = {}
        self._seqs: list[int] = []
        for client, seq in zip(self._who, runs(columns[1], count), strict=True):
            if not 0 <= client < len(clients):
                raise Damaged("a client is not known")
            seq += expected.get(client, 0)
            expected[client] = seq + 1
            self._seqs.append(seq)

    def change(self, index: int, revision: int) -> Change:
        edit = self._edits[index]
        delta = _single(edit)
        kind, _, place, deleted, text, marks = edit
        ops = text.encode() if kind == _OTHER + _AS_IS else _ops_json(_Edit(place, deleted, text, marks))
        base = revision - 1 - self._bases[index]
        client_id, user_id = self._clients[self._who[index]]
        digest = self._digests.get(index)
        at, origin = self._extras.get(index, (None, None))
        return Change(
            revision,
            delta,
            ops,
            client_id,
            self._seqs[index],
            user_id,
            self._times[index],
            base,
            protocol.digest(base, delta) if digest is None else digest,
            at,
            None if origin is None else origin.encode(),
        )


def _extras_of(column: bytes) -> dict[int, tuple[str | None, str | None]]:
    try:
        found = _extras_decoder.decode(column) if column else []
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Damaged("times and origins cannot be read") from fault
    return {index: (at, origin) for index, at, origin in found}


def _digests_of(column: bytes, count: int) -> dict[int, bytes]:
    """What does not follow from the change: a digest, or nothing where none was kept."""
    if not column:
        return {}
    length, start = number_at(column, 0)
    flags = runs(column[start : start + length], count)
    start += length
    out: dict[int, bytes] = {}
    for index, flag in enumerate(flags):
        if flag == 1:
            out[index] = column[start : start + _HASH]
            start += _HASH
        elif flag:
            out[index] = b""
    if start != len(column):
        raise Damaged("the digests have another length")
    return out
