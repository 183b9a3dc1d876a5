"""The home page of somebody with 10,000 documents: lists in every order, and search as one types.

Times are a program's over REST on another core, JSON included.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

import httpx
from sqlalchemy import Connection

from bench.harness import people, print_goal, print_machine, serving
from octavo import jobs
from octavo.adapters.sql import SqlStore
from octavo.catalog import documents, folders, heads, library, summaries
from octavo.catalog.folders import Folder
from octavo.delta import Delta
from octavo.protocol import Change, ops_to_json
from octavo.search import NAME

DOCUMENTS = int(os.environ.get("DOCUMENTS", "10000"))
WORDS = 200
VOCABULARY = 8_000
FOLDERS = 50
TAGS = ("draft", "done", "to do", "private", "work")
REQUESTS = 400
LIST_MS = 50.0
SEARCH_MS = 100.0
_SYLLABLES = (
    "ba",
    "co",
    "di",
    "fu",
    "gle",
    "ho",
    "jan",
    "ki",
    "lor",
    "mé",
    "nas",
    "po",
    "ru",
    "ste",
    "tü",
    "va",
)
_AT_ONCE = 500


class Texts:
    """Words as frequent as in a language (Zipf), from a fixed seed."""

    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)
        length = partial(self.random.randint, 1, 4)
        self.words = [
            "".join(self.random.choices(_SYLLABLES, k=length())) + str(number % 10) * (number % 7 == 0)
            for number in range(VOCABULARY)
        ]
        self.weights = [1 / (rank + 2) for rank in range(VOCABULARY)]

    def text(self, count: int) -> str:
        return " ".join(self.random.choices(self.words, self.weights, k=count))


def add(connection: Connection, user_id: str, texts: Texts, numbers: range, now: int) -> None:
    """Some documents with folder and tags, as the product would have made them."""
    for number in numbers:
        document_id = f"d{number:031x}"
        made = now - texts.random.randrange(10**7)
        documents.add(connection, document_id, texts.text(3).capitalize(), user_id, made)
        heads.create(connection, document_id, f"e{number}", now=made)
        folders.place(connection, user_id, document_id, f"f{number % FOLDERS}" if number % 3 else None)
        library.set_tags(connection, user_id, document_id, [TAGS[number % 5]] * (number % 2))
        documents.set_star(connection, document_id, user_id, number % 40 == 0, now)


async def fill(data: Path, user_id: str) -> None:
    """Write the documents beside no server."""
    store = await asyncio.to_thread(SqlStore.open, data)
    texts, now = Texts(), int(time.time())
    try:
        await store.database.write(partial(_add_folders, user_id=user_id, now=now))
        for start in range(0, DOCUMENTS, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, DOCUMENTS))
            await store.database.write(
                lambda connection, numbers=numbers: add(connection, user_id, texts, numbers, now)  # type: ignore[misc]
            )
            await asyncio.gather(*[_write(store, user_id, number, texts, now) for number in numbers])
    finally:
        await asyncio.to_thread(store.close)


def _add_folders(connection: Connection, user_id: str, now: int) -> None:
    for number in range(FOLDERS):
        folders.add(connection, user_id, Folder(f"f{number}", f"Folder {number}", None, now))


async def _write(store: SqlStore, user_id: str, number: int, texts: Texts, now: int) -> None:
    lines = "\n".join(texts.text(WORDS // 10) for _ in range(10))
    delta = Delta().insert(lines)
    digest = hashlib.sha256(b"%d" % number).digest()
    change = Change(1, delta, ops_to_json(delta), "bench", 1, user_id, now, 0, digest)
    await store.log.append(
        f"d{number:031x}", epoch=f"e{number}", expected_revision=0, fence=0, changes=[change]
    )


async def indexed(data: Path) -> float:
    """Wait until the running server's job has seen everything; seconds."""
    started = time.perf_counter()
    store = await asyncio.to_thread(SqlStore.open, data, read_only=True)
    try:
        while await store.database.read(_waiting):  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.2)
    finally:
        await asyncio.to_thread(store.close)
    return time.perf_counter() - started


def _waiting(connection: Connection) -> bool:
    return bool(summaries.touched(connection, 1) or jobs.behind(connection, NAME))


def lists(choose: random.Random) -> str:
    """One of the requests that the page makes."""
    sort = choose.choice(["updated", "created", "opened", "title", "words"])
    plain = ["", "", "&owned=true", "&shared=true", "&starred=true", "&recent=true", "&folder_id=root"]
    tag = quote(choose.choice(TAGS))
    narrow = choose.choice([*plain, f"&folder_id=f{choose.randrange(FOLDERS)}", f"&tag={tag}"])
    return f"/api/v1/documents?sort={sort}&order={choose.choice(['asc', 'desc'])}&preview=true{narrow}"


def searches(choose: random.Random, texts: Texts) -> str:
    """A query on its way: a word's first letters, or some words with the last one unfinished."""
    *whole, last = texts.text(choose.randint(1, 3)).split()
    query = " ".join([*whole, last[: choose.randint(1, len(last))]])
    return f"/api/v1/documents?query={quote(query)}&limit=20"


def measure(client: httpx.Client, request: Callable[[], str]) -> list[float]:
    """Milliseconds of each request."""
    times = []
    for _ in range(REQUESTS):
        path = request()
        started = time.perf_counter()
        answer = client.get(path)
        times.append(1000 * (time.perf_counter() - started))
        answer.raise_for_status()
    return times


def show(name: str, times: list[float], goal: float) -> None:
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"  {name}: median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms")
    print_goal(f"{name}, p95", p95, goal, "ms")


async def main() -> None:
    print_machine(f"Home: {DOCUMENTS:,} documents of one person, {WORDS} words each")
    with tempfile.TemporaryDirectory(prefix="octavo-bench-") as folder:
        data = Path(folder)
        with serving(data=data) as server:
            async with people(server, 1) as ((api, _),):
                user_id = (await api.request("GET", "/users/me"))["id"]
                token = (await api.request("POST", "/users/me/tokens", {"name": "bench"}))["token"]
        await fill(data, user_id)
        with serving(data=data) as server:
            seconds = await indexed(data)
            print(f"  indexed in {seconds:.0f} s, {DOCUMENTS / seconds:.0f} documents a second")
            headers = {"authorization": f"Bearer {token}"}
            with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
                choose, texts = random.Random(11), Texts()
                show("list", measure(client, lambda: lists(choose)), LIST_MS)
                show("search", measure(client, lambda: searches(choose, texts)), SEARCH_MS)
        size = {name: (data / name).stat().st_size / (1 << 20) for name in ("octavo.db", "search.db")}
        print(f"  octavo.db: {size['octavo.db']:.0f} MiB, search.db: {size['search.db']:.0f} MiB")


if __name__ == "__main__":
    asyncio.run(main())
