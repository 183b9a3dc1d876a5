"""Search over REST: what follows what, and who sees what."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.web.indexing import settled
from tests.web.running import Person, Running, running


@pytest.fixture
def finn(server: Running) -> Person:
    return server.person("Finn")


def search(person: Person, query: str, more: str = "") -> list[dict[str, Any]]:
    answer = person.http.get("/api/v1/documents", params={"query": query, **dict(parse_qsl(more))})
    assert answer.status_code == 200, answer.text
    assert answer.json()["next_cursor"] is None
    documents: list[dict[str, Any]] = answer.json()["documents"]
    return documents


def titles(person: Person, query: str, more: str = "") -> list[str]:
    return [one["title"] for one in search(person, query, more)]


def content(text: str) -> dict[str, Any]:
    return {"ops": [{"insert": text + "\n"}]}


def test_titles_texts_and_tags_with_what_matched(finn: Person) -> None:
    document = finn.document(
        title="Crème 😀 brûlée", content=content("First line\nBurn the sugar 😀 slowly\nLast")
    )
    finn.call("PATCH", f"/documents/{document}", json={"tags": ["Dessert", "to do"]})
    settled(finn.running)
    (one,) = search(finn, "brul")
    assert one["match"] == {"title": [[9, 6]], "tags": [], "passage": None}
    (one,) = search(finn, "sugar slow")
    assert one["match"]["passage"] == {"text": "Burn the sugar 😀 slowly", "ranges": [[9, 5], [18, 6]]}
    (one,) = search(finn, "dess")
    assert one["match"]["tags"] == ["Dessert"]
    assert titles(finn, "creme sugar dessert") == ["Crème 😀 brûlée"]
    assert titles(finn, "creme absent") == []


def test_results_follow_what_is_typed_and_done(finn: Person) -> None:
    document = finn.document(title="Before", content=content("alpha"))
    settled(finn.running)
    assert titles(finn, "alpha") == ["Before"]
    with finn.editor(document, "finnsclient") as socket:
        socket.operate(1, 1, [{"insert": "omega "}, {"delete": 5}])
        socket.until("changes")
    finn.call("PATCH", f"/documents/{document}", json={"title": "After", "tags": ["mark"]})
    settled(finn.running, seconds=5)
    assert titles(finn, "omega mark") == ["After"]
    assert titles(finn, "alpha") == titles(finn, "before") == []
    finn.call("DELETE", f"/documents/{document}", 204)
    assert titles(finn, "omega") == []
    assert titles(finn, "omega", "trashed=true") == ["After"]
    finn.call("DELETE", f"/documents/{document}?forever=true", 204)
    settled(finn.running)
    assert titles(finn, "omega", "trashed=true") == []


def test_only_what_one_may_read(finn: Person, bob: Person) -> None:
    document = finn.document(title="Secretive", content=content("hidden treasure"))
    settled(finn.running)
    assert titles(bob, "treasure") == []
    finn.share(document, bob, "viewer")
    settled(finn.running)
    assert titles(bob, "treasure") == ["Secretive"]
    finn.call("PATCH", f"/documents/{document}", json={"tags": ["private"]})
    settled(finn.running)
    assert titles(finn, "private") == ["Secretive"]
    assert titles(bob, "private") == []
    finn.call("DELETE", f"/documents/{document}/permissions/{bob.id}", 204)
    assert titles(bob, "treasure") == []  # at once, whatever the index still says
    finn.call("PATCH", f"/documents/{document}", json={"link_role": "viewer"})
    settled(finn.running)
    assert titles(bob, "treasure") == []
    bob.call("GET", f"/documents/{document}")
    settled(finn.running)
    assert titles(bob, "treasure") == ["Secretive"]


def test_filters_narrow_a_search(finn: Person, bob: Person) -> None:
    folder = finn.call("POST", "/folders", 201, json={"name": "F"})["id"]
    inside = finn.document(title="Report inside", folder_id=folder)
    finn.document(title="Report outside")
    shared = bob.document(title="Report of Bob")
    bob.share(shared, finn, "viewer")
    finn.call("PATCH", f"/documents/{inside}", json={"starred": True, "tags": ["t"]})
    settled(finn.running)
    assert sorted(titles(finn, "report")) == ["Report inside", "Report of Bob", "Report outside"]
    for narrow in (f"folder_id={folder}", "starred=true", "tag=t"):
        assert titles(finn, "report", narrow) == ["Report inside"]
    assert titles(finn, "report", "shared=true") == ["Report of Bob"]
    assert sorted(titles(finn, "report", "owned=true")) == ["Report inside", "Report outside"]


def test_suggested_text_is_not_found(finn: Person) -> None:
    mark = f"{finn.id}.{'a' * 32}"
    ops = [
        {"insert": "visible"},
        {"insert": " imaginary", "attributes": {"suggest-insert": mark}},
        {"insert": "\n"},
    ]
    finn.document(title="S", content={"ops": ops})
    settled(finn.running)
    assert titles(finn, "visible") == ["S"]
    assert titles(finn, "imaginary") == []


@pytest.mark.parametrize(
    "query",
    ['"', "*", "a OR b", "NEAR(", "title:x", "\x00", "'; DROP TABLE terms;--", "%", "(", "-", "x" * 5000],
)
def test_hostile_queries(finn: Person, query: str) -> None:
    finn.document(title="Drop table")
    settled(finn.running)
    assert titles(finn, query) == []
    assert titles(finn, "drop") == ["Drop table"]


def test_everything_is_told_anew_when_the_index_is_lost(tmp_path: Any) -> None:

    with running(tmp_path) as first:
        gwen = first.person("Gwen")
        gwen.document(title="Lasting", content=content("some words"))
        gwen.document(title="Empty one")
        settled(first)
    for path in tmp_path.glob("search.db*"):
        path.unlink()
    with running(tmp_path) as second:
        again = Person(second, second.nobody(), gwen.id, gwen.email, gwen.name)
        token = again.http.post(
            "/api/v1/auth/token", json={"email": gwen.email, "password": "a long password"}
        )
        again.http.headers["authorization"] = f"Bearer {token.json()['access_token']}"
        settled(second)
        assert titles(again, "words") == ["Lasting"]
        assert titles(again, "empty") == ["Empty one"]
