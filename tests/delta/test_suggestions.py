"""The algebra of suggestions: its laws, and what each mark means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from octavo.delta import Content, Delta, DeltaBuilder, suggestions
from octavo.delta.attributes import same_value
from octavo.delta.ops import DELETE, INSERT
from octavo.errors import Denied
from tests.delta.deltas import changes
from tests.delta.suggesting import IDS, contents, edits, marks, own_insertions
from tools.vectors import suggestions as vectors

ADA, BOB = "ada." + "0" * 21 + "1", "bob." + "0" * 21 + "1"
NEW = "ada." + "9" * 22


def after(content: Delta, *steps: tuple[str, bool]) -> Delta:
    """Content after deciding on one suggestion after another."""
    for one, accept in steps:
        content = content.compose(suggestions.decide(content, [one], accept=accept))
    return content


def one_format_each(content: Delta) -> bool:
    """Whether no run bears two suggested formats that set one attribute."""
    for run in content.ops:
        names = [
            name
            for mark, value in (run.attributes or {}).items()
            if mark.startswith("suggest-format:")
            for name in value
        ]
        if len(names) != len(set(names)):
            return False
    return True


@given(contents())
def test_both_views_are_projections(content: Delta) -> None:
    for view in (suggestions.accepted, suggestions.rejected):
        seen = view(content)
        assert suggestions.ids_in(seen) == set()
        assert view(seen) == seen


@given(contents())
def test_rejecting_all_is_the_rejected_view(content: Delta) -> None:
    assert content.compose(suggestions.decide(content, None, accept=False)) == suggestions.rejected(content)


@given(contents(), st.permutations(IDS))
def test_one_by_one_in_any_order_is_all_at_once(content: Delta, order: list[str]) -> None:
    assert after(content, *((one, False) for one in order)) == suggestions.rejected(content)
    assume(one_format_each(content))
    assert after(content, *((one, True) for one in order)) == suggestions.accepted(content)


@given(contents())
def test_formats_that_meet_are_applied_in_order_of_id(content: Delta) -> None:
    assert after(content, *((one, True) for one in sorted(IDS))) == suggestions.accepted(content)


@given(contents(), st.sampled_from(IDS), st.booleans())
def test_a_decision_leaves_the_others_marks_on_what_stays(content: Delta, one: str, accept: bool) -> None:
    left = suggestions.ids_in(after(content, (one, accept)))
    assert one not in left
    assert left <= suggestions.ids_in(content)


@given(contents(), st.sampled_from(IDS), st.booleans())
def test_a_decision_is_undone_exactly(content: Delta, one: str, accept: bool) -> None:
    change = suggestions.decide(content, [one], accept=accept)
    assert content.compose(change).compose(change.invert(content)) == content


@given(st.data())
def test_a_suggested_edit_is_let_through_and_leaves_the_rejected_view_alone(data: st.DataObject) -> None:
    content = data.draw(contents())
    edit = data.draw(edits(content, marks()))
    made = suggestions.suggest(edit, Content.from_delta(content), NEW)
    suggestions.check(made, Content.from_delta(content), "ada")
    assert suggestions.rejected(content.compose(made)) == suggestions.rejected(content)
    again = suggestions.suggest(made, Content.from_delta(content), NEW)
    assert content.compose(again) == content.compose(made), "mending what needs none changes nothing"


@given(st.data())
def test_a_suggested_edit_accepted_is_the_edit(data: st.DataObject) -> None:
    content = suggestions.rejected(data.draw(contents()))
    edit = data.draw(edits(content))
    made = suggestions.suggest(edit, Content.from_delta(content), NEW)
    assert after(content.compose(made), (NEW, True)) == content.compose(edit)


def own_marks_only(content: Delta, edit: Delta, user_id: str) -> bool:
    """By the letter of the page, unit by unit: whether only this user's marks come and go."""

    def own(attributes: dict[str, Any]) -> bool:
        found = [suggestions.mark_id(name, value) for name, value in attributes.items()]
        return all(one is None or suggestions.author_of(one) == user_id for one in found)

    units = [op.attributes or {} for op in content.ops for _ in range(op.length)]
    index = 0
    for op in edit.ops:
        if op.kind == INSERT:
            if not own(op.attributes or {}):
                return False
            continue
        for before in units[index : index + op.length]:
            inserted = str(before.get("suggest-insert", ""))
            if op.kind == DELETE:
                if suggestions.author_of(inserted) != user_id and not own(before):
                    return False
                continue
            for name, value in (op.attributes or {}).items():
                changed = not same_value(before.get(name), value)
                if changed and not (own({name: value}) and own({name: before.get(name)})):
                    return False
        index += op.length
    return True


@given(st.data())
def test_exactly_that_is_let_through_which_the_page_says(data: st.DataObject) -> None:
    content = data.draw(contents())
    edit = data.draw(edits(content, marks()) | edits(content, own_insertions()) | changes(content))
    same = suggestions.rejected(content) == suggestions.rejected(content.compose(edit))
    try:
        suggestions.check(edit, Content.from_delta(content), "ada")
    except Denied:
        assert not (same and own_marks_only(content, edit, "ada"))
    else:
        assert same
        assert own_marks_only(content, edit, "ada")


def of(*runs: tuple[str, dict[str, Any]]) -> Delta:
    builder = DeltaBuilder()
    for value, attributes in runs:
        builder.insert(value, attributes or None)
    builder.insert("\n")
    return builder.build()


def refuse(content: Delta, delta: Delta) -> str:
    with pytest.raises(Denied) as fault:
        suggestions.check(delta, Content.from_delta(content), "ada")
    return fault.value.message


def test_text_without_a_mark_is_refused() -> None:
    assert "suggest-insert" in refuse(of(("Hi", {})), Delta().insert("x"))


def test_deleting_real_text_is_refused() -> None:
    refuse(of(("Hi", {})), Delta().delete(1))


def test_formatting_real_text_is_refused() -> None:
    refuse(of(("Hi", {})), Delta().retain(2, {"bold": True}))


def test_others_marks_stay() -> None:
    content = of(("Hi", {f"suggest-delete:{BOB}": True}), ("new", {"suggest-insert": BOB}))
    assert "another person's" in refuse(content, Delta().retain(2, {f"suggest-delete:{BOB}": None}))
    assert "another person's" in refuse(content, Delta().retain(2).delete(1))
    assert "another person's" in refuse(content, Delta().retain(2).retain(3, {"suggest-insert": ADA}))
    assert "another person's" in refuse(content, Delta().insert("x", {"suggest-insert": BOB}))


def test_the_own_suggested_insertion_takes_others_marks_along() -> None:
    content = of(("new", {"suggest-insert": ADA, f"suggest-delete:{BOB}": True}))
    suggestions.check(Delta().delete(3), Content.from_delta(content), "ada")


def test_clearing_the_own_insertion_would_make_it_real() -> None:
    refuse(of(("new", {"suggest-insert": ADA})), Delta().retain(3, {"suggest-insert": None}))


def test_what_only_seems_to_differ_is_let_through() -> None:
    suggestions.check(Delta().insert("a").retain(3).delete(1), Content.from_delta(of(("aaaa", {}))), "ada")


def test_a_suggested_split_is_taken_back_whole() -> None:
    content = DeltaBuilder()
    content.insert("HeadTail")
    content.insert("\n", {"header": 1})
    whole = content.build()
    edit = Delta().retain(4).insert("\n", {"header": 1}).retain(4).retain(1, {"header": None})
    made = suggestions.suggest(edit, Content.from_delta(whole), NEW)
    proposed = whole.compose(made)
    assert suggestions.rejected(proposed) == whole
    assert suggestions.accepted(proposed) == whole.compose(edit)


def test_the_suggestion_of_a_format_that_is_taken_back_is_gone() -> None:
    content = of(("Hi", {"bold": True}))
    first = suggestions.suggest(Delta().retain(2, {"bold": None}), Content.from_delta(content), NEW)
    proposed = content.compose(first)
    assert suggestions.ids_in(proposed) == {NEW}
    second = suggestions.suggest(Delta().retain(2, {"bold": True}), Content.from_delta(proposed), NEW)
    assert proposed.compose(second) == content


def test_deleting_twice_marks_once() -> None:
    content = of(("Hi", {f"suggest-delete:{ADA}": True}))
    assert suggestions.suggest(Delta().delete(2), Content.from_delta(content), NEW).is_empty


@given(contents())
def test_every_suggestion_is_found_where_it_is(content: Delta) -> None:
    found = suggestions.find(content)
    assert {one.id for one in found} == suggestions.ids_in(content)
    assert [one.index for one in found] == sorted(one.index for one in found)
    for one in found:
        covered = Content.from_delta(content).slice(one.index, one.index + one.length)
        assert one.id in suggestions.ids_in(Delta(covered.ops[:1]))
        assert one.id in suggestions.ids_in(Delta(covered.ops[-1:]))


def test_what_a_suggestion_is_about() -> None:
    content = of(
        ("colour", {f"suggest-delete:{ADA}": True}),
        ("color", {"suggest-insert": ADA, f"suggest-format:{BOB}": {"bold": True, "color": None}}),
    )
    replaced, formatted = suggestions.find(content)
    assert (replaced.kind, replaced.deleted, replaced.inserted) == ("replace", "colour", "color")
    assert (formatted.kind, formatted.formatted) == ("format", "color")
    assert formatted.formats == {"bold": True, "color": None}


def test_the_vectors_are_what_this_algebra_says() -> None:
    """The browser's twin is held to them; made anew they come out the same."""
    for name, rows in vectors.cases().items():
        assert (vectors.PLACE / f"{name}.json").read_text("utf-8") == vectors.text_of(rows), "make vectors"


def test_long_text_is_cut_between_characters() -> None:
    [found] = suggestions.find(of(("x" * 999 + "\ud83d\ude00", {"suggest-insert": ADA})))
    assert found.inserted == "x" * 999
