"""Waiting for the job that follows the documents, and running things on the server's loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from sqlalchemy import Connection

from octavo import jobs
from octavo.catalog import summaries
from octavo.search import NAME
from tests.web.running import Running

T = TypeVar("T")


def run(running: Running, work: Coroutine[Any, Any, T]) -> T:
    """On the server's loop; its result."""
    return asyncio.run_coroutine_threadsafe(work, running.loop).result(20)


def settled(running: Running, seconds: float = 10.0) -> None:
    """Return when search and lists know all that was written."""

    def waiting(connection: Connection) -> list[str]:
        return summaries.touched(connection, 1) + jobs.behind(connection, NAME)

    deadline = time.monotonic() + seconds
    while left := run(running, running.app.store.database.read(waiting)):
        assert time.monotonic() < deadline, f"not indexed within {seconds:.0f} s: {left}"
        time.sleep(0.02)
