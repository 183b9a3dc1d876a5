"""Anchors move as the text does, and take back what a change gives back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from octavo.collab.anchors import Anchor, Step
from octavo.delta import Content, Delta, DeltaBuilder
from octavo.delta.ops import INSERT
from tests.delta.deltas import changes, contents, histories


def follow(content: Delta, anchor: Anchor, *deltas: Delta) -> Anchor:
    for delta in deltas:
        anchor = Step(delta, Content.from_delta(content)).move(anchor)
        content = content.compose(delta)
    return anchor


def span(anchor: Anchor) -> tuple[int, int]:
    return anchor.start, anchor.end


TEXT = Delta().insert("one two three\n")
TWO = Anchor(4, 7)


def test_what_is_typed_at_the_borders_stays_outside() -> None:
    assert span(follow(TEXT, TWO, Delta().retain(4).insert("x"))) == (5, 8)
    assert span(follow(TEXT, TWO, Delta().retain(7).insert("x"))) == (4, 7)
    assert span(follow(TEXT, TWO, Delta().retain(5).insert("x"))) == (4, 8)


def test_an_empty_anchor_stays_empty() -> None:
    gone = follow(TEXT, TWO, Delta().retain(4).delete(3))
    assert span(gone) == (4, 4)
    after = TEXT.compose(Delta().retain(4).delete(3))
    assert span(follow(after, gone, Delta().retain(4).insert("xyz"))) == (4, 4)


def test_undoing_the_deletion_brings_it_back() -> None:
    delete = Delta().retain(2).delete(8)
    assert span(follow(TEXT, TWO, delete)) == (2, 2)
    assert span(follow(TEXT, TWO, delete, delete.invert(TEXT))) == (4, 7)


def test_a_half_that_was_deleted_comes_back_at_its_side() -> None:
    for delete in (Delta().retain(2).delete(3), Delta().retain(6).delete(4)):
        assert span(follow(TEXT, TWO, delete, delete.invert(TEXT))) == (4, 7)


def test_it_comes_back_where_the_text_has_moved_to() -> None:
    delete = Delta().retain(4).delete(3)
    between = Delta().insert("zero ")
    assert span(follow(TEXT, TWO, delete, between, Delta().retain(9).insert("two"))) == (9, 12)


def test_other_text_at_that_place_is_not_taken_for_it() -> None:
    delete = Delta().retain(4).delete(3)
    assert follow(TEXT, TWO, delete, Delta().retain(4).insert("tw")).length == 0
    assert follow(TEXT, TWO, delete, Delta().retain(3).insert("two")).length == 0


def test_formats_do_not_matter_when_it_comes_back() -> None:
    delete = Delta().retain(4).delete(3)
    again = Delta().retain(4).insert("t", {"bold": True}).insert("wo")
    assert span(follow(TEXT, TWO, delete, again)) == (4, 7)


def test_the_two_halves_come_back_one_by_one() -> None:
    first, second = Delta().retain(4).delete(2), Delta().retain(4).delete(1)
    after = TEXT.compose(first)
    assert span(follow(TEXT, TWO, first, second, second.invert(after), first.invert(TEXT))) == (4, 7)


@given(st.data())
def test_it_stays_within_the_content_and_never_turns_round(data: st.DataObject) -> None:
    content, *deltas = data.draw(histories(6))
    ends = st.integers(0, content.change_length)
    start, end = sorted((data.draw(ends), data.draw(ends)))
    anchor = Anchor(start, end)
    for delta in deltas:
        step = Step(delta, Content.from_delta(content))
        moved = step.move(anchor)
        content = content.compose(delta)
        assert 0 <= moved.start <= moved.end <= content.change_length
        plain = not step.took_back(anchor, moved)
        assert plain or moved.length > 0
        anchor = moved


@given(st.data())
def test_an_undone_deletion_leaves_it_where_it_was(data: st.DataObject) -> None:
    """Of a change that inserts as well it is not so: what was put into the anchor belongs to it."""
    content = data.draw(contents())
    builder = DeltaBuilder()
    for op in data.draw(changes(content)).ops:
        if op.kind != INSERT:
            builder.put(op)
    delta = builder.build()
    ends = st.integers(0, content.change_length)
    start, end = sorted((data.draw(ends), data.draw(ends)))
    if start == end:
        return
    back = follow(content, Anchor(start, end), delta, delta.invert(content))
    assert (back.start, back.end) == (start, end)
