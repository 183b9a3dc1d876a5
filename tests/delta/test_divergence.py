"""A long change over a long history: the same as one by one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.delta import Delta, DeltaBuilder
from octavo.delta import divergence as module
from octavo.delta.divergence import Divergence
from tests.delta.deltas import changes, contents


def one_by_one(delta: Delta, history: list[Delta]) -> Delta:
    for earlier in history:
        delta = delta.transform_after(earlier)
    return delta


def in_parts(delta: Delta, history: list[Delta]) -> Delta:
    divergence = Divergence(delta)
    for earlier in history:
        divergence.transform_after(earlier)
    return divergence.to_delta()


@st.composite
def away(draw: st.DrawFn) -> tuple[Delta, list[Delta]]:
    """A change, and the history that it has not seen."""
    content = draw(contents())
    mine = draw(changes(content))
    history = []
    for _ in range(draw(st.integers(1, 4))):
        history.append(draw(changes(content)))
        content = content.compose(history[-1])
    return mine, history


@given(away())
def test_the_same_as_one_by_one(found: tuple[Delta, list[Delta]]) -> None:
    mine, history = found
    assert in_parts(mine, history) == one_by_one(mine, history)


def scattered(rng: random.Random, length: int, ops: int) -> Delta:
    """A change with about so many ops, all over a content of this length."""
    out = DeltaBuilder()
    left = length - 1
    for _ in range(ops):
        step = min(left, rng.choice([0, 1, 1, 2, 3, 9]))
        left -= step
        out.retain(step, rng.choice([None, None, {"bold": True}, {"bold": None}]))
        if rng.random() < 0.6:
            out.insert(rng.choice("xyz") * rng.randint(1, 3), rng.choice([None, {"bold": True}]))
        if rng.random() < 0.5:
            gone = min(left, rng.randint(1, 4))
            left -= gone
            out.delete(gone)
    return out.build()


@pytest.mark.parametrize("seed", range(60))
def test_many_parts_under_many_changes(seed: int) -> None:
    """Parts are crossed, emptied and grown: far more ops than one part holds, with deletions at the seams."""
    rng = random.Random(seed)
    length = rng.choice([300, 1500])
    mine = scattered(rng, length, rng.choice([module.PART, 200, 600]))
    history: list[Delta] = []
    for _ in range(rng.choice([3, 40])):
        if rng.random() < 0.2:
            earlier = scattered(rng, length, rng.choice([2, 80]))
        else:
            at = rng.randrange(length)
            earlier = Delta().retain(at).insert("theirs")
            if rng.random() < 0.6:
                earlier = earlier.delete(min(rng.choice([1, 5, 60, 400]), length - 1 - at))
        history.append(earlier)
        length += earlier.change_length
    assert in_parts(mine, history) == one_by_one(mine, history)
