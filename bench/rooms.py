"""Open documents: 10,000 rooms of 50 kB each; private memory of the server for each.  `ROOMS=1000` for fewer."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.harness import people, print_goal, print_machine, serving
from octavo.client.api import Api

ROOMS = int(os.environ.get("ROOMS", "10000"))
UNITS = 50_000
LANES = 4
SENTENCE = "The quick brown fox jumps over the lazy dog. "
SETTINGS = {"OCTAVO_MEMORY_BYTES": str(16 << 30), "OCTAVO_UNLOAD_SECONDS": "3600"}


def content(number: int) -> list[dict[str, Any]]:
    """50,000 units in lines, a bold word in each."""
    line: list[dict[str, Any]] = [{"insert": f"{number} "}, {"insert": "bold", "attributes": {"bold": True}}]
    body = (SENTENCE * (UNITS // len(SENTENCE) // 10)) + "\n"
    ops: list[dict[str, Any]] = []
    for _ in range(10):
        ops += [*line, {"insert": body}]
    return ops


async def each(items: list[Any], work: Any) -> None:
    """Do the work for all items, a few at a time."""
    queue = iter(items)

    async def lane() -> None:
        for item in queue:
            await work(item)

    await asyncio.gather(*(lane() for _ in range(LANES)))


async def measure(data: Path) -> None:
    ids: list[str] = []
    with serving(data=data, **SETTINGS) as server:
        async with people(server, 1) as ((api, _),):

            async def create(number: int) -> None:
                ids.append((await api.create_document(f"room {number}", content(number)))["id"])

            await each(list(range(ROOMS)), create)
            token = (await api.request("POST", "/users/me/tokens", {"name": "bench"}))["token"]
    with serving(data=data, **SETTINGS) as server:
        async with Api(server.url, token) as api:

            async def read(document_id: str) -> None:
                await api.document(document_id)

            await each(ids[:20], read)
            before = server.memory()
            started = time.perf_counter()
            await each(ids[20:], read)
            seconds = time.perf_counter() - started
            room = (server.memory() - before) / max(1, ROOMS - 20)
    print(f"  {ROOMS:,} rooms, {1000 * seconds / ROOMS:.1f} ms to open each; {room / 1000:.0f} kB each")
    print_goal("memory per room", room / 1000, (4 * UNITS + 20_000) / 1000, "kB")


def main() -> None:
    print_machine(f"{ROOMS:,} open documents of {UNITS:,} units")
    with tempfile.TemporaryDirectory(prefix="octavo-bench-") as data:
        asyncio.run(measure(Path(data)))


if __name__ == "__main__":
    main()
