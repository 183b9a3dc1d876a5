"""The SDK against a real server: what a program that uses it relies on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import octavo.client
import octavo.errors
from octavo.client import Api, Cursor, Delta, Document, RemoteChange
from octavo.client.replay import compare, replay
from octavo.client.trace import load
from octavo.errors import Denied, Invalid, Missing, Unavailable
from tests.chaos.processes import ServerProcess
from tests.client.conftest import PASSWORD, until

TRACE = Path(__file__).parents[1] / "data" / "traces" / "sveltecomponent.json.gz"


async def test_an_edit_is_shown_at_once_and_saved(api: Api, document_id: str) -> None:
    async with Document(api, document_id) as document:
        document.edit(Delta().retain(5).insert(" 🙂"))
        assert document.text == "Hello 🙂\n"
        assert not document.is_saved
        await document.saved()
        assert document.is_saved
    found = await api.document(document_id)
    assert found["content"]["ops"] == [{"insert": "Hello 🙂\n"}]


async def test_two_programs_write_at_once(api: Api, document_id: str) -> None:
    async with Document(api, document_id) as one, Document(api, document_id) as two:
        for number in range(50):
            one.edit(Delta().insert(f"a{number} "))
            two.edit(Delta().retain(two.length - 1).insert(f"b{number} "))
            await asyncio.sleep(0)
        await asyncio.gather(one.saved(), two.saved())
        head = max(one.revision, two.revision)
        await asyncio.gather(one.reached(head), two.reached(head))
        assert await compare(api, document_id, [one, two]) == []
        assert one.text.count("a") == one.text.count("b") == 50


async def test_changes_are_told(api: Api, document_id: str) -> None:
    async with Document(api, document_id) as reader, Document(api, document_id) as writer:
        before = reader.content
        told: list[RemoteChange] = []

        async def listen() -> None:
            async for change in reader.changes():
                told.append(change)
                if len(told) == 2:
                    return

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0)
        writer.edit(Delta().insert("x"))
        await writer.saved()
        writer.edit(Delta().retain(6).delete(0).insert("y"))
        await asyncio.wait_for(listening, 10)
        assert [change.client_id for change in told] == [writer.client_id] * 2
        assert before.compose(told[0].delta).compose(told[1].delta) == reader.content


async def test_cursors_are_seen_and_move_along(api: Api, document_id: str) -> None:
    async with Document(api, document_id) as one, Document(api, document_id) as two:
        one.cursor = Cursor(2, 1)
        await until(lambda: any(other.cursor is not None for other in two.cursors))
        two.edit(Delta().insert("abc"))
        (seen,) = two.cursors
        assert seen.user.name == "Ada"
        assert seen.cursor is not None
        assert (seen.cursor.index, seen.cursor.length) == (5, 1)
        await two.saved()
        await one.reached(two.revision)
        assert one.cursor == Cursor(5, 1)


async def test_typing_goes_on_while_the_server_is_away(
    server: ServerProcess, api: Api, document_id: str
) -> None:
    async with Document(api, document_id) as document:
        await server.end()
        for letter in "abc":
            document.edit(Delta().insert(letter))
        with pytest.raises(Unavailable, match="3 edits are not saved"):
            await document.saved(within=0.3)
        await server.start()
        await document.saved()
        assert document.text == "cbaHello\n"
        assert await compare(api, document_id, [document]) == []


async def test_an_edit_that_does_not_fit_is_refused_here(api: Api, document_id: str) -> None:
    async with Document(api, document_id) as document:
        with pytest.raises(Invalid):
            document.edit(Delta().retain(99).insert("x"))
        assert document.text == "Hello\n"


async def test_what_the_server_refuses_is_told_once_and_kept(api: Api, document_id: str) -> None:
    async with Document(api, document_id) as document:
        document.edit(Delta().insert("x", {"link": "javascript:alert(1)"}))
        with pytest.raises(octavo.errors.Conflict) as refused:
            await document.saved()
        assert refused.value.code == "INVALID_OPERATION"
        assert document.lost == [Delta().insert("x", {"link": "javascript:alert(1)"})]
        await until(lambda: document.text == "Hello\n")
        document.edit(Delta().insert("y"))
        await document.saved()


async def test_a_token_is_renewed(server: ServerProcess, api: Api, document_id: str) -> None:
    given = ["worn out", await api.renew()]
    async with octavo.client.open(server.url, lambda: given.pop(0), document_id) as document:
        assert document.text == "Hello\n"
    assert given == []


async def test_who_may_not_read_is_told(server: ServerProcess, document_id: str) -> None:
    async with Api(server.url) as bob:
        await bob.register("bob@example.org", "Bob", PASSWORD)
        await bob.sign_in("bob@example.org", PASSWORD)
        with pytest.raises(Missing):
            async with Document(bob, document_id):
                pass


async def test_losing_access_ends_it(server: ServerProcess, api: Api, document_id: str) -> None:
    async with Api(server.url) as bob:
        await bob.register("bob@example.org", "Bob", PASSWORD)
        await bob.sign_in("bob@example.org", PASSWORD)
        path = f"/documents/{document_id}/permissions"
        await api.request("PUT", path, {"email": "bob@example.org", "role": "editor"})
        user = await bob.request("GET", "/users/me")
        async with Document(bob, document_id) as document:
            await api.request("DELETE", f"{path}/{user['id']}")
            with pytest.raises(Denied):
                await document.reached(10**9, within=10)
            with pytest.raises(Denied):
                document.edit(Delta().insert("x"))
            document._fault = None  # so that leaving does not raise it a third time


async def test_a_trace_ends_equal(server: ServerProcess, api: Api) -> None:
    trace = load(TRACE, clients=3, run=200)
    result = await replay(trace, server.url, api.renew)
    assert result.differences == []
    assert result.trace.edits == 19_749
