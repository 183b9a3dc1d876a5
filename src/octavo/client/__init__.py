"""The Python SDK: edit documents live from a program.  `docs/sdk.md` shows how.

async with octavo.client.open(url, token, document_id) as document:
    document.edit(Delta().insert("Hello"))
    await document.saved()
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from octavo.client.api import Api, Token
from octavo.client.document import Document, RemoteChange
from octavo.delta import Delta
from octavo.protocol import Cursor

__all__ = ["Api", "Cursor", "Delta", "Document", "RemoteChange", "Token", "open"]


@asynccontextmanager
async def open(
    url: str, token: Token, document_id: str, *, outbox: Path | None = None
) -> AsyncIterator[Document]:
    """Join a document of the server at `url`.  `token` may be a function that gives a new one, plain or
    async.

    `outbox` is a file that keeps unacknowledged edits over a kill of the program.

    Leaving the block waits until all is saved, and raises when it cannot be.
    """
    async with Api(url, token) as api, Document(api, document_id, outbox=outbox) as document:
        yield document
