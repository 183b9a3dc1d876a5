"""The laws of the algebra, as properties."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from octavo.delta import Content, Delta
from octavo.delta.wire import from_content, from_wire, to_wire
from tests.delta.deltas import concurrent, contents, histories


@given(histories(3))
def test_grouping(history: list[Delta]) -> None:
    content, a, b, c = history
    assert content.compose(a).compose(b) == content.compose(a.compose(b))
    assert a.compose(b).compose(c) == a.compose(b.compose(c))


@given(concurrent())
def test_convergence(found: list[Delta]) -> None:
    content, a, b = found
    one = content.compose(a).compose(b.transform_after(a))
    other = content.compose(b).compose(a.transform_before(b))
    assert one == other


@given(histories(1))
def test_undo(history: list[Delta]) -> None:
    content, a = history
    assert content.compose(a).compose(a.invert(content)) == content
    assert a.invert(Content.from_delta(content)) == a.invert(content)


@given(histories(2), concurrent())
def test_every_result_is_in_normal_form(history: list[Delta], found: list[Delta]) -> None:
    content, a, b = history
    same, c, d = found
    for result in (
        a.compose(b),
        a.invert(content),
        content.compose(a).diff(content),
        c.transform_after(d),
        c.transform_before(d),
        c.compose(d.transform_after(c)),
        same.diff(content),
    ):
        assert from_wire(to_wire(result)) == result  # from_wire refuses any other form


@given(histories(3))
def test_applying_is_composing(history: list[Delta]) -> None:
    expected = history[0]
    content = Content.from_delta(expected)
    for change in history[1:]:
        content.apply(change)
        expected = expected.compose(change)
        assert content.to_delta() == expected
        assert content.length == expected.change_length
        assert Content.from_delta(expected).text() == content.text()


@given(contents(), st.data())
def test_a_slice_is_what_deleting_the_rest_leaves(content: Delta, data: st.DataObject) -> None:
    length = content.change_length
    start = data.draw(st.integers(0, length))
    end = data.draw(st.integers(start, length))
    rest = Delta().delete(start).retain(end - start).delete(length - end)
    assert Content.from_delta(content).slice(start, end) == content.compose(rest)


@given(contents(), contents())
def test_a_difference_leads_from_one_to_the_other(a: Delta, b: Delta) -> None:
    change = a.diff(b)
    assert a.compose(change) == b
    assert a.diff(a).is_empty
    # The final newline is neither deleted nor followed by anything.
    target = Content.from_delta(a)
    index = 0
    for op in change.ops:
        assert op.kind == 0 or index < target.length
        index += op.length if op.kind != 1 else 0
        assert op.kind != 2 or index < target.length


@given(histories(1), st.data())
def test_an_index_moves_with_the_text_around_it(history: list[Delta], data: st.DataObject) -> None:
    content, a = history
    length = content.change_length
    index = data.draw(st.integers(0, length))
    left = a.transform_index(index, stick="left")
    right = a.transform_index(index, stick="right")
    assert 0 <= left <= right <= length + a.change_length
    # A caret is what an insert there would do: its own text pushes it, another's does not when it sticks
    # left.
    mark = Delta().retain(index).insert("|")
    after = content.compose(a).compose(mark.transform_after(a))
    assert Content.from_delta(after).slice(right, right + 1) == Delta().insert("|")
    before = content.compose(a).compose(mark.transform_before(a))
    assert Content.from_delta(before).slice(left, left + 1) == Delta().insert("|")


@given(histories(1))
def test_lengths_add_up(history: list[Delta]) -> None:
    content, a = history
    assert a.base_length <= content.change_length
    assert content.compose(a).change_length == content.change_length + a.change_length


@given(contents())
def test_content_goes_round(content: Delta) -> None:
    assert from_content(to_wire(content)) == content
    copy = Content.from_delta(content).copy()
    assert copy.to_delta() == content
    copy.apply(Delta().insert("more"))
    assert Content.from_delta(content).to_delta() == content


@given(concurrent())
def test_nothing_changes_its_arguments(found: list[Delta]) -> None:
    before = [repr(delta) for delta in found]
    content, a, b = found
    a.compose(b.transform_after(a))
    a.transform_before(b)
    a.invert(content)
    content.diff(content.compose(a))
    Content.from_delta(content).apply(a)
    assert [repr(delta) for delta in found] == before
