"""Profile and picture, password, the list of logins, and what ends with them."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Connection, update

from octavo.accounts import COLORS, PICTURE_BYTES, color_of
from octavo.catalog.tables import api_tokens
from octavo.web.auth import device_of
from tests.web.running import PASSWORD, Person, Running, running, talk

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def png(size: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (size, size)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/128.0 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/128.0 Safari/537.36 Edg/128.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("python-httpx/0.28", "another program"),
        ("", "another program"),
    ],
)
def test_a_device_is_a_hint(user_agent: str, device: str) -> None:
    assert device_of(user_agent) == device


def test_colour(server: Running) -> None:
    person = server.person("Cora")
    assert person.call("PATCH", "/users/me", json={"color": COLORS[3]})["color"] == COLORS[3]
    document = person.document()
    with person.editor(document, "coras") as socket:
        assert socket.welcome["user"]["color"] == COLORS[3]
    assert person.call("PATCH", "/users/me", json={"color": None})["color"] == color_of(person.id)
    person.refused("PATCH", "/users/me", 400, "INVALID_REQUEST", json={"color": "#123456"})


def test_a_picture(server: Running, bob: Person) -> None:
    person = server.person("Pia")
    headers = {"content-type": "image/png"}
    first = person.call("PUT", "/users/me/picture", content=png(), headers=headers)["picture"]
    assert bob.http.get(first).headers["content-type"] == "image/png"
    second = person.call("PUT", "/users/me/picture", content=png(32), headers=headers)["picture"]
    assert second != first
    assert bob.http.get(first).status_code == 404
    answer = bob.http.get(second)
    assert Image.open(io.BytesIO(answer.content)).size == (32, 32)
    assert "immutable" in answer.headers["cache-control"]
    with server.nobody() as nobody:
        assert nobody.get(second).status_code == 401
    person.call("DELETE", "/users/me/picture", 204)
    assert "picture" not in person.call("GET", "/users/me")
    assert bob.http.get(second).status_code == 404


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "UNSUPPORTED_MEDIA"),
        (b"", "UNSUPPORTED_MEDIA"),
        (png(1025), "TOO_LARGE"),
        (png() + bytes(PICTURE_BYTES), "TOO_LARGE"),
    ],
)
def test_what_is_no_picture(bob: Person, data: bytes, code: str) -> None:
    answer = bob.http.put("/api/v1/users/me/picture", content=data, headers={"content-type": "image/png"})
    assert answer.json()["error"]["code"] == code


def test_the_list_of_logins(server: Running, bob: Person) -> None:
    person = server.person("Lena")
    with server.browser(person, FIREFOX) as here, server.browser(person) as there:
        listed = here.get("/api/v1/users/me/logins").json()["logins"]
        assert sorted(one["device"] for one in listed) == [
            "Firefox on Linux",
            "another program",
            "another program",
        ]
        (mine,) = [one for one in listed if one["current"]]
        assert mine["device"] == "Firefox on Linux"
        (other,) = [one for one in there.get("/api/v1/users/me/logins").json()["logins"] if one["current"]]
        path = f"/users/me/logins/{other['id']}"
        bob.refused("DELETE", path, 404, "NOT_FOUND")
        assert here.delete("/api/v1" + path).status_code == 204
        assert there.get("/api/v1/users/me").status_code == 401
        assert here.delete("/api/v1" + path).status_code == 404
        assert here.get("/api/v1/users/me").status_code == 200


def test_out_everywhere(server: Running) -> None:
    person = server.person("Ola")
    document = person.document()
    made = person.call("POST", "/users/me/tokens", 201, json={"name": "stays"})
    with server.browser(person) as here, server.browser(person) as there:
        held = there.get(f"/api/v1/documents/{document}").json()["websocket_url"]
        with (
            person.editor(document, "by-token") as program,
            talk(server, there.post(f"/api/v1/documents/{document}/ticket").json()["websocket_url"]) as tab,
            talk(server, here.post(f"/api/v1/documents/{document}/ticket").json()["websocket_url"]) as kept,
        ):
            tab.hello("tab")
            kept.hello("kept")
            assert here.delete("/api/v1/users/me/logins", params={"but_this": True}).status_code == 204
            assert (program.closed(), tab.closed()) == (4401, 4401)
            kept.ping()
        with talk(server, held) as late:  # a ticket does not outlive the login that got it
            assert late.closed() == 4401
        assert person.http.get("/api/v1/users/me").status_code == 401
        assert there.get("/api/v1/users/me").status_code == 401
        assert here.get("/api/v1/users/me").status_code == 200
        assert here.delete("/api/v1/users/me/logins").status_code == 204
        assert here.get("/api/v1/users/me").status_code == 401
    with server.nobody() as program:
        program.headers["authorization"] = f"Bearer {made['token']}"
        assert program.get("/api/v1/users/me").status_code == 200
    assert server.sign_in(person.email).id == person.id


def test_a_new_password_signs_the_others_out(server: Running) -> None:
    person = server.person("Paul")
    with server.browser(person) as here, server.browser(person) as there:
        body = {"current_password": "not this one", "password": "another password"}
        wrong = here.post("/api/v1/users/me/password", json=body)
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (403, "FORBIDDEN")
        short = here.post(
            "/api/v1/users/me/password", json={"current_password": PASSWORD, "password": "short"}
        )
        assert short.status_code == 400
        assert there.get("/api/v1/users/me").status_code == 200
        right = here.post("/api/v1/users/me/password", json=body | {"current_password": PASSWORD})
        assert right.status_code == 204
        assert here.get("/api/v1/users/me").status_code == 200
        assert there.get("/api/v1/users/me").status_code == 401
        assert person.http.get("/api/v1/users/me").status_code == 401
    with server.nobody() as browser:
        path, email = "/api/v1/auth/login", person.email
        assert browser.post(path, json={"email": email, "password": PASSWORD}).status_code == 401
        assert browser.post(path, json={"email": email, "password": "another password"}).status_code == 200


def test_an_api_token_ends_by_itself(server: Running, bob: Person) -> None:
    made = bob.call("POST", "/users/me/tokens", 201, json={"name": "short", "expires_in_days": 1})
    with server.nobody() as program:
        program.headers["authorization"] = f"Bearer {made['token']}"
        assert program.get("/api/v1/users/me").status_code == 200

        def age(connection: Connection) -> None:
            connection.execute(update(api_tokens).where(api_tokens.c.id == made["id"]).values(expires_at=1))

        asyncio.run_coroutine_threadsafe(server.app.store.database.write(age), server.loop).result(20)
        assert program.get("/api/v1/users/me").status_code == 401


def test_guessing_the_present_password_is_slowed(tmp_path: Path) -> None:
    with running(tmp_path, rate_limit=True, login_attempts=3) as server:
        person = server.person("Gus")
        body = {"current_password": "guessed", "password": "another password"}
        answers = [person.http.post("/api/v1/users/me/password", json=body) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]


def test_what_a_page_needs_before_anybody_is_signed_in(server: Running) -> None:
    with server.nobody() as browser:
        told = browser.get("/api/v1/server").json()
    limits = {"title_units": 255, "name_units": 100}
    assert told == {"sign_up": "open", "colors": list(COLORS), "limits": limits}
