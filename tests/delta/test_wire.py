"""The strict reading of operations, with hostile input."""

from __future__ import annotations

from typing import Any

import pytest

from octavo.delta import Delta
from octavo.delta.wire import from_content, from_wire, to_wire
from octavo.errors import Invalid

REFUSED: list[tuple[Any, str]] = [
    (None, "ops must be a list of components, not null"),
    ({"insert": "x"}, "ops must be a list of components, not an object"),
    (["x"], r"ops\[0\]: a component is an object, not text"),
    ([{"retain": 1}, ["x"]], r"ops\[1\]: a component is an object, not a list"),
    ([{}], "and beside it only attributes"),
    ([{"move": 1}], "one of insert, retain and delete"),
    ([{"insert": "x", "delete": 1}], "more than one of insert, retain and delete"),
    (
        [{"insert": "x", "retain": 1, "attributes": {"bold": True}}],
        "more than one of insert, retain and delete",
    ),
    ([{"insert": "x", "origin": "me"}], "beside it only attributes"),
    ([{"insert": "x", "attributes": {"bold": True}, "origin": "me"}], "beside it only attributes"),
    ([{"retain": True}], "retain must be a whole number from 1 to 2.53 - 1, not true"),
    ([{"retain": False}], "not false"),
    ([{"retain": 3.0}], "not 3.0"),
    ([{"retain": -1}], "not -1"),
    ([{"retain": 0}], "not 0"),
    ([{"retain": 2**53}], "not so great a number"),
    ([{"delete": 10**5000}], "delete must be a whole number from 1 to 2.53 - 1, not so great a number"),
    ([{"delete": "3"}], "not text"),
    ([{"delete": None}], "not null"),
    ([{"retain": [1]}], "not a list"),
    ([{"retain": {"n": 1}}], "not an object"),
    ([{"insert": ""}], "an empty insert"),
    ([{"insert": None}], "text or an embed"),
    ([{"insert": 7}], "text or an embed"),
    ([{"insert": {}}], "exactly one key"),
    ([{"insert": {"image": "x", "divider": True}}], "exactly one key"),
    ([{"insert": "x", "attributes": {}}], "at least one member"),
    ([{"insert": "x", "attributes": None}], "must be an object"),
    ([{"insert": "x", "attributes": ["bold"]}], "must be an object"),
    ([{"insert": "x", "attributes": {"bold": None}}], "null in the attributes of an insert"),
    ([{"delete": 1, "attributes": {"bold": True}}], "a delete has no attributes"),
    ([{"delete": 1}, {"insert": "x"}], "normal form has the insert first"),
    ([{"delete": 1}, {"delete": 1}], "two deletes"),
    ([{"insert": "x"}, {"insert": "y"}], "two texts"),
    ([{"retain": 1, "attributes": {"a": 1}}, {"retain": 1, "attributes": {"a": 1}}], "two retains"),
    ([{"retain": 1}, {"retain": 1}, {"delete": 1}], "two retains"),
]


@pytest.mark.parametrize(("ops", "reason"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_malformed_is_refused_with_its_place_and_reason(ops: Any, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as caught:
        from_wire(ops)
    assert caught.value.code == "INVALID_OPERATION"
    assert len(caught.value.message) < 200


def test_a_plain_retain_at_the_end_is_ignored() -> None:
    assert from_wire([{"insert": "x"}, {"retain": 5}]) == Delta().insert("x")
    assert from_wire([{"retain": 5}]).is_empty
    assert from_wire([]).is_empty
    assert not from_wire([{"retain": 5, "attributes": {"bold": None}}]).is_empty


def test_neighbours_that_differ_stay_apart() -> None:
    ops = [
        {"retain": 1},
        {"retain": 1, "attributes": {"flag": True}},
        {"retain": 1, "attributes": {"flag": 1}},
        {"insert": "a"},
        {"insert": "b", "attributes": {"flag": 1}},
        {"insert": {"divider": True}},
        {"insert": {"divider": True}},
        {"delete": 1},
    ]
    assert to_wire(from_wire(ops)) == ops


def test_names_that_are_dangerous_elsewhere_are_harmless() -> None:
    attributes = {"__proto__": {"polluted": True}, "constructor": 1}
    delta = from_wire([{"retain": 1, "attributes": attributes}, {"insert": {"__proto__": 1}}])
    assert to_wire(delta)[0]["attributes"] == attributes
    assert delta.compose(delta).ops


def test_a_million_attributes_cost_linear_work() -> None:
    attributes = {f"name{number}": number for number in range(200_000)}
    other = {**attributes, "name199999": 0}
    delta = from_wire([{"retain": 1, "attributes": attributes}, {"retain": 1, "attributes": other}])
    assert len(delta.ops) == 2


def test_content_is_put_right_but_holds_inserts_only() -> None:
    assert from_content([{"insert": "a"}, {"insert": "😀\n"}]) == Delta().insert("a😀\n")
    assert from_content([]).is_empty
    with pytest.raises(Invalid, match=r"ops\[1\]: content holds inserts only"):
        from_content([{"insert": "a"}, {"retain": 1}])
    with pytest.raises(Invalid, match="must be a list of inserts, not text"):
        from_content("abc")
