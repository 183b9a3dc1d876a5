"""What search compares: the terms of a text, what a query asks for, and where a text answers it.

Pure.  A term is a word without case and accents.  Scripts that put no spaces between words are cut into pairs
of neighbouring characters (bigrams, as Lucene's CJKAnalyzer does), and the last character of a run stands once
more by itself, so that every character begins some term.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from octavo.convert.text import SYLLABIC, SYLLABLES, marks

QUERY_LENGTH: Final = 255
MOST_PARTS: Final = 12
LONGEST_TERM: Final = 64
PASSAGE_LENGTH: Final = 160
_BEFORE: Final = 40  # characters of a passage that stand before what was found

_UNSPACED: Final = (
    SYLLABLES
    + (
        "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb"  # Hangul: particles are glued to words
        "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0edf\u1000-\u1049\u1780-\u17d3"  # Thai, Lao, Burmese, Khmer
    )
)
_VOICED: Final = "\u3099\u309a\uff9e\uff9f"  # kana's voicing marks when they are written apart
_ACCENTS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]")
_LETTERS: Final = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ħ": "h"}
)
_UNIT: Final = re.compile(f"[{_UNSPACED}][{_VOICED}]?")


class Token(NamedTuple):
    """A term, and the characters start … end of the text that it stands for; `first` ends its first one."""

    term: str
    start: int
    end: int
    first: int


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a query asks for: terms that follow each other, the last perhaps only as a beginning."""

    terms: tuple[str, ...]
    prefix: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of plain text, and the (index, length) in UTF-16 code units of what was found in it."""

    text: str
    ranges: tuple[tuple[int, int], ...]


@cache
def _run() -> re.Pattern[str]:
    """A run of one script that has no spaces, or a word: letters and digits with their marks."""
    letters = rf"[^\W_{_UNSPACED}]"
    accents = re.sub(f"[{_UNSPACED}]", "", marks()) + SYLLABIC
    return re.compile(rf"(?P<unspaced>(?:[{_UNSPACED}][{_VOICED}]?)+)|{letters}+(?:[{accents}]+{letters}*)*")


@lru_cache(maxsize=20_000)
def _fold_word(word: str) -> str:
    return fold(word)[:LONGEST_TERM]


def fold(text: str) -> str:
    """Without case, accents and vowel points, and without the letters' compatibility forms."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed)).casefold().translate(_LETTERS)


def tokens(text: str) -> list[Token]:
    """The terms of a text, in order."""
    found: list[Token] = []
    for match in _run().finditer(text):
        if match["unspaced"] is None:
            term = _fold_word(match[0])  # a few words make most of any text
            if term:
                found.append(Token(term, match.start(), match.end(), match.end()))
        else:
            found += _pairs(match[0], match.start())
    return found


def _pairs(run: str, offset: int) -> list[Token]:
    units = [(unicodedata.normalize("NFKC", unit[0]), unit.span()) for unit in _UNIT.finditer(run)]
    found = [
        Token(one + two, offset + start, offset + end, offset + first)
        for (one, (start, first)), (two, (_, end)) in pairwise(units)
    ]
    last, (start, end) = units[-1]
    return [*found, Token(last, offset + start, offset + end, offset + end)]


# --- queries ----------------------------------------------------------------------------------------------


def parse(query: str) -> list[Part]:
    """What a query asks for, all of which must be there; any text is a query.

    Words count as beginnings, what stands in double quotes as a phrase.  At most `QUERY_LENGTH` characters and
    `MOST_PARTS` parts of it count.
    """
    query = unicodedata.normalize("NFC", query[:QUERY_LENGTH])
    parts: list[Part] = []
    for index, piece in enumerate(re.split('["“”„«»]', query)):
        parts += _phrase(piece) if index % 2 else _words(piece)
    return list(dict.fromkeys(parts))[:MOST_PARTS]


def _phrase(text: str) -> list[Part]:
    found = tokens(text)
    return [_part(found, exact=True)] if found else []


def _words(text: str) -> list[Part]:
    return [_part(tokens(match[0]), exact=False) for match in _run().finditer(text) if tokens(match[0])]


def _part(found: Sequence[Token], *, exact: bool) -> Part:
    """The last character of a run stands by itself only where the run ends, which a query does not say."""
    last = found[-1]
    unspaced = _UNIT.fullmatch(last.term[:1]) is not None
    if unspaced and len(found) > 1 and found[-2].end == last.end:
        found = found[:-1]
    return Part(tuple(token.term for token in found), unspaced or not exact)


# --- finding ----------------------------------------------------------------------------------------------


def spans(text: str, parts: Iterable[Part]) -> list[tuple[Part, int, int]]:
    """Where (characters start … end) a text answers which part, in no order."""
    found = tokens(text)
    spots: list[tuple[Part, int, int]] = []
    for part in parts:
        *before, wanted = part.terms
        for index, token in enumerate(found):
            if not (token.term.startswith(wanted) if part.prefix else token.term == wanted):
                continue
            begin = index - len(before)
            if before and (begin < 0 or [one.term for one in found[begin:index]] != before):
                continue
            whole = len(token.term) <= len(wanted) or token.first == token.end
            spots.append((part, found[begin].start, token.end if whole else token.first))
    return spots


def ranges(text: str, parts: Iterable[Part]) -> tuple[tuple[int, int], ...]:
    """Where a text answers any of the parts: (index, length) in code units, in order, none overlapping."""
    return _in_units(text, _joined([(start, end) for _, start, end in spans(text, parts)]))


def best_line(lines: Iterable[str], parts: Sequence[Part]) -> str | None:
    """The line that answers most parts, the first of several; None when none answers any."""
    best, most = None, 0
    for line in lines:
        answered = len({part for part, _, _ in spans(line, parts)})
        if answered > most:
            best, most = line, answered
        if most == len(parts):
            break
    return best


def passage(line: str, parts: Sequence[Part], length: int = PASSAGE_LENGTH) -> Passage:
    """The piece of a line, about `length` characters, where it answers first; an ellipsis where it is cut."""
    line = line.strip()
    spots = _joined([(start, end) for _, start, end in spans(line, parts)])
    first = spots[0][0] if spots else 0
    start = (
        0
        if len(line) <= length
        else _word_start(line, min(max(0, first - _BEFORE), len(line) - length), first)
    )
    end = min(len(line), start + length)
    before, after = "… " if start else "", " …" if end < len(line) else ""
    shift = len(before) - start
    kept = [
        (max(one, start) + shift, min(two, end) + shift) for one, two in spots if one < end and two > start
    ]
    text = before + line[start:end] + after
    return Passage(text, _in_units(text, kept))


def _word_start(line: str, earliest: int, latest: int) -> int:
    """The first beginning of a word from `earliest` on, but no later than `latest`."""
    if earliest == 0:
        return 0
    space = re.compile(r"\s+").search(line, earliest - 1, max(earliest, latest))
    return min(space.end(), latest) if space else min(earliest, latest)


def _joined(spots: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spots):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _in_units(text: str, spots: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    if text.isascii():
        return tuple((start, end - start) for start, end in spots)
    return tuple((units(text[:start]), units(text[start:end])) for start, end in spots)


def units(text: str) -> int:
    """The length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
