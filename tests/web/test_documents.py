"""Making, opening and listing documents."""

from __future__ import annotations

import json

import pytest

from tests.web.running import Person, Running

HELLO = {"ops": [{"insert": "Hello\n"}]}
EMPTY = {"ops": [{"insert": "\n"}]}


def test_an_empty_document(ada: Person) -> None:
    made = ada.call("POST", "/documents", 201, json={"title": "  My   plan "})
    assert (made["title"], made["revision"], made["role"]) == ("My plan", 0, "owner")
    assert made["owner"]["id"] == ada.id
    assert made["websocket_url"].startswith(f"/ws/v1/documents/{made['id']}?ticket=")
    read = ada.call("GET", f"/documents/{made['id']}")
    assert read["content"] == EMPTY
    assert read["epoch"] == made["epoch"]
    assert [(one["user"]["id"], one["role"]) for one in read["collaborators"]] == [(ada.id, "owner")]


def test_content_becomes_change_1(ada: Person) -> None:
    ops = [
        {"insert": "Title"},
        {"insert": "\n", "attributes": {"header": 1}},
        {"insert": "bold 😀", "attributes": {"bold": True}},
        {"insert": "\n", "attributes": {"list": "bullet"}},
    ]
    key = "a" * 32
    made = ada.call(
        "POST", "/documents", 201, json={"content": {"ops": ops}}, headers={"Idempotency-Key": key}
    )
    assert made["revision"] == 1
    assert ada.call("GET", f"/documents/{made['id']}")["content"]["ops"] == ops
    (change,) = ada.call("GET", f"/documents/{made['id']}/operations")["changes"]
    assert (change["revision"], change["client_id"], change["seq"]) == (1, key, 1)


@pytest.mark.parametrize(
    "ops",
    [
        [{"insert": "no newline"}],
        [{"retain": 5}],
        [{"insert": "x\n", "attributes": {"onclick": "alert(1)"}}],
        [{"insert": "x", "attributes": {"link": "javascript:alert(1)"}}, {"insert": "\n"}],
        [{"insert": {"script": "x"}}, {"insert": "\n"}],
        [{"insert": "\ud800\n"}],
        [],
    ],
)
def test_content_outside_the_schema(ada: Person, ops: list[object]) -> None:
    before = len(ada.call("GET", "/documents?limit=200")["documents"])
    body = '{"content":{"ops":' + json.dumps(ops) + "}}"
    ada.http.headers["content-type"] = "application/json"
    error = ada.call("POST", "/documents", 400, content=body)["error"]
    assert error["code"] in ("INVALID_OPERATION", "INVALID_REQUEST")
    assert len(ada.call("GET", "/documents?limit=200")["documents"]) == before


def test_the_same_key_makes_one_document(ada: Person) -> None:
    headers = {"Idempotency-Key": "d" * 32}
    first = ada.call("POST", "/documents", 201, json={"title": "T", "content": HELLO}, headers=headers)
    second = ada.call("POST", "/documents", 201, json={"title": "T", "content": HELLO}, headers=headers)
    assert (first["id"], first["revision"]) == (second["id"], second["revision"])
    ada.refused("POST", "/documents", 409, "ALREADY_EXISTS", json={"title": "Other"}, headers=headers)
    ada.refused("POST", "/documents", 400, "INVALID_REQUEST", json={}, headers={"Idempotency-Key": "a b"})


def test_titles(ada: Person) -> None:
    assert ada.call("POST", "/documents", 201, json={})["title"] == "Untitled document"
    ada.refused("POST", "/documents", 400, "INVALID_REQUEST", json={"title": "x" * 256})
    ada.refused("POST", "/documents", 400, "INVALID_REQUEST", json={"title": "😀" * 128})
    ada.call("POST", "/documents", 201, json={"title": "😀" * 127})
    ada.refused("POST", "/documents", 400, "INVALID_REQUEST", json={"title": 5})


def test_a_past_revision_has_an_etag(ada: Person, document: str) -> None:
    path = f"/api/v1/documents/{document}?revision=0"
    answer = ada.http.get(path)
    assert answer.json()["content"] == EMPTY
    assert answer.json()["revision"] == 0
    assert "websocket_url" not in answer.json()
    assert answer.headers["cache-control"] == "private, no-cache"
    again = ada.http.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ada.call("GET", f"/documents/{document}?revision=1")["content"] == HELLO
    ada.refused("GET", f"/documents/{document}?revision=-1", 400, "INVALID_REQUEST")
    ada.refused("GET", f"/documents/{document}?revision=x", 400, "INVALID_REQUEST")
    assert ada.refused("GET", f"/documents/{document}?revision=7", 404, "NOT_FOUND")["current_revision"] == 1


def test_a_body_with_a_ticket_is_not_stored(ada: Person, document: str) -> None:
    assert ada.http.get(f"/api/v1/documents/{document}").headers["cache-control"] == "no-store"


def test_who_may_not_know_gets_not_found(bob: Person, document: str) -> None:
    missing = bob.refused("GET", "/documents/nosuch", 404, "NOT_FOUND")
    assert bob.refused("GET", f"/documents/{document}", 404, "NOT_FOUND") == missing


def test_listing(server: Running) -> None:
    carol, dave = server.person("Carol"), server.person("Dave")
    ids = [carol.document(title=f"Plan {number} 100%") for number in range(5)]
    dave.document(title="Dave's own")
    carol.share(ids[1], dave, "editor")
    carol.call("PATCH", f"/documents/{ids[2]}", json={"starred": True})

    def listed(person: Person, query: str = "") -> list[str]:
        return [one["id"] for one in person.call("GET", f"/documents{query}")["documents"]]

    assert set(listed(carol)) == set(ids)
    assert listed(carol, "?starred=true") == [ids[2]]
    assert listed(dave, "?starred=true") == []
    assert listed(dave, "?shared=true") == [ids[1]]
    assert len(listed(dave)) == 2
    assert len(listed(dave, "?owned=true")) == 1
    carol.call("DELETE", f"/documents/{ids[4]}", 204)
    assert set(listed(carol)) == set(ids[:4])
    assert listed(carol, "?trashed=true") == [ids[4]]
    assert listed(dave, "?trashed=true") == []


def test_pages_of_a_list(server: Running) -> None:
    person = server.person("Pages")
    ids = {person.document(title=str(number)) for number in range(7)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = person.call("GET", f"/documents?limit=3{cursor}")
        seen += [one["id"] for one in page["documents"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == 7
    assert set(seen) == ids
    for query in ("?limit=0", "?limit=201", "?cursor=x", "?cursor=1-"):
        person.refused("GET", f"/documents{query}", 400, "INVALID_REQUEST")
