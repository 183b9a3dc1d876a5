"""A real server on a free port, in a thread of the test's process, and people who talk to it over real sockets."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from octavo.server import Application, Server, application, configuration, listen
from octavo.settings import Settings
from tests import postgres

PASSWORD = "a long password"
_numbers = itertools.count(1)


@dataclass
class Running:
    """The server, and the loop that it runs on."""

    base: str
    port: int
    app: Application
    loop: asyncio.AbstractEventLoop
    server: uvicorn.Server

    def person(self, name: str = "Ada") -> Person:
        """Somebody new, with an access token."""
        email = f"{name.lower()}{next(_numbers)}@example.com"
        client = httpx.Client(base_url=self.base, timeout=20)
        made = client.post("/api/v1/auth/register", json={"email": email, "name": name, "password": PASSWORD})
        assert made.status_code == 201, made.text
        client.close()
        return self.sign_in(email, name)

    def sign_in(self, email: str, name: str = "Ada") -> Person:
        """Somebody who has an account, with an access token."""
        client = httpx.Client(base_url=self.base, timeout=20)
        token = client.post("/api/v1/auth/token", json={"email": email, "password": PASSWORD})
        client.headers["authorization"] = f"Bearer {token.json()['access_token']}"
        return Person(self, client, client.get("/api/v1/users/me").json()["id"], email, name)

    def guest(self, document_id: str, name: str = "Gast", **body: Any) -> Person:
        """Somebody without an account, who comes in by the document's link, in a browser."""
        client = httpx.Client(base_url=self.base, timeout=20, headers={"origin": self.base})
        made = client.post(f"/api/v1/documents/{document_id}/guests", json={"name": name, **body})
        assert made.status_code == 201, made.text
        return Person(self, client, made.json()["user"]["id"], "", name)

    @contextmanager
    def browser(self, person: Person, user_agent: str = "test") -> Iterator[httpx.Client]:
        """A browser in which somebody has signed in."""
        headers = {"origin": self.base, "user-agent": user_agent}
        with httpx.Client(base_url=self.base, timeout=20, headers=headers) as client:
            answer = client.post("/api/v1/auth/login", json={"email": person.email, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            yield client

    def make_admin(self, person: Person) -> None:
        """As `octavo user admin` does."""
        self.do(self.app.services.accounts.set_admin(person.email, True))

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Something on the server's own loop; what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def nobody(self) -> httpx.Client:
        return httpx.Client(base_url=self.base, timeout=20)


@dataclass
class Person:
    running: Running
    http: httpx.Client
    id: str
    email: str
    name: str

    def call(self, method: str, path: str, expect: int | None = None, **options: Any) -> Any:
        """The answer's JSON, after checking its status (any success, when not said)."""
        answer = self.http.request(method, "/api/v1" + path, **options)
        if expect is None:
            assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        else:
            assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def soon(self, method: str, path: str, condition: Callable[[Any], object], seconds: float = 20.0) -> Any:
        """The first answer that meets the condition."""
        end = time.monotonic() + seconds
        while not condition(answer := self.call(method, path)):
            assert time.monotonic() < end, f"{method} {path}: still {answer}"
        return answer

    def refused(self, method: str, path: str, status: int, code: str, **options: Any) -> dict[str, Any]:
        """The error, which must have this status and code."""
        error: dict[str, Any] = self.call(method, path, status, **options)["error"]
        assert error["code"] == code, error
        assert error["message"]
        return error

    def document(self, **body: Any) -> str:
        return str(self.call("POST", "/documents", 201, json=body)["id"])

    def share(self, document_id: str, person: Person, role: str) -> None:
        self.call("PUT", f"/documents/{document_id}/permissions", json={"user_id": person.id, "role": role})

    def ticket(self, document_id: str) -> str:
        return str(self.call("POST", f"/documents/{document_id}/ticket")["websocket_url"])

    def socket(self, document_id: str, **options: Any) -> Talk:
        return talk(self.running, self.ticket(document_id), **options)

    def editor(self, document_id: str, client_id: str, **hello: Any) -> Talk:
        """A socket that has been welcomed."""
        opened = self.socket(document_id)
        opened.welcome = opened.hello(client_id, **hello)
        return opened


@dataclass
class Talk:
    """A WebSocket seen message by message."""

    connection: ClientConnection
    welcome: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.connection.close()

    def send(self, message: Any) -> None:
        self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def hello(self, client_id: str, **more: Any) -> dict[str, Any]:
        self.send({"type": "hello", "client_id": client_id, **more})
        return self.until("welcome")

    def operate(self, seq: int, base: int, ops: list[Any], **more: Any) -> None:
        self.send({"type": "operation", "seq": seq, "base_revision": base, "ops": ops, **more})

    def next(self, seconds: float = 10.0) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.connection.recv(timeout=seconds))
        return message

    def until(self, kind: str, seconds: float = 10.0) -> dict[str, Any]:
        """The next message of a type; others are passed over."""
        while (message := self.next(seconds))["type"] != kind:
            pass
        return message

    def closed(self, seconds: float = 10.0) -> int:
        """The code with which the server closes, whatever comes before."""
        try:
            while True:
                self.connection.recv(timeout=seconds)
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006

    def ping(self) -> None:
        """Returns when the server has dealt with all that was sent before."""
        self.send({"type": "ping"})
        self.until("pong")


def talk(running: Running, url: str, **options: Any) -> Talk:
    """Open a socket at a path-absolute URL."""
    options.setdefault("subprotocols", ["octavo.v1"])
    options.setdefault("compression", None)
    options.setdefault("max_size", None)
    options.setdefault("legacy", True)  # a connection now, not a context manager
    return Talk(connect(f"ws://127.0.0.1:{running.port}{url}", **options))


@contextmanager
def running(data_dir: Path, **given: Any) -> Iterator[Running]:
    """A server for as long as the block lasts."""
    given.setdefault("rate_limit", False)
    given.setdefault("database", postgres.chosen(data_dir))
    settings = Settings(data_dir=data_dir, port=0, **given)
    listeners = listen(settings)
    started = threading.Event()
    found: list[Running] = []
    faults: list[BaseException] = []

    async def serve() -> None:
        async with application(settings) as app:
            server = _InThread(configuration(settings, app), app)
            port = listeners[0].getsockname()[1]
            loop = asyncio.get_running_loop()
            found.append(Running(f"http://127.0.0.1:{port}", port, app, loop, server))
            server.started_event = started
            await server.serve(sockets=list(listeners))

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as fault:
            faults.append(fault)
        finally:
            started.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(20)
    if faults:
        raise faults[0]
    try:
        yield found[0]
    finally:
        found[0].server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"
        if faults:
            raise faults[0]


class _InThread(Server):
    """Signals belong to the main thread, which is the tests'."""

    started_event: threading.Event | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert self.started_event is not None
        self.started_event.set()
