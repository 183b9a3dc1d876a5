"""A real server and people to talk to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from octavo.client import Api
from tests.chaos.processes import ServerProcess

PASSWORD = "a good long password"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    process = ServerProcess(tmp_path)
    await process.start()
    yield process
    await process.end()


@pytest.fixture
async def api(server: ServerProcess) -> AsyncIterator[Api]:
    """Ada, signed in."""
    async with Api(server.url) as ada:
        await ada.register("ada@example.org", "Ada", PASSWORD)
        await ada.sign_in("ada@example.org", PASSWORD)
        yield ada


@pytest.fixture
async def document_id(api: Api) -> str:
    return str((await api.create_document("A document", [{"insert": "Hello\n"}]))["id"])


async def until(test: Callable[[], bool]) -> None:
    """Return when it is so; fails after ten seconds."""
    async with asyncio.timeout(10):
        while not test():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
