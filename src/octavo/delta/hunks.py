"""Where two texts differ, as few and small places as is worth the time.

Lines that occur once in both texts are found first and kept in their longest common order (Bram Cohen's
patience diff); between them characters are compared with the greedy algorithm of E. Myers, "An O(ND)
Difference Algorithm and Its Variations" (1986), up to a bounded number of differences, past which a place is
replaced whole.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from octavo.delta.ops import cuts_pair

MAX_DIFFERENCES: Final = 300
"""Above this many differing characters between two anchors, comparing letter by letter helps no reader."""

Hunk = tuple[int, int, int, int]
"""a[start:end] is replaced by b[start:end], as (a start, a end, b start, b end)."""


def hunks(a: str, b: str) -> list[Hunk]:
    """The places where `a` and `b` differ, in order, apart, and never inside a surrogate pair.

    When both end in a newline, that last one is no part of any of them.
    """
    tail = 1 if a.endswith("\n") and b.endswith("\n") else 0
    raw: list[Hunk] = []
    _compare(a, 0, len(a) - tail, b, 0, len(b) - tail, raw, True)
    return _widened(a, b, raw)


def _widened(a: str, b: str, raw: list[Hunk]) -> list[Hunk]:
    """Hunks moved off surrogate pairs, those that touch then made one."""
    out: list[Hunk] = []
    for a_start, a_end, b_start, b_end in raw:
        if cuts_pair(a, a_start) or cuts_pair(b, b_start):
            a_start -= 1
            b_start -= 1
        if cuts_pair(a, a_end) or cuts_pair(b, b_end):
            a_end += 1
            b_end += 1
        if out and out[-1][1] >= a_start:
            last = out.pop()
            a_start = last[0]
            b_start = last[2]
        out.append((a_start, a_end, b_start, b_end))
    return out


def _compare(a: str, i: int, m: int, b: str, j: int, n: int, out: list[Hunk], by_lines: bool) -> None:
    """Append the hunks between a[i:m] and b[j:n]."""
    same = _common_start(a, i, m, b, j, n)
    i += same
    j += same
    same = _common_end(a, i, m, b, j, n)
    m -= same
    n -= same
    if i == m or j == n:
        if i < m or j < n:
            out.append((i, m, j, n))
        return
    if by_lines:
        for a_at, b_at, length in _anchors(a, i, m, b, j, n):
            _compare(a, i, a_at, b, j, b_at, out, False)
            i = a_at + length
            j = b_at + length
        _compare(a, i, m, b, j, n, out, False)
    else:
        _by_characters(a, i, m, b, j, n, out)


def _common_start(a: str, i: int, m: int, b: str, j: int, n: int) -> int:
    low = 0
    high = min(m - i, n - j)
    if a[i : i + high] == b[j : j + high]:
        return high
    while low < high - 1:  # a[i:i+low] is equal, a[i:i+high] is not
        middle = (low + high) // 2
        if a[i + low : i + middle] == b[j + low : j + middle]:
            low = middle
        else:
            high = middle
    return low


def _common_end(a: str, i: int, m: int, b: str, j: int, n: int) -> int:
    low = 0
    high = min(m - i, n - j)
    if a[m - high : m] == b[n - high : n]:
        return high
    while low < high - 1:
        middle = (low + high) // 2
        if a[m - middle : m - low] == b[n - middle : n - low]:
            low = middle
        else:
            high = middle
    return low


def _once(text: str, start: int, end: int) -> dict[str, int]:
    """Where each line stands that occurs only once (-1 for the others)."""
    places: dict[str, int] = {}
    for line in text[start:end].split("\n"):
        if line:
            places[line] = -1 if line in places else start
        start += len(line) + 1
    return places


def _anchors(a: str, i: int, m: int, b: str, j: int, n: int) -> list[tuple[int, int, int]]:
    """Lines that occur once in both, in their longest common order: (place in a, place in b, length)."""
    theirs = _once(b, j, n)
    ends: list[int] = []  # patience sorting: the least place in b that ends a chain of each length
    tops: list[int] = []  # which pair that is
    pairs: list[tuple[int, int, int]] = []
    before: list[int] = []
    for line, place in _once(a, i, m).items():
        other = theirs.get(line, -1)
        if place < 0 or other < 0:
            continue
        pile = bisect_left(ends, other)
        before.append(tops[pile - 1] if pile else -1)
        if pile == len(ends):
            ends.append(other)
            tops.append(len(pairs))
        else:
            ends[pile] = other
            tops[pile] = len(pairs)
        pairs.append((place, other, len(line)))
    chain: list[tuple[int, int, int]] = []
    at = tops[-1] if tops else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    chain.reverse()
    return chain


def _by_characters(a: str, i: int, m: int, b: str, j: int, n: int, out: list[Hunk]) -> None:
    """Myers' greedy search, then its path walked back."""
    width = m - i
    height = n - j
    limit = min(width + height, MAX_DIFFERENCES)
    furthest = [0] * (2 * limit + 3)
    middle = limit + 1
    history: list[list[int]] = []
    for d in range(limit + 1):
        history.append(furthest[middle - d - 1 : middle + d + 2])
        for k in range(-d, d + 1, 2):
            if k == -d or (k != d and furthest[middle + k - 1] < furthest[middle + k + 1]):
                x = furthest[middle + k + 1]
            else:
                x = furthest[middle + k - 1] + 1
            y = x - k
            while x < width and y < height and a[i + x] == b[j + y]:
                x += 1
                y += 1
            furthest[middle + k] = x
            if x == width and y == height:
                out.extend(_path(history, d, width, height, i, j))
                return
    out.append((i, m, j, n))


def _path(history: list[list[int]], d: int, x: int, y: int, i: int, j: int) -> list[Hunk]:
    found: list[Hunk] = []
    while d > 0:
        row = history[d]  # row[k + d + 1] is how far diagonal k was before step d
        k = x - y
        down = k == -d or (k != d and row[k + d] < row[k + d + 2])
        from_x = row[k + d + 2] if down else row[k + d]
        from_y = from_x - (k + 1 if down else k - 1)
        to_x = from_x if down else from_x + 1
        to_y = from_y + 1 if down else from_y
        if found and found[-1][0] == i + to_x and found[-1][2] == j + to_y:
            last = found.pop()
            found.append((i + from_x, last[1], j + from_y, last[3]))
        else:
            found.append((i + from_x, i + to_x, j + from_y, j + to_y))
        x = from_x
        y = from_y
        d -= 1
    found.reverse()
    return found
