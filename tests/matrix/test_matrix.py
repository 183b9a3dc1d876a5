"""Every route and every message, as every role, as somebody without a role, and as nobody."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from PIL import Image

from octavo import protocol
from octavo.access import ROLES, Action, allows
from octavo.web import access_matrix
from octavo.web.access_matrix import MESSAGES, ROUTES
from octavo.web.app import check_matrix, create_app, routes
from tests.web.running import PASSWORD, Person, Running

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
    ("POST", API + "/users/me/password"): {"current_password": "not this one", "password": PASSWORD},
    ("POST", DOCUMENT + "/guests"): {"name": "Guest"},
    ("POST", DOCUMENT + "/access-requests"): {"role": "editor"},
    ("PUT", DOCUMENT + "/lock"): {"reason": "matrix"},
    ("POST", DOCUMENT + "/copy"): {},
    ("POST", DOCUMENT + "/comments"): {"anchor": {"revision": 1, "index": 0, "length": 1}, "text": "Why?"},
    ("PATCH", access_matrix.COMMENT): {"resolved": True},
    ("POST", access_matrix.COMMENT + "/replies"): {"text": "Because"},
    ("PUT", DOCUMENT + "/versions/{revision}"): {"name": "First draft"},
    ("POST", DOCUMENT + "/restore"): {"revision": 0},
    ("POST", DOCUMENT + "/revert"): {"user_id": "nobody", "from_revision": 0, "to_revision": 1},
    ("POST", DOCUMENT + "/suggestions"): {"base_revision": 1, "ops": [{"insert": "x"}]},
    ("POST", DOCUMENT + "/suggestions/accept"): {},
    ("POST", DOCUMENT + "/suggestions/reject"): {},
    ("POST", API + "/folders"): {"name": "Folder"},
    ("PATCH", API + "/folders/{folder_id}"): {"name": "Renamed"},
}

# Routes that take their own answer for those who may: wrong passwords are 401, a missing token 404.
OTHER_ANSWERS: dict[tuple[str, str], int] = {
    ("POST", API + "/auth/register"): 400,
    ("POST", API + "/auth/login"): 401,
    ("POST", API + "/auth/token"): 401,
    ("DELETE", API + "/users/me/tokens/{token_id}"): 404,
    ("DELETE", API + "/users/me/logins/{login_id}"): 404,
    ("POST", API + "/users/me/password"): 403,
    ("PUT", API + "/users/me/picture"): 415,
    ("GET", API + "/pictures/{picture_id}"): 404,
    ("GET", API + "/invitations/{token}"): 404,
    ("POST", API + "/invitations/{token}"): 404,
    ("GET", DOCUMENT + "/guests"): 404,
    ("POST", DOCUMENT + "/guests"): 409,
    ("DELETE", DOCUMENT + "/access-requests/{user_id}"): 404,
    ("DELETE", DOCUMENT + "/versions/{revision}"): 404,
    ("PATCH", API + "/folders/{folder_id}"): 404,
    ("DELETE", API + "/folders/{folder_id}"): 404,
}
for _verb, _rest in (("PATCH", ""), ("DELETE", ""), ("POST", "/replies")):
    OTHER_ANSWERS[_verb, access_matrix.COMMENT + _rest] = 404
for _verb in ("PUT", "DELETE"):
    OTHER_ANSWERS[_verb, access_matrix.COMMENT + "/reactions/{emoji}"] = 404
for _verb in ("accept", "reject"):
    OTHER_ANSWERS["POST", f"{DOCUMENT}/suggestions/{{suggestion_id}}/{_verb}"] = 404
NOBODYS_ANSWERS: dict[tuple[str, str], int] = {("POST", DOCUMENT + "/guests"): 404}
ENDS_LOGINS = (("DELETE", API + "/users/me/logins"),)
IMAGES: dict[str, str] = {}
"""For each document an image in it."""
ALLOWED = (200, 201, 202, 204)


@pytest.fixture(scope="module")
def people(server: Running, ada: Person) -> dict[str, Person]:
    names = (*ROLES[:-1], "stranger", "administrator")
    found = {"owner": ada} | {name: server.person(name.title()) for name in names}
    server.make_admin(found["administrator"])
    return found


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
    if "/images" in key[1]:
        IMAGES[document] = image_in(document, people["owner"])
    if key == ("POST", DOCUMENT + "/images"):
        return {"image_id": IMAGES[document]}
    return BODIES.get(key)


def image_in(document: str, owner: Person) -> str:
    """The id of an image in it: the same for the same document."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    headers = {"Idempotency-Key": document, "content-type": "image/png"}
    path = f"/documents/{document}/images"
    return str(owner.call("POST", path, 201, content=out.getvalue(), headers=headers)["id"])


def ask(client: httpx.Client, key: tuple[str, str], document: str, body: Any, user_id: str) -> httpx.Response:
    method, path = key
    names = dict.fromkeys(re.findall(r"\{(\w+)\}", path), "none")
    names |= {"document_id": document, "user_id": user_id, "who": user_id}
    names["revision"] = "0"
    names["image_id"] = IMAGES.get(document, "none")
    filled = path.format(**{name: names[name] for name in re.findall(r"\{(\w+)\}", path)})
    if path.endswith("/feed"):  # never ends by itself
        with client.stream(method, filled) as answer:
            if not answer.is_success:
                answer.read()
            return answer
    return client.request(method, filled, json=body)


def expected(key: tuple[str, str], role: str | None, *, admin: bool = False) -> tuple[int, ...]:
    row = ROUTES[key]
    if row.action is None:
        allowed = admin or not row.admin
    else:
        allowed = allows(role, row.action) or (row.admin and admin)
    if allowed:
        return (OTHER_ANSWERS[key],) if key in OTHER_ANSWERS else ALLOWED
    return (404,) if role is None and row.action is not None else (403,)


ROUTE_IDS = [f"{method} {path}" for method, path in ROUTES]


@pytest.mark.parametrize("key", ROUTES, ids=ROUTE_IDS)
def test_nobody(server: Running, people: dict[str, Person], shared: str, key: tuple[str, str]) -> None:
    with server.nobody() as nobody:
        answer = ask(nobody, key, shared, body_of(key, people, shared), people["viewer"].id)
    if ROUTES[key].login:
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
    else:
        other = (OTHER_ANSWERS | NOBODYS_ANSWERS).get(key)
        assert answer.status_code in (ALLOWED if other is None else (other,)), answer.text


@pytest.mark.parametrize("role", [*ROLES, "stranger", "administrator"])
@pytest.mark.parametrize("key", ROUTES, ids=ROUTE_IDS)
def test_every_role(
    server: Running, people: dict[str, Person], shared: str, key: tuple[str, str], role: str
) -> None:
    if key[1].endswith("/undelete") and role == "owner":
        people["owner"].call("DELETE", f"/documents/{shared}", 204)
    # Not their own, which everybody may take: that is tested beside the route.
    other = people["commenter" if role == "viewer" else "viewer"]
    person = server.person("Leaver") if key in ENDS_LOGINS else people[role]
    answer = ask(person.http, key, shared, body_of(key, people, shared), other.id)
    named = role if role in ROLES else None
    assert answer.status_code in expected(key, named, admin=role == "administrator"), answer.text
    if answer.status_code == 403:
        assert answer.json()["error"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("key", ROUTES, ids=ROUTE_IDS)
def test_a_guest(server: Running, people: dict[str, Person], shared: str, key: tuple[str, str]) -> None:
    """By a link that lets edit: what an editor may, where the route is for guests, and nothing else."""
    people["owner"].call(
        "PATCH", f"/documents/{shared}", json={"link_role": "editor", "switches": {"guests": True}}
    )
    guest, row = server.guest(shared), ROUTES[key]
    answer = ask(guest.http, key, shared, body_of(key, people, shared), people["viewer"].id)
    if not row.login:
        here = {("POST", DOCUMENT + "/guests"): 201, ("GET", DOCUMENT + "/guests"): 200}
        other = (OTHER_ANSWERS | here).get(key)
        assert answer.status_code in (ALLOWED if other is None else (other,)), answer.text
    elif row.guests and (row.action is None or allows("editor", row.action)):
        assert answer.status_code in expected(key, "editor"), answer.text
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN"), answer.text


@pytest.mark.parametrize("key", [key for key in ROUTES if key[1].startswith(DOCUMENT)], ids=" ".join)
def test_a_guest_of_another_document(
    server: Running, people: dict[str, Person], shared: str, key: tuple[str, str]
) -> None:
    owner = people["owner"]
    entered = owner.document()
    owner.call("PATCH", f"/documents/{entered}", json={"link_role": "editor", "switches": {"guests": True}})
    owner.call("PATCH", f"/documents/{shared}", json={"link_role": "editor"})
    guest = server.guest(entered)
    answer = ask(guest.http, key, shared, body_of(key, people, shared), people["viewer"].id)
    row = ROUTES[key]
    assert answer.status_code == (404 if row.guests or not row.login else 403), answer.text


OF_LOGINS = [key for key in ROUTES if ROUTES[key].login]


@pytest.fixture(scope="module")
def half_tokens(people: dict[str, Person]) -> dict[str, str]:
    """The owner's API tokens that only read, and only write."""
    return {
        scope: people["owner"].call("POST", "/users/me/tokens", 201, json={"name": scope, "scopes": [scope]})[
            "token"
        ]
        for scope in ("read", "write")
    }


@pytest.mark.parametrize("key", OF_LOGINS, ids=" ".join)
def test_scopes(
    server: Running, people: dict[str, Person], half_tokens: dict[str, str], shared: str, key: tuple[str, str]
) -> None:
    missing = "write" if key[0] == "GET" else "read"
    with server.nobody() as program:
        program.headers["authorization"] = f"Bearer {half_tokens[missing]}"
        answer = ask(program, key, shared, body_of(key, people, shared), people["viewer"].id)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], "scope" in error["message"]) == (403, "FORBIDDEN", True)


@pytest.mark.parametrize("key", [key for key in ROUTES if ROUTES[key].in_person], ids=" ".join)
def test_what_an_api_token_may_not(
    server: Running, people: dict[str, Person], shared: str, key: tuple[str, str]
) -> None:
    made = people["owner"].call("POST", "/users/me/tokens", 201, json={"name": "matrix"})
    with server.nobody() as program:
        program.headers["authorization"] = f"Bearer {made['token']}"
        answer = ask(program, key, shared, body_of(key, people, shared), people["viewer"].id)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")


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
