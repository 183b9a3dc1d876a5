"""Every route and every message, as every role, as somebody without a role, and as nobody."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from PIL import Image

from octavo import protocol
from octavo.access import ROLES, Action, allows
from octavo.web import access_matrix
from octavo.web.access_matrix import MESSAGES, ROUTES, Row
from octavo.web.app import check_matrix, create_app, routes
from tests.web.running import Person, Running

API, DOCUMENT = access_matrix.API, access_matrix.DOCUMENT
_numbers = itertools.count(1)

BODIES: Mapping[tuple[str, str], Any] = {
    ("POST", API + "/auth/register"): {"email": "x", "name": "X", "password": "x"},
    ("POST", API + "/auth/login"): {"email": "x@example.com", "password": "wrong password"},
    ("POST", API + "/auth/token"): {"email": "x@example.com", "password": "wrong password"},
    ("PATCH", API + "/users/me"): {},
    ("POST", API + "/users/me/tokens"): {"name": "matrix"},
    ("POST", API + "/documents"): {},
    ("PATCH", DOCUMENT): {"title": "Renamed"},
    ("PUT", DOCUMENT + "/permissions"): {"email": "guest@example.com", "role": "viewer"},
}

# Routes that take their own answer for those who may: wrong passwords are 401, a missing token 404.
OTHER_ANSWERS: Mapping[tuple[str, str], int] = {
    ("POST", API + "/auth/register"): 400,
    ("POST", API + "/auth/login"): 401,
    ("POST", API + "/auth/token"): 401,
    ("DELETE", API + "/users/me/tokens/{token_id}"): 404,
}


@pytest.fixture(scope="module")
def people(server: Running, ada: Person) -> dict[str, Person]:
    return {"owner": ada} | {name: server.person(name.title()) for name in (*ROLES[:-1], "stranger")}


@pytest.fixture
def shared(people: dict[str, Person]) -> str:
    document = people["owner"].document(content={"ops": [{"insert": "Hello\n"}]})
    for role in ROLES[:-1]:
        people["owner"].share(document, people[role], role)
    return document


def body_of(key: tuple[str, str], people: dict[str, Person], document: str) -> Any:
    if key == ("POST", DOCUMENT + "/operations"):
        epoch = people["owner"].call("POST", f"/documents/{document}/ticket")["epoch"]
        ops = [{"insert": "x"}]
        client_id = f"matrix{next(_numbers)}"
        return {"epoch": epoch, "client_id": client_id, "seq": 1, "base_revision": 1, "ops": ops}
    if key == ("POST", DOCUMENT + "/images"):
        return {"image_id": image_in(document, people["owner"])}
    return BODIES.get(key)


def image_in(document: str, owner: Person) -> str:
    """The id of an image in it: the same for the same document."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    headers = {"Idempotency-Key": document, "content-type": "image/png"}
    path = f"/documents/{document}/images"
    return str(owner.call("POST", path, 201, content=out.getvalue(), headers=headers)["id"])


def ask(client: httpx.Client, key: tuple[str, str], document: str, body: Any, **ids: str) -> httpx.Response:
    method, path = key
    filled = path.format(document_id=document, token_id="none", **ids)
    return client.request(method, filled, json=body)


def ids_of(key: tuple[str, str], people: dict[str, Person], document: str) -> dict[str, str]:
    """What else the path names."""
    ids = {"user_id": people["viewer"].id}
    if "{image_id}" in key[1]:
        ids["image_id"] = image_in(document, people["owner"])
    return ids


def expected(row: Row, role: str | None) -> tuple[int, ...]:
    if row.action is None or allows(role, row.action):
        return (200, 201, 204)
    return (404,) if role is None else (403,)


ROUTE_IDS = [f"{method} {path}" for method, path in ROUTES]


@pytest.mark.parametrize("key", ROUTES, ids=ROUTE_IDS)
def test_nobody(server: Running, people: dict[str, Person], shared: str, key: tuple[str, str]) -> None:
    with server.nobody() as nobody:
        answer = ask(nobody, key, shared, body_of(key, people, shared), **ids_of(key, people, shared))
    if ROUTES[key].login:
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
    else:
        allowed = (OTHER_ANSWERS[key],) if key in OTHER_ANSWERS else (200, 201, 204)
        assert answer.status_code in allowed, answer.text


@pytest.mark.parametrize("role", [*ROLES, "stranger"])
@pytest.mark.parametrize("key", ROUTES, ids=ROUTE_IDS)
def test_every_role(people: dict[str, Person], shared: str, key: tuple[str, str], role: str) -> None:
    row = ROUTES[key]
    if key[1].endswith("/undelete") and role == "owner":
        people["owner"].call("DELETE", f"/documents/{shared}", 204)
    ids = ids_of(key, people, shared)
    if role == "viewer":  # one's own role everybody may take: that is tested beside the route
        ids["user_id"] = people["commenter"].id
    answer = ask(people[role].http, key, shared, body_of(key, people, shared), **ids)
    if key in OTHER_ANSWERS:
        allowed: tuple[int, ...] = (OTHER_ANSWERS[key],)
    else:
        allowed = expected(row, None if role == "stranger" else role)
    assert answer.status_code in allowed, answer.text
    if answer.status_code == 403:
        assert answer.json()["error"]["code"] == "FORBIDDEN"


def test_a_route_without_a_row_does_not_start(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    services = server.app.services
    app = create_app(services)
    assert routes(app) == set(ROUTES)
    fewer = {key: row for key, row in ROUTES.items() if key != ("GET", API + "/users/me")}
    monkeypatch.setattr(access_matrix, "ROUTES", fewer)
    with pytest.raises(LookupError, match="users/me"):
        check_matrix(app)
    with pytest.raises(LookupError, match="users/me"):
        create_app(services)


def test_every_message_has_a_row() -> None:
    types = {kind.__struct_config__.tag for kind in protocol.ClientMessage.__args__}
    assert types == set(MESSAGES)


@pytest.mark.parametrize("role", ROLES)
def test_messages_of_every_role(people: dict[str, Person], shared: str, role: str) -> None:
    person = people[role]
    with person.editor(shared, f"socket{next(_numbers)}") as socket:
        assert allows(role, MESSAGES["hello"].action or Action.READ)
        assert socket.welcome["role"] == role
        socket.send({"type": "presence", "revision": 1, "cursor": {"index": 1}})
        socket.ping()
        socket.operate(1, 1, [{"insert": "x"}])
        answer = socket.next()
        while answer["type"] == "presence":
            answer = socket.next()
        if allows(role, Action.EDIT):
            assert answer["changes"][0]["seq"] == 1
        else:
            assert (answer["type"], answer["code"], answer["seq"]) == ("error", "FORBIDDEN", 1)
    expected_revision = 2 if allows(role, Action.EDIT) else 1
    assert person.call("GET", f"/documents/{shared}")["revision"] == expected_revision


@pytest.mark.parametrize("role", ROLES)
def test_empty_operations_need_less(people: dict[str, Person], shared: str, role: str) -> None:
    with people[role].editor(shared, f"socket{next(_numbers)}") as socket:
        socket.operate(1, 1, [])
        answer = socket.next()
        assert (answer["type"] == "changes") == allows(role, Action.SUBMIT)


def test_a_stranger_gets_no_ticket_and_no_socket(people: dict[str, Person], shared: str) -> None:
    people["stranger"].refused("POST", f"/documents/{shared}/ticket", 404, "NOT_FOUND")
