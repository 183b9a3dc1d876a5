"""Terms of texts, queries, and passages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.convert.terms import (
    MOST_PARTS,
    Part,
    Passage,
    best_line,
    fold,
    parse,
    passage,
    ranges,
    spans,
    tokens,
)


def terms(text: str) -> list[str]:
    return [token.term for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("Straße ÉCOLE naïve cafe\u0301", ["strasse", "ecole", "naive", "cafe"]),
        ("İstanbul ıssız Łódź Ærø ΣΊΣΥΦΟΣ", ["istanbul", "issiz", "lodz", "aero", "σισυφοσ"]),
        ("Ёлка й ﬁne ２０２６ m²", ["елка", "и", "fine", "2026", "m2"]),
        ("don't snake_case a@b.de", ["don", "t", "snake", "case", "a", "b", "de"]),
        ("東京都", ["東京", "京都", "都"]),
        ("京", ["京"]),
        ("iPhone新型3台", ["iphone", "新型", "型", "3", "台"]),
        ("한국어 ガギ ｶﾞｷﾞ", ["한국", "국어", "어", "ガギ", "ギ", "ガギ", "ギ"]),
        ("ภาษา", ["ภา", "าษ", "ษา", "า"]),
        ("हिन्दी", ["हिन्दी"]),
        ("שָׁלוֹם مَرْحَبًا", ["שלום", "مرحبا"]),
        ("𠮷野 😀 — _ · \ud800", ["𠮷野", "野"]),
        ("", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("bud Rep", [Part(("bud",), True), Part(("rep",), True)]),
        ('"Annual Report" x', [Part(("annual", "report"), False), Part(("x",), True)]),
        ('never "closed phrase', [Part(("never",), True), Part(("closed", "phrase"), False)]),
        ("東京都", [Part(("東京", "京都"), True)]),
        ("京", [Part(("京",), True)]),
        ("東京2026", [Part(("東京",), True), Part(("2026",), True)]),
        ('"東京 tower 京都"', [Part(("東京", "京", "tower", "京都"), True)]),
        ("x x X", [Part(("x",), True)]),
        ('"" * ( - ^ : \x00 \'" NEAR', [Part(("near",), False)]),
        ("---", []),
    ],
)
def test_queries(query: str, parts: list[Part]) -> None:
    assert parse(query) == parts


def test_a_query_is_bounded() -> None:
    assert len(parse(" ".join(f"w{n}" for n in range(100)))) == MOST_PARTS
    assert parse("x " * 200 + "later") == [Part(("x",), True)]


@given(st.text())
def test_any_text_is_a_query_and_finds_itself(text: str) -> None:
    parts = parse(text)
    found = {part for part, _, _ in spans(text, parts)}
    if '"' not in text and not set(text) & set("“”„«»"):
        assert found == set(parts) or len(text) > 200 or not text.isascii()


@given(st.text(alphabet="ab é東京都ガ\u3099한 \n", max_size=30))
def test_every_word_of_a_text_finds_it(text: str) -> None:
    for token in tokens(text):
        piece = text[token.start : token.end]
        for part in parse(piece):
            assert spans(text, [part]), (piece, part)


@given(st.text(max_size=40), st.text(max_size=10))
def test_ranges_lie_in_the_text(text: str, query: str) -> None:
    end = 0
    for index, length in ranges(text, parse(query)):
        assert index >= end
        assert length > 0
        end = index + length
    assert end <= len(text.encode("utf-16-le", "surrogatepass")) // 2


def test_ranges_count_code_units() -> None:
    assert ranges("😀 Crème brûlée", parse("creme bru")) == ((3, 5), (9, 6))
    assert ranges("東京都庁", parse("京都")) == ((1, 2),)
    assert ranges("東京都庁", parse("京")) == ((1, 1),)
    assert ranges("東京都庁", parse("庁")) == ((3, 1),)
    assert ranges("a b a c", parse('"a c"')) == ((4, 3),)


def test_the_best_line_answers_most() -> None:
    lines = ["nothing", "only budget", "the report on budget", "report budget again"]
    assert best_line(lines, parse("budget report")) == "the report on budget"
    assert best_line(lines, parse("absent")) is None


def test_a_passage_is_cut_at_words() -> None:
    line = "word " * 100 + "needle in the hay " + "more " * 100
    found = passage(line, parse("needle"))
    ((index, length),) = found.ranges
    assert found.text[index : index + length] == "needle"
    assert found.text.startswith("… word ")
    assert found.text.endswith(" …")
    assert len(found.text) < 170
    assert passage("  short needle ", parse("need")) == Passage("short needle", ((6, 6),))
    giant = passage("x" * 1000 + " needle", parse("needle"))
    assert giant.text.endswith("needle")
    assert passage("y" * 1000, parse("needle")).ranges == ()


def test_folding_is_stable() -> None:
    for text in ("Straße", "ΰ", "İ", "ﬃ", "Ⅳ", "Ǆ"):
        assert fold(fold(text)) == fold(text)
