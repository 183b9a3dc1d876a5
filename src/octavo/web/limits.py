"""How often and how deep: token buckets and the nesting of JSON.  Pure; time is an argument (seconds)."""

from __future__ import annotations

import re
from typing import Final

JSON_DEPTH: Final = 8
"""How deep arrays and objects of any JSON from outside may nest."""

_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_PAIRS: Final = re.compile(rb"(?:\[\])+")
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def too_deep(data: bytes, depth: int = JSON_DEPTH) -> bool:
    """Whether valid JSON nests deeper than `depth`; in time linear in its length, without recursion."""
    if data.count(b"[") + data.count(b"{") <= depth:
        return False
    brackets = _STRINGS.sub(b"", data).translate(None, _NOT_BRACKETS)
    brackets = brackets.replace(b"{", b"[").replace(b"}", b"]")
    for _ in range(depth):
        # Each round takes the innermost level of every branch away; siblings fall together.
        brackets = _PAIRS.sub(b"", brackets)
        if not brackets:
            return False
    return True


class Bucket:
    """A token bucket: `rate` a second, at most `burst` at once."""

    __slots__ = ("burst", "rate", "stamp", "tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self.tokens = burst
        self.stamp = now

    def take(self, now: float) -> float:
        """Take one; 0.0 when there was one, else the seconds until there is."""
        self.tokens = min(self.burst, self.tokens + (now - self.stamp) * self.rate)
        self.stamp = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / self.rate

    def spend(self, count: int, now: float) -> None:
        """So many were let through elsewhere; what is missing is paid off first, but never more than a burst."""
        self.tokens = min(self.burst, self.tokens + (now - self.stamp) * self.rate)
        self.stamp = now
        self.tokens = max(-self.burst, self.tokens - count)

    def give_back(self) -> None:
        """Undo one `take`: what was counted turned out to be harmless."""
        self.tokens = min(self.burst, self.tokens + 1)

    def full(self, now: float) -> bool:
        """Whether it holds all it can, so that forgetting it changes nothing."""
        return self.tokens + (now - self.stamp) * self.rate >= self.burst


class Buckets:
    """One bucket per key; full ones are forgotten, so memory follows who was active lately."""

    __slots__ = ("_buckets", "_sweep_at", "burst", "name", "rate")

    def __init__(self, rate: float, burst: float, name: str = "") -> None:
        """`name` tells these from others where all nodes count them together."""
        self.name = name
        self.rate = rate
        self.burst = burst
        self._buckets: dict[str, Bucket] = {}
        self._sweep_at = 1024

    def of(self, key: str, now: float) -> Bucket:
        """The bucket of a key, a full one if it is new."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._sweep_at:
                self._buckets = {k: b for k, b in self._buckets.items() if not b.full(now)}
                self._sweep_at = max(1024, 2 * len(self._buckets))
            bucket = self._buckets[key] = Bucket(self.rate, self.burst, now)
        return bucket

    def __len__(self) -> int:
        return len(self._buckets)
