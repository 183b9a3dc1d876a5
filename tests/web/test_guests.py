"""People without an account: by a link, with a name, on one document, for as long as its owner lets them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.running import Person, Running


def let_in(owner: Person, document: str, role: str | None = "editor", guests: bool = True) -> None:
    body = {"link_role": role, "switches": {"guests": guests}}
    assert owner.call("PATCH", f"/documents/{document}", json=body)["switches"]["guests"] == guests


def test_a_guest_writes_under_a_name(server: Running, ada: Person, document: str) -> None:
    let_in(ada, document)
    with server.nobody() as browser:
        assert browser.get(f"/api/v1/documents/{document}/guests").json() == {"role": "editor"}
    guest = server.guest(document, " Grace  H ", color="#188038")
    wanted = {"id": guest.id, "name": "Grace H", "color": "#188038", "guest": True}
    me = guest.call("GET", "/users/me")
    assert wanted.items() <= me.items()
    assert "email" not in me
    seen = guest.call("GET", f"/documents/{document}")
    assert (seen["role"], "websocket_url" in seen) == ("editor", True)
    with ada.editor(document, "adas") as watching, guest.editor(document, "graces") as writing:
        assert writing.welcome["user"] == wanted
        writing.operate(1, 1, [{"insert": "Hi "}])
        assert watching.until("changes")["changes"][0]["user_id"] == guest.id
    ada.call("PATCH", f"/documents/{document}", json={"starred": True})
    guest.refused("PATCH", f"/documents/{document}", 403, "FORBIDDEN", json={"starred": True})
    assert guest.call("PATCH", f"/documents/{document}", json={"title": "By Grace"})["title"] == "By Grace"


def test_a_guest_keeps_its_name_on_further_documents(server: Running, ada: Person, document: str) -> None:
    let_in(ada, document)
    further = ada.document()
    guest = server.guest(document, "Grace")
    guest.refused("GET", f"/documents/{further}", 404, "NOT_FOUND")
    guest.refused("POST", f"/documents/{further}/guests", 404, "NOT_FOUND", json={})
    let_in(ada, further, "viewer")
    guest.refused("GET", f"/documents/{further}", 404, "NOT_FOUND")
    entered = guest.call("POST", f"/documents/{further}/guests", 201, json={})
    assert (entered["user"]["id"], entered["user"]["name"], entered["role"]) == (guest.id, "Grace", "viewer")
    assert guest.call("GET", f"/documents/{further}")["role"] == "viewer"


@pytest.mark.parametrize("body", [{"link_role": None}, {"switches": {"guests": False}}])
def test_they_are_out_at_once(server: Running, ada: Person, bob: Person, document: str, body: Any) -> None:
    let_in(ada, document)
    guest = server.guest(document)
    with guest.editor(document, "guests") as socket, ada.editor(document, "adas") as other:
        ada.call("PATCH", f"/documents/{document}", json=body)
        assert socket.closed() == 4403
        other.ping()
    guest.refused("GET", f"/documents/{document}", 404, "NOT_FOUND")
    guest.refused("POST", f"/documents/{document}/ticket", 404, "NOT_FOUND")
    with server.nobody() as browser:
        assert browser.get(f"/api/v1/documents/{document}/guests").status_code == 404
    if "switches" in body:  # the link is still there for those who are signed in
        assert bob.call("GET", f"/documents/{document}")["role"] == "editor"


def test_guests_are_nowhere_unless_allowed(server: Running, ada: Person, document: str) -> None:
    with server.nobody() as browser:
        path = f"/api/v1/documents/{document}/guests"
        for role, guests in ((None, False), ("editor", False), (None, True)):
            let_in(ada, document, role, guests)
            answers = [browser.get(path), browser.post(path, json={"name": "Guest"})]
            assert [answer.status_code for answer in answers] == [404, 404]
            unknown = browser.get("/api/v1/documents/dnone/guests")
            assert answers[0].json() == unknown.json()


def test_signing_in_ends_the_guest(server: Running, ada: Person, bob: Person, document: str) -> None:
    let_in(ada, document, "viewer")
    guest = server.guest(document)
    body = {"email": bob.email, "password": "a long password"}
    assert guest.call("POST", "/auth/login", json=body)["user"]["id"] == bob.id
    assert guest.call("GET", "/users/me")["id"] == bob.id
    guest.refused("POST", f"/documents/{document}/guests", 409, "ALREADY_EXISTS", json={"name": "Again"})


def test_a_guest_cannot_be_given_a_role(server: Running, ada: Person, document: str) -> None:
    let_in(ada, document)
    guest = server.guest(document)
    path = f"/documents/{document}/permissions"
    for role in ("editor", "owner"):
        ada.refused("PUT", path, 404, "NOT_FOUND", json={"user_id": guest.id, "role": role})


@pytest.mark.parametrize("body", [{}, {"name": " "}, {"name": "x" * 101}, {"name": "x", "color": "red"}])
def test_what_a_guest_must_say(server: Running, ada: Person, document: str, body: dict[str, str]) -> None:
    let_in(ada, document)
    with server.nobody() as browser:
        answer = browser.post(f"/api/v1/documents/{document}/guests", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_REQUEST")
