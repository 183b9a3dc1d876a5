"""Invitations by link, access requests, switches, and whom one has shared with before."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import update

from octavo.catalog.tables import invitations
from tests.web.running import PASSWORD, Person, Running, running


def invite(owner: Person, document: str, email: str, role: str = "editor") -> str:
    shared = owner.call("PUT", f"/documents/{document}/permissions", json={"email": email, "role": role})
    return str(next(one["token"] for one in shared["invitations"] if one["email"] == email))


def sign_up(server: Running, email: str, **more: Any) -> Any:
    with server.nobody() as browser:
        body = {"email": email, "name": "New", "password": PASSWORD, **more}
        return browser.post("/api/v1/auth/register", json=body)


def test_an_invitation_by_link_is_for_whoever_has_it(
    server: Running, ada: Person, bob: Person, document: str
) -> None:
    token = invite(ada, document, "work@example.com")
    bob.call("POST", f"/documents/{document}/access-requests", 202, json={})
    requests_of(ada, document, 1)
    with server.nobody() as browser:
        offered = browser.get(f"/api/v1/invitations/{token}").json()
    assert offered == {
        "document_id": document,
        "email": "work@example.com",
        "role": "editor",
        "title": "Letter",
        "invited_by": "Ada",
    }
    assert bob.call("POST", f"/invitations/{token}") == {"document_id": document, "role": "editor"}
    assert bob.call("GET", f"/documents/{document}")["role"] == "editor"
    shown = ada.call("GET", f"/documents/{document}/permissions")
    assert (shown["invitations"], [one["role"] for one in shown["people"]]) == ([], ["editor"])
    assert requests_of(ada, document, 0) == []
    bob.refused("POST", f"/invitations/{token}", 404, "NOT_FOUND")


def test_the_token_is_shown_once_and_stored_as_a_hash(server: Running, ada: Person, document: str) -> None:
    token = invite(ada, document, "once@example.com")
    shown = ada.call("GET", f"/documents/{document}/permissions")["invitations"]
    assert shown == [{"email": "once@example.com", "role": "editor"}]
    data_dir = server.app.settings.data_dir
    assert not any(token.encode() in path.read_bytes() for path in data_dir.iterdir() if path.is_file())


def test_the_owner_is_told_of_an_account_made_with_an_invitation(
    server: Running, ada: Person, document: str
) -> None:
    invite(ada, document, "soon@example.com")
    with ada.editor(document, "waiting") as watching:
        assert sign_up(server, "soon@example.com").status_code == 201
        event = watching.until("event")
    assert (event["event"], event["data"]) == ("sharing.changed", {"id": document})


def test_links_that_are_no_good(server: Running, ada: Person, bob: Person, document: str) -> None:
    first = invite(ada, document, "again@example.com")
    second = invite(ada, document, "again@example.com", "viewer")
    bob.refused("GET", f"/invitations/{first}", 404, "NOT_FOUND")
    assert bob.call("GET", f"/invitations/{second}")["role"] == "viewer"
    ada.call("DELETE", f"/documents/{document}/permissions/again@example.com", 204)
    bob.refused("POST", f"/invitations/{second}", 404, "NOT_FOUND")
    old = invite(ada, document, "old@example.com")
    work = server.app.store.database.write(
        lambda connection: connection.execute(
            update(invitations).where(invitations.c.email == "old@example.com").values(expires_at=1)
        )
    )
    asyncio.run_coroutine_threadsafe(work, server.loop).result(20)
    bob.refused("GET", f"/invitations/{old}", 404, "NOT_FOUND")
    # The address itself is let in later, too.
    made = sign_up(server, "old@example.com")
    assert made.status_code == 201
    roles = {
        one["user"]["email"]: one["role"]
        for one in ada.call("GET", f"/documents/{document}/permissions")["people"]
    }
    assert roles["old@example.com"] == "editor"


def test_taking_up_never_lowers(ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "editor")
    token = invite(ada, document, "lower@example.com", "viewer")
    assert bob.call("POST", f"/invitations/{token}")["role"] == "editor"
    mine = invite(ada, document, "mine@example.com", "viewer")
    assert ada.call("POST", f"/invitations/{mine}")["role"] == "owner"


def test_sign_up_by_invitation_only(tmp_path: Path) -> None:
    with running(tmp_path, sign_up="invited") as server:
        with server.nobody() as browser:
            assert browser.get("/api/v1/server").json()["sign_up"] == "invited"
        work = server.app.services.accounts.register("root@example.com", "Root", PASSWORD)
        asyncio.run_coroutine_threadsafe(work, server.loop).result(20)
        root = server.sign_in("root@example.com", "Root")
        document = root.document()
        token = invite(root, document, "new@example.com", "viewer")
        for body in ({}, {"invitation": None}):
            assert sign_up(server, "new@example.com", **body).status_code == 403
        assert sign_up(server, "new@example.com", invitation="guessed").status_code == 404
        assert sign_up(server, "other@example.com", invitation=token).status_code == 201
        assert sign_up(server, "another@example.com", invitation=token).status_code == 404
        assert server.sign_in("other@example.com").call("GET", f"/documents/{document}")["role"] == "viewer"


def requests_of(owner: Person, document: str, count: int) -> list[dict[str, Any]]:
    """Kept after the answer, so that its time tells nothing: soon there are so many."""
    path = f"/documents/{document}/access-requests"
    return list(owner.soon("GET", path, lambda found: len(found["requests"]) == count)["requests"])


def test_asking_for_access(ada: Person, bob: Person, document: str) -> None:
    path = f"/documents/{document}/access-requests"
    with ada.editor(document, "asked") as watching:
        asked = bob.http.post("/api/v1" + path, json={"role": "commenter", "message": " Please. "})
        nowhere = bob.http.post("/api/v1/documents/dnone/access-requests", json={"role": "commenter"})
        assert (asked.status_code, asked.content) == (nowhere.status_code, nowhere.content)
        assert asked.status_code == 202
        event = watching.until("event")
        assert (event["event"], event["data"]["user"]["id"]) == ("access.requested", bob.id)
        assert (event["data"]["role"], event["data"]["message"]) == ("commenter", "Please.")
        (request,) = requests_of(ada, document, 1)
        assert (request["user"]["email"], request["role"]) == (bob.email, "commenter")
        bob.refused("GET", f"/documents/{document}", 404, "NOT_FOUND")
        bob.refused("GET", path, 404, "NOT_FOUND")
        ada.call("PUT", f"/documents/{document}/permissions", json={"email": bob.email, "role": "viewer"})
        assert watching.until("event")["event"] == "sharing.changed"
        answered = watching.until("event")
        assert answered["event"] == "access.answered"
        assert answered["data"] == {"id": document, "user_id": bob.id, "role": "viewer"}
        assert requests_of(ada, document, 0) == []
    assert bob.call("GET", f"/documents/{document}")["role"] == "viewer"
    bob.call("POST", path, 202, json={"role": "viewer"})  # not more than there is
    bob.call("POST", path, 202, json={"role": "editor"})
    assert requests_of(ada, document, 1)[0]["role"] == "editor"
    bob.refused("DELETE", f"{path}/{bob.id}", 403, "FORBIDDEN")
    ada.call("DELETE", f"{path}/{bob.id}", 204)
    ada.refused("DELETE", f"{path}/{bob.id}", 404, "NOT_FOUND")


def test_only_the_owner_hears_who_asks(server: Running, ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "editor")
    asking = server.person("Carl")
    with bob.editor(document, "not-told") as others, ada.editor(document, "told") as owners:
        asking.call("POST", f"/documents/{document}/access-requests", 202, json={})
        assert owners.until("event")["event"] == "access.requested"
        ada.call("DELETE", f"/documents/{document}/access-requests/{asking.id}", 204)
        assert owners.until("event")["event"] == "access.answered"
        ada.call("PATCH", f"/documents/{document}", json={"title": "Next"})
        assert others.until("event")["event"] == "title.changed"


def test_what_cannot_be_asked(ada: Person, bob: Person, document: str) -> None:
    for body in ({"role": "owner"}, {"role": "king"}, {"message": "x" * 1001}):
        for target in (document, "dnone"):
            bob.refused("POST", f"/documents/{target}/access-requests", 400, "INVALID_REQUEST", json=body)


def test_asking_is_slowed(tmp_path: Path) -> None:
    with running(tmp_path, rate_limit=True) as server:
        bob = server.person("Bob")
        statuses = [
            bob.http.post("/api/v1/documents/dnone/access-requests", json={}).status_code for _ in range(11)
        ]
    assert statuses == [202] * 10 + [429]


def test_a_closed_account_cannot_own(server: Running, ada: Person, document: str) -> None:
    closed = server.person("Clara")
    work = server.app.services.accounts.disable(closed.email)
    asyncio.run_coroutine_threadsafe(work, server.loop).result(20)
    body = {"email": closed.email, "role": "owner"}
    ada.refused("PUT", f"/documents/{document}/permissions", 400, "INVALID_REQUEST", json=body)


def test_switches(ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "editor")
    before = bob.call("GET", f"/documents/{document}")["switches"]
    assert before == {"guests": False, "comments": True, "suggestions": True, "copying": True}
    with bob.editor(document, "switching") as watching:
        changed = ada.call(
            "PATCH", f"/documents/{document}", json={"switches": {"copying": False, "comments": False}}
        )
        event = watching.until("event")
        assert event["event"] == "switches.changed"
        assert event["data"] == {"id": document, "switches": changed["switches"]}
    assert changed["switches"] == before | {"copying": False, "comments": False}
    body = {"switches": {"copying": True}}
    bob.refused("PATCH", f"/documents/{document}", 403, "FORBIDDEN", json=body)
    bad = {"switches": {"copying": "perhaps"}}
    ada.refused("PATCH", f"/documents/{document}", 400, "INVALID_REQUEST", json=bad)


def test_a_patch_without_the_right_changes_nothing(ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "editor")
    body = {"title": "Bob's", "link_role": "editor"}
    bob.refused("PATCH", f"/documents/{document}", 403, "FORBIDDEN", json=body)
    seen = ada.call("GET", f"/documents/{document}")
    assert (seen["title"], seen["link_role"]) == ("Letter", None)


def test_known_are_those_one_has_shared_with(server: Running, document: str, ada: Person) -> None:
    owner, grace, heidi = (server.person(name) for name in ("Olga", "Grace", "Heidi"))
    shared = owner.document()
    assert owner.call("GET", "/users/known") == {"users": []}
    owner.share(shared, grace, "viewer")
    owner.share(shared, heidi, "viewer")
    owner.call("DELETE", f"/documents/{shared}/permissions/{grace.id}", 204)

    def known(query: str) -> list[str]:
        found = owner.call("GET", "/users/known", params={"query": query})["users"]
        return [one["email"] for one in found]

    assert sorted(known("")) == sorted([grace.email, heidi.email])
    assert known("gra") == known("GRACE") == known(grace.email[:6]) == [grace.email]
    assert known("race") == known("%") == known("example.com") == known("Ada") == []
    assert grace.call("GET", "/users/known") == {"users": []}
