"""Each example of docs/sdk.md runs, in order, against a real server."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator
from inspect import CO_COROUTINE
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from octavo.client import Api
from tests.chaos.processes import ServerProcess

PAGE = Path(__file__).parents[2] / "docs" / "sdk.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
async def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, Any]]:
    """What the page's names stand for."""
    monkeypatch.chdir(tmp_path)  # an example leaves a file
    server = ServerProcess(tmp_path)
    await server.start()
    async with Api(server.url) as api:
        await api.register("ada@example.org", "Ada", "a good long password")
        await api.sign_in("ada@example.org", "a good long password")
        document = await api.create_document("Examples", [{"insert": "Hello\n"}])
        yield {"url": server.url, "token": await api.renew(), "document_id": document["id"]}
    await server.end()


async def test_the_examples_run(given: dict[str, Any]) -> None:
    assert len(EXAMPLES) >= 6
    names = dict(given)
    for number, example in enumerate(EXAMPLES):
        code = compile(example, f"sdk.md example {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if code.co_flags & CO_COROUTINE:
            await FunctionType(code, names)()
        else:
            exec(code, names)
