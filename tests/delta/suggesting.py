"""Hypothesis strategies for contents that bear suggestions of several people, and edits to them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from octavo.delta import Content, Delta, DeltaBuilder
from tests.delta.deltas import VALUES

IDS = [f"{user}.{number:022d}" for user in ("ada", "bob", "cyd") for number in (1, 2)]
FORMATS = st.dictionaries(
    st.sampled_from(["bold", "color"]), st.sampled_from([True, "#ff0000", None]), min_size=1
)
PLAIN = st.dictionaries(st.sampled_from(["bold", "color"]), st.sampled_from([True, "#ff0000"]))


@st.composite
def marks(draw: st.DrawFn, *, final: bool = False) -> dict[str, Any]:
    """Attributes of a run: plain ones, and any marks (of a final newline: formats only)."""
    found: dict[str, Any] = draw(PLAIN)
    if not final and draw(st.booleans()):
        found["suggest-insert"] = draw(st.sampled_from(IDS))
    if not final:
        found |= {f"suggest-delete:{one}": True for one in draw(st.sets(st.sampled_from(IDS), max_size=2))}
    for one in draw(st.sets(st.sampled_from(IDS), max_size=2)):
        found[f"suggest-format:{one}"] = draw(FORMATS)
    return found


@st.composite
def own_insertions(draw: st.DrawFn) -> dict[str, Any]:
    """Attributes of text that Ada suggests."""
    found: dict[str, Any] = draw(PLAIN)
    return found | {"suggest-insert": draw(st.sampled_from(IDS[:2]))}


@st.composite
def contents(draw: st.DrawFn, longest: int = 6) -> Delta:
    builder = DeltaBuilder()
    for _ in range(draw(st.integers(0, longest))):
        builder.insert(draw(VALUES), draw(marks()) or None)
    builder.insert("\n", draw(marks(final=True)) or None)
    return builder.build()


@st.composite
def edits(draw: st.DrawFn, content: Delta, attributes: st.SearchStrategy[dict[str, Any]] = PLAIN) -> Delta:
    """What somebody does who edits freely."""
    target = Content.from_delta(content)
    builder = DeltaBuilder()
    index = 0
    for kind in draw(st.lists(st.sampled_from(["insert", "retain", "format", "delete"]), max_size=6)):
        if kind == "insert":
            builder.insert(draw(VALUES), draw(attributes) or None)
            continue
        end = index + draw(st.integers(1, 6))
        end = min(end + target.cuts_pair(end), target.length - 1)
        if kind == "delete":
            builder.delete(end - index)
        else:
            builder.retain(end - index, draw(FORMATS) if kind == "format" else None)
        index = end
    return builder.build()
