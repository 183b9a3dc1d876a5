"""Content against a plain list of units, and at sizes where its leaves split, join and go."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from octavo.delta import Content, Delta, DeltaBuilder
from octavo.errors import Invalid
from tests.delta.deltas import text

TRACE = Path(__file__).parent / "traces" / "sveltecomponent.json.gz"
MARKS: list[dict[str, Any] | None] = [
    None,
    {"bold": True},
    {"bold": None},
    {"italic": True},
    {"bold": None, "italic": None},
]


def test_an_empty_document_is_one_newline() -> None:
    assert Content().to_delta() == Delta().insert("\n")
    assert Content().length == 1
    assert Content().text() == "\n"


def test_content_may_be_empty_and_grow_again() -> None:
    content = Content.from_delta(Delta())
    assert content.length == 0
    assert content.to_delta().is_empty
    content.apply(Delta().insert("ab"))
    content.apply(Delta().delete(2))
    assert content.length == 0
    content.apply(Delta().insert({"divider": True}))
    assert content.text() == ""
    assert content.length == 1


def test_anything_but_inserts_is_no_content() -> None:
    with pytest.raises(Invalid, match="inserts only"):
        Content.from_delta(Delta().retain(1).insert("x"))


@pytest.mark.parametrize(
    "change",
    [
        Delta().retain(5).insert("x"),
        Delta().retain(3).delete(2),
        Delta().insert("x").retain(4).retain(1, {"bold": True}),
        Delta().delete(9),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(change: Delta) -> None:
    content = Content.from_delta(text("abc"))
    with pytest.raises(Invalid, match="past the end of a content of 4 units"):
        content.apply(change)
    assert content.to_delta() == text("abc")


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 1), (0, 5)])
def test_a_range_that_is_not_there_is_refused(start: int, end: int) -> None:
    with pytest.raises(Invalid, match=f"no range {start} to {end}"):
        Content.from_delta(text("abc")).slice(start, end)


def test_undoing_what_does_not_fit_is_refused() -> None:
    with pytest.raises(Invalid, match="no range"):
        Content().invert(Delta().delete(5))


def test_random_edits_on_a_long_content() -> None:
    """Against one string and one list of attributes, which cannot be wrong; leaves fill, split, join and
    vanish.
    """
    chance = random.Random(7)
    units = "".join(chance.choices("abcdefghij\n", k=60_000))
    marks: list[dict[str, Any]] = [{} for _ in units]
    content = Content.from_delta(Delta().insert(units))
    for step in range(1500):
        at = chance.randrange(len(units))
        size = chance.choice([1, 1, 1, 20, 400, 3000, 9000])
        kind = chance.random()
        if kind < 0.4:
            new = "".join(chance.choices("xyz", k=size))
            mark = {name: value for name, value in (chance.choice(MARKS) or {}).items() if value}
            content.apply(Delta().retain(at).insert(new, mark))
            units = units[:at] + new + units[at:]
            marks[at:at] = [mark] * size
        elif kind < 0.75:
            size = min(size * 2, len(units) - at)
            content.apply(Delta().retain(at).delete(size))
            units = units[:at] + units[at + size :]
            del marks[at : at + size]
        else:
            size = min(size, len(units) - at)
            change = chance.choice(MARKS) or {"bold": True}
            content.apply(Delta().retain(at).retain(size, change))
            for place in range(at, at + size):
                mixed = {**marks[place], **change}
                marks[place] = {name: value for name, value in mixed.items() if value is not None}
        if len(units) < 5000:
            content.apply(Delta().insert("q" * 30_000))
            units, marks = "q" * 30_000 + units, [{} for _ in range(30_000)] + marks
        assert content.length == len(units)
        if step % 100 == 0:
            assert content.to_delta() == run_by_run(units, marks)
    assert content.to_delta() == run_by_run(units, marks)
    assert content.text() == units


def run_by_run(units: str, marks: list[dict[str, Any]]) -> Delta:
    builder = DeltaBuilder()
    start = 0
    for end in range(1, len(units) + 1):
        if end == len(units) or marks[end] != marks[start]:
            builder.insert(units[start:end], marks[start])
            start = end
    return builder.build()


def test_a_million_units_are_pasted_deleted_and_brought_back() -> None:
    content = Content.from_delta(text("abc"))
    before = content.to_delta()
    paste = Delta().retain(1).insert("paste 😀\n" * 112_000)
    undo = content.invert(paste)
    content.apply(paste)
    assert content.length > 1_000_000
    again = content.invert(undo)
    content.apply(undo)
    assert content.to_delta() == before
    content.apply(again)
    everything = Delta().delete(content.length - 1)
    restore = content.invert(everything)
    content.apply(everything)
    assert content.text() == "\n"
    content.apply(restore)
    assert content.to_delta() == before.compose(paste)


def test_no_leaf_begins_inside_a_surrogate_pair() -> None:
    content = Content.from_delta(text("😀" * 5000))
    for _ in range(600):
        content.apply(Delta().retain(2001).insert("x"))
        content.apply(Delta().retain(4002 - 1001).insert("😀"))
    units = "".join(op.value for op in content.to_delta().ops if isinstance(op.value, str))
    for index in range(0, len(units), 7):
        inside = "\ud800" <= units[index - 1] <= "\udbff" and "\udc00" <= units[index] <= "\udfff"
        assert content.cuts_pair(index) == (index > 0 and inside)


def test_many_small_runs() -> None:
    content = Content.from_delta(text("0123456789" * 200))
    expected = content.to_delta()
    for place in range(0, 2000, 2):
        change = Delta().retain(place).retain(1, {"bold": True})
        content.apply(change)
        expected = expected.compose(change)
    embeds = Delta()
    for _ in range(200):
        embeds = embeds.retain(5).insert({"divider": True}, {"bold": True})
    for change in (embeds, Delta().retain(2100, {"bold": None}), Delta().retain(7).delete(1900)):
        content.apply(change)
        expected = expected.compose(change)
        assert content.to_delta() == expected


def test_a_real_editing_history() -> None:
    trace = json.loads(gzip.decompress(TRACE.read_bytes()))
    content = Content()
    undo: list[Delta] = []
    for transaction in trace["txns"]:
        for place, deleted, inserted in transaction["patches"]:
            change = Delta().retain(place).insert(inserted).delete(deleted)
            undo.append(content.invert(change))
            content.apply(change)
    assert content.text() == trace["endContent"] + "\n"
    for change in reversed(undo):
        content.apply(change)
    assert content.to_delta() == Delta().insert("\n")
