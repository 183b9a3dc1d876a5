"""What is fetched for strangers, and what never."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from octavo.adapters.fetch import Address, PublicFetch, is_public, resolve
from octavo.errors import Invalid

HERE = "127.0.0.1"


def local(address: Address) -> bool:
    """In these tests the one server there is stands for the public internet."""
    return str(address) == HERE


class Names:
    """A resolver of made-up names, which remembers what it was asked."""

    def __init__(self, **names: list[str]) -> None:
        self.names = {name.replace("_", "."): addresses for name, addresses in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.names[host]


@asynccontextmanager
async def serving(answer: Callable[[str], bytes]) -> AsyncIterator[tuple[int, list[str]]]:
    """A server that answers each request's head with what `answer` says; its port, and the heads it was sent."""
    heads: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(answer(heads[-1]))
        writer.close()

    server = await asyncio.start_server(talk, HERE, 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heads


def ok(body: bytes, *headers: str) -> bytes:
    head = "".join(header + "\r\n" for header in (f"content-length: {len(body)}", *headers))
    return b"HTTP/1.1 200 OK\r\n" + head.encode() + b"\r\n" + body


def moved(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n".encode()


async def refused(fetch: PublicFetch, url: str, code: str = "INVALID_REQUEST", limit: int = 1000) -> str:
    with pytest.raises(Invalid) as caught:
        await fetch(url, limit)
    assert caught.value.code == code
    assert caught.value.message.startswith("url: ")
    return caught.value.message


async def test_the_checked_address_is_asked_by_its_name() -> None:
    names = Names(pictures_example=[HERE])
    async with serving(lambda head: ok(b"picture")) as (port, heads):
        fetch = PublicFetch(allowed=local, look_up=names)
        url = f"http://pictures.example:{port}/a%20b.png?size=1#part"
        assert await fetch(url, 1000) == b"picture"
    assert names.asked == ["pictures.example"]  # once: a second answer might be another address
    lines = heads[0].lower().split("\r\n")
    assert lines[0] == "get /a%20b.png?size=1 http/1.1"
    assert f"host: pictures.example:{port}" in lines
    assert not any(line.startswith(("cookie", "authorization", "referer")) for line in lines)


async def test_tls_asks_for_the_name_and_checks_it() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    seen: list[str | None] = []
    context.sni_callback = lambda tls, name, given: seen.append(name)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(talk, HERE, 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        fetch = PublicFetch(allowed=local, look_up=Names(pictures_example=[HERE]))
        await refused(fetch, f"https://pictures.example:{port}/")
    assert seen == ["pictures.example"]


INSIDE = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1 172.31.255.255
    192.0.0.1 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1
    240.0.0.1 255.255.255.255
    :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:10.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808
    64:ff9b:1::a00:1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:20::1 2001:db8::1
    2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1 ff0e::1
"""


@pytest.mark.parametrize("address", INSIDE.split())
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"]
)
def test_addresses_that_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0"]
)
async def test_every_way_to_write_this_machine(host: str) -> None:
    async with serving(lambda head: ok(b"secret")) as (port, heads):
        await refused(PublicFetch(), f"http://{host}:{port}/")
    assert heads == []


async def test_one_bad_address_of_several_is_enough() -> None:
    names = Names(both_example=["8.8.8.8", "10.0.0.1"], none_example=[], scoped_example=["fe80::1%eth0"])
    for host in names.names:
        await refused(PublicFetch(look_up=names), f"http://{host}/")


async def test_the_system_resolves_names() -> None:
    assert HERE in await resolve("localhost", 80)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://pictures.example/",
        "//pictures.example/",
        "pictures.example",
        "http://",
        "http://ada:secret@pictures.example/",
        "http://pictures.example:22/",
        "http://pictures.example:0/",
        "http://pictures.example:99999/",
        "http://pictures.example/" + "x" * 2048,
        "http://[::1",
        "http://\ud800/",
        "http://pictures.example\r\nHost: x/",
        "",
    ],
)
async def test_addresses_that_are_not_even_looked_up(url: str) -> None:
    names = Names(pictures_example=[HERE])
    await refused(PublicFetch(allowed=local, look_up=names), url)
    assert names.asked == []


async def test_redirects_are_checked_anew() -> None:
    def answer(head: str) -> bytes:
        path = head.split()[1]
        if path == "/inside":
            return moved("http://inside.example/")
        if path == "/file":
            return moved("file:///etc/passwd")
        hops = int(path.removeprefix("/"))
        return moved(f"/{hops - 1}") if hops else ok(b"arrived")

    names = Names(pictures_example=[HERE], inside_example=["192.168.1.1"])
    fetch = PublicFetch(allowed=local, look_up=names)
    async with serving(answer) as (port, heads):
        base = f"http://pictures.example:{port}"
        assert await fetch(base + "/3", 1000) == b"arrived"
        assert "3 times" in await refused(fetch, base + "/4")
        assert len(heads) == 8
        assert "public internet" in await refused(fetch, base + "/inside")
        await refused(fetch, base + "/file")
    assert names.asked.count("inside.example") == 1


async def test_too_much_is_not_read() -> None:
    endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"64\r\n" + b"x" * 100 + b"\r\n"
    bodies = {
        "/exact": ok(b"x" * 1000),
        "/long": ok(b"x" * 1001),
        "/chunks": endless + (b"64\r\n" + b"x" * 100 + b"\r\n") * 20,
    }
    fetch = PublicFetch(allowed=local, look_up=Names(pictures_example=[HERE]))
    async with serving(lambda head: bodies[head.split()[1]]) as (port, _):
        base = f"http://pictures.example:{port}"
        assert len(await fetch(base + "/exact", 1000)) == 1000
        for path in ("/long", "/chunks"):
            await refused(fetch, base + path, "TOO_LARGE")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        ok(b"x", "content-encoding: gzip"),
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"",
        b"HTTP/1.1 302 Found\r\nlocation: gopher://pictures.example/\r\ncontent-length: 0\r\n\r\n",
    ],
)
async def test_answers_that_bring_nothing(answer: bytes) -> None:
    fetch = PublicFetch(allowed=local, look_up=Names(pictures_example=[HERE]))
    async with serving(lambda head: answer) as (port, _):
        await refused(fetch, f"http://pictures.example:{port}/")


async def test_who_never_answers_is_left() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, HERE, 0)
    async with server:
        fetch = PublicFetch(allowed=local, look_up=Names(pictures_example=[HERE]), seconds=0.05)
        port = server.sockets[0].getsockname()[1]
        assert "did not answer" in await refused(fetch, f"http://pictures.example:{port}/")


async def test_nobody_there() -> None:
    async with serving(lambda head: b"") as (port, _):
        pass
    fetch = PublicFetch(allowed=local, look_up=Names(pictures_example=[HERE]))
    await refused(fetch, f"http://pictures.example:{port}/")


async def test_the_surroundings_have_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    fetch = PublicFetch(allowed=local, look_up=Names(pictures_example=[HERE]))
    async with serving(lambda head: ok(b"direct")) as (port, _):
        assert await fetch(f"http://pictures.example:{port}/", 1000) == b"direct"
