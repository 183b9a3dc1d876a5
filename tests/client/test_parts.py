"""Any delta, cut to any limits, comes to the same in the end, and each part keeps to them."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from octavo.client.parts import ENVELOPE_BYTES, first_part
from octavo.delta import Delta, DeltaBuilder, wire
from octavo.protocol import Limits

TEXTS = st.text(st.sampled_from('ab\n"\\\x01é日🙂'), min_size=1, max_size=60)
FORMATS = st.sampled_from([None, {"bold": True}, {"color": "#ff0000"}])
OPS: st.SearchStrategy[tuple[str, Any, Any]] = st.one_of(
    st.tuples(st.just("insert"), TEXTS, FORMATS),
    st.tuples(st.just("retain"), st.integers(1, 9), FORMATS),
    st.tuples(st.just("delete"), st.integers(1, 9), st.none()),
)


@st.composite
def deltas(draw: st.DrawFn) -> Delta:
    builder = DeltaBuilder()
    for kind, value, attributes in draw(st.lists(OPS, min_size=1, max_size=12)):
        if kind == "insert":
            builder.insert(value, attributes)
        elif kind == "retain":
            builder.retain(value, attributes)
        else:
            builder.delete(value)
    return builder.build()


@given(deltas(), st.integers(80, 400), st.integers(2, 20))
def test_parts_come_to_the_whole(delta: Delta, room: int, components: int) -> None:
    limits = Limits(message_bytes=ENVELOPE_BYTES + room, components=components)
    whole, rest, count = Delta(), None if delta.is_empty else delta, 0
    while rest is not None:
        part, rest = first_part(rest, limits)
        assert not part.is_empty
        assert len(part.ops) <= components
        assert len(msgspec.json.encode(wire.to_wire(part))) <= room + 2
        assert wire.from_wire(wire.to_wire(part)) == part
        whole = whole.compose(part)
        count += 1
        assert count < 2000
    assert whole == delta
