"""Logs to test with: random ones, in which people write, undo, cut, paste and restore."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from octavo.delta import Content, Delta, DeltaBuilder
from octavo.protocol import Change, ops_to_json

PIECES: tuple[Any, ...] = ("a", "hello ", "a long text that is long", "\n", "😀", {"divider": True})
TRACE = Path(__file__).parent.parent / "data/traces/sveltecomponent.json.gz"


@dataclass
class Log:
    """Changes, and the content at each revision."""

    changes: list[Change] = field(default_factory=list)
    contents: list[Delta] = field(default_factory=lambda: [Content().to_delta()])

    def add(self, delta: Delta, user: str, at: int, origin: dict[str, Any] | None = None) -> Change:
        revision = len(self.contents)
        packed = None if origin is None else json.dumps(origin).encode()
        change = Change(
            revision,
            delta,
            ops_to_json(delta),
            f"c-{user}",
            revision,
            user,
            at,
            revision - 1,
            b"",
            None,
            packed,
        )
        content = Content.from_delta(self.contents[-1])
        content.apply(delta)
        self.changes.append(change)
        self.contents.append(content.to_delta())
        return change


def edit(random: Random, before: Delta) -> Delta:
    """A few places changed; never the final newline, never half a character."""
    content, builder = Content.from_delta(before), DeltaBuilder()
    end = content.length - 1
    at = 0

    def ahead(most: int) -> int:
        to = min(end, at + random.randint(1, most))
        return to + content.cuts_pair(to) - at

    for _ in range(random.randint(1, 3)):
        keep = ahead(end) if at < end and random.random() < 0.8 else 0
        builder.retain(keep)
        at += keep
        kind = random.random()
        if kind < 0.45 or at == end:
            builder.insert(random.choice(PIECES), random.choice((None, None, {"bold": True})))
            continue
        count = ahead(20)
        at += count
        if kind < 0.75:
            builder.delete(count)
        else:
            builder.retain(count, {"bold": random.choice((True, None))})
    return builder.build()


def random_log(seed: int, changes: int = 40) -> Log:
    random, log, at = Random(seed), Log(), 1_000
    while len(log.changes) < changes:
        at += random.choice((1, 1, 1, 90, 400))
        user = random.choice("ABC")
        head = len(log.changes)
        kind = random.random()
        if kind < 0.08:
            back = random.randint(0, head)
            log.add(log.contents[-1].diff(log.contents[back]), user, at, {"restores": back})
        elif kind < 0.2 and head:
            log.add(log.contents[-1].diff(log.contents[-2]), user, at, {"undo": head})
        else:
            log.add(edit(random, log.contents[-1]), user, at)
    return log


def trace_log(limit: int) -> Log:
    """The beginning of a real one, typed by two in turns, with a format after every 40th edit."""
    log = Log()
    with gzip.open(TRACE) as file:
        trace = json.load(file)
    for txn in trace["txns"][:limit]:
        for index, removed, text in txn["patches"]:
            number = len(log.changes)
            author, at = "AB"[number // 100 % 2], 1_000 + 2 * number
            builder = DeltaBuilder()
            builder.retain(index)
            builder.insert(text)
            builder.delete(removed)
            log.add(builder.build(), author, at)
            if number % 40 == 0:
                builder = DeltaBuilder()
                builder.retain(log.contents[-1].change_length // 2, {"bold": number % 80 == 0 or None})
                log.add(builder.build(), author, at)
    return log
