"""Hypothesis strategies for contents, and for changes that fit them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from octavo.delta import Content, Delta, DeltaBuilder
from octavo.delta.ops import Value

WORDS: st.SearchStrategy[str] = st.sampled_from(
    ["a", "b", "ab", "Hi ", "\n", "\n\n", "é", "日本", "😀", "👩‍💻", "x" * 300]
)
EMBEDS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{"image": "/api/v1/images/a"}, {"image": "/api/v1/images/b"}, {"divider": True}]
)
VALUES: st.SearchStrategy[Value] = st.one_of(WORDS, EMBEDS)
# True and 1 are one for Python; a merge of runs by == would show.
SET = st.dictionaries(
    st.sampled_from(["bold", "color", "flag"]), st.sampled_from([True, 1, False, 0, "#ff0000"])
)
CHANGED = st.dictionaries(
    st.sampled_from(["bold", "color", "flag"]), st.sampled_from([True, 1, None, "#ff0000"])
)


@st.composite
def contents(draw: st.DrawFn, longest: int = 8) -> Delta:
    """Inserts, the last of them a newline."""
    builder = DeltaBuilder()
    for _ in range(draw(st.integers(0, longest))):
        builder.insert(draw(VALUES), draw(st.none() | SET))
    builder.insert("\n", draw(st.none() | SET))
    return builder.build()


@st.composite
def changes(draw: st.DrawFn, content: Delta) -> Delta:
    """A change that keeps the final newline and cuts no surrogate pair."""
    target = Content.from_delta(content)
    builder = DeltaBuilder()
    index = 0
    for kind in draw(st.lists(st.sampled_from(["insert", "retain", "format", "delete"]), max_size=8)):
        if kind == "insert":
            builder.insert(draw(VALUES), draw(st.none() | SET))
            continue
        end = index + draw(st.integers(1, 5) | st.integers(100, 400))
        if target.cuts_pair(end):
            end += 1
        end = min(end, target.length - 1)
        if kind == "delete":
            builder.delete(end - index)
        else:
            builder.retain(end - index, draw(CHANGED) if kind == "format" else None)
        index = end
    return builder.build()


@st.composite
def histories(draw: st.DrawFn, length: int) -> list[Delta]:
    """A content, and then changes made to it one after another."""
    content = draw(contents())
    found = [content]
    for _ in range(length):
        change = draw(changes(content))
        found.append(change)
        content = content.compose(change)
    return found


@st.composite
def concurrent(draw: st.DrawFn, count: int = 2) -> list[Delta]:
    """A content, and then changes all made to it."""
    content = draw(contents())
    return [content, *(draw(changes(content)) for _ in range(count))]


def text(value: str, **attributes: Any) -> Delta:
    """Content with a newline at its end."""
    return Delta().insert(value, attributes or None).insert("\n")
