"""The stream of a document's changes: without a gap, resumed by id, ended when access ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import islice
from typing import Any

import pytest

from octavo.client import Api
from octavo.errors import Conflict, Invalid, Missing, OctavoError
from octavo.feed import AT_ONCE
from tests.chaos.processes import ServerProcess
from tests.client.conftest import PASSWORD


async def write(api: Api, document_id: str, count: int, *, seq: int = 1, base: int = 1) -> None:
    epoch = (await api.document(document_id))["epoch"]
    for number in range(count):
        body = {
            "epoch": epoch,
            "client_id": "writer",
            "seq": seq + number,
            "base_revision": base + number,
            "ops": [{"insert": str(number % 10)}],
        }
        await api.request("POST", f"/documents/{document_id}/operations", body)


async def take(stream: AsyncIterator[tuple[str, Any]], count: int) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            found.append(await anext(stream))
    return found


async def test_it_goes_on_where_it_stopped(api: Api, document_id: str) -> None:
    await write(api, document_id, 5)
    async with aclosing(api.feed(document_id, after=0)) as stream:
        first = await take(stream, 4)
    assert [change["revision"] for _, change in first] == [1, 2, 3, 4]
    assert first[0][1]["ops"] == [{"insert": "Hello"}] or first[0][1]["ops"][0]["insert"].startswith("Hello")
    async with aclosing(api.feed(document_id, last_id=first[-1][0])) as stream:
        assert [change["revision"] for _, change in await take(stream, 2)] == [5, 6]
        await write(api, document_id, 3, seq=6, base=6)
        live = await take(stream, 3)
        assert [change["revision"] for _, change in live] == [7, 8, 9]
    assert len({identity for identity, _ in islice([*first, *live], 9)}) == 7


async def test_from_the_head_and_only_what_comes(api: Api, document_id: str) -> None:
    async with aclosing(api.feed(document_id)) as stream:
        waiting = asyncio.ensure_future(take(stream, 1))
        await asyncio.sleep(0)
        seq = 1
        while not waiting.done():  # it may begin before or after any one of these
            await write(api, document_id, 1, seq=seq, base=seq)
            seq += 1
        assert (await waiting)[0][1]["revision"] > 1


async def test_what_cannot_be_followed(api: Api, document_id: str) -> None:
    for last_id, error in (("other-1", Conflict), ("nonsense", Invalid), ("-1", Invalid)):
        with pytest.raises(error):
            await take(api.feed(document_id, last_id=last_id), 1)
    with pytest.raises(Invalid):
        await take(api.feed(document_id, after=99), 1)
    with pytest.raises(Missing):
        await take(api.feed("nowhere"), 1)


async def test_it_ends_when_access_does(server: ServerProcess, api: Api, document_id: str) -> None:
    async with Api(server.url) as bob:
        user = await bob.register("bob@example.org", "Bob", PASSWORD)
        await bob.sign_in("bob@example.org", PASSWORD)
        with pytest.raises(Missing):
            await take(bob.feed(document_id), 1)
        body = {"user_id": user["id"], "role": "viewer"}
        await api.request("PUT", f"/documents/{document_id}/permissions", body)
        async with aclosing(bob.feed(document_id, after=0)) as stream:
            await take(stream, 1)
            await api.request("DELETE", f"/documents/{document_id}/permissions/{user['id']}")
            with pytest.raises(OctavoError) as raised:
                await take(stream, 1)
            assert raised.value.code == "NOT_FOUND"


async def test_it_ends_when_the_document_does(api: Api, document_id: str) -> None:
    async with aclosing(api.feed(document_id, after=0)) as stream:
        await take(stream, 1)
        await api.request("DELETE", f"/documents/{document_id}")
        with pytest.raises(OctavoError) as raised:
            await take(stream, 1)
        assert raised.value.code == "DOCUMENT_DELETED"


async def test_so_many_at_once_and_no_more(api: Api, document_id: str) -> None:
    streams = [api.feed(document_id, after=0) for _ in range(AT_ONCE)]
    for stream in streams:
        await take(stream, 1)
    with pytest.raises(OctavoError) as raised:
        await take(api.feed(document_id, after=0), 1)
    assert raised.value.code == "RATE_LIMITED"
    for stream in streams:
        await stream.aclose()
    async with asyncio.timeout(20):
        while True:  # the server notices within a look
            try:
                await take(api.feed(document_id, after=0), 1)
                break
            except OctavoError:
                await asyncio.sleep(0.1)
