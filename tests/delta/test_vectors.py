"""vectors/delta, made by npm quill-delta: 20,000 answers that the browser is held to as well
(vectors/README.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from octavo.delta import Content, Delta
from octavo.delta.wire import from_wire, to_wire

VECTORS = Path(__file__).parents[2] / "vectors" / "delta"
Case = dict[str, Any]


def cases(name: str) -> list[Case]:
    found: list[Case] = msgspec.json.decode((VECTORS / f"{name}.json").read_bytes())
    return found


def read(case: Case, *names: str) -> list[Delta]:
    return [from_wire(case[name]) for name in names]


def test_there_are_20_000_cases() -> None:
    assert sum(len(cases(path.stem)) for path in VECTORS.glob("*.json")) == 20_000


def test_compose() -> None:
    for case in cases("compose"):
        a, b, expected = read(case, "a", "b", "expected")
        assert a.compose(b) == expected, case


def test_transform_after() -> None:
    for case in cases("transform_after"):
        a, b, expected = read(case, "a", "b", "expected")
        assert b.transform_after(a) == expected, case


def test_transform_before() -> None:
    for case in cases("transform_before"):
        a, b, expected = read(case, "a", "b", "expected")
        assert a.transform_before(b) == expected, case


def test_invert() -> None:
    for case in cases("invert"):
        content, a, expected = read(case, "content", "a", "expected")
        assert a.invert(content) == expected, case
        assert a.invert(Content.from_delta(content)) == expected, case
        assert content.compose(a).compose(expected) == content, case


def test_diff() -> None:
    for case in cases("diff"):
        a, b, expected = read(case, "a", "b", "expected")
        assert a.compose(expected) == b, case
        assert a.compose(a.diff(b)) == b, case
        from_wire(to_wire(a.diff(b)))  # in normal form, no pair cut


def test_transform_index() -> None:
    for case in cases("transform_index"):
        (a,) = read(case, "a")
        assert a.transform_index(case["index"], stick="left") == case["left"], case
        assert a.transform_index(case["index"], stick="right") == case["right"], case


@pytest.mark.parametrize("name", ["compose", "transform_after", "transform_before"])
def test_the_wire_form_goes_round(name: str) -> None:
    for case in cases(name):
        for member in ("a", "b", "expected"):
            assert to_wire(from_wire(case[member])) == case[member]
