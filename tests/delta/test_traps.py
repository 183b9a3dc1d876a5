"""One test for each trap that others, or our prototypes, fell into; and the textbook examples by name."""

from __future__ import annotations

import random

import pytest

from octavo.delta import Content, Delta, DeltaBuilder
from octavo.delta.attributes import same_value
from octavo.delta.wire import from_wire, to_wire
from octavo.errors import Invalid
from tests.delta.deltas import text


def both_ways(content: Delta, logged: Delta, other: Delta) -> Delta:
    one = content.compose(logged).compose(other.transform_after(logged))
    assert one == content.compose(other).compose(logged.transform_before(other))
    return one


def test_example_hello_world_and_exclamation_mark_at_5() -> None:
    world, mark = Delta().retain(5).insert(" World"), Delta().retain(5).insert("!")
    assert both_ways(text("Hello"), world, mark) == text("Hello World!")
    assert both_ways(text("Hello"), mark, world) == text("Hello! World")


def test_example_beautiful_and_cruel_at_6() -> None:
    beautiful, cruel = Delta().retain(6).insert("Beautiful "), Delta().retain(6).insert("Cruel ")
    assert both_ways(text("Hello World"), beautiful, cruel) == text("Hello Beautiful Cruel World")


def test_example_insert_at_5_against_delete_at_3() -> None:
    insert, delete = Delta().retain(5).insert("X"), Delta().retain(3).delete(1)
    assert insert.transform_after(delete) == Delta().retain(4).insert("X")
    assert delete.transform_after(insert) == delete
    assert both_ways(text("abcdefg"), delete, insert) == text("abceXfg")


def test_example_abc_insert_at_0_against_delete_at_1() -> None:
    insert, delete = Delta().insert("X"), Delta().retain(1).delete(1)
    assert both_ways(text("abc"), insert, delete) == text("Xac")
    assert both_ways(text("abc"), delete, insert) == text("Xac")


def test_trap_01_priority_is_opposite_on_the_two_sides() -> None:
    red, blue = Delta().retain(3, {"color": "#ff0000"}), Delta().retain(3, {"color": "#0000ff"})
    assert both_ways(text("abc"), red, blue) == text("abc", color="#ff0000")  # the logged value stays
    assert blue.transform_after(red).is_empty
    assert red.transform_before(blue) == red


def test_trap_02_never_fold_history_before_transforming() -> None:
    first, second = Delta().retain(2).insert("S"), Delta().retain(1).delete(1)
    mine = Delta().retain(1).insert("X")
    content = text("abc").compose(first).compose(second)
    one_by_one = mine.transform_after(first).transform_after(second)
    folded = mine.transform_after(first.compose(second))
    assert content.compose(one_by_one) == text("aXSc")
    assert content.compose(folded) == text("aSXc")


@pytest.mark.parametrize(
    "ops",
    [
        [{"delete": 1}, {"insert": "x"}],
        [{"insert": "x"}, {"insert": "y"}],
        [{"retain": 1}, {"retain": 2}, {"insert": "x"}],
        [{"delete": 1}, {"delete": 2}],
        [{"insert": ""}],
        [{"retain": 0}, {"insert": "x"}],
        [{"insert": "x", "attributes": {}}],
    ],
)
def test_trap_03_another_form_than_the_normal_one_is_refused_on_receipt(ops: list[object]) -> None:
    with pytest.raises(Invalid, match="INVALID_OPERATION"):
        from_wire(ops)


def test_trap_04_text_is_counted_in_utf_16_units_and_no_pair_is_cut() -> None:
    smile = from_wire([{"insert": "a😀"}])
    assert smile.change_length == 3
    assert to_wire(smile) == [{"insert": "a😀"}]
    assert Content.from_delta(text("😀")).cuts_pair(1)
    for half in ("\ud83d", "\ude00", "a\ude00\ud83d"):
        with pytest.raises(Invalid, match="half a surrogate pair"):
            from_wire([{"insert": half}])
    grin, wink = text("a😀b"), text("a😁b")  # the pairs differ in one half only
    assert to_wire(grin.diff(wink)) == [{"retain": 1}, {"insert": "😁"}, {"delete": 2}]


def test_trap_05_true_is_not_1_and_false_is_not_0() -> None:
    runs = Delta().insert("a", {"flag": True}).insert("b", {"flag": 1}).insert("c", {"flag": False})
    assert len(runs.insert("d", {"flag": 0}).ops) == 4
    assert Delta().insert("a", {"flag": True}) != Delta().insert("a", {"flag": 1})
    assert Delta().insert({"e": {"f": [True]}}) != Delta().insert({"e": {"f": [1]}})
    assert Delta().insert("a", {"size": 2}) == Delta().insert("a", {"size": 2.0})  # numbers compare by value
    content = Content.from_delta(runs)
    content.apply(Delta().retain(2, {"flag": True}))
    assert content.slice(0, 2) == Delta().insert("ab", {"flag": True})
    assert Delta().retain(1, {"flag": 1}).invert(runs) == Delta().retain(1, {"flag": True})


def test_trap_06_embeds_have_length_1_and_never_merge() -> None:
    rules = Delta().insert({"divider": True}).insert({"divider": True})
    assert len(rules.ops) == 2
    assert rules.change_length == 2
    assert from_wire(to_wire(rules)) == rules
    content = Content.from_delta(rules.insert("\n"))
    content.apply(Delta().retain(1).insert({"divider": True}))
    assert len(content.to_delta().ops) == 4


def test_trap_07_null_is_dropped_on_an_insert_and_kept_on_a_retain() -> None:
    off = Delta().retain(3, {"bold": None})
    assert text("abc", bold=True).compose(off) == text("abc")
    assert Delta().insert("abc").compose(off) == Delta().insert("abc")
    assert Delta().retain(3, {"bold": True}).compose(off) == off
    assert Delta().insert("a", {"bold": None}) == Delta().insert("a")


def test_trap_08_invert_emits_real_changes_only() -> None:
    plain, bold = text("abc"), text("abc", bold=True)
    assert Delta().retain(3, {"bold": None}).invert(plain).is_empty
    assert Delta().retain(3, {"bold": True}).invert(bold).is_empty
    assert Delta().retain(3, {"bold": True}).invert(plain) == Delta().retain(3, {"bold": None})


def test_trap_09_undo_yields_to_what_came_later() -> None:
    content = text("abc")
    mine = Delta().retain(1).delete(1)
    undo = mine.invert(content)
    theirs = Delta().retain(1).insert("Y")  # typed where mine deleted, after it
    rebased = undo.transform_after(theirs)
    assert content.compose(mine).compose(theirs).compose(rebased) == text("aYbc")


def test_trap_10_the_buffer_passes_the_operation_in_flight_first() -> None:
    content = text("abc")
    in_flight, buffer = Delta().insert("XX"), Delta().retain(2).insert("Y")
    remote = Delta().retain(1).insert("R")
    shown = remote.transform_before(in_flight).transform_before(buffer)
    past_flight = remote.transform_before(in_flight)
    sent_later = buffer.transform_after(past_flight)
    here = content.compose(in_flight).compose(buffer).compose(shown)
    there = content.compose(remote).compose(in_flight.transform_after(remote)).compose(sent_later)
    assert here == there == text("XXYaRbc")
    assert buffer.transform_after(remote) != sent_later


def test_trap_11_ones_own_typing_pushes_the_caret_another_s_does_not() -> None:
    typed = Delta().retain(3).insert("xy")
    assert typed.transform_index(3, stick="right") == 5
    assert typed.transform_index(3, stick="left") == 3
    assert Delta().retain(1).delete(4).transform_index(3, stick="left") == 1


def test_trap_12_replicas_converge_whatever_a_crdt_would_have_made() -> None:
    chance = random.Random(12)
    for _ in range(50):
        content = text("".join(chance.choices("abc\n", k=20)))
        a, b = (typing(chance) for _ in range(2))
        both_ways(content, a, b)


def typing(chance: random.Random) -> Delta:
    builder = DeltaBuilder()
    for _ in range(5):
        builder.retain(chance.randrange(3))
        builder.insert(chance.choice("XYZ"))
        builder.delete(chance.randrange(2))
    return builder.build()


def test_values_compare_as_in_json() -> None:
    assert same_value({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]})
    assert not same_value({"a": 1}, {"b": 1})
    assert not same_value({"a": 1}, {"a": 1, "b": 2})
    assert not same_value([1], [1, 2])
    assert not same_value([True], [1])
    assert not same_value({"a": 1}, [1])
    assert not same_value([1], {"a": 1})
