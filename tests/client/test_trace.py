"""Traces are read exactly, and dealt out so that every turn has seen what its author had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from octavo.client.trace import Trace, load
from octavo.delta import Content, Delta
from octavo.errors import Invalid


def written(path: Path, trace: dict[str, Any]) -> Path:
    path.write_text(json.dumps(trace), encoding="utf-8")
    return path


def text_of(trace: Trace) -> str:
    content = Content()
    for turn in trace.turns:
        for edit in turn.edits:
            content.apply(edit)
    return content.text()


def test_positions_beyond_the_basic_plane(tmp_path: Path) -> None:
    """Traces count code points, deltas UTF-16 units."""
    transactions = [
        {"patches": [[0, 0, "a🙂b"]]},
        {"patches": [[2, 1, "c"], [3, 0, "🙂"]]},
        {"patches": [[1, 1, ""]]},
    ]
    raw = {"startContent": "", "endContent": "ac🙂", "txns": transactions}
    trace = load(written(tmp_path / "t.json", raw), clients=2, run=1)
    assert text_of(trace) == "ac🙂\n"
    assert trace.edits == 4


def test_a_sequential_turn_has_seen_all_before(tmp_path: Path) -> None:
    transactions = [{"patches": [[n, 0, str(n)]]} for n in range(5)]
    raw = {"startContent": "s", "endContent": "01234s", "txns": transactions}
    trace = load(written(tmp_path / "t.json", raw), clients=2, run=2)
    assert [(turn.client, turn.seen, len(turn.edits)) for turn in trace.turns] == [
        (0, (0, 0), 2),
        (1, (1, 0), 2),
        (0, (1, 1), 2),
    ]
    assert trace.turns[0].edits[0] == Delta().insert("s")
    assert text_of(trace) == "01234s\n"


def test_a_concurrent_turn_has_seen_what_its_author_had(tmp_path: Path) -> None:
    transactions = [
        {"agent": 0, "parents": [], "patches": [[0, 0, "a"]]},
        {"agent": 1, "parents": [0], "patches": [[1, 0, "b"]]},
        {"agent": 0, "parents": [0], "patches": [[1, 0, "c"]]},
        {"agent": 0, "parents": [1, 2], "patches": [[0, 0, "d"]]},
    ]
    raw = {"kind": "concurrent", "numAgents": 2, "endContent": "", "txns": transactions}
    trace = load(written(tmp_path / "t.json", raw), clients=2, run=1)
    assert [(turn.client, turn.seen) for turn in trace.turns] == [
        (0, (0, 0)),
        (1, (1, 0)),
        (0, (1, 0)),
        (0, (2, 1)),
    ]
    assert trace.text is None
    with pytest.raises(Invalid, match="2 people"):
        load(tmp_path / "t.json", clients=1, run=1)


@pytest.mark.parametrize("raw", ["[]", "{}", '{"txns": [{"patches": [[0, 0]]}], "endContent": ""}', "no"])
def test_what_is_no_trace_is_said(tmp_path: Path, raw: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(raw)
    with pytest.raises(Invalid, match="is not an editing trace"):
        load(path, clients=1, run=1)
