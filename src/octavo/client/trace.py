"""Editing traces, and what it means to replay one by several clients.

The format is that of the public collection josephg/editing-traces: `txns[].patches[]` are `[position,
deleted, inserted]`, positions counted in Unicode code points; a sequential trace has a `startContent`, a
concurrent one (`kind` "concurrent") names each transaction's `parents` and `agent`.

A trace becomes turns.  A turn is typed by one client, and says how many turns of every client its author had
seen. Sequential traces are dealt out in runs of edits, round robin: every turn has seen all earlier ones, so
the replay ends with the trace's own text.  Of concurrent traces each agent's transactions are dealt to the
clients of that agent, and what was typed at once then is typed at once now.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from octavo.delta import Delta
from octavo.errors import Invalid

Patch = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Turn:
    """Edits that one client types one after another; `seen[c]`: the turns of client c that it must have
    seen.
    """

    client: int
    seen: tuple[int, ...]
    edits: list[Delta]


@dataclass(frozen=True, slots=True)
class Trace:
    """`text` is what the trace itself ends with, None where that depends on how ties are decided."""

    name: str
    turns: list[Turn]
    clients: int
    edits: int
    text: str | None


def load(path: Path, *, clients: int, run: int) -> Trace:
    """Read a trace (.json or .json.gz) and deal it out to clients, `run` transactions at a time.

    Raises Invalid for what is not a trace, and for fewer clients than a concurrent trace has agents.
    """
    try:
        raw = path.read_bytes()
        data = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
        transactions = data["txns"]
        if data.get("kind") == "concurrent":
            return _concurrent(path.stem, transactions, int(data["numAgents"]), clients, run)
        patches = [[_patch(patch) for patch in one["patches"]] for one in transactions]
        start = str(data.get("startContent", ""))
        return _sequential(path.stem, start, patches, str(data["endContent"]), clients, run)
    except OSError as fault:
        raise Invalid("INVALID_REQUEST", f"{path} cannot be read: {fault.strerror}") from None
    except (ValueError, KeyError, TypeError, EOFError) as fault:
        raise Invalid("INVALID_REQUEST", f"{path} is not an editing trace: {fault!r}") from None


def _patch(patch: Any) -> Patch:
    position, deleted, inserted = patch
    return int(position), int(deleted), str(inserted)


def _sequential(name: str, start: str, patches: list[list[Patch]], end: str, clients: int, run: int) -> Trace:
    count = sum(map(len, patches))
    flat: Iterator[Patch] = chain.from_iterable(patches)
    if not _one_unit_each(start, patches):
        flat = _in_units(start, flat)
    edits = [_edit(*patch) for patch in flat]
    if start:
        edits.insert(0, Delta().insert(start))
    turns: list[Turn] = []
    seen = [0] * clients
    for number, first in enumerate(range(0, len(edits), run)):
        client = number % clients
        turns.append(Turn(client, tuple(seen), edits[first : first + run]))
        seen[client] += 1
    return Trace(name, turns, clients, count, end)


def _concurrent(name: str, transactions: list[dict[str, Any]], agents: int, clients: int, run: int) -> Trace:
    if clients < agents:
        raise Invalid(
            "INVALID_REQUEST", f"{name} was typed by {agents} people at once: use --clients {agents} or more"
        )
    hands = [[client for client in range(clients) if client % agents == agent] for agent in range(agents)]
    typed = [0] * agents
    counts = [0] * clients
    seen_by: list[list[int]] = []
    turns: list[Turn] = []
    for one in transactions:
        agent = int(one["agent"])
        patches = [_patch(patch) for patch in one["patches"]]
        if not _one_unit_each("", [patches]):
            raise Invalid(
                "INVALID_REQUEST", f"{name} has characters beyond U+FFFF typed at once: not supported"
            )
        client = hands[agent][typed[agent] // run % len(hands[agent])]
        typed[agent] += 1
        seen = [0] * clients
        for parent in one["parents"]:
            seen = list(map(max, seen, seen_by[parent]))
        turns.append(Turn(client, tuple(seen), [_edit(*patch) for patch in patches]))
        counts[client] += 1
        seen[client] = counts[client]
        seen_by.append(seen)
    return Trace(name, turns, clients, sum(len(turn.edits) for turn in turns), None)


def _edit(position: int, deleted: int, inserted: str) -> Delta:
    return Delta().retain(position).insert(inserted).delete(deleted)


def _one_unit_each(start: str, patches: list[list[Patch]]) -> bool:
    """Whether code points and UTF-16 units count the same throughout."""
    texts = chain([start], (patch[2] for one in patches for patch in one))
    return all(text.isascii() or max(text) <= "\uffff" for text in texts)


def _in_units(start: str, patches: Iterator[Patch]) -> Iterator[Patch]:
    """The same patches counted in UTF-16 units, by keeping the text beside them."""
    text = start
    for position, deleted, inserted in patches:
        before, gone = text[:position], text[position : position + deleted]
        text = before + inserted + text[position + deleted :]
        yield _units(before), _units(gone), inserted


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
