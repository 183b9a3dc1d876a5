"""Signing up, in and out; access tokens."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import jwt
import pytest

from tests.web.running import PASSWORD, Person, Running, running

REGISTER = "/api/v1/auth/register"


def test_register_signs_in(server: Running) -> None:
    with server.nobody() as browser:
        answer = browser.post(
            REGISTER, json={"email": "Eve@Example.com", "name": " Eve  E ", "password": PASSWORD}
        )
        assert answer.status_code == 201
        user = answer.json()["user"]
        assert (user["email"], user["name"]) == ("eve@example.com", "Eve E")
        assert user["color"].startswith("#")
        cookie = answer.headers["set-cookie"]
        for part in ("octavo_login=", "HttpOnly", "SameSite=lax", "Path=/"):
            assert part in cookie
        assert "Secure" not in cookie
        assert user.items() <= browser.get("/api/v1/users/me").json().items()


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a b@example.com"}, "email"),
        ({"email": 5}, "email"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"password": None}, "password"),
    ],
)
def test_register_names_what_is_wrong(server: Running, change: dict[str, object], member: str) -> None:
    body = {"email": "someone@example.com", "name": "Someone", "password": PASSWORD} | change
    with server.nobody() as browser:
        answer = browser.post(REGISTER, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"
    assert member in answer.json()["error"]["message"]


def test_an_email_is_taken_once(server: Running, ada: Person) -> None:
    with server.nobody() as browser:
        answer = browser.post(
            REGISTER, json={"email": ada.email.upper(), "name": "Other", "password": PASSWORD}
        )
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ALREADY_EXISTS")


def test_login_and_logout(server: Running, ada: Person) -> None:
    with server.nobody() as browser:
        wrong = browser.post("/api/v1/auth/login", json={"email": ada.email, "password": "not this one"})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
        assert "set-cookie" not in wrong.headers
        right = browser.post("/api/v1/auth/login", json={"email": ada.email, "password": PASSWORD})
        assert right.status_code == 200
        copy = browser.cookies["octavo_login"]
        assert browser.get("/api/v1/users/me").json()["id"] == ada.id
        assert browser.post("/api/v1/auth/logout", headers={"origin": server.base}).status_code == 204
        assert browser.get("/api/v1/users/me").status_code == 401
    with server.nobody() as thief:
        thief.cookies["octavo_login"] = copy
        assert thief.get("/api/v1/users/me").status_code == 401


def test_nobody_learns_which_emails_have_accounts(server: Running, ada: Person) -> None:
    with server.nobody() as browser:
        answers = [
            browser.post("/api/v1/auth/login", json={"email": email, "password": "not this one"}).json()
            for email in (ada.email, "nobody-at-all@example.com")
        ]
    assert answers[0] == answers[1]


def test_access_tokens(server: Running, ada: Person) -> None:
    with server.nobody() as program:
        answer = program.post("/api/v1/auth/token", json={"email": ada.email, "password": PASSWORD}).json()
        assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 900)
        claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == 900


@pytest.mark.parametrize("token", ["", "x", "Basic abc", "Bearer", "Bearer x.y.z", "Bearer oct_unknown"])
def test_bad_authorization(server: Running, token: str) -> None:
    with server.nobody() as program:
        answer = program.get("/api/v1/users/me", headers={"authorization": token})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHENTICATED")


def test_tokens_of_others_and_old_ones_are_refused(server: Running, ada: Person) -> None:
    key = server.app.services.accounts._key
    now = int(time.time())
    claims = {"sub": ada.id, "iat": now, "exp": now + 900, "iss": "octavo"}
    forged = [
        jwt.encode(claims, b"x" * 32, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims | {"exp": now - 1}, key, algorithm="HS256"),
        jwt.encode(claims | {"iss": "another"}, key, algorithm="HS256"),
        jwt.encode({"iss": "octavo", "exp": now + 900}, key, algorithm="HS256"),
    ]
    with server.nobody() as program:
        for token in forged:
            answer = program.get("/api/v1/users/me", headers={"authorization": f"Bearer {token}"})
            assert answer.status_code == 401, token
        good = jwt.encode(claims, key, algorithm="HS256")
        assert program.get("/api/v1/users/me", headers={"authorization": f"Bearer {good}"}).status_code == 200


def test_guessing_is_slowed_per_account_and_address(tmp_path: Path) -> None:
    with running(tmp_path, rate_limit=True, login_attempts=3, address_attempts=12) as server:
        ada = server.person("Ada")
        with server.nobody() as browser:

            def guess(email: str) -> httpx.Response:
                return browser.post("/api/v1/auth/login", json={"email": email, "password": "wrong password"})

            answers = [guess(ada.email) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
            assert answers[-1].json()["error"]["code"] == "RATE_LIMITED"
            assert int(answers[-1].headers["retry-after"]) >= 1
            # Others still get in from here, until the address itself has tried too often.
            statuses = [guess(f"someone{number}@example.com").status_code for number in range(10)]
            assert statuses[0] == 401
            assert statuses[-1] == 429


def test_closed_sign_up_and_secure_cookies(tmp_path: Path) -> None:
    with (
        running(tmp_path, sign_up="closed") as server,
        server.nobody() as browser,
    ):
        answer = browser.post(REGISTER, json={"email": "a@example.com", "name": "Ada", "password": PASSWORD})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")


def test_cookies_are_secure_behind_tls(tmp_path: Path) -> None:
    with (
        running(tmp_path, public_url="https://docs.example.org") as server,
        server.nobody() as browser,
    ):
        answer = browser.post(REGISTER, json={"email": "a@example.com", "name": "Ada", "password": PASSWORD})
        assert "__Host-octavo_login=" in answer.headers["set-cookie"]
        assert "Secure" in answer.headers["set-cookie"]
