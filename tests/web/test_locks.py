"""A lock: read-only for all, told at once, nothing lost; and the audit that tells of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, delete, exc, update

from octavo.catalog.tables import audit
from tests.web.running import Person, Running


@pytest.fixture(scope="module")
def admin(server: Running) -> Person:
    person = server.person("Root")
    server.make_admin(person)
    return person


def operation(epoch: str, client_id: str) -> dict[str, Any]:
    ops = [{"insert": "x"}]
    return {"epoch": epoch, "client_id": client_id, "seq": 1, "base_revision": 1, "ops": ops}


def test_locked_nobody_writes(ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "editor")
    path = f"/documents/{document}"
    with bob.editor(document, "locked") as socket, ada.editor(document, "locking") as own:
        locked = ada.call("PUT", path + "/lock", json={"reason": " under  review "})
        assert (locked["id"], locked["locked"]["reason"]) == (document, "under review")
        assert locked["locked"]["by"]["id"] == ada.id
        for one in (socket, own):
            event = one.until("event")
            assert (event["event"], event["data"]) == ("document.locked", locked)
            one.operate(1, 1, [{"insert": "kept"}])
            refused = one.until("error")
            assert (refused["code"], refused["seq"]) == ("DOCUMENT_LOCKED", 1)
            assert "under review" in refused["message"]
            assert refused["retry_after_ms"] > 0
        epoch = bob.call("GET", path)["epoch"]
        bob.refused("POST", path + "/operations", 423, "DOCUMENT_LOCKED", json=operation(epoch, "by-rest"))
        ada.refused("PATCH", path, 423, "DOCUMENT_LOCKED", json={"title": "New"})
        assert bob.call("GET", path)["locked"] == locked["locked"]
        assert ada.call("DELETE", path + "/lock") == {"id": document, "locked": None}
        assert socket.until("event")["event"] == "document.unlocked"
        socket.operate(1, 1, [{"insert": "kept"}])
        assert socket.until("changes")["changes"][0]["client_id"] == "locked"
    assert ada.call("GET", path)["revision"] == 2


def test_who_comes_while_it_is_locked_is_told(ada: Person, document: str) -> None:
    ada.call("PUT", f"/documents/{document}/lock", json={})
    with ada.editor(document, "late") as socket:
        event = socket.until("event")
        assert (event["event"], event["data"]["locked"]["reason"]) == ("document.locked", "")
        socket.operate(1, 1, [{"insert": "x"}])
        assert socket.until("error")["code"] == "DOCUMENT_LOCKED"


def test_what_was_logged_before_is_still_acknowledged(ada: Person, document: str) -> None:
    with ada.editor(document, "before", acks=True) as socket:
        socket.operate(1, 1, [{"insert": "x"}])
        assert socket.until("ack")["revision"] == 2
        ada.call("PUT", f"/documents/{document}/lock", json={"reason": "done"})
        socket.operate(1, 1, [{"insert": "x"}])
        assert socket.until("ack")["revision"] == 2


def test_an_administrator_locks_and_reads_nothing(
    server: Running, ada: Person, admin: Person, document: str
) -> None:
    locked = admin.call("PUT", f"/documents/{document}/lock", json={"reason": "a court said so"})
    assert locked["locked"]["by"]["name"] == "Root"
    admin.refused("GET", f"/documents/{document}", 404, "NOT_FOUND")
    admin.refused("PUT", "/documents/dnone/lock", 404, "NOT_FOUND", json={})
    assert ada.call("GET", f"/documents/{document}")["locked"]["reason"] == "a court said so"
    admin.call("DELETE", f"/documents/{document}/lock")


def test_what_is_no_reason(ada: Person, document: str) -> None:
    for reason in ("x" * 256, "a\u202eb"):
        ada.refused("PUT", f"/documents/{document}/lock", 400, "INVALID_REQUEST", json={"reason": reason})


def test_the_audit_of_a_document(server: Running, ada: Person, bob: Person, document: str) -> None:
    path = f"/documents/{document}"
    ada.share(document, bob, "editor")
    ada.call("PUT", path + "/permissions", json={"email": "nobody-yet@example.com", "role": "viewer"})
    ada.call("PATCH", path, json={"link_role": "viewer", "switches": {"guests": True}})
    guest = server.guest(document)
    ada.call("PUT", path + "/lock", json={"reason": "stop"})
    ada.call("DELETE", path + "/lock")
    ada.call("DELETE", f"{path}/permissions/{bob.id}", 204)
    ada.call("DELETE", path, 204)
    ada.call("POST", path + "/undelete")
    told = ada.call("GET", path + "/audit")
    assert [one["action"] for one in reversed(told["entries"])] == [
        "role.given",
        "invitation.made",
        "link.changed",
        "switches.changed",
        "guest.entered",
        "document.locked",
        "document.unlocked",
        "role.taken",
        "document.trashed",
        "document.undeleted",
    ]
    given = told["entries"][-1]
    assert (given["actor"]["id"], given["subject"]) == (ada.id, bob.id)
    assert given["detail"] == {"role": "editor", "revision": 1}
    assert (given["person"]["name"], given["title"]) == ("Bob", "Letter")
    assert "address" not in given
    entered = told["entries"][-5]
    assert (entered["actor"]["id"], entered["actor"]["guest"]) == (guest.id, True)
    page = ada.call("GET", path + "/audit?limit=4")
    rest = ada.call("GET", f"{path}/audit?limit=200&before={page['next_before']}")
    assert page["entries"] + rest["entries"] == told["entries"]
    assert rest["next_before"] is None


def test_the_whole_audit_is_for_administrators(server: Running, admin: Person) -> None:
    person = server.person("Watched")
    with server.nobody() as browser:
        body = {"email": person.email, "password": "not this one"}
        assert browser.post("/api/v1/auth/login", json=body).status_code == 401
    made = person.call("POST", "/users/me/tokens", 201, json={"name": "bot", "scopes": ["read"]})
    person.call("DELETE", f"/users/me/tokens/{made['id']}", 204)
    entries = admin.call("GET", "/audit")["entries"]
    mine = [one for one in entries if person.id in ((one["actor"] or {}).get("id"), one["subject"])]
    assert [one["action"] for one in reversed(mine)] == [
        "account.made",
        "login.made",
        "login.made",
        "token.made",
        "token.removed",
    ]
    assert mine[1]["detail"] == {"name": "bot", "scopes": ["read"]}
    (failed,) = [one for one in entries if one["subject"] == person.email]
    assert (failed["action"], failed["actor"]) == ("login.failed", None)
    assert failed["address"] == "127.0.0.1"


def test_the_audit_only_grows(server: Running, ada: Person, document: str) -> None:
    ada.call("PUT", f"/documents/{document}/lock", json={})

    def altering(connection: Connection) -> None:
        connection.execute(update(audit).values(at=0))

    def deleting(connection: Connection) -> None:
        connection.execute(delete(audit))

    for work in (altering, deleting):
        with pytest.raises(exc.IntegrityError, match="only grows"):
            asyncio.run_coroutine_threadsafe(server.app.store.database.write(work), server.loop).result(20)
    assert ada.call("GET", f"/documents/{document}/audit")["entries"][0]["action"] == "document.locked"
