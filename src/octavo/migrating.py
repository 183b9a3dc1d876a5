"""The shell of `octavo migrate`: opens both stores, shows how far it is, and lets go of them again."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from octavo import transfer
from octavo.adapters.pg_connect import SCHEMES, place
from octavo.adapters.stores import Store
from octavo.errors import Invalid
from octavo.server import KEY_FILE, open_store
from octavo.settings import Settings


async def run(source: str, target: str, given: Settings) -> transfer.Moved:
    """Move all from one store to the other.  Raises Unavailable, Conflict, Invalid with what to do."""
    one, other = settings_of(source, given), settings_of(target, given)
    if (one.database, one.data_dir.resolve()) == (other.database, other.data_dir.resolve()):
        raise Invalid("INVALID_REQUEST", "the store is there already: --from and --to are the same")
    same = one.data_dir.resolve() == other.data_dir.resolve()
    async with _opened(one) as source_store, _opened(other) as target_store:
        with _progress() as progress:
            moved = await transfer.move(
                source_store.database,
                target_store.database,
                target_store.snapshots,
                now=int(time.time()),
                name=place_of(source),
                blobs=(source_store.blobs, source_store.blobs if same else target_store.blobs),
                progress=progress,
            )
    await asyncio.to_thread(_copy_key, one.data_dir, other.data_dir)
    return moved


async def undo(source: str, given: Settings) -> int:
    """Open what a move has locked; returns how many documents."""
    async with _opened(settings_of(source, given)) as store:
        return await transfer.unlock(store.database)


def settings_of(where: str, given: Settings) -> Settings:
    """A store named on the command line, as the settings of its server."""
    if where.partition("://")[0] in SCHEMES:
        return replace(given, database=where)
    return replace(given, database="", data_dir=Path(where))


def place_of(where: str) -> str:
    """A store's name without a password."""
    return place(where) if "://" in where else str(Path(where).resolve())


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Store]:
    store = await asyncio.to_thread(open_store, settings)
    try:
        yield store
    finally:
        await asyncio.to_thread(store.close)


def _copy_key(one: Path, other: Path) -> None:
    """With it, people stay signed in."""
    if (one / KEY_FILE).exists() and not (other / KEY_FILE).exists():
        other.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(one / KEY_FILE, other / KEY_FILE)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as bars:

        def show(what: str, done: int, whole: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=whole)
            bars.update(tasks[what], completed=done, total=max(whole, done))

        yield show
