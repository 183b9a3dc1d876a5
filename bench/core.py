"""The delta algebra, pure and compiled, beside quill-delta (Node) and pycrdt in the same run.

    python -m bench.core [--quick]

Times are CPU time of one thread, the median of several runs.  Limits are the project's own; above 1.25 of one
is red.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TRACE = HERE / "traces" / "automerge-paper.json.gz"
EVERY = 25  # edits between two formats
Edit = tuple[int, int, str]
Format = tuple[int, int, bool]

# name: (unit, limit compiled, limit pure)
ROWS: dict[str, tuple[str, float, float]] = {
    "automerge-paper, 259,778 edits": ("ms", 45, 200),
    "the same, formatted every 25 edits": ("ms", 75, 450),
    "apply a key press, 100 kB, one place": ("µs", 0.18, 0.75),
    "apply a key press, 100 kB, random": ("µs", 0.18, 0.75),
    "apply a key press, 10 MB, random": ("µs", 0.5, 2),
    "transform a key press, apart": ("µs", 0.22, 1.5),
    "transform a key press, same place": ("µs", 0.22, 1.5),
    "transform 5 rich components": ("µs", 0.45, 3),
    "compose a key press": ("µs", 0.14, 0.8),
    "compose 5 rich components": ("µs", 0.7, 4),
    "invert a key press": ("µs", 0.22, 1.4),
    "JSON in, transform, apply, JSON out": ("µs", 1.3, 3.5),
    "10,000 x 10,000 components, transform": ("ms", 2, 8),
    "10,000 x 10,000 components, compose": ("ms", 4, 18),
}


def edits() -> list[Edit]:
    """The trace, in code units (its text is ASCII)."""
    trace = json.loads(gzip.decompress(TRACE.read_bytes()))
    return [tuple(patch) for transaction in trace["txns"] for patch in transaction["patches"]]


def formats(trace: list[Edit]) -> dict[int, Format]:
    """What is made bold, or plain again, after which edit: the same for everyone in the run."""
    chance = random.Random(25)
    found: dict[int, Format] = {}
    length = 0
    for number, (_, deleted, inserted) in enumerate(trace):
        length += len(inserted) - deleted
        if number % EVERY == 0 and length > 20:
            found[number] = (chance.randrange(length - 12), chance.randint(1, 10), chance.random() < 0.5)
    return found


def cpu(work: Callable[[], object], runs: int) -> float:
    """Median CPU seconds of one call."""
    times = []
    for _ in range(runs):
        gc.collect()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def each(work: Callable[[], object], runs: int, count: int = 20_000) -> float:
    """Median CPU microseconds of one of many calls."""

    def many() -> None:
        for _ in range(count):
            work()

    return cpu(many, runs) / count * 1e6


def measure_core(runs: int) -> dict[str, float]:
    """Every row with the octavo.delta that this process loads."""
    found = measure_trace(runs)
    found.update(measure_apply(runs))
    found.update(measure_algebra(runs))
    found.update(measure_big(runs))
    return found


def measure_trace(runs: int) -> dict[str, float]:
    from octavo.delta import Content, Delta

    trace = edits()
    plain: list[Delta] = []
    rich: list[Delta] = []
    marks = formats(trace)
    for number, (place, deleted, inserted) in enumerate(trace):
        plain.append(Delta().retain(place).insert(inserted).delete(deleted))
        rich.append(plain[-1])
        if number in marks:
            start, size, on = marks[number]
            rich.append(Delta().retain(start).retain(size, {"bold": True if on else None}))

    return {
        "automerge-paper, 259,778 edits": cpu(lambda: apply_all(Content(), plain), runs) * 1e3,
        "the same, formatted every 25 edits": cpu(lambda: apply_all(Content(), rich), runs) * 1e3,
    }


def apply_all(content: Any, changes: list[Any]) -> None:
    """A content and the changes to apply to it; both come from whichever octavo.delta is loaded."""
    for change in changes:
        content.apply(change)


def measure_apply(runs: int) -> dict[str, float]:
    from octavo.delta import Content, Delta

    chance = random.Random(100)
    found: dict[str, float] = {}
    for size, name in ((100_000, "100 kB"), (10_000_000, "10 MB")):
        content = Content.from_delta(Delta().insert("x" * (size - 1) + "\n"))
        changes: list[Delta] = []
        for _ in range(10_000):  # one in, one out: the content keeps its length
            changes.append(Delta().retain(chance.randrange(1, size - 10)).insert("y"))
            changes.append(Delta().retain(chance.randrange(1, size - 10)).delete(1))
        typing = [Delta().retain(size // 2).insert("y"), Delta().retain(size // 2).delete(1)] * 10_000

        for place, work in (("random", changes), ("one place", typing)):
            taken = cpu(partial(apply_all, content, work), runs)
            found[f"apply a key press, {name}, {place}"] = taken / len(work) * 1e6
    del found["apply a key press, 10 MB, one place"]
    return found


def measure_algebra(runs: int) -> dict[str, float]:
    import msgspec

    from octavo.delta import Content, Delta
    from octavo.delta.wire import from_wire, to_wire

    one, other = Delta().retain(500).insert("x"), Delta().retain(700).insert("y")
    same, after = Delta().retain(500).insert("z"), Delta().retain(501).insert("y")
    rich = Delta().retain(100).insert("abc", {"bold": True}).retain(50, {"italic": True}).delete(3).retain(9)
    rich = rich.insert("x")
    richer = Delta().retain(90).insert("q").retain(40, {"bold": True}).delete(8).retain(20).insert("y")
    content = Content.from_delta(Delta().insert("x" * 100_000 + "\n"))
    encode, decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode
    message = b'[{"retain":700},{"insert":"y"}]'
    undo = Delta().retain(701).delete(1)

    def pipeline() -> None:
        delta = from_wire(decode(message)).transform_after(one)
        content.apply(delta)
        encode(to_wire(delta))

    def pipeline_undone() -> None:
        pipeline()
        content.apply(undo)

    def typed_and_undone() -> None:
        content.apply(after)
        content.apply(undo)

    undoing = each(typed_and_undone, runs) / 2
    return {
        "transform a key press, apart": each(lambda: other.transform_after(one), runs),
        "transform a key press, same place": each(lambda: one.transform_before(same), runs),
        "transform 5 rich components": each(lambda: richer.transform_after(rich), runs),
        "compose a key press": each(lambda: one.compose(after), runs),
        "compose 5 rich components": each(lambda: rich.compose(richer), runs),
        "invert a key press": each(lambda: one.invert(content), runs),
        "JSON in, transform, apply, JSON out": each(pipeline_undone, runs) - undoing,
    }


def measure_big(runs: int) -> dict[str, float]:
    from octavo.delta import DeltaBuilder

    one, other = DeltaBuilder(), DeltaBuilder()
    for number in range(5000):
        one.retain(3)
        one.insert("a", {"bold": True} if number % 3 == 0 else None)
        other.retain(2)
        other.insert("b")
    a, b = one.build(), other.build()
    return {
        "10,000 x 10,000 components, transform": cpu(lambda: b.transform_after(a), runs) * 1e3,
        "10,000 x 10,000 components, compose": cpu(lambda: a.compose(b), runs) * 1e3,
    }


def measure_pycrdt(quick: bool) -> dict[str, float]:
    """The rows that pycrdt (yrs) has a counterpart for: local edits of a Text."""
    from pycrdt import Doc, Text

    trace = edits()[: 20_000 if quick else None]
    marks = formats(trace)

    def type_all(with_formats: bool) -> None:
        document: Doc[Any] = Doc()
        document["t"] = text = Text()
        for number, (place, deleted, inserted) in enumerate(trace):
            if deleted:
                del text[place : place + deleted]
            if inserted:
                text.insert(place, inserted)
            if with_formats and number in marks:
                start, size, on = marks[number]
                text.format(start, start + size, {"bold": True if on else None})

    found = {"automerge-paper, 259,778 edits": cpu(lambda: type_all(False), 1) * 1e3}
    scale = 259_778 / len(trace)
    found["automerge-paper, 259,778 edits"] *= scale
    if not quick:
        found["the same, formatted every 25 edits"] = cpu(lambda: type_all(True), 1) * 1e3
    document: Doc[Any] = Doc()
    document["t"] = text = Text()
    text += "x" * 100_000
    chance = random.Random(100)
    places = iter([chance.randrange(1, 99_000) for _ in range(2000)])
    found["apply a key press, 100 kB, random"] = each(lambda: text.insert(next(places), "y"), 1, 2000)
    return found


def measured_by(command: list[str], **environment: str) -> dict[str, Any]:
    """What another process, run by `command`, measured; it writes JSON."""
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"{' '.join(command)}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return {}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure_quill(quick: bool) -> dict[str, Any]:
    """quill-delta in Node, from the packages of tools/vectors (npm ci there)."""
    node = shutil.which("node")
    if node is None:
        return {}
    trace = edits()
    work = {
        "edits": trace[: 5_000 if quick else None],
        "formats": formats(trace),
        "formatted": 1000 if quick else 20_000,
    }
    path = HERE / "traces" / ".quill-work.json"
    path.write_text(json.dumps(work))
    try:
        return measured_by([node, str(HERE / "quill.mjs"), str(path)])
    finally:
        path.unlink()


def machine() -> str:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    )
    load = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} cores, load {load:.1f}; Python {platform.python_version()}; "
        f"commit {commit.stdout.strip() or 'unknown'}"
    )


def shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(columns: dict[str, dict[str, float]]) -> list[str]:
    """The rows, with each value of ours as a share of its limit."""
    lines = [
        "| | compiled | of its limit | pure | of its limit | quill-delta (Node) | pycrdt |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (unit, compiled_limit, pure_limit) in ROWS.items():
        cells = [f"{name} ({unit})"]
        for build, limit in (("compiled", compiled_limit), ("pure", pure_limit)):
            value = columns[build].get(name)
            cells += [shown(value), "-" if value is None else f"{value / limit:.2f} of {limit:g}"]
        cells += [shown(columns["quill-delta"].get(name)), shown(columns["pycrdt"].get(name))]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer runs, and only a part of the trace for the others"
    )
    parser.add_argument("--measure", choices=["core", "pycrdt"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    runs = 3 if options.quick else 7
    if options.measure == "core":
        from octavo.delta import core_build

        json.dump({"build": core_build(), **measure_core(runs)}, sys.stdout)
        return 0
    if options.measure == "pycrdt":
        json.dump(measure_pycrdt(options.quick), sys.stdout)
        return 0
    again = [sys.executable, str(Path(__file__)), *(["--quick"] if options.quick else []), "--measure"]
    columns = {
        "compiled": measured_by([*again, "core"], OCTAVO_PURE="0"),
        "pure": measured_by([*again, "core"], OCTAVO_PURE="1"),
        "quill-delta": measure_quill(options.quick),
        "pycrdt": measured_by([*again, "pycrdt"]),
    }
    if columns["compiled"].get("build") != "compiled":
        print(
            "There is no compiled core for these sources: run python tools/compile_core.py first.",
            file=sys.stderr,
        )
        columns["compiled"] = {}
    print(machine())
    print("\n".join(table(columns)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
