"""Editing under load: how soon others see an edit, what it costs, and what happens past the limit.

An edit is 1-3 characters at its author's caret; latency runs from there to its being applied at another
client.  Every change is durable before anybody sees it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bench.harness import Server, generator, people, print_goal, print_machine, serving, shared_document

TEXT = "All work and no play makes Jack a dull boy. " * 50
SECONDS = 10


async def run(
    server: Server,
    *,
    documents: int,
    editors: int,
    whole: int,
    phases: Sequence[Mapping[str, float]],
    meter: Callable[[], Awaitable[Any]] | None = None,
) -> list[dict[str, Any]]:
    """Type through all phases; each phase's figures, with the server's CPU seconds, and what `meter` said around it."""
    async with people(server, 20) as apis:
        content = [{"insert": TEXT + "\n"}]
        ids = [await shared_document(apis, content) for _ in range(documents)]
        plan = {
            "base": server.url,
            "tokens": [token for _, token in apis],
            "documents": ids,
            "editors": editors,
            "whole": whole,
            "length": len(TEXT),
            "phases": phases,
        }
        results = []
        cpu, before = 0.0, None
        async for said in generator("edit.mjs", plan):
            if said["phase"] == "start":
                cpu, before = server.cpu_seconds(), await meter() if meter else None
            elif said["phase"] == "end":
                after = await meter() if meter else None
                results.append({**said, "cpu": server.cpu_seconds() - cpu, "metered": (before, after)})
        return results


def print_phase(result: dict[str, Any]) -> None:
    latency = {name: value or 0.0 for name, value in result["latency"].items()}
    print(
        f"  {result['edits']:,} edits in {result['seconds']:.1f} s ({result['edits'] / result['seconds']:,.0f}/s), "
        f"{result['operations']:,} operations, {result['deliveries']:,} deliveries; "
        f"p50 {latency['p50']:.1f} p95 {latency['p95']:.1f} p99 {latency['p99']:.1f} max {latency['max']:.0f} ms; "
        f"server CPU {result['cpu']:.2f} s = {1000 * result['cpu'] / result['edits']:.3f} s per 1,000 edits "
        f"({100 * result['cpu'] / result['seconds']:.0f} %), generator "
        f"{100 * result['generator_cpu'] / result['seconds']:.0f} %; "
        f"{'converged' if result['converged'] else 'NOT CONVERGED'}"
    )
    if result["errors"] or result["closed"] or result["refusals"]:
        print(f"  {result['refusals']} refusals, {result['closed']} closed, errors: {result['errors']}")


def one() -> None:
    """100 editors on one document, 2 edits a second each."""
    print_machine("100 editors on one document, 2 edits/s each")
    with serving() as server:
        phases = [{"rate": 2, "seconds": 3}, {"rate": 2, "seconds": SECONDS}]
        result = asyncio.run(run(server, documents=1, editors=100, whole=10, phases=phases))[-1]
    print_phase(result)
    print_goal("p50", result["latency"]["p50"], 6, "ms")
    print_goal("p99", result["latency"]["p99"], 25, "ms")
    print_goal("server CPU per 1,000 edits", 1000 * result["cpu"] / result["edits"], 0.64, "s")


def quiet() -> None:
    """3 editors on one document, 1 edit a second each."""
    print_machine("3 editors on a quiet document, 1 edit/s each")
    with serving() as server:
        result = asyncio.run(
            run(server, documents=1, editors=3, whole=3, phases=[{"rate": 1, "seconds": 2 * SECONDS}])
        )[-1]
    print_phase(result)
    print_goal("p50", result["latency"]["p50"], 3, "ms")
    print_goal("p99", result["latency"]["p99"], 8, "ms")


def many() -> None:
    """100 documents with 3 editors each."""
    print_machine("100 documents, 3 editors each")
    with serving() as server:
        phases = [{"rate": rate, "seconds": 5.0} for rate in (1, 5, 20, 85)]
        results = asyncio.run(run(server, documents=100, editors=3, whole=1, phases=phases))
    for result in results:
        print_phase(result)
    best = max(result["edits"] / result["seconds"] for result in results)
    print_goal("edits a second", best, 25_000, "edits/s", at_least=True)


def saturation() -> None:
    """20 editors on one document, faster and faster."""
    print_machine("Saturation: one document, 20 editors")
    with serving() as server:
        phases = [{"rate": rate, "seconds": 5.0} for rate in (50, 200, 400, 800, 1600)]
        results = asyncio.run(run(server, documents=1, editors=20, whole=1, phases=phases))
    for result in results:
        print_phase(result)
    best = max(result["edits"] / result["seconds"] for result in results)
    print_goal("edits a second", best, 16_000, "edits/s", at_least=True)


PARTS = {"one": one, "quiet": quiet, "many": many, "saturation": saturation}


def main(chosen: list[str]) -> None:
    for name in chosen or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
