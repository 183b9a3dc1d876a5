"""Sharing: by name, by address, by link; and taking it back from under an open socket."""

from __future__ import annotations

import pytest

from tests.web.running import Person, Running


def test_the_list(ada: Person, bob: Person, document: str) -> None:
    path = f"/documents/{document}/permissions"
    empty = ada.call("GET", path)
    assert (empty["owner"]["id"], empty["people"], empty["invitations"]) == (ada.id, [], [])
    assert empty["link_role"] is None
    shared = ada.call("PUT", path, json={"email": bob.email, "role": "commenter"})
    assert [(one["user"]["id"], one["role"]) for one in shared["people"]] == [(bob.id, "commenter")]
    changed = ada.call("PUT", path, json={"user_id": bob.id, "role": "editor"})
    assert [one["role"] for one in changed["people"]] == ["editor"]
    seen = bob.call("GET", path)
    assert "email" not in seen["owner"]
    ada.call("DELETE", f"{path}/{bob.id}", 204)
    bob.refused("GET", f"/documents/{document}", 404, "NOT_FOUND")


def test_an_invited_address_gets_its_role_at_sign_up(server: Running, ada: Person, document: str) -> None:
    path = f"/documents/{document}/permissions"
    email = f"zoe-{document[:8]}@example.com"
    shared = ada.call("PUT", path, json={"email": email.upper(), "role": "viewer"})
    assert [(one["email"], one["role"]) for one in shared["invitations"]] == [(email, "viewer")]
    with server.nobody() as browser:
        browser.post("/api/v1/auth/register", json={"email": email, "name": "Zoe", "password": "a long one"})
        assert browser.get(f"/api/v1/documents/{document}").json()["role"] == "viewer"
    assert ada.call("GET", path)["invitations"] == []


def test_a_link(ada: Person, bob: Person, document: str) -> None:
    path = f"/documents/{document}/permissions"
    bob.refused("GET", f"/documents/{document}", 404, "NOT_FOUND")
    assert ada.call("PUT", path, json={"link_role": "commenter"})["link_role"] == "commenter"
    assert bob.call("GET", f"/documents/{document}")["role"] == "commenter"
    assert document in [one["id"] for one in bob.call("GET", "/documents?limit=200")["documents"]]
    ada.share(document, bob, "viewer")
    assert bob.call("GET", f"/documents/{document}")["role"] == "commenter"
    assert ada.call("PUT", path, json={"link_role": None})["link_role"] is None
    assert bob.call("GET", f"/documents/{document}")["role"] == "viewer"


def test_taking_a_role_closes_the_socket(ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "editor")
    with bob.editor(document, "taken") as socket:
        assert socket.welcome["role"] == "editor"
        ada.call("DELETE", f"/documents/{document}/permissions/{bob.id}", 204)
        assert socket.closed() == 4403


def test_a_new_role_counts_at_once(ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "editor")
    with bob.editor(document, "demoted") as socket:
        ada.share(document, bob, "viewer")
        assert socket.until("event")["event"] == "permission.changed"
        socket.operate(1, 1, [{"insert": "x"}])
        error = socket.until("error")
        assert (error["code"], error["seq"]) == ("FORBIDDEN", 1)
    assert ada.call("GET", f"/documents/{document}")["revision"] == 1


def test_handing_over(ada: Person, bob: Person, document: str) -> None:
    path = f"/documents/{document}/permissions"
    ada.refused("PUT", path, 409, "ALREADY_EXISTS", json={"user_id": ada.id, "role": "editor"})
    handed = ada.call("PUT", path, json={"user_id": bob.id, "role": "owner"})
    assert handed["owner"]["id"] == bob.id
    assert ada.call("GET", f"/documents/{document}")["role"] == "editor"
    ada.refused("PUT", path, 403, "FORBIDDEN", json={"link_role": "viewer"})


def test_leaving(ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "viewer")
    bob.refused("DELETE", f"/documents/{document}/permissions/{ada.id}", 403, "FORBIDDEN")
    bob.call("DELETE", f"/documents/{document}/permissions/{bob.id}", 204)
    bob.refused("GET", f"/documents/{document}", 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"role": "editor"},
        {"role": "king", "email": "x@example.com"},
        {"role": "editor", "email": "no address"},
        {"role": "editor", "email": "x@example.com", "user_id": "u1"},
        {"link_role": "owner"},
        {"link_role": "viewer", "role": "editor"},
        {"role": "owner", "email": "no-account@example.com"},
    ],
)
def test_what_cannot_be_given(ada: Person, document: str, body: dict[str, str]) -> None:
    ada.refused("PUT", f"/documents/{document}/permissions", 400, "INVALID_REQUEST", json=body)


def test_an_unknown_person(ada: Person, document: str) -> None:
    path = f"/documents/{document}/permissions"
    ada.refused("PUT", path, 404, "NOT_FOUND", json={"user_id": "nobody", "role": "editor"})
