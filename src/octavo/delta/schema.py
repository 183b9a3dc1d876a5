"""The content schema, protocol.md section 6: which attributes and embeds exist, and where they may stand.

One table says it all: operations are checked by it, and `GET /api/v1/schema` is made from it.
"""

from __future__ import annotations

import re
from typing import Any, Final, NoReturn

from octavo.delta.content import Content
from octavo.delta.delta import Delta
from octavo.delta.ops import DELETE, INSERT, Attributes, Op, to_units
from octavo.errors import Invalid

FONTS: Final = [
    "Arial", "Calibri", "Cambria", "Comic Sans MS", "Courier New", "Garamond", "Georgia", "Helvetica", "Impact",
    "Inter", "Lato", "Merriweather", "Montserrat", "Open Sans", "Roboto", "Roboto Mono", "Source Code Pro", "Tahoma",
    "Times New Roman", "Trebuchet MS", "Verdana",
]  # fmt: skip

MAX_ATTRIBUTES: Final = 100
"""Attributes on one component: a retain multiplies them by the runs that it covers."""

_ID: Final = r"[A-Za-z0-9_~-]{1,64}\.[A-Za-z0-9_~-]{22,64}"
# Nothing that a browser skips or reads as a boundary: controls, blanks of any kind, invisible format
# characters, lone surrogates, quotes, angle brackets and backslashes.  Written so that it is also an
# ECMAScript pattern.
_NO_TRICKS: Final = (
    r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    r"\ufeff\ufff0-\uffff\ud800-\udfff\"<>\\^`{|}]"
)
LINK: Final = (
    rf"[Hh][Tt][Tt][Pp][Ss]?://(?![/?#]){_NO_TRICKS}+|[Mm][Aa][Ii][Ll][Tt][Oo]:{_NO_TRICKS}+|#{_NO_TRICKS}+"
)

TEXT: Final = 0
LINE: Final = 1
IMAGE: Final = 2
_PLACES: Final = ["text", "line", "image"]


class _Values:
    """Which values an attribute or embed may have: one of `choices`, a number in a range, or text of a
    pattern.
    """

    __slots__ = ("choices", "high", "limit", "low", "pattern", "source", "whole")

    def __init__(
        self,
        *,
        choices: list[Any] | None = None,
        low: int = 0,
        high: int = 0,
        whole: bool = False,
        pattern: str = "",
        limit: int = 0,
    ) -> None:
        self.choices = choices
        self.low = low
        self.high = high
        self.whole = whole
        self.source = pattern
        self.pattern = re.compile(pattern) if pattern else None
        self.limit = limit  # UTF-16 code units

    def allows(self, value: Any) -> bool:
        """Whether `value` is one of them; numbers compare by value, booleans are not numbers."""
        if self.choices is not None:
            for choice in self.choices:
                if value is choice or (_kind(value) == _kind(choice) and value == choice):
                    return True
            if self.pattern is None:
                return False
        if self.high:
            if _kind(value) != "number" or not self.low <= value <= self.high:
                return False
            return not self.whole or value == int(value)
        if not isinstance(value, str) or len(value) > self.limit or _units(value) > self.limit:
            return False
        return self.pattern is None or self.pattern.fullmatch(value) is not None

    def describe(self) -> dict[str, Any]:
        """The same as a JSON Schema."""
        if self.high:
            return {"type": "integer" if self.whole else "number", "minimum": self.low, "maximum": self.high}
        text: dict[str, Any] = {"type": "string", "maxLength": self.limit}
        if self.source:
            text["pattern"] = f"^(?:{self.source})$"
        if self.choices is None:
            return text
        choices: dict[str, Any] = {"enum": list(self.choices)}
        return {"anyOf": [choices, text]} if self.pattern else choices

    def __str__(self) -> str:
        if self.high:
            return f"a {'whole ' if self.whole else ''}number from {self.low} to {self.high}"
        words: list[str] = []
        if self.choices is not None:
            words = [{True: "true"}.get(choice, repr(choice)) for choice in self.choices]
        if self.pattern is not None:
            words.append(f"text of at most {self.limit} units that matches {self.source}")
        elif self.limit:
            words.append(f"text of at most {self.limit} units")
        return words[0] if len(words) == 1 else "one of " + ", ".join(words)


class _Attribute:
    __slots__ = ("place", "values")

    def __init__(self, place: int, values: _Values) -> None:
        self.place = place
        self.values = values


_TRUE: Final = _Values(choices=[True])
_SUGGESTION: Final = _Values(pattern=_ID, limit=129)
_COLOR: Final = _Values(pattern="#[0-9a-fA-F]{6}", limit=7)
_IMAGE_TEXT: Final = _Values(limit=1000)

_ATTRIBUTES: Final[dict[str, _Attribute]] = {
    "bold": _Attribute(TEXT, _TRUE),
    "italic": _Attribute(TEXT, _TRUE),
    "underline": _Attribute(TEXT, _TRUE),
    "strike": _Attribute(TEXT, _TRUE),
    "code": _Attribute(TEXT, _TRUE),
    "script": _Attribute(TEXT, _Values(choices=["sub", "super"])),
    "link": _Attribute(TEXT, _Values(pattern=LINK, limit=2048)),
    "color": _Attribute(TEXT, _COLOR),
    "background": _Attribute(TEXT, _COLOR),
    "font": _Attribute(TEXT, _Values(choices=list(FONTS))),
    "size": _Attribute(TEXT, _Values(low=6, high=96, whole=True)),
    "header": _Attribute(LINE, _Values(low=1, high=6, whole=True)),
    "list": _Attribute(LINE, _Values(choices=["bullet", "ordered", "checked", "unchecked"])),
    "indent": _Attribute(LINE, _Values(low=1, high=8, whole=True)),
    "align": _Attribute(LINE, _Values(choices=["center", "right", "justify"])),
    "direction": _Attribute(LINE, _Values(choices=["rtl"])),
    "line-height": _Attribute(LINE, _Values(choices=[1, 1.15, 1.5, 2, 2.5, 3])),
    "blockquote": _Attribute(LINE, _TRUE),
    "code-block": _Attribute(LINE, _Values(choices=[True], pattern=r"[A-Za-z0-9+#._-]+", limit=32)),
    "width": _Attribute(IMAGE, _Values(low=8, high=4096)),
    "alt": _Attribute(IMAGE, _IMAGE_TEXT),
    "caption": _Attribute(IMAGE, _IMAGE_TEXT),
    "suggest-insert": _Attribute(TEXT, _SUGGESTION),
}

_EMBEDS: Final[dict[str, _Values]] = {
    "image": _Values(pattern="/api/v1/images/[A-Za-z0-9_-]{1,64}", limit=79),
    "divider": _TRUE,
    "page-break": _TRUE,
}

_DELETION: Final = "suggest-delete:"
_FORMAT: Final = "suggest-format:"


def check(delta: Delta, content: Content) -> None:
    """Check an operation whole against the schema and the content that it is made to; look only where it
    touches.

    Raises Invalid (INVALID_OPERATION): past the end, the final newline deleted or followed, a surrogate pair
    cut, an attribute or embed that is unknown, has a wrong value or stands in a wrong place.
    """
    index = 0
    length = content.length
    for number, op in enumerate(delta.ops):
        if index > 0 and content.cuts_pair(index):
            _refuse(number, "begins inside a surrogate pair; an operation may not part one")
        end = index
        if op.kind != INSERT:
            end += op.length
            if end > length:
                verb = "delete" if op.kind == DELETE else "retain"
                _refuse(number, f"{verb} reaches {end - length} past the end")
            if op.kind == DELETE and end == length:
                _refuse(number, "deletes the final newline, which nobody may delete")
        elif index >= length:
            _refuse(number, "inserts after the final newline, where nothing may stand")
        attributes = op.attributes
        if op.kind == INSERT:
            _check_insert(op, number)
        elif attributes is not None:
            places = _check_attributes(attributes, number)
            if places > TEXT:
                _check_runs(content.slice(index, end).ops, places, number)
            if end == length:
                _check_final(attributes, number)
        index = end
    if content.cuts_pair(index):
        _refuse(len(delta.ops) - 1, "ends inside a surrogate pair; an operation may not part one")


def check_content(delta: Delta) -> None:
    """Check content from outside: inserts that fit the schema, the last of them ending in a newline.

    Raises Invalid (INVALID_OPERATION).
    """
    last: Op | None = None
    for number, op in enumerate(delta.ops):
        if op.kind != INSERT:
            _refuse(number, "content holds inserts only")
        _check_insert(op, number)
        last = op
    if last is None or not isinstance(last.value, str) or not last.value.endswith("\n"):
        raise Invalid(
            "INVALID_OPERATION", "the content does not end in a newline; add one as its last character"
        )
    if last.attributes is not None:
        _check_final(last.attributes, len(delta.ops) - 1)


def describe() -> dict[str, Any]:
    """The schema as JSON: for each attribute and embed where it stands and a JSON Schema of its values."""
    attributes: list[dict[str, Any]] = [
        {"name": name, "on": _PLACES[attribute.place], "values": attribute.values.describe()}
        for name, attribute in _ATTRIBUTES.items()
    ]
    attributes[-1]["on"] = "any"
    attributes.append({"pattern": f"^{_DELETION}{_ID}$", "on": "any", "values": _TRUE.describe()})
    values = {"type": "object", "minProperties": 1, "description": "name: new value, or null to remove it"}
    attributes.append({"pattern": f"^{_FORMAT}{_ID}$", "on": "any", "values": values})
    return {
        "attributes": attributes,
        "embeds": [{"name": name, "values": values.describe()} for name, values in _EMBEDS.items()],
        "reserved_embeds": ["table-embed"],
        "display_order": ["code-block", "header", "list", "blockquote"],
        "limits": {"attributes_per_component": MAX_ATTRIBUTES},
    }


def _check_insert(op: Op, number: int) -> None:
    value = op.value
    if not isinstance(value, str):
        _check_embed(value, number)
    attributes = op.attributes
    if attributes is not None:
        places = _check_attributes(attributes, number)
        if places > TEXT:
            _check_runs([op], places, number)


def _check_embed(embed: dict[str, Any], number: int) -> None:
    for name, value in embed.items():
        values = _EMBEDS.get(name)
        if name == "table-embed":
            _refuse(number, "table-embed is reserved; tables are not accepted yet")
        if values is None:
            _refuse(number, f"{_short(name)} is no embed of this schema")
        if not values.allows(value):
            _refuse(number, f"the embed {name} must be {values}, not {_short(value)}")


def _check_attributes(attributes: Attributes, number: int) -> int:
    """Check names and values; which narrow places they need, as bits (LINE, IMAGE)."""
    if len(attributes) > MAX_ATTRIBUTES:
        _refuse(
            number, f"has {len(attributes)} attributes; at most {MAX_ATTRIBUTES} may stand on one component"
        )
    places = TEXT
    for name, value in attributes.items():
        attribute = _ATTRIBUTES.get(name)
        if attribute is None:
            places |= _check_mark(name, value, number)
            continue
        places |= attribute.place
        if value is not None and not attribute.values.allows(value):
            _refuse(number, f"the attribute {name} must be {attribute.values}, not {_short(value)}")
    return places


def _check_mark(name: str, value: Any, number: int) -> int:
    """The marks of suggestions, whose names end in the suggestion's id."""
    is_format = name.startswith(_FORMAT)
    if not (is_format or name.startswith(_DELETION)):
        _refuse(number, f"{_short(name)} is no attribute of this schema")
    if not _SUGGESTION.allows(name[len(_FORMAT) :]):  # both prefixes are equally long
        _refuse(number, f"the attribute {_short(name)} does not end in a suggestion's id")
    if value is None or (value is True and not is_format):
        return TEXT
    if not is_format:
        _refuse(number, f"the attribute {_short(name)} must be true, not {_short(value)}")
    if not isinstance(value, dict) or not value:
        _refuse(
            number,
            f"the attribute {_short(name)} must be an object of names and new values, not {_short(value)}",
        )
    for inner in value:
        if inner not in _ATTRIBUTES or inner == "suggest-insert":
            _refuse(
                number, f"a suggested format cannot set {_short(inner)}, which is no format of this schema"
            )
    return _check_attributes(value, number)


def _check_runs(runs: list[Op], places: int, number: int) -> None:
    for run in runs:
        value = run.value
        if places & LINE and (not isinstance(value, str) or value.count("\n") != len(value)):
            _refuse(
                number,
                "carries a line attribute over something else than newlines; put it on the newline alone",
            )
        if places & IMAGE and (isinstance(value, str) or "image" not in value):
            _refuse(number, "carries an image's attribute over something else than an image")


def _check_final(attributes: Attributes, number: int) -> None:
    """Suggested insertions and deletions never stand on the final newline."""
    for name, value in attributes.items():
        if value is not None and (name == "suggest-insert" or name.startswith(_DELETION)):
            _refuse(number, f"puts {_short(name)} on the final newline, which stays whatever is decided")


def _kind(value: Any) -> str:
    """The JSON type, as far as values are compared by it."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else "other"


def _units(text: str) -> int:
    """The length in UTF-16 code units; of text that holds half a pair, more than any limit."""
    try:
        return len(to_units(text))
    except Invalid:
        return 1 << 62


def _short(value: Any) -> str:
    """A value for an error message; whatever it is, a short line."""
    if isinstance(value, str):
        return ascii(value if len(value) <= 60 else value[:57] + "...")
    if value is None or isinstance(value, bool):
        return str({None: "null", True: "true", False: "false"}[value])
    if isinstance(value, float) or (isinstance(value, int) and -(1 << 53) < value < 1 << 53):
        return str(value)
    return (
        "an object"
        if isinstance(value, dict)
        else "a list"
        if isinstance(value, list)
        else "so great a number"
    )


def _refuse(number: int, reason: str) -> NoReturn:
    raise Invalid("INVALID_OPERATION", f"ops[{number}]: {reason}")
