"""What a content says in plain words: its text, how many words, and its first lines.

Pure.  Suggestions are left out everywhere here: what they insert is not there, what they delete still is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

from octavo.delta import Delta, DeltaBuilder, suggestions
from octavo.delta.ops import Attributes, cuts_pair, from_units

PREVIEW_LINES: Final = 12
PREVIEW_UNITS: Final = 600

SYLLABLES: Final = (
    "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Chinese characters and Japanese kana, as the inside of a regular expression's class."""

_NOT_PREVIEWED: Final = "link"
SYLLABIC: Final = "\U00011000-\U00011fff\U0001e000-\U0001e94a\U000e0100-\U000e01ef"
"""Beyond that plane: blocks of scripts whose vowels are marks, and variation selectors, letters and all."""


@dataclass(frozen=True, slots=True)
class Counts:
    """`characters` are those that a reader would count: spaces too, but neither line ends nor marks."""

    words: int
    characters: int


@cache
def marks() -> str:
    """The combining marks of the Basic Multilingual Plane, as the inside of a regular expression's class.

    Those beyond it would make the class a list that `re` walks through for every character.
    """
    return "".join(chr(code) for code in range(0x300, 0xFFFF) if unicodedata.category(chr(code))[0] == "M")


@cache
def _word() -> re.Pattern[str]:
    """A word: letters, digits and their marks, joined by apostrophes, hyphens and points; or one syllable."""
    letters = rf"[^\W_{SYLLABLES}]"
    unit = rf"{letters}+(?:[{marks()}{SYLLABIC}]+{letters}*)*"
    return re.compile(rf"[{SYLLABLES}]|{unit}(?:['’.,_\-\u2010\u2011\u00ad\u200c\u200d]{unit})*")


@cache
def _uncounted() -> re.Pattern[str]:
    """What belongs to the character before it: marks, skin tones, the later parts of joined emoji."""
    return re.compile(
        rf"\n|\u200d[^\w\s]?|[{marks()}\u200b\u200c\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]"
    )


def count(text: str) -> Counts:
    """Words and characters.  Each Chinese character and each kana counts as a word, as word processors do."""
    if text.isascii():
        uncounted = text.count("\n")
    else:
        uncounted = sum(len(found) for found in _uncounted().findall(text))
    return Counts(sum(1 for _ in _word().finditer(text)), len(text) - uncounted)


def plain_text(content: Delta) -> str:
    """The text without suggested insertions, line by line; an embed is a space."""
    parts = [
        op.value if isinstance(op.value, str) else " "
        for op in content.ops
        if op.attributes is None or suggestions.INSERTED not in op.attributes
    ]
    return from_units("".join(parts))


def preview(content: Delta, *, lines: int = PREVIEW_LINES, units: int = PREVIEW_UNITS) -> Delta:
    """The first lines as content: text and formats only, nothing in it can be followed or loaded.

    At most so many lines and code units of text; a line that is cut keeps its own attributes.  Empty lines at
    the beginning are passed over.
    """
    builder = DeltaBuilder()
    left = units
    begun = False
    for op in suggestions.rejected(content).ops:
        if not isinstance(op.value, str):
            continue
        attributes = _inert(op.attributes)
        for index, piece in enumerate(op.value.split("\n")):
            if index and begun:
                builder.insert("\n", attributes)
                lines -= 1
                if not lines or not left:
                    return builder.build()
            kept = _cut(piece, left) if begun or piece.strip() else ""
            begun = begun or bool(kept)
            left = 0 if len(kept) < len(piece) and begun else left - len(kept)
            builder.insert(kept, attributes)
    if not begun:
        builder.insert("\n")
    return builder.build()


def _inert(attributes: Attributes | None) -> Attributes | None:
    if attributes is None or _NOT_PREVIEWED not in attributes:
        return attributes
    return {name: value for name, value in attributes.items() if name != _NOT_PREVIEWED}


def _cut(text: str, units: int) -> str:
    if cuts_pair(text, units):
        units -= 1
    return text[:units]
