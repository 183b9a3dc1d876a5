"""Sealed segments give back every change as it was, and notice every damaged bit."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.convert import columns, segment
from octavo.convert.columns import Damaged
from octavo.convert.segment import Segment
from octavo.delta import Content, Delta
from octavo.protocol import Change, digest, ops_to_json
from tests.delta.deltas import histories

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["type", "back", "forward", "bold", "replace", "paste"]),
        st.integers(0, 40),
        st.integers(1, 6),
    ),
    max_size=12,
)


def typed(edits: list[tuple[str, int, int]]) -> list[Delta]:
    """Runs of what people do, so that every shape comes up."""
    out: list[Delta] = [Delta().insert("x" * 60 + "\n")]
    for kind, place, count in edits:
        for number in range(count):
            delta = Delta()
            if kind == "type":
                delta = delta.retain(place + number).insert("aé日\n"[number % 4])
            elif kind == "back":
                delta = delta.retain(place + count - number).delete(1)
            elif kind == "forward":
                delta = delta.retain(place).delete(1)
            elif kind == "bold":
                delta = delta.retain(place + number).insert("b", {"bold": True, "color": "#ff0000"})
            elif kind == "replace":
                delta = delta.retain(place).insert("ab😀").delete(count)
            else:
                delta = delta.retain(place).insert("pasted", {"bold": True})
            out.append(delta)
    return out


@st.composite
def logs(draw: st.DrawFn) -> list[Change]:
    """Changes as a log holds them: several clients, odd times, some transformed, some with `at` and origin."""
    deltas = draw(histories(6) | EDITS.map(typed))
    first = draw(st.integers(1, 100_000))
    revision, time = first, draw(st.integers(0, 2_000_000_000))
    out: list[Change] = []
    seqs: dict[int, int] = {}
    for delta in deltas:
        client = draw(st.integers(0, 2))
        seqs[client] = seqs.get(client, draw(st.integers(0, 9))) + draw(st.integers(1, 3))
        time += draw(st.sampled_from([0, 0, 1, 2, 4000, -1]))
        base = max(0, revision - 1 - draw(st.sampled_from([0, 0, 1, 5])))
        transformed = draw(st.booleans())
        one = Change(
            revision,
            delta,
            ops_to_json(delta),
            f"client-{client}",
            seqs[client],
            f"user-{client}",
            time,
            base,
            digest(base, Delta().insert("other") if transformed else delta),
            draw(st.none() | st.just("2026-11-20T22:00:00Z")),
            draw(st.none() | st.just(b'{"undo":7}')),
        )
        out.append(one)
        revision += 1
    return out


def without_digest(changes: list[Change]) -> list[Change]:
    return [replace(change, digest=b"") for change in changes]


@given(logs())
def test_every_log_comes_back(changes: list[Change]) -> None:
    found = Segment(segment.encode("d1", changes))
    first, last = changes[0].revision, changes[-1].revision
    assert (found.document_id, found.first, found.last) == ("d1", first, last)
    back = found.changes(first - 1, len(changes))
    assert without_digest(back) == without_digest(changes)
    latest = {change.client_id: change.revision for change in changes}
    for before, after in zip(changes, back, strict=True):
        follows = before.digest == digest(before.base_revision, before.delta)
        if follows or latest[before.client_id] == before.revision:
            assert after.digest == before.digest
        else:
            assert after.digest == b""


@given(logs(), st.data())
def test_pages_are_parts_of_the_whole(changes: list[Change], data: st.DataObject) -> None:
    found = Segment(segment.encode("d1", changes))
    first, last = changes[0].revision, changes[-1].revision
    after = data.draw(st.integers(first - 1, last))
    limit = data.draw(st.integers(0, len(changes) + 2))
    page = found.changes(after, limit)
    assert without_digest(page) == without_digest(changes[after - first + 1 :][:limit])


@given(EDITS.map(typed), st.data())
def test_the_short_way_to_a_content_ends_where_the_long_one_does(
    deltas: list[Delta], data: st.DataObject
) -> None:
    changes = [
        Change(n, delta, ops_to_json(delta), "c", n, "u", 0, n - 1, digest(n - 1, delta))
        for n, delta in enumerate(deltas, 1)
    ]
    found = Segment(segment.encode("d1", changes))
    middle = data.draw(st.integers(0, len(changes)))
    end = data.draw(st.integers(middle, len(changes)))
    content, expected = (
        Content.from_delta(Delta().insert("y" * 300)),
        Content.from_delta(Delta().insert("y" * 300)),
    )
    for delta in deltas[:middle]:
        expected.apply(delta)
    for delta in found.deltas(upto=middle):
        content.apply(delta)
    assert content.to_delta() == expected.to_delta()
    for delta in deltas[middle:end]:
        expected.apply(delta)
    for delta in found.deltas(after=middle, upto=end):
        content.apply(delta)
    assert content.to_delta() == expected.to_delta()


def test_typing_costs_less_than_half_a_byte() -> None:
    chance = random.Random(1)
    changes, time = [], 1_700_000_000
    text = "the quick brown fox jumps over the lazy dog and " * 400
    for n in range(1, 16_385):
        delta = Delta().retain(n - 1).insert(text[n - 1])
        time += chance.random() < 0.2
        changes.append(Change(n, delta, ops_to_json(delta), "c", n, "u", time, n - 1, digest(n - 1, delta)))
    assert len(segment.encode("d1", changes)) < 16_384 / 2


@settings(max_examples=30)
@given(logs(), st.data())
def test_no_damaged_bit_is_ever_read(changes: list[Change], data: st.DataObject) -> None:
    blob = bytearray(segment.encode("d1", changes))
    at = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[at // 8] ^= 1 << at % 8
    with pytest.raises(Damaged):
        Segment(bytes(blob))


@given(logs(), st.integers(0, 400))
def test_nor_is_one_cut_short(changes: list[Change], length: int) -> None:
    blob = segment.encode("d1", changes)
    with pytest.raises(Damaged):
        Segment(blob[: min(length, len(blob) - 1)])


@given(st.binary(max_size=300), st.sampled_from(["frame", "columns"]))
def test_hostile_bytes_are_refused_in_words(noise: bytes, where: str) -> None:
    """Bytes whose checksum is right: no `encode` wrote them, and nothing but Damaged may come of them."""
    import hashlib

    import zstandard

    raw = noise
    if where == "columns":
        lengths = [len(noise) // 12] * 11
        head = segment._encode(segment._Head("d", 1, 3, [("c", "u")], [*lengths, len(noise) - sum(lengths)]))
        prefix = bytearray()
        columns.put(prefix, len(head))
        raw = bytes(prefix) + head + noise
    frame = zstandard.ZstdCompressor().compress(raw)
    with pytest.raises(Damaged):
        Segment(segment.MAGIC + hashlib.sha256(frame).digest() + frame).changes(0, 10)


@given(st.lists(st.integers(-(2**53), 2**53)))
def test_columns_come_back(values: list[int]) -> None:
    assert columns.runs(columns.put_runs(values), len(values)) == values
    assert columns.steps(columns.put_steps(values), len(values)) == values
    out = bytearray()
    for value in values:
        columns.put(out, columns.fold(value))
    assert [columns.unfold(value) for value in columns.numbers(bytes(out))] == values


@pytest.mark.parametrize("column", [b"\x80", b"\xff" * 12 + b"\x01"])
def test_numbers_that_nobody_wrote(column: bytes) -> None:
    with pytest.raises(Damaged):
        columns.numbers(column)
    with pytest.raises(Damaged):
        columns.number_at(column, 0)


def test_columns_of_another_length() -> None:
    with pytest.raises(Damaged):
        columns.runs(columns.put_runs([1, 1, 2]), 4)
    with pytest.raises(Damaged):
        columns.runs(b"\x01", 1)
    with pytest.raises(Damaged):
        columns.steps(columns.put_steps([1, 1, 2]), 4)
