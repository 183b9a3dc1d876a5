"""Building, comparing and describing deltas; what must stay linear."""

from __future__ import annotations

import pytest

from octavo.delta import Content, Delete, Delta, DeltaBuilder, Insert, Retain
from octavo.delta.hunks import MAX_DIFFERENCES, hunks
from octavo.delta.ops import cuts_pair
from octavo.delta.wire import from_wire, to_wire
from octavo.errors import Invalid
from tests.delta.deltas import text


def test_a_chain_builds_normal_form() -> None:
    delta = Delta().retain(2).delete(1).insert("a").insert("b").delete(2).retain(3)
    assert to_wire(delta) == [{"retain": 2}, {"insert": "ab"}, {"delete": 3}]
    assert Delta().delete(1).insert("a") == Delta().insert("a").delete(1)
    assert Delta().retain(1).retain(2).insert("").delete(0).retain(-1).insert("x") == Delta().retain(
        3
    ).insert("x")
    assert Delta().retain(1, {"bold": True}).retain(1, {"bold": True}) == Delta().retain(2, {"bold": True})
    assert Delta().retain(5).is_empty
    assert Delta().insert("a", {}) == Delta().insert("a")


def test_each_call_gives_a_new_delta() -> None:
    start = Delta().retain(5)
    assert start.insert("x") == Delta().retain(5).insert("x")
    assert start.delete(1) == Delta().retain(5).delete(1)
    assert start == Delta()


def test_an_embed_has_one_key() -> None:
    with pytest.raises(Invalid, match="one key, not 2"):
        Delta().insert({"image": "x", "divider": True})


def test_deltas_compare_with_deltas_only() -> None:
    assert Delta().insert("a") != [Insert("a")]
    assert Delta().insert("a") != Delta()
    assert Delta().insert("a") != Delta().delete(1)
    assert Delta().insert("a") != Delta().insert("b")
    assert Delta().insert("a") != Delta().insert("a", {"bold": True})
    assert Delta().insert("a", {"bold": True}) != Delta().insert("a", {"italic": True})


def test_deltas_show_what_they_hold() -> None:
    delta = Delta().insert("a", {"bold": True}).retain(2, {"bold": None}).delete(3)
    assert repr(delta) == "Delta([Insert('a', {'bold': True}), Retain(2, {'bold': None}), Delete(3)])"
    assert repr(Content()) == "Content(1 units)"
    assert [type(op) for op in delta.ops] == [Insert, Retain, Delete]


def test_an_empty_change_changes_nothing() -> None:
    change = Delta().retain(1).insert("x")
    assert change.compose(Delta()) == change
    assert Delta().compose(change) == change
    assert change.transform_after(Delta()) == change
    assert Delta().transform_after(change).is_empty
    assert Delta().invert(text("a")).is_empty
    assert text("abc").compose(Delta([Retain(4)])) == text("abc")  # not in normal form, and harmless


def test_undoing_past_the_end_is_refused() -> None:
    with pytest.raises(Invalid, match="reaches 3 past the end"):
        Delta().delete(5).invert(text("a"))


def test_only_contents_can_be_compared() -> None:
    with pytest.raises(Invalid, match="only contents"):
        text("a").diff(Delta().retain(1).delete(1))


def test_building_composing_and_transforming_stay_linear() -> None:
    """Merging a long text over and over would copy gigabytes here, and take minutes."""
    count = 10_000
    long = DeltaBuilder()
    long.insert("x" * 500_000)
    for _ in range(count):
        long.retain(1)
        long.insert("y")
    change = long.build()
    gone = Delta().delete(count)
    moved = change.transform_after(gone)
    assert moved == Delta().insert("x" * 500_000 + "y" * count)
    plain = Delta().insert("z" * count)
    assert plain.compose(change).change_length == 500_000 + 2 * count


def test_texts_left_apart_while_building_are_joined_at_the_end() -> None:
    builder = DeltaBuilder()
    for _ in range(3):
        builder.insert("a" * 200)
    builder.insert({"divider": True})
    builder.insert("b" * 200, {"bold": True})
    builder.insert("b" * 200, {"bold": True})
    builder.insert("c", {"italic": True})
    builder.delete(1)
    expected = [
        {"insert": "a" * 600},
        {"insert": {"divider": True}},
        {"insert": "b" * 400, "attributes": {"bold": True}},
        {"insert": "c", "attributes": {"italic": True}},
        {"delete": 1},
    ]
    assert to_wire(builder.build()) == expected


def test_a_rest_is_joined_at_its_seam_only() -> None:
    change = from_wire(
        [
            {"delete": 1},
            {"retain": 1},
            {"insert": "a"},
            {"insert": "b", "attributes": {"i": 1}},
            {"delete": 2},
        ]
    )
    over = Delta().retain(1).delete(1)
    expected = [{"insert": "a"}, {"insert": "b", "attributes": {"i": 1}}, {"delete": 3}]
    assert to_wire(change.transform_after(over)) == expected
    assert to_wire(Delta().delete(2).compose(change)) == [
        {"delete": 3}, {"retain": 1}, {"insert": "a"}, {"insert": "b", "attributes": {"i": 1}}, {"delete": 2},
    ]  # fmt: skip


def test_a_difference_is_small() -> None:
    before = text("\n".join(f"line {number}" for number in range(2000)))
    after = before.compose(Delta().retain(5000).insert("here").retain(3000).delete(7).insert("there"))
    assert len(before.diff(after).ops) <= 8
    assert to_wire(text("Hello").diff(text("Hallo!"))) == [
        {"retain": 1}, {"insert": "a"}, {"delete": 1}, {"retain": 3}, {"insert": "!"},
    ]  # fmt: skip


def test_a_difference_sees_formats_and_embeds() -> None:
    bold = text("abc", bold=True)
    assert text("abc").diff(bold) == Delta().retain(3, {"bold": True})
    assert bold.diff(text("abc")) == Delta().retain(3, {"bold": None})
    one, other = Delta().insert({"image": "a"}).insert("\n"), Delta().insert({"image": "b"}).insert("\n")
    assert one.diff(other) == Delta().insert({"image": "b"}).delete(1)
    assert one.diff(Delta().insert({"image": "a"}, {"alt": "x"}).insert("\n")) == Delta().retain(
        1, {"alt": "x"}
    )


def test_lines_that_moved_keep_their_longest_order() -> None:
    a = "one\ntwo\nthree\nfour\nfive\n"
    b = "five\none\nthree\ntwo\nfour\n"
    assert rebuilt(a, b) == b
    assert text(a).compose(text(a).diff(text(b))) == text(b)


def test_past_a_limit_a_place_is_replaced_whole() -> None:
    a, b = "ab" * MAX_DIFFERENCES, "cd" * MAX_DIFFERENCES
    assert hunks(a, b) == [(0, len(a), 0, len(b))]


def rebuilt(a: str, b: str) -> str:
    out, at = [], 0
    for start, end, new_start, new_end in hunks(a, b):
        out += [a[at:start], b[new_start:new_end]]
        at = end
    return "".join([*out, a[at:]])


def test_a_pair_is_cut_only_inside_it() -> None:
    units = "a\ud83d\ude00"
    assert [cuts_pair(units, index) for index in range(-1, 5)] == [False, False, False, True, False, False]
