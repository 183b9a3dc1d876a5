"""The store under load on one node: SQLite, PostgreSQL, and ShareDB on the same PostgreSQL in the same run.

How many edits a second, how soon others see them, and what an edit costs the database: statements that travel to it,
commits, and bytes of write-ahead log.  The database shares the server's core; the generator has the other.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from bench.edit import TEXT, print_phase, run
from bench.harness import (
    LOAD,
    SERVER_CORE,
    Server,
    generator,
    install_load,
    print_machine,
    serving,
    wait_until_ready,
)
from tests import postgres

SECONDS = 5.0
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "spread: 50 documents, 2 editors each": {
        "documents": 50,
        "editors": 2,
        "whole": 1,
        "rates": (1, 5, 20, 60),
    },
    "one document, 20 editors": {"documents": 1, "editors": 20, "whole": 2, "rates": (2, 10, 50, 200)},
}
SETTLED = 0.9
"""Of the edits that were to be made each second; below it the system is past what it can do."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the database has done so far."""

    statements: int
    commits: int
    wal: int

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.statements - other.statements, self.commits - other.commits, self.wal - other.wal)


@contextmanager
def database() -> Iterator[postgres.Cluster]:
    """A server of its own, durable as in production, on the server's core."""
    cluster = postgres.Cluster(
        postgres.place(),
        shared_preload_libraries="pg_stat_statements",
        track_activities="on",
        shared_buffers="256MB",
        max_wal_size="2GB",
    )
    cluster.create()
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.remove()


async def cost(url: str) -> Cost:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        row = await connection.fetchrow(
            "SELECT (SELECT sum(calls) FROM pg_stat_statements WHERE toplevel AND dbid = d.datid)::bigint "
            "AS statements, d.xact_commit AS commits, pg_current_wal_lsn() - '0/0' AS wal "
            "FROM pg_stat_database AS d WHERE d.datname = current_database()"
        )
        assert row is not None
        return Cost(row["statements"] or 0, row["commits"], int(row["wal"]))
    finally:
        await connection.close()


def phases(rates: Sequence[float]) -> list[dict[str, float]]:
    return [{"rate": rate, "seconds": SECONDS} for rate in rates]


def octavo(shape: Mapping[str, Any], url: str) -> Iterator[dict[str, Any]]:
    """Each rate's figures, up to the first that is too much."""
    arguments = {name: shape[name] for name in ("documents", "editors", "whole")}
    meter = partial(cost, url) if url else None
    environment: dict[str, Any] = {"OCTAVO_DATABASE": url} if url else {}
    with serving(**environment) as server:
        for rate in shape["rates"]:
            (result,) = asyncio.run(run(server, **arguments, phases=phases([rate]), meter=meter))
            yield result
            if not settled(shape, result):
                return


def settled(shape: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    wanted = result["rate"] * shape["documents"] * shape["editors"]
    return bool(result["converged"] and result["edits"] / result["seconds"] >= SETTLED * wanted)


@contextmanager
def sharedb(url: str) -> Iterator[Server]:
    """ShareDB's server on its core."""
    install_load()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        ["node", str(LOAD / "sharedb-server.mjs"), str(port), url],
        preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
    )
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield Server(f"http://127.0.0.1:{port}", process.pid, Path())
    finally:
        process.terminate()
        process.wait()


def in_sharedb(shape: Mapping[str, Any], url: str) -> Iterator[dict[str, Any]]:
    """The same typing in ShareDB."""
    with sharedb(url) as server:
        for rate in shape["rates"]:
            result = asyncio.run(_in_sharedb(server, shape, rate, url))
            yield result
            if not settled(shape, result):
                return


async def _in_sharedb(server: Server, shape: Mapping[str, Any], rate: float, url: str) -> dict[str, Any]:
    plan = {
        "base": server.url,
        "documents": [f"d{rate}-{number}" for number in range(shape["documents"])],
        "editors": shape["editors"],
        "whole": shape["whole"],
        "length": len(TEXT),
        "phases": phases([rate]),
    }
    cpu, before = 0.0, None
    result: dict[str, Any] = {}
    async for said in generator("sharedb.mjs", plan):
        if said["phase"] == "start":
            cpu, before = server.cpu_seconds(), await cost(url)
        elif said["phase"] == "end":
            result = {**said, "cpu": server.cpu_seconds() - cpu, "metered": (before, await cost(url))}
    return result


def show(shape: Mapping[str, Any], results: Iterator[dict[str, Any]]) -> None:
    """Each rate as it is known, and the best of those that the system kept up with."""
    best = 0.0
    for result in results:
        print_phase(result)
        before, after = result["metered"]
        if before is not None:
            used: Cost = after - before
            each = 1000 / max(1, result["edits"])
            print(
                f"    per 1,000 edits: {used.statements * each:,.0f} statements, {used.commits * each:,.0f} commits, "
                f"{used.wal * each / 1024:,.0f} KiB of write-ahead log"
            )
        best = max(best, result["edits"] / result["seconds"])
    print(f"  best: {best:,.0f} edits/s")


def main(chosen: list[str]) -> None:
    """`python -m bench.cluster [sqlite|postgresql|sharedb]…`"""
    print_machine("The store under load, one node")
    with database() as cluster:
        for name, shape in SHAPES.items():
            for system in chosen or ("sqlite", "postgresql", "sharedb"):
                print(f"# {name}, {system}")
                url = "" if system == "sqlite" else cluster.database()
                show(shape, in_sharedb(shape, url) if system == "sharedb" else octavo(shape, url))


if __name__ == "__main__":
    main(sys.argv[1:])
