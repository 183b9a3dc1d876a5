"""Idle connections: 10,000 sockets on 1,000 documents that said hello and stay; private memory of the server for each.

`CONNECTIONS=2000 python -m bench idle` for fewer.
"""

from __future__ import annotations

import asyncio
import os
import resource

from bench.harness import generator, people, print_goal, print_machine, serving, shared_document

CONNECTIONS = int(os.environ.get("CONNECTIONS", "10000"))
DOCUMENTS = max(1, CONNECTIONS // 10)


async def measure() -> None:
    with serving() as server:
        async with people(server, 20) as apis:
            ids = [await shared_document(apis, [{"insert": "Idle\n"}]) for _ in range(DOCUMENTS)]
            plan = {
                "base": server.url,
                "tokens": [token for _, token in apis],
                "documents": ids,
                "connections": CONNECTIONS,
            }
            base = base_connections = 0
            async for said in generator("idle.mjs", plan):
                if said["phase"] == "base":
                    base, base_connections = server.memory(), said["connections"]
                    continue
                more = said["connections"] - base_connections
                each = (server.memory() - base) / max(1, more) / 1000
                print(
                    f"  {said['connections']:,} connections ({said['closed']} closed again), "
                    f"{1e6 * said['seconds'] / max(1, more):.0f} µs each to get a ticket and connect; {said['errors']}"
                )
                print_goal("memory per idle connection, presence included", each, 20, "kB")


def main() -> None:
    print_machine(f"{CONNECTIONS:,} idle connections on {DOCUMENTS:,} documents")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(measure())


if __name__ == "__main__":
    main()
