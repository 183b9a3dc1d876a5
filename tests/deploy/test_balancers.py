"""The shipped files of HAProxy and nginx do what they say, before small servers that say who they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.balancers import Balancer, lacking

DOCUMENTS = [f"d{number:032x}" for number in range(60)]


@dataclass
class Node:
    """Answers each request with its name; as long as it is not ready, its health check is red."""

    name: str
    ready: bool = True
    port: int = 0
    server: asyncio.Server | None = None
    heads: list[bytes] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                checked = head.split()[1] == b"/readyz"
                if not checked:
                    self.heads.append(head)
                status = "503 Gone" if checked and not self.ready else "200 OK"
                body = self.name.encode()
                writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def start(self) -> None:
        self.server = await asyncio.start_server(self.answer, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
            self.server = None


@asynccontextmanager
async def balanced(name: str, directory: Path) -> AsyncIterator[tuple[httpx.AsyncClient, list[Node]]]:
    if lacking(name):
        pytest.skip(lacking(name))
    nodes = [Node(f"node{number}") for number in range(1, 4)]
    async with AsyncExitStack() as stack:
        for node in nodes:
            await node.start()
            stack.push_async_callback(node.stop)
        balancer = Balancer(name, directory, [node.port for node in nodes])
        await asyncio.to_thread(balancer.start)
        stack.callback(balancer.stop)
        yield await stack.enter_async_context(httpx.AsyncClient(base_url=balancer.url, timeout=10)), nodes


async def who(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    answer.raise_for_status()
    return answer.text


async def homes(client: httpx.AsyncClient) -> dict[str, str]:
    return {name: await who(client, f"/api/v1/documents/{name}") for name in DOCUMENTS}


async def moved_from(client: httpx.AsyncClient, gone: str) -> dict[str, str]:
    """Where the documents are once none is at a node that is going; what it breaks off meanwhile is asked again."""
    async with asyncio.timeout(20):
        while True:
            with suppress(httpx.HTTPError):
                if gone not in (found := await homes(client)).values():
                    return found
            await asyncio.sleep(0.05)  # the balancer tells nobody


def logged(directory: Path) -> str:
    return "".join(path.read_text(errors="replace") for path in directory.glob("*.log"))


@pytest.mark.parametrize("name", ["haproxy", "nginx"])
async def test_sockets_and_calls_of_a_document_meet_at_one_node(name: str, tmp_path: Path) -> None:
    async with balanced(name, tmp_path) as (client, nodes):
        found = await homes(client)
        assert set(found.values()) == {node.name for node in nodes}  # they are spread
        assert await homes(client) == found
        for document in DOCUMENTS[:20]:
            assert await who(client, f"/ws/v1/documents/{document}?ticket=secret") == found[document]
            assert await who(client, f"/api/v1/documents/{document}/operations?from=0") == found[document]
        others = {await who(client, "/api/v1/users/me") for _ in range(30)}
        assert len(others) > 1
        assert "ticket" not in logged(tmp_path)


@pytest.mark.parametrize("name", ["haproxy", "nginx"])
async def test_the_client_is_named_and_upgrades_pass(name: str, tmp_path: Path) -> None:
    async with balanced(name, tmp_path) as (client, nodes):
        headers = {
            "connection": "upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        await client.get("/ws/v1/documents/d1", headers=headers)
        (head,) = [head.lower() for node in nodes for head in node.heads]
        assert b"x-forwarded-for: 127.0.0.1" in head
        assert b"upgrade: websocket" in head
        assert b"connection: upgrade" in head
        assert b"host: 127.0.0.1" in head


@pytest.mark.parametrize("name", ["haproxy", "nginx"])
async def test_only_the_documents_of_a_node_that_is_gone_move(name: str, tmp_path: Path) -> None:
    async with balanced(name, tmp_path) as (client, nodes):
        before = await homes(client)
        await nodes[1].stop()
        after = await moved_from(client, nodes[1].name)
        assert {document for document in DOCUMENTS if before[document] != after[document]} == {
            document for document in DOCUMENTS if before[document] == nodes[1].name
        }


async def test_haproxy_sends_nobody_to_a_node_that_says_it_is_going(tmp_path: Path) -> None:
    async with balanced("haproxy", tmp_path) as (client, nodes):
        await homes(client)
        nodes[0].ready = False
        await moved_from(client, nodes[0].name)
        nodes[0].ready = True
        async with asyncio.timeout(20):
            while nodes[0].name not in (await homes(client)).values():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
