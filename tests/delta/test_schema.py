"""protocol.md section 6, value by value and place by place."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from octavo.delta import Content, Delta, schema
from octavo.delta.wire import from_content, from_wire
from octavo.errors import Invalid

ME = "user-1.abcdefghijklmnopqrstuv"
IMAGE = {"image": "/api/v1/images/i1"}

ALLOWED: list[tuple[str, list[Any], list[Any]]] = [
    ("bold", [True], [False, 1, "true", "", [True], {}]),
    ("italic", [True], [1.0]),
    ("underline", [True], ["yes"]),
    ("strike", [True], [0]),
    ("code", [True], ["python"]),
    ("script", ["sub", "super"], ["Sub", True, ""]),
    ("color", ["#00ff7F"], ["#fff", "red", "#00ff7g", "#00ff7f\n", "url(x)", 0]),
    ("background", ["#000000"], ["#0000000", "transparent"]),
    ("font", ["Georgia", "Roboto Mono"], ["Papyrus", "georgia", "Georgia;}", True]),
    ("size", [6, 96, 12.0], [5, 97, 12.5, "12", True, float("inf"), float("nan"), 10**400]),
    ("header", [1, 2.0, 6], [0, 7, 1.5, True, "1", 10**400]),
    ("list", ["bullet", "ordered", "checked", "unchecked"], ["disc", True]),
    ("indent", [1, 8], [0, 9, False]),
    ("align", ["center", "right", "justify"], ["left"]),
    ("direction", ["rtl"], ["ltr"]),
    ("line-height", [1, 1.0, 1.15, 1.5, 2, 2.5, 3], [1.2, True, "1.5", 4]),
    ("blockquote", [True], [1]),
    ("code-block", [True, "python", "c++", "objective-c"], [False, 1, "", "a b", "x" * 33, "<b>"]),
    ("width", [8, 4096, 100.5], [7, 4097, True, "100"]),
    ("alt", ["", "a 😀 here", "x" * 1000], ["x" * 1001, "😀" * 501, 5, "\ud83d"]),
    ("caption", ["below"], [None.__class__]),
    ("suggest-insert", [ME, "u.0123456789abcdef0123456789abcdef"], ["me", True, "u.short", f"a b{ME}", ME + "\n"]),
    (f"suggest-delete:{ME}", [True], [False, 1, ME]),
    (f"suggest-format:{ME}", [{"bold": True}, {"bold": None, "size": 12}],
     [True, {}, [], {"bold": 1}, {"wobble": True}, {"suggest-insert": ME}, {f"suggest-delete:{ME}": True}]),
]  # fmt: skip
LINES = {"header", "list", "indent", "align", "direction", "line-height", "blockquote", "code-block"}
IMAGES = {"width", "alt", "caption"}


def content_with(name: str, value: Any) -> Delta:
    """A content that carries the attribute where it may stand."""
    if name in IMAGES:
        return Delta().insert(IMAGE, {name: value}).insert("\n")
    if name in LINES:
        return Delta().insert("a").insert("\n", {name: value})
    return Delta().insert("a", {name: value}).insert("\n")


GOOD = [(name, value) for name, good, _ in ALLOWED for value in good]
BAD = [(name, value) for name, _, bad in ALLOWED for value in bad]


@pytest.mark.parametrize(("name", "value"), GOOD, ids=range(len(GOOD)))
def test_values_of_the_schema_are_allowed(name: str, value: Any) -> None:
    schema.check_content(content_with(name, value))
    schema.check(Delta().insert("\n", {name: value}) if name in LINES else Delta(), Content())


@pytest.mark.parametrize(("name", "value"), BAD, ids=range(len(BAD)))
def test_other_values_are_refused_with_the_name_and_the_place(name: str, value: Any) -> None:
    with pytest.raises(Invalid, match=r"ops\[[01]\]: ") as caught:
        schema.check_content(content_with(name, value))
    assert caught.value.code == "INVALID_OPERATION"
    assert len(caught.value.message) < 1200


LINKS = [
    "https://example.org/a?b=c#d",
    "HTTP://example.org",
    "mailto:ada@example.org",
    "#part-2",
    "https://例え.jp/😀",
]
NO_LINKS = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "\x01https://x",
    "java\nscript:alert(1)", "javascript&colon;alert(1)", "&#106;avascript:alert(1)", "%6aavascript:alert(1)",
    "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://x/1", "ftp://x", "//example.org", "/path",
    "example.org", "", "#", "https:", "https://", "https:///x", "http:javascript:alert(1)", "https://a b", "https://a\u00a0b",
    "\u00a0https://a", "https://a\u200bb", "https://a\u202eb", "https://a\ufeff", "https://a\n", "https://a\\b",
    'https://a"onclick="x', "https://a<b>", "mailto:", "mailto:a@b\r\nBcc: c@d", "https://a\ud83d", "https&colon;//a",
    "https://" + "x" * 2041, "https://" + "😀" * 1021, True, {"url": "https://a"}, 5,
]  # fmt: skip


@pytest.mark.parametrize("link", LINKS)
def test_links_of_the_allow_list(link: str) -> None:
    schema.check_content(content_with("link", link))
    schema.check_content(content_with("link", "https://" + "x" * 2040))


@pytest.mark.parametrize("link", NO_LINKS, ids=range(len(NO_LINKS)))
def test_links_off_the_allow_list(link: Any) -> None:
    with pytest.raises(Invalid, match="the attribute link must be"):
        schema.check_content(content_with("link", link))


@pytest.mark.parametrize(
    "embed",
    [
        {"image": "https://example.org/x.png"}, {"image": "/api/v1/images/../users"}, {"image": "/api/v1/images/"},
        {"image": "/api/v1/images/a\n"}, {"image": "data:image/png;base64,x"}, {"image": True}, {"divider": 1},
        {"divider": False}, {"page-break": "x"}, {"table-embed": {}}, {"video": "x"}, {"__proto__": {}},
        {"redacted": True}, {"formula": "<img onerror=1>"}, {"image": {"deep": [1]}},
    ],
)  # fmt: skip
def test_embeds_off_the_schema(embed: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"ops\[0\]"):
        schema.check(Delta().insert(embed), Content())


def test_embeds_of_the_schema() -> None:
    for embed in (IMAGE, {"divider": True}, {"page-break": True}):
        schema.check(Delta().insert(embed, {"bold": True}), Content())  # inline on an embed has no effect


@pytest.mark.parametrize(
    "name", ["wobble", "__proto__", "constructor", "", "Bold", "suggest-format", "x" * 5000]
)
def test_unknown_names_are_refused_even_to_remove_them(name: str) -> None:
    for value in (True, None):
        with pytest.raises(Invalid, match="no attribute of this schema") as caught:
            schema.check(Delta([*Delta().retain(1, {name: value}).ops]), Content())
        assert len(caught.value.message) < 200


@pytest.mark.parametrize("name", ["suggest-delete:", "suggest-format:me", "suggest-delete:a.b"])
def test_marks_end_in_a_suggestion_s_id(name: str) -> None:
    with pytest.raises(Invalid, match="does not end in a suggestion's id"):
        schema.check(Delta().insert("a", {name: True}), Content())


LAW = "ab\n😀c\n"  # units: a b \n 😀(3, 4) c \n


@pytest.mark.parametrize(
    ("ops", "reason"),
    [
        ([{"retain": 7}, {"insert": "x"}], r"ops\[1\]: inserts after the final newline"),
        ([{"retain": 12}, {"insert": "x"}], r"ops\[0\]: retain reaches 5 past the end"),
        ([{"delete": 8}], r"ops\[0\]: delete reaches 1 past the end"),
        ([{"retain": 6}, {"delete": 1}], r"ops\[1\]: deletes the final newline"),
        ([{"retain": 4}, {"insert": "x"}], r"ops\[1\]: begins inside a surrogate pair"),
        ([{"retain": 3}, {"delete": 1}], r"ops\[1\]: ends inside a surrogate pair"),
        ([{"retain": 4}, {"delete": 1}], r"ops\[1\]: begins inside a surrogate pair"),
        ([{"retain": 4, "attributes": {"bold": True}}], r"ops\[0\]: ends inside a surrogate pair"),
        ([{"retain": 3, "attributes": {"header": 1}}], "something else than newlines"),
        ([{"retain": 1, "attributes": {"header": None}}], "something else than newlines"),
        ([{"insert": "a\n", "attributes": {"list": "bullet"}}], "something else than newlines"),
        ([{"insert": IMAGE, "attributes": {"align": "center"}}], "something else than newlines"),
        ([{"insert": "a", "attributes": {"width": 100}}], "something else than an image"),
        ([{"insert": {"divider": True}, "attributes": {"alt": "x"}}], "something else than an image"),
        ([{"retain": 2, "attributes": {"alt": "x"}}], "something else than an image"),
        (
            [{"retain": 2, "attributes": {f"suggest-format:{ME}": {"header": 2}}}],
            "something else than newlines",
        ),
        ([{"retain": 6}, {"retain": 1, "attributes": {"suggest-insert": ME}}], "on the final newline"),
        ([{"retain": 7, "attributes": {f"suggest-delete:{ME}": True}}], "on the final newline"),
    ],
)
def test_an_operation_must_fit_the_content(ops: list[Any], reason: str) -> None:
    content = Content.from_delta(Delta().insert(LAW))
    with pytest.raises(Invalid, match=reason):
        schema.check(from_wire(ops), content)


@pytest.mark.parametrize(
    "ops",
    [
        [],
        [{"retain": 6}, {"insert": "x"}],
        [{"delete": 6}],
        [{"retain": 3}, {"insert": "x"}, {"delete": 2}],
        [{"retain": 7, "attributes": {"bold": True, "link": None}}],
        [{"retain": 2}, {"retain": 1, "attributes": {"header": 1, "list": "bullet", "bold": True}}],
        [{"retain": 6}, {"retain": 1, "attributes": {"align": "center", "header": None}}],
        [{"insert": "\n\n", "attributes": {"blockquote": True}}],
        [{"retain": 7, "attributes": {"suggest-insert": None, f"suggest-delete:{ME}": None}}],
        [{"retain": 2}, {"retain": 1, "attributes": {f"suggest-format:{ME}": {"header": 2, "bold": None}}}],
        [{"insert": IMAGE, "attributes": {"width": 100, "alt": "x", "link": "https://a.b"}}],
    ],
)
def test_an_operation_that_fits(ops: list[Any]) -> None:
    content = Content.from_delta(Delta().insert(LAW))
    schema.check(from_wire(ops), content)
    content.apply(from_wire(ops))
    schema.check_content(content.to_delta())


@pytest.mark.parametrize(
    ("ops", "reason"),
    [
        ([], "does not end in a newline"),
        ([{"insert": "abc"}], "does not end in a newline"),
        ([{"insert": {"divider": True}}], "does not end in a newline"),
        ([{"insert": "\n", "attributes": {"suggest-insert": ME}}], "on the final newline"),
        ([{"insert": "a\n", "attributes": {"header": 1}}], "something else than newlines"),
    ],
)
def test_content_from_outside_is_checked(ops: list[Any], reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        schema.check_content(from_content(ops))
    with pytest.raises(Invalid, match="inserts only"):
        schema.check_content(Delta().retain(1).insert("\n"))


def test_a_component_bears_a_bounded_number_of_attributes() -> None:
    marks = {
        f"suggest-delete:u{number}.abcdefghijklmnopqrstuv": True
        for number in range(schema.MAX_ATTRIBUTES + 1)
    }
    with pytest.raises(Invalid, match="has 101 attributes; at most 100"):
        schema.check(Delta().insert("x", marks), Content())


def test_image_attributes_may_be_set_on_an_image() -> None:
    content = Content.from_delta(Delta().insert(IMAGE).insert("\n"))
    schema.check(Delta().retain(1, {"width": 200, "caption": None}), content)


def test_the_description_says_what_is_checked() -> None:
    described = json.loads(json.dumps(schema.describe()))
    by_name = {entry["name"]: entry for entry in described["attributes"] if "name" in entry}
    for name, good, bad in ALLOWED:
        if name not in by_name:
            continue
        assert by_name[name]["on"] == (
            "line" if name in LINES else "image" if name in IMAGES else by_name[name]["on"]
        )
        assert all(fits(value, by_name[name]["values"]) for value in good)
        assert not any(fits(value, by_name[name]["values"]) for value in bad if is_json(value))
    assert [entry["name"] for entry in described["embeds"]] == ["image", "divider", "page-break"]
    marks = [re.compile(entry["pattern"]) for entry in described["attributes"] if "pattern" in entry]
    assert [bool(mark.match(f"suggest-delete:{ME}")) for mark in marks] == [True, False]


def is_json(value: Any) -> bool:
    """Whether JSON can say it: no infinity, nothing that is not a number, no half of a surrogate pair, no
    type.
    """
    try:
        return bool(json.dumps(value, allow_nan=False)) and value != "\ud83d"
    except (TypeError, ValueError):
        return False


def fits(value: Any, rule: dict[str, Any]) -> bool:
    """As much of JSON Schema as the description uses."""
    if "anyOf" in rule:
        return any(fits(value, one) for one in rule["anyOf"])
    if "enum" in rule:
        return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in rule["enum"])
    if rule["type"] == "string":
        if not isinstance(value, str) or not value.isascii():
            return (
                isinstance(value, str) and len(value.encode("utf-16-le", "replace")) // 2 <= rule["maxLength"]
            )
        return (
            len(value) <= rule["maxLength"]
            and re.search(rule.get("pattern", ""), value.replace("\n", "\0")) is not None
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    whole = rule["type"] == "number" or value == int(value)
    return bool(whole and rule["minimum"] <= value <= rule["maximum"])
