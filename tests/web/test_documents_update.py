"""Naming documents, starring them, throwing them away and taking them back."""

from __future__ import annotations

from tests.web.running import Person


def test_rename_is_told_to_everybody(ada: Person, document: str) -> None:
    with ada.editor(document, "c1") as socket:
        renamed = ada.call("PATCH", f"/documents/{document}", json={"title": "New"})
        assert renamed["title"] == "New"
        event = socket.until("event")
        assert event["event"] == "title.changed"
        assert (event["data"]["id"], event["data"]["title"]) == (document, "New")
    ada.refused("PATCH", f"/documents/{document}", 400, "INVALID_REQUEST", json={"title": "x" * 256})


def test_a_star_is_ones_own(ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "viewer")
    assert bob.call("PATCH", f"/documents/{document}", json={"starred": True})["starred"]
    assert not ada.call("GET", f"/documents/{document}")["starred"]
    assert not bob.call("PATCH", f"/documents/{document}", json={"starred": False})["starred"]


def test_trash_and_back(ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "editor")
    bob.refused("DELETE", f"/documents/{document}", 403, "FORBIDDEN")
    with bob.editor(document, "c2") as socket:
        ada.call("DELETE", f"/documents/{document}", 204)
        assert socket.closed() == 4410
    ada.call("DELETE", f"/documents/{document}", 204)
    for person in (ada, bob):
        person.refused("GET", f"/documents/{document}", 410, "DOCUMENT_DELETED")
        person.refused("POST", f"/documents/{document}/ticket", 410, "DOCUMENT_DELETED")
    bob.refused("POST", f"/documents/{document}/undelete", 403, "FORBIDDEN")
    assert ada.call("POST", f"/documents/{document}/undelete")["id"] == document
    assert bob.call("GET", f"/documents/{document}")["content"]["ops"] == [{"insert": "Hello\n"}]


def test_strangers_do_not_learn_of_the_trash(ada: Person, bob: Person) -> None:
    document = ada.document()
    ada.call("DELETE", f"/documents/{document}", 204)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/undelete")):
        bob.refused(method, f"/documents/{document}{path}", 404, "NOT_FOUND")
