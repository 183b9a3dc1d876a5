"""Fan-out: 100 peers in one room, one of them types 200 times a second, against a floor in C (epoll and send).

The floor only copies bytes.  Octavo's figure holds everything: decoding, the room, the commit (each change is durable
first) and the sends; so it is given per delivery and per sent frame.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from bench.edit import TEXT
from bench.harness import (
    LOAD,
    SERVER_CORE,
    generator,
    people,
    print_goal,
    print_machine,
    serving,
    shared_document,
)

PEERS = 100
RATE = 200
SECONDS = 10
FRAME_BYTES = 190
"""About what a `changes` frame with one change of a few characters takes."""


def floor() -> tuple[float, dict[str, Any]]:
    """CPU µs per send of the C program, and what its peers saw."""
    with tempfile.TemporaryDirectory(prefix="octavo-floor-") as build, socket.socket() as probe:
        program = Path(build) / "floor"
        subprocess.run(["cc", "-O2", "-o", str(program), str(LOAD / "floor.c")], check=True)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        process = subprocess.Popen(
            [str(program), str(port), str(PEERS), str(FRAME_BYTES)],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
        )
        assert process.stdout is not None
        process.stdout.readline()
        plan = {"port": port, "peers": PEERS, "size": FRAME_BYTES, "rate": RATE, "seconds": SECONDS}
        seen = asyncio.run(only(generator("floor.mjs", plan)))
        cpu, sends, skipped = process.stdout.readline().split()
        process.wait()
        if int(skipped):
            raise RuntimeError(f"the floor skipped {skipped} sends")
        return 1e6 * float(cpu) / int(sends), seen


async def only(lines: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    """The last thing that a generator says."""
    return [said async for said in lines][-1]


async def octavo() -> dict[str, Any]:
    """One peer types, 100 receive; with the server's CPU seconds."""
    with serving() as server:
        async with people(server, 20) as apis:
            document_id = await shared_document(apis, [{"insert": TEXT + "\n"}])
            plan = {
                "base": server.url,
                "tokens": [token for _, token in apis],
                "documents": [document_id],
                "editors": PEERS,
                "whole": 2,
                "typing": 1,
                "length": len(TEXT),
                "phases": [{"rate": RATE, "seconds": 2}, {"rate": RATE, "seconds": SECONDS}],
            }
            cpu = 0.0
            result: dict[str, Any] = {}
            async for said in generator("edit.mjs", plan):
                if said["phase"] == "start":
                    cpu = server.cpu_seconds()
                elif said["phase"] == "end":
                    result = {**said, "cpu": server.cpu_seconds() - cpu}
            return result


def main() -> None:
    print_machine(f"Fan-out: {PEERS} peers, {RATE} edits/s by one of them")
    least, seen = floor()
    print(
        f"  floor: {least:.2f} µs per send, p50 {seen['latency']['p50']:.2f} p99 {seen['latency']['p99']:.2f} ms"
    )
    result = asyncio.run(octavo())
    each = 1e6 * result["cpu"] / result["deliveries"]
    latency = result["latency"]
    print(
        f"  Octavo: {result['edits']:,} edits as {result['operations']:,} operations, {result['deliveries']:,} "
        f"deliveries; edit to seen p50 {latency['p50']:.2f} p95 {latency['p95']:.2f} p99 {latency['p99']:.2f} ms, "
        f"server {result['cpu']:.2f} CPU s; {'converged' if result['converged'] else 'NOT CONVERGED'}"
    )
    print_goal("CPU per delivery, all in", each, 7, "µs")
    print_goal("against the floor", each / least, 1.5, "x")


if __name__ == "__main__":
    main()
