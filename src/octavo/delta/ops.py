"""The three components of a delta, and text counted in UTF-16 code units.

Inside the algebra text is a `str` of code units: a character outside the Basic Multilingual Plane is kept as
its two surrogates.  So `len` and slices are wire units, as in JavaScript, and nothing has to be counted anew.
Text is split on the way in (`to_units`) and joined on the way out (`from_units`).
"""

from __future__ import annotations

from typing import Any, Final

from octavo.errors import Invalid

RETAIN: Final = 0
INSERT: Final = 1
DELETE: Final = 2

MAX_LENGTH: Final = 9007199254740991
"""The longest length that JavaScript can count exactly."""

Attributes = dict[str, Any]
Value = str | dict[str, Any]
"""What an insert holds: text in code units, or an embed.  An embed is a one-key object, so `len` is right for
both.
"""


class Op:
    """A component of a delta.  Never changed once made, because deltas share them.

    `length` is in UTF-16 code units (an embed counts 1); `attributes` is None or a map that is not empty;
    `value` is meaningful on inserts only.  `kind` spares the hot loops an isinstance.
    """

    __slots__ = ("attributes", "kind", "length", "value")

    kind: int
    length: int
    value: Value
    attributes: Attributes | None

    def __repr__(self) -> str:
        shown = repr(self.value) if self.kind == INSERT else str(self.length)
        more = "" if self.attributes is None else f", {self.attributes!r}"
        return f"{('Retain', 'Insert', 'Delete')[self.kind]}({shown}{more})"


class Insert(Op):
    """New text (in code units) or an embed."""

    __slots__ = ()

    def __init__(self, value: Value, attributes: Attributes | None = None) -> None:
        self.kind = INSERT
        self.length = len(value)
        self.value = value
        self.attributes = attributes


class Retain(Op):
    """Keep `length` units; `attributes` changes their attributes, a None value in it removes one."""

    __slots__ = ()

    def __init__(self, length: int, attributes: Attributes | None = None) -> None:
        self.kind = RETAIN
        self.length = length
        self.value = ""
        self.attributes = attributes


class Delete(Op):
    """Remove `length` units."""

    __slots__ = ()

    def __init__(self, length: int) -> None:
        self.kind = DELETE
        self.length = length
        self.value = ""
        self.attributes = None


def to_units(text: str) -> str:
    """Text as code units.  Text that is in units already stays as it is; half a surrogate pair is refused.

    Raises Invalid (INVALID_OPERATION).
    """
    if text.isascii():
        return text
    encoded = text.encode("utf-16-le", "surrogatepass")
    try:
        encoded.decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise Invalid(
            "INVALID_OPERATION",
            f"the text holds half a surrogate pair at code unit {error.start // 2}; send whole characters",
        ) from None
    if len(encoded) == 2 * len(text):
        return text
    return "".join([chr(encoded[i] | encoded[i + 1] << 8) for i in range(0, len(encoded), 2)])


def from_units(units: str) -> str:
    """The characters that these code units spell, surrogate pairs joined."""
    if units.isascii():
        return units
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def cuts_pair(units: str, index: int) -> bool:
    """Whether a cut at `index` would part the two halves of a surrogate pair."""
    if index <= 0 or index >= len(units):
        return False
    return 0xD800 <= ord(units[index - 1]) <= 0xDBFF and 0xDC00 <= ord(units[index]) <= 0xDFFF
