"""Oneself, and personal API tokens."""

from __future__ import annotations

from octavo.accounts import COLORS, color_of
from tests.web.running import PASSWORD, Person, Running, talk


def test_me(ada: Person) -> None:
    me = ada.call("GET", "/users/me")
    assert me.pop("storage_limit") == 15 << 30
    assert me.pop("storage_used") >= 0
    assert me == {"id": ada.id, "name": "Ada", "email": ada.email, "color": color_of(ada.id)}


def test_rename(server: Running) -> None:
    person = server.person("Before")
    assert person.call("PATCH", "/users/me", json={"name": "After"})["name"] == "After"
    assert person.call("GET", "/users/me")["name"] == "After"
    assert person.call("PATCH", "/users/me", json={"unknown": 1})["name"] == "After"
    person.refused("PATCH", "/users/me", 400, "INVALID_REQUEST", json={"name": "  "})


def test_a_colour_follows_from_the_id() -> None:
    assert len(set(COLORS)) == 12
    assert {color_of(f"u{number}") for number in range(500)} == set(COLORS)
    assert color_of("u1") == color_of("u1")


def test_an_api_token_works_until_it_is_deleted(server: Running, ada: Person) -> None:
    made = ada.call("POST", "/users/me/tokens", 201, json={"name": "ci"})
    assert made["scopes"] == ["read", "write"]
    listed = ada.call("GET", "/users/me/tokens")["tokens"]
    mine = next(token for token in listed if token["id"] == made["id"])
    assert "token" not in mine
    assert mine["used_at"] is None
    with server.nobody() as program:
        program.headers["authorization"] = f"Bearer {made['token']}"
        assert program.get("/api/v1/users/me").json()["id"] == ada.id
        listed = ada.call("GET", "/users/me/tokens")["tokens"]
        assert next(token for token in listed if token["id"] == made["id"])["used_at"] is not None
        ada.call("DELETE", f"/users/me/tokens/{made['id']}", 204)
        assert program.get("/api/v1/users/me").status_code == 401
    ada.refused("DELETE", f"/users/me/tokens/{made['id']}", 404, "NOT_FOUND")


def test_a_read_token_does_not_write(server: Running, ada: Person) -> None:
    made = ada.call("POST", "/users/me/tokens", 201, json={"name": "reader", "scopes": ["read"]})
    with server.nobody() as program:
        program.headers["authorization"] = f"Bearer {made['token']}"
        assert program.get("/api/v1/documents").status_code == 200
        answer = program.post("/api/v1/documents", json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")


def test_a_read_token_gets_no_socket(server: Running, ada: Person, document: str) -> None:
    made = ada.call("POST", "/users/me/tokens", 201, json={"name": "reader", "scopes": ["read"]})
    with server.nobody() as program:
        program.headers["authorization"] = f"Bearer {made['token']}"
        assert "websocket_url" not in program.get(f"/api/v1/documents/{document}").json()
        assert program.post(f"/api/v1/documents/{document}/ticket").status_code == 403


def test_sockets_end_with_what_opened_them(server: Running, ada: Person, document: str) -> None:
    made = ada.call("POST", "/users/me/tokens", 201, json={"name": "bot"})
    with server.nobody() as program, server.nobody() as browser:
        program.headers["authorization"] = f"Bearer {made['token']}"
        browser.post("/api/v1/auth/login", json={"email": ada.email, "password": PASSWORD})
        urls = [
            one.get(f"/api/v1/documents/{document}").json()["websocket_url"] for one in (program, browser)
        ]
        with talk(server, urls[0]) as bot, talk(server, urls[1]) as tab, ada.editor(document, "c3") as other:
            bot.hello("c1")
            tab.hello("c2")
            ada.call("DELETE", f"/users/me/tokens/{made['id']}", 204)
            assert bot.closed() == 4401
            tab.ping()
            browser.post("/api/v1/auth/logout")
            assert tab.closed() == 4401
            other.ping()


def test_what_a_token_may_be(ada: Person) -> None:
    for body in (
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["all"]},
        {"name": "x", "expires_in_days": 0},
        {"name": ""},
        {},
    ):
        ada.refused("POST", "/users/me/tokens", 400, "INVALID_REQUEST", json=body)
    made = ada.call("POST", "/users/me/tokens", 201, json={"name": "x", "expires_in_days": 1})
    assert made["expires_at"] > made["created_at"]


def test_one_key_makes_one_token(ada: Person) -> None:
    headers = {"Idempotency-Key": "k" * 32}
    ada.call("POST", "/users/me/tokens", 201, json={"name": "once"}, headers=headers)
    ada.refused("POST", "/users/me/tokens", 409, "ALREADY_EXISTS", json={"name": "once"}, headers=headers)


def test_tokens_are_ones_own(ada: Person, bob: Person) -> None:
    made = ada.call("POST", "/users/me/tokens", 201, json={"name": "mine"})
    bob.refused("DELETE", f"/users/me/tokens/{made['id']}", 404, "NOT_FOUND")
