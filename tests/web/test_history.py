"""The history over REST: sessions, diffs, attribution, versions, going back, taking back."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from octavo.delta import Delta, wire
from tests.web.running import Person, Running


def write(person: Person, document: str, ops: list[Any], client: str, seq: int = 1) -> int:
    """An operation at the head; its revision."""
    opened = person.call("GET", f"/documents/{document}")
    body = {
        "epoch": opened["epoch"],
        "client_id": client,
        "seq": seq,
        "base_revision": opened["revision"],
        "ops": ops,
    }
    return int(person.call("POST", f"/documents/{document}/operations", json=body)["revision"])


def text(person: Person, document: str, revision: int | None = None) -> str:
    query = "" if revision is None else f"?revision={revision}"
    ops = person.call("GET", f"/documents/{document}{query}")["content"]["ops"]
    return "".join([op["insert"] for op in ops])


@pytest.fixture
def shared(ada: Person, bob: Person) -> str:
    """Ada wrote "Hello", Bob "brave " before it and took the "o" away."""
    document = ada.document(title="Letter", content={"ops": [{"insert": "Hello\n"}]})
    ada.share(document, bob, "editor")
    write(bob, document, [{"insert": "brave "}], f"{document[-9:]}-b1")
    write(bob, document, [{"retain": 10}, {"delete": 1}], f"{document[-9:]}-b2")
    return document


def test_sessions_say_who_did_what(ada: Person, bob: Person, shared: str) -> None:
    page = ada.call("GET", f"/documents/{shared}/history")
    (session,) = page["sessions"]
    assert (session["from_revision"], session["to_revision"], page["next_before"]) == (0, 3, None)
    assert (session["inserted"], session["deleted"]) == (11, 1)
    counts = {user["name"]: (user["inserted"], user["deleted"], user["changes"]) for user in session["users"]}
    assert counts == {"Ada": (5, 0, 1), "Bob": (6, 1, 2)}
    assert "Ada" in session["summary"]
    assert session["summary"].endswith(": +11 −1 characters")
    assert {part["user_id"] for part in session["parts"]} == {ada.id, bob.id}
    write(ada, shared, [{"insert": "x"}], f"{shared[-9:]}-a1")
    (session,) = ada.call("GET", f"/documents/{shared}/history?limit=1")["sessions"]
    assert (session["to_revision"], session["inserted"]) == (4, 12)
    steps = ada.call("GET", f"/documents/{shared}/history/steps?from=0&to=4")["steps"]
    assert [(one["from_revision"], one["to_revision"]) for one in steps] == [(3, 4), (1, 3), (0, 1)]


def test_a_diff_tells_who_inserted_and_deleted(ada: Person, bob: Person, shared: str) -> None:
    found = ada.call("GET", f"/documents/{shared}/diff?from=1&to=3")
    told = [(op["insert"], op.get("change"), op.get("user_id")) for op in found["ops"]]
    assert told == [
        ("brave ", "inserted", bob.id),
        ("Hell", None, None),
        ("o", "deleted", bob.id),
        ("\n", None, None),
    ]
    assert [user["id"] for user in found["users"]] == [bob.id]
    whole = ada.call("GET", f"/documents/{shared}/diff")
    assert (whole["from_revision"], whole["to_revision"]) == (0, 3)
    assert [op.get("user_id") for op in whole["ops"]] == [bob.id, ada.id, None]
    assert ada.call("GET", f"/documents/{shared}/diff?from=3&to=3")["ops"] == [{"insert": "brave Hell\n"}]


def test_attribution_adds_up(ada: Person, bob: Person, shared: str) -> None:
    found = ada.call("GET", f"/documents/{shared}/attribution")
    assert [(run["length"], run["user_id"]) for run in found["runs"]] == [(6, bob.id), (4, ada.id), (1, None)]
    assert found["revision"] == 3
    first = ada.call("GET", f"/documents/{shared}/attribution?revision=0")
    assert first == {
        "revision": 0,
        "runs": [{"length": 1, "user_id": None, "at": None, "revision": None}],
        "users": [],
    }


def test_a_revision_that_is_not_there_is_told_with_the_head(ada: Person, shared: str) -> None:
    path = f"/documents/{shared}"
    for asked in (
        "?revision=9",
        "/diff?from=1&to=9",
        "/attribution?revision=9",
        "/history/steps?from=9&to=9",
    ):
        assert ada.refused("GET", path + asked, 404, "NOT_FOUND")["current_revision"] == 3
    body = {"revision": 9}
    assert ada.refused("POST", path + "/restore", 404, "NOT_FOUND", json=body)["current_revision"] == 3
    named = ada.refused("PUT", path + "/versions/9", 404, "NOT_FOUND", json={"name": "x"})
    assert named["current_revision"] == 3
    ada.refused("GET", path + "/diff?from=2&to=1", 400, "INVALID_REQUEST")
    ada.refused("POST", path + "/restore", 404, "NOT_FOUND", json={"revision": -1})


# --- versions -----------------------------------------------------------------------------------------------


def test_versions_are_named_renamed_and_unnamed(ada: Person, bob: Person, shared: str) -> None:
    path = f"/documents/{shared}/versions"
    with bob.editor(shared, "naming") as socket:
        made = ada.call("PUT", f"{path}/2", json={"name": "  First   draft "})
        assert (made["revision"], made["name"], made["user"]["id"]) == (2, "First draft", ada.id)
        event = socket.until("event")
        assert (event["event"], event["data"]["name"], event["data"]["revision"]) == (
            "version.named",
            "First draft",
            2,
        )
        bob.call("PUT", f"{path}/0", json={"name": "Blank"})
        bob.call("PUT", f"{path}/2", json={"name": "Second draft"})
    named = ada.call("GET", path)["versions"]
    assert [(version["revision"], version["name"]) for version in named] == [
        (2, "Second draft"),
        (0, "Blank"),
    ]
    (session,) = ada.call("GET", f"/documents/{shared}/history")["sessions"]
    assert session["name"] == "Second draft"
    assert [version["revision"] for version in session["versions"]] == [2, 0]
    ada.call("DELETE", f"{path}/2", 204)
    ada.refused("DELETE", f"{path}/2", 404, "NOT_FOUND")
    assert [version["name"] for version in ada.call("GET", path)["versions"]] == ["Blank"]
    for name in ("", " ", "x" * 101, "a\u202eb"):
        ada.refused("PUT", f"{path}/1", 400, "INVALID_REQUEST", json={"name": name})


def test_a_snapshot_now(ada: Person, shared: str) -> None:
    assert ada.call("POST", f"/documents/{shared}/snapshot") == {"revision": 3}


# --- going back ---------------------------------------------------------------------------------------------


def test_restore_is_a_change_that_gives_text_back_to_its_authors(
    ada: Person, bob: Person, shared: str
) -> None:
    path = f"/documents/{shared}"
    headers = {"Idempotency-Key": f"{shared[-9:]}-key"}
    with ada.editor(shared, "watching") as socket:
        assert bob.call("POST", path + "/restore", json={"revision": 1}, headers=headers) == {"revision": 4}
        (change,) = socket.until("changes")["changes"]
    assert (change["user_id"], change["origin"]) == (bob.id, {"restores": 1})
    assert change["client_id"] == headers["Idempotency-Key"]
    assert text(ada, shared) == "Hello\n"
    runs = ada.call("GET", path + "/attribution")["runs"]
    assert [(run["length"], run["user_id"]) for run in runs] == [(5, ada.id), (1, None)]
    again = bob.call("POST", path + "/restore", json={"revision": 1}, headers=headers)
    assert again == {"revision": 4}
    assert bob.call("POST", path + "/restore", json={"revision": 1}) == {"revision": 5}
    assert ada.call("GET", path + "/operations?from=4")["changes"][0]["ops"] == []
    assert bob.call("POST", path + "/restore", json={"revision": 0}) == {"revision": 6}
    assert text(ada, shared) == "\n"


def test_a_client_may_not_say_that_it_restores(ada: Person, shared: str) -> None:
    opened = ada.call("GET", f"/documents/{shared}")
    body = {
        "epoch": opened["epoch"],
        "client_id": "liar",
        "seq": 1,
        "base_revision": 3,
        "ops": [{"insert": "x"}],
        "origin": {"restores": 1},
    }
    ada.refused("POST", f"/documents/{shared}/operations", 400, "INVALID_OPERATION", json=body)


def test_two_restores_and_a_typist_at_once(ada: Person, bob: Person, shared: str) -> None:
    path = f"/documents/{shared}"
    results: list[tuple[int, int]] = []

    def restore(person: Person, revision: int) -> None:
        results.append(
            (person.call("POST", path + "/restore", json={"revision": revision})["revision"], revision)
        )

    with bob.editor(shared, f"{shared[-9:]}-typist") as socket:
        threads = [threading.Thread(target=restore, args=one) for one in ((ada, 1), (bob, 2))]
        for thread in threads:
            thread.start()
        socket.operate(1, 3, [{"retain": 10}, {"insert": "!"}])
        for thread in threads:
            thread.join(20)
    assert ada.call("GET", path)["revision"] == 6
    (_, first), (later, last) = sorted(results)
    assert {first, last} == {1, 2}
    then = "Hello\n" if last == 1 else "brave Hello\n"
    assert text(ada, shared, later) == then
    assert text(ada, shared) in (then, then.replace("\n", "!\n"), "!" + then)


def test_who_may_see_and_go_back(ada: Person, bob: Person, shared: str) -> None:
    path = f"/documents/{shared}"
    ada.share(shared, bob, "viewer")
    bob.refused("POST", path + "/restore", 403, "FORBIDDEN", json={"revision": 1})
    bob.refused("PUT", path + "/versions/1", 403, "FORBIDDEN", json={"name": "x"})
    body = {"user_id": ada.id, "from_revision": 0, "to_revision": 1}
    bob.refused("POST", path + "/revert", 403, "FORBIDDEN", json=body)
    seen = ("/history", "/diff", "/attribution", "/versions", "?revision=1", "/operations", "/history/steps")
    for way in seen:
        bob.call("GET", path + way)
    bob.refused("PATCH", path, 403, "FORBIDDEN", json={"history_role": "viewer"})
    assert ada.call("PATCH", path, json={"history_role": "editor"})["history_role"] == "editor"
    for way in seen:
        error = bob.refused("GET", path + way, 403, "FORBIDDEN")
        assert "those who may edit it" in error["message"]
    bob.refused("POST", path + "/copy", 403, "FORBIDDEN", json={"revision": 1})
    bob.call("POST", path + "/copy", 201, json={})
    ada.share(shared, bob, "editor")
    for way in seen:
        bob.call("GET", path + way)
    ada.call("PATCH", path, json={"history_role": "owner"})
    bob.refused("GET", path + "/history", 403, "FORBIDDEN")
    bob.call("GET", path + "/operations?from=2")
    ada.call("GET", path + "/history")
    ada.refused("PATCH", path, 400, "INVALID_REQUEST", json={"history_role": "commenter"})


# --- taking back --------------------------------------------------------------------------------------------


def test_a_contribution_is_taken_back_and_that_too(ada: Person, bob: Person, shared: str) -> None:
    path = f"/documents/{shared}"
    body = {"user_id": bob.id, "from_revision": 0, "to_revision": 3}
    preview = ada.call("POST", path + "/revert", json={**body, "preview": True})
    assert (preview["revision"], preview["base_revision"]) == (None, 3)
    assert (preview["changes"], preview["removes"], preview["returns"]) == (2, 6, 1)
    assert preview["prevented"] == {"deleted": 0, "formatted": 0}
    assert text(ada, shared) == "brave Hell\n"
    content = Delta().insert("brave Hell\n").compose(wire.from_wire(preview["ops"]))
    assert content == Delta().insert("Hello\n")
    headers = {"Idempotency-Key": f"{shared[-9:]}-take"}
    assert ada.call("POST", path + "/revert", json=body, headers=headers)["revision"] == 4
    assert ada.call("POST", path + "/revert", json=body, headers=headers)["revision"] == 4
    assert text(ada, shared) == "Hello\n"
    runs = ada.call("GET", path + "/attribution")["runs"]
    assert [run["user_id"] for run in runs] == [ada.id, None]
    again = {"user_id": ada.id, "from_revision": 3, "to_revision": 4}
    assert ada.call("POST", path + "/revert", json=again)["revision"] == 5
    assert text(ada, shared) == "brave Hell\n"
    nothing = ada.call("POST", path + "/revert", json={**body, "user_id": "nobody"})
    assert (nothing["revision"], nothing["ops"], nothing["changes"]) == (None, [], 0)


def test_what_is_derived_is_made_anew(server: Running, ada: Person, shared: str) -> None:
    """By one command, from nothing but the log."""
    path = f"/documents/{shared}"
    before = (ada.call("GET", path + "/history"), ada.call("GET", path + "/attribution"))
    server.do(server.app.services.history.rebuild(shared))
    assert (ada.call("GET", path + "/history"), ada.call("GET", path + "/attribution")) == before
