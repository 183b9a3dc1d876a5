"""What every request meets first: origin, size, depth, time, headers."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.web.running import PASSWORD, Person, Running, running


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "{base}.evil.example", "{base}x"])
def test_foreign_pages_do_not_write(server: Running, ada: Person, origin: str) -> None:
    origin = origin.format(base=server.base)
    with server.nobody() as browser:
        browser.post("/api/v1/auth/login", json={"email": ada.email, "password": PASSWORD})
        answer = browser.post("/api/v1/documents", json={}, headers={"origin": origin})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
        login = browser.post(
            "/api/v1/auth/login", json={"email": ada.email, "password": PASSWORD}, headers={"origin": origin}
        )
        assert login.status_code == 403


def test_a_cookie_writes_with_its_own_origin_only(server: Running, ada: Person) -> None:
    with server.nobody() as browser:
        browser.post("/api/v1/auth/login", json={"email": ada.email, "password": PASSWORD})
        assert browser.post("/api/v1/documents", json={}).status_code == 403
        credentials = {"email": ada.email, "password": PASSWORD}
        assert browser.post("/api/v1/auth/token", json=credentials).status_code == 200
        own = {"origin": server.base}
        assert browser.post("/api/v1/documents", json={}, headers=own).status_code == 201
        assert browser.get("/api/v1/documents").status_code == 200


def test_an_old_cookie_keeps_nobody_out(server: Running, ada: Person) -> None:
    with server.nobody() as browser:
        browser.cookies["octavo_login"] = "old"
        credentials = {"email": ada.email, "password": PASSWORD}
        assert browser.post("/api/v1/auth/login", json=credentials).status_code == 200


def test_bodies_before_and_after_login(server: Running, ada: Person) -> None:
    body = b'{"email":"' + b"x" * 5000 + b'"}'
    with server.nobody() as browser:
        for content in (body, iter([body[:2500], body[2500:]])):
            answer = browser.post("/api/v1/auth/register", content=content)
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "TOO_LARGE")
    ada.call("POST", "/documents", 201, content=b'{"title":"T","unknown":"' + b"x" * 100_000 + b'"}')
    ada.refused("POST", "/documents", 413, "TOO_LARGE", content=b'"' + b"x" * (9 << 20) + b'"')


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"title":', b"\xff", b'{"title":"\xff"}', b"[" * 20_000, b"1e999", b"NaN"],
)
def test_bodies_that_are_not_json(ada: Person, content: bytes) -> None:
    ada.refused("POST", "/documents", 400, "INVALID_REQUEST", content=content)


def test_json_may_nest_8_deep(ada: Person) -> None:
    def nested(depth: int) -> bytes:
        return b'{"x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

    ada.call("POST", "/documents", 201, content=nested(8))
    ada.refused("POST", "/documents", 400, "INVALID_REQUEST", content=nested(9))


def test_headers_of_every_answer(server: Running) -> None:
    with server.nobody() as browser:
        for path in ("/", "/healthz", "/api/v1/users/me", "/nothing.js"):
            headers = browser.get(path).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "server" not in headers


def test_unknown_routes_and_methods(server: Running, ada: Person) -> None:
    ada.refused("GET", "/nothing", 404, "NOT_FOUND")
    ada.refused("PUT", "/users/me", 404, "NOT_FOUND")
    with server.nobody() as browser:
        assert browser.post("/").status_code == 400


def test_requests_are_counted_per_user(tmp_path: Path) -> None:
    with running(tmp_path, rate_limit=True, requests_per_second=1) as limited:
        ada, bob = limited.person("Ada"), limited.person("Bob")
        statuses = [ada.http.get("/api/v1/users/me").status_code for _ in range(14)]
        assert statuses[:9] == [200] * 9
        assert statuses[-1] == 429
        assert bob.call("GET", "/users/me")["id"] == bob.id


def talk_raw(server: Running, *parts: bytes) -> bytes:
    """What comes back for raw bytes, until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        for part in parts:
            raw.sendall(part)
        found = b""
        while data := raw.recv(65_536):
            found += data
        return found


def test_slow_and_silent_connections_end(tmp_path: Path) -> None:
    with running(tmp_path, before_login_seconds=0.2) as server:
        assert b"408" in talk_raw(server)
        assert b"408" in talk_raw(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-")
        late = talk_raw(server, b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
        assert b"400" in late.split(b"\r\n")[0]


def test_a_head_has_a_limit(server: Running) -> None:
    assert b"431" in talk_raw(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 30_000)


def test_more_connections_than_fit_get_503(tmp_path: Path) -> None:
    with running(tmp_path, max_connections=3) as server:
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
        try:
            with server.nobody() as browser:
                while (answer := browser.get("/healthz")).status_code != 503:
                    pass
                assert answer.json()["error"]["code"] == "UNAVAILABLE"
                assert "retry-after" in answer.headers
        finally:
            for connection in held:
                connection.close()
