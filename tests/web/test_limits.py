"""Buckets and nesting."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.web.limits import Bucket, Buckets, too_deep


def depth(value: Any) -> int:
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 0


values = st.recursive(
    st.none() | st.text('[]{}"\\a') | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('[{"\\', max_size=2), inner, max_size=3)
    ),
    max_leaves=40,
)


@given(values, st.integers(1, 5))
def test_nesting_is_what_a_reader_would_count(value: Any, limit: int) -> None:
    assert too_deep(json.dumps(value).encode(), limit) == (depth(value) > limit)


@pytest.mark.parametrize("nested", [9, 20_000, 500_000])
def test_deep_nesting_is_seen_without_recursion(nested: int) -> None:
    assert too_deep(b"[" * nested + b"]" * nested)
    assert not too_deep(b"[" * 8 + b"]" * 8)


def test_a_bucket() -> None:
    bucket = Bucket(rate=10, burst=2, now=0.0)
    assert [bucket.take(0.0), bucket.take(0.0)] == [0.0, 0.0]
    assert bucket.take(0.0) == pytest.approx(0.1)
    assert bucket.take(0.1) == 0.0
    assert not bucket.full(0.1)
    bucket.give_back()
    assert bucket.take(0.1) == 0.0
    assert bucket.full(100.0)
    assert bucket.take(100.0) == 0.0


def test_full_buckets_are_forgotten() -> None:
    buckets = Buckets(rate=1, burst=1)
    for number in range(1024):
        buckets.of(str(number), 0.0).take(0.0)
    assert buckets.of("1", 0.0) is buckets.of("1", 0.0)
    buckets.of("busy", 99.0).take(99.0)
    assert len(buckets) == 1
    assert buckets.of("busy", 99.0).take(99.0) > 0
