"""Comments over REST: threads, replies, who may what; anchors that follow the text through everything."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.running import Person, Running

TEXT = "one two three\n"


@pytest.fixture
def document(ada: Person) -> str:
    return ada.document(content={"ops": [{"insert": TEXT}]})


def begun(person: Person, document: str, index: int = 4, length: int = 3, **more: Any) -> dict[str, Any]:
    revision = person.call("GET", f"/documents/{document}")["revision"]
    anchor = {"revision": revision, "index": index, "length": length}
    body = {"anchor": anchor, "text": "Why two?", **more}
    made: dict[str, Any] = person.call("POST", f"/documents/{document}/comments", 201, json=body)
    return made


def listed(person: Person, document: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.call("GET", f"/documents/{document}/comments")["comments"]
    return found


def write(person: Person, document: str, *ops: Any) -> int:
    head = person.call("POST", f"/documents/{document}/ticket")
    body = {
        "epoch": head["epoch"],
        "client_id": f"c{person.id[:20]}{head['revision']}",
        "seq": 1,
        "base_revision": head["revision"],
        "ops": list(ops),
    }
    return int(person.call("POST", f"/documents/{document}/operations", json=body)["revision"])


def place(person: Person, document: str) -> tuple[int, int]:
    [thread] = listed(person, document)
    assert thread["anchor"]["revision"] == person.call("GET", f"/documents/{document}")["revision"]
    return thread["anchor"]["index"], thread["anchor"]["length"]


def test_a_thread_and_its_life(server: Running, ada: Person, document: str) -> None:
    bob = server.person("Bob")
    ada.share(document, bob, "commenter")
    thread = begun(bob, document, mentions=[ada.id, "nobody"])
    assert (thread["quote"], thread["user"]["name"], thread["resolved"]) == ("two", "Bob", False)
    assert [user["id"] for user in thread["mentions"]] == [ada.id]
    path = f"/documents/{document}/comments/{thread['id']}"
    ada.call("POST", f"{path}/replies", 201, json={"text": "Because."})
    ada.call("PUT", f"{path}/reactions/👍")
    bob.call("PATCH", path, json={"text": "Why not three?"})
    bob.call("PATCH", path, json={"resolved": True})
    [found] = listed(ada, document)
    assert (found["text"], found["resolved"], found["resolved_by"]["name"]) == ("Why not three?", True, "Bob")
    assert found["edited_at"]
    assert [reply["text"] for reply in found["replies"]] == ["Because."]
    assert found["reactions"][0]["users"][0]["id"] == ada.id
    assert ada.call("DELETE", f"{path}/reactions/👍")["reactions"] == []
    assert ada.call("PATCH", path, json={"resolved": False})["resolved_at"] is None
    bob.call("DELETE", path)
    assert listed(ada, document) == []


def test_the_anchor_follows_the_text(ada: Person, document: str) -> None:
    begun(ada, document)
    write(ada, document, {"insert": "zero "})
    assert place(ada, document) == (9, 3)
    write(ada, document, {"retain": 10}, {"insert": "xx"})
    assert place(ada, document) == (9, 5)
    write(ada, document, {"retain": 5}, {"delete": 8})
    assert place(ada, document) == (5, 1)


def test_it_comes_back_when_its_deletion_is_undone_and_everybody_hears(ada: Person, document: str) -> None:
    begun(ada, document)
    with ada.editor(document, "adas") as talk:
        talk.operate(1, 1, [{"retain": 2}, {"delete": 8}])
        talk.until("changes")
        ada.soon(
            "GET",
            f"/documents/{document}/comments",
            lambda found: not found["comments"][0]["anchor"]["length"],
        )
        talk.operate(2, 2, [{"retain": 2}, {"insert": "e two th"}])
        while (event := talk.until("event"))["event"] != "comment.moved":
            pass
        anchor = event["data"]["anchor"]
        assert (anchor["index"], anchor["length"]) == (4, 3)
    assert place(ada, document) == (4, 3)


def test_a_thread_begun_on_an_older_revision_stands_where_the_text_is_now(ada: Person, document: str) -> None:
    write(ada, document, {"insert": "zero "})
    anchor = {"revision": 1, "index": 4, "length": 3}
    thread = ada.call("POST", f"/documents/{document}/comments", 201, json={"anchor": anchor, "text": "old"})
    assert (thread["quote"], thread["anchor"]["index"], thread["anchor"]["revision"]) == ("two", 9, 2)


def test_asking_again_with_the_same_key_begins_one(ada: Person, document: str) -> None:
    body = {"anchor": {"revision": 1, "index": 0, "length": 3}, "text": "once"}
    headers = {"Idempotency-Key": "k" * 22}
    for _ in range(2):
        ada.call("POST", f"/documents/{document}/comments", 201, json=body, headers=headers)
    assert len(listed(ada, document)) == 1


def test_who_may_what(server: Running, ada: Person, document: str) -> None:
    people = {role: server.person(role.title()) for role in ("editor", "commenter", "viewer")}
    for role, person in people.items():
        ada.share(document, person, role)
    editor, commenter, viewer = people.values()
    thread = begun(ada, document)
    path = f"/documents/{document}/comments/{thread['id']}"
    assert [one["id"] for one in listed(viewer, document)] == [thread["id"]]
    viewer.refused("POST", f"{path}/replies", 403, "FORBIDDEN", json={"text": "x"})
    reply = commenter.call("POST", f"{path}/replies", 201, json={"text": "mine"})["replies"][0]
    commenter.refused("PATCH", path, 403, "FORBIDDEN", json={"resolved": True})
    commenter.refused("PATCH", path, 403, "FORBIDDEN", json={"text": "not mine"})
    commenter.refused("DELETE", path, 403, "FORBIDDEN")
    editor.refused("DELETE", path, 403, "FORBIDDEN")
    assert editor.call("PATCH", path, json={"resolved": True})["resolved"]
    editor.refused(
        "PATCH",
        f"/documents/{document}/comments/{reply['id']}",
        400,
        "INVALID_REQUEST",
        json={"resolved": True},
    )
    ada.call("DELETE", f"/documents/{document}/comments/{reply['id']}")
    assert listed(ada, document)[0]["replies"] == []


def test_a_comment_of_another_document_is_unknown(server: Running, ada: Person, document: str) -> None:
    eve = server.person("Eve")
    theirs = eve.document(content={"ops": [{"insert": "x\n"}]})
    thread = begun(ada, document)
    path = f"/documents/{theirs}/comments/{thread['id']}"
    eve.refused("PATCH", path, 404, "NOT_FOUND", json={"text": "x"})
    eve.refused("DELETE", path, 404, "NOT_FOUND")
    eve.refused("POST", f"{path}/replies", 404, "NOT_FOUND", json={"text": "x"})
    eve.refused("PUT", f"{path}/reactions/👍", 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"anchor": {"revision": 1, "index": 10, "length": 9}, "text": "x"}, "INVALID_REQUEST"),
        ({"anchor": {"revision": 1, "index": -1, "length": 2}, "text": "x"}, "INVALID_REQUEST"),
        ({"anchor": {"revision": 1, "index": 0, "length": 0}, "text": "x"}, "INVALID_REQUEST"),
        ({"anchor": {"revision": 1, "index": 0, "length": 1}, "text": "  "}, "INVALID_REQUEST"),
        ({"anchor": {"revision": 1, "index": 0, "length": 1}, "text": "x\u0000"}, "INVALID_REQUEST"),
    ],
)
def test_what_cannot_be_is_refused(ada: Person, document: str, body: Any, code: str) -> None:
    ada.refused("POST", f"/documents/{document}/comments", 400, code, json=body)


def test_a_revision_that_is_not_there(ada: Person, document: str) -> None:
    body = {"anchor": {"revision": 9, "index": 0, "length": 1}, "text": "x"}
    error = ada.refused("POST", f"/documents/{document}/comments", 404, "NOT_FOUND", json=body)
    assert error["current_revision"] == 1


def test_too_long_a_comment(ada: Person, document: str) -> None:
    body = {"anchor": {"revision": 1, "index": 0, "length": 1}, "text": "x" * 10_001}
    ada.refused("POST", f"/documents/{document}/comments", 413, "TOO_LARGE", json=body)


def test_switched_off_by_the_owner(ada: Person, document: str) -> None:
    begun(ada, document)
    ada.call("PATCH", f"/documents/{document}", json={"switches": {"comments": False}})
    body = {"anchor": {"revision": 1, "index": 0, "length": 1}, "text": "x"}
    ada.refused("POST", f"/documents/{document}/comments", 403, "FORBIDDEN", json=body)
    assert len(listed(ada, document)) == 1


def test_everybody_who_has_it_open_hears_of_it(server: Running, ada: Person, document: str) -> None:
    bob = server.person("Bob")
    ada.share(document, bob, "viewer")
    with bob.editor(document, "bobs") as talk:
        thread = begun(ada, document)
        event = talk.until("event")
        assert (event["event"], event["data"]["id"]) == ("comment.created", thread["id"])
        assert event["data"]["anchor"] == {"revision": 1, "index": 4, "length": 3}
        ada.call("DELETE", f"/documents/{document}/comments/{thread['id']}")
        assert talk.until("event")["event"] == "comment.deleted"
