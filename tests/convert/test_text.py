"""Plain text, counts and previews."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.convert.text import (
    PREVIEW_LINES,
    PREVIEW_UNITS,
    Counts,
    count,
    plain_text,
    preview,
)
from octavo.delta import Delta, suggestions, wire
from tests.delta.deltas import contents


def content(*ops: object) -> Delta:
    return wire.from_content(list(ops))


@pytest.mark.parametrize(
    ("text", "words", "characters"),
    [
        ("", 0, 0),
        ("\n", 0, 0),
        ("Hello, world!\n", 2, 13),
        ("don't  e.g. well-known 3.14 1,000\n", 5, 33),
        ("— … · ! ?", 0, 9),
        ("snake_case two\u200bparts", 3, 19),
        ("cafe\u0301 naïve", 2, 10),
        ("東京に行く", 5, 5),
        ("iPhoneを3台", 4, 9),
        ("한국어 문서", 2, 6),
        ("हिन्दी में", 2, 5),
        ("Привет, мир", 2, 11),
        ("👩‍👩‍👧 👍🏽 ❤️", 0, 5),
        ("𝒳𝒴 𠮷野家", 4, 6),
    ],
)
def test_counts(text: str, words: int, characters: int) -> None:
    assert count(text) == Counts(words, characters)


def test_the_text_leaves_out_what_is_only_suggested() -> None:
    delta = content(
        {"insert": "Dear "},
        {"insert": "old ", "attributes": {"suggest-delete:u1.a": True, "bold": True}},
        {"insert": "new ", "attributes": {"suggest-insert": "u1.a"}},
        {"insert": "Ada😀"},
        {"insert": {"image": "/api/v1/images/i1"}},
        {"insert": "\n", "attributes": {"header": 1, "suggest-format:u1.b": {"header": 2}}},
    )
    assert plain_text(delta) == "Dear old Ada😀 \n"
    assert suggestions.rejected(delta) == content(
        {"insert": "Dear "},
        {"insert": "old ", "attributes": {"bold": True}},
        {"insert": "Ada😀"},
        {"insert": {"image": "/api/v1/images/i1"}},
        {"insert": "\n", "attributes": {"header": 1}},
    )


def test_a_preview_is_inert() -> None:
    delta = content(
        {"insert": "\n \n"},
        {"insert": "Title"},
        {"insert": "\n", "attributes": {"header": 1}},
        {"insert": {"image": "/api/v1/images/i1"}, "attributes": {"alt": "A"}},
        {"insert": "see", "attributes": {"link": "https://example.org", "bold": True}},
        {"insert": " it\n"},
    )
    assert preview(delta) == content(
        {"insert": "Title"},
        {"insert": "\n", "attributes": {"header": 1}},
        {"insert": "see", "attributes": {"bold": True}},
        {"insert": " it\n"},
    )
    assert preview(content({"insert": "\n\n \n"})) == content({"insert": "\n"})


def test_a_cut_line_keeps_its_format_and_whole_characters() -> None:
    delta = content(
        {"insert": "a😀😀bc"}, {"insert": "\n", "attributes": {"list": "bullet"}}, {"insert": "d\n"}
    )
    expected = content({"insert": "a😀"}, {"insert": "\n", "attributes": {"list": "bullet"}})
    assert preview(delta, units=4) == expected
    assert preview(content({"insert": "1\n2\n3\n"}), lines=2) == content({"insert": "1\n2\n"})


@given(contents(), st.integers(1, 5), st.integers(1, 9))
def test_every_preview_is_content(delta: Delta, lines: int, units: int) -> None:
    found = preview(delta, lines=lines, units=units)
    text = "".join(op.value for op in found.ops if isinstance(op.value, str))
    assert text.endswith("\n")
    assert 1 <= text.count("\n") <= lines
    assert len(text) - text.count("\n") <= units
    assert all(isinstance(op.value, str) and "link" not in (op.attributes or {}) for op in found.ops)
    assert found.is_content
    assert preview(found, lines=lines, units=units) == found


def test_the_default_bounds_hold() -> None:
    long = preview(content({"insert": "word " * 1000 + "\n"}))
    assert long.change_length == PREVIEW_UNITS + 1
    many = preview(content({"insert": "x\n" * 100}))
    assert many.change_length == 2 * PREVIEW_LINES
