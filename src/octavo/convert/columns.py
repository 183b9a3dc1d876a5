"""Columns of small whole numbers as bytes: the parts that sealed segments are made of.  Pure.

Unsigned numbers are written seven bits at a time, the lowest first; signed ones are folded into unsigned ones so that
small ones of either sign stay short (0, -1, 1, -2 … become 0, 1, 2, 3 …).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_MOST_BITS: Final = 70  # 2^53 and twice it for the sign, with room


class Damaged(ValueError):
    """The bytes are not what the writer wrote."""


def put(out: bytearray, number: int) -> None:
    """Append an unsigned number."""
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def fold(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def unfold(number: int) -> int:
    return number >> 1 if not number & 1 else -((number + 1) >> 1)


def numbers(column: bytes) -> list[int]:
    """All the unsigned numbers of a column.  Raises Damaged."""
    if column.isascii():
        return list(column)
    out: list[int] = []
    found = shift = 0
    for byte in column:
        if byte > 127:
            found |= (byte & 127) << shift
            shift += 7
            if shift > _MOST_BITS:
                raise Damaged("a number is too long")
        else:
            out.append(found | byte << shift)
            found = shift = 0
    if shift:
        raise Damaged("a number has no end")
    return out


def put_runs(values: Iterable[int]) -> bytes:
    """Signed numbers as pairs of a value and how often it follows."""
    out = bytearray()
    last: int | None = None
    count = 0
    for value in values:
        if value == last:
            count += 1
            continue
        if last is not None:
            put(out, fold(last))
            put(out, count)
        last, count = value, 1
    if last is not None:
        put(out, fold(last))
        put(out, count)
    return bytes(out)


def runs(column: bytes, length: int) -> list[int]:
    """What `put_runs` was given, which must be `length` numbers.  Raises Damaged."""
    found = numbers(column)
    if len(found) % 2:
        raise Damaged("a run has no length")
    if sum(found[1::2]) != length:
        raise Damaged("a column has another length than its segment")
    out: list[int] = []
    for index in range(0, len(found), 2):
        out += [unfold(found[index])] * found[index + 1]
    return out


def put_steps(values: Iterable[int]) -> bytes:
    """Numbers that seldom change, each as the step from the one before: all steps, then how often each value stands.

    Apart from each other both compress to less than runs of steps do.
    """
    steps, counts = bytearray(), bytearray()
    last = count = 0
    for value in values:
        if count and value == last:
            count += 1
            continue
        if count:
            put(counts, count)
        put(steps, fold(value - last))
        last, count = value, 1
    if count:
        put(counts, count)
    out = bytearray()
    put(out, len(steps))
    return bytes(out + steps + counts)


def steps(column: bytes, length: int) -> list[int]:
    """What `put_steps` was given, which must be `length` numbers.  Raises Damaged."""
    size, start = number_at(column, 0)
    changes, counts = numbers(column[start : start + size]), numbers(column[start + size :])
    if len(changes) != len(counts) or sum(counts) != length:
        raise Damaged("a column has another length than its segment")
    out: list[int] = []
    value = 0
    for step, count in zip(changes, counts, strict=True):
        value += unfold(step)
        out += [value] * count
    return out


def number_at(raw: bytes, start: int) -> tuple[int, int]:
    """The unsigned number that begins there, and where it ends.  Raises Damaged."""
    found = shift = 0
    while start < len(raw) and shift < _MOST_BITS:
        byte = raw[start]
        start += 1
        found |= (byte & 127) << shift
        if byte < 128:
            return found, start
        shift += 7
    raise Damaged("a number has no end")
