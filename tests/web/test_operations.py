"""The log without a socket: reading it and submitting to it."""

from __future__ import annotations

from typing import Any

from tests.web.running import Person


def submission(person: Person, document: str, **changes: Any) -> dict[str, Any]:
    epoch = person.call("POST", f"/documents/{document}/ticket")["epoch"]
    return {
        "epoch": epoch,
        "client_id": "rest" + document[:8],
        "seq": 1,
        "base_revision": 1,
        "ops": [{"retain": 5}, {"insert": "!"}],
    } | changes


def test_submit_and_read(ada: Person, document: str) -> None:
    path = f"/documents/{document}/operations"
    answer = ada.call("POST", path, json=submission(ada, document))
    assert answer["revision"] == 2
    assert [change["revision"] for change in answer["changes"]] == [2]
    assert answer["changes"] == ada.call("GET", f"{path}?from=1&to=2")["changes"]
    assert ada.call("GET", f"/documents/{document}")["content"]["ops"] == [{"insert": "Hello!\n"}]


def test_a_resend_does_nothing_twice(ada: Person, document: str) -> None:
    path, body = f"/documents/{document}/operations", submission(ada, document)
    first = ada.call("POST", path, json=body)
    assert ada.call("POST", path, json=body) == first
    other = body | {"ops": [{"insert": "other"}]}
    assert ada.call("POST", path, 400, json=other)["error"]["code"] == "INVALID_OPERATION"
    assert ada.call("GET", f"/documents/{document}")["revision"] == 2


def test_an_old_base_is_transformed(ada: Person, document: str) -> None:
    path = f"/documents/{document}/operations"
    ada.call("POST", path, json=submission(ada, document, client_id="one"))
    answer = ada.call("POST", path, json=submission(ada, document, client_id="two", ops=[{"insert": "> "}]))
    assert answer["revision"] == 3
    assert [change["revision"] for change in answer["changes"]] == [2, 3]
    assert ada.call("GET", f"/documents/{document}")["content"]["ops"] == [{"insert": "> Hello!\n"}]


def test_ranges_of_the_log(ada: Person, document: str) -> None:
    path = f"/documents/{document}/operations"
    for seq in range(1, 6):
        ada.call("POST", path, json=submission(ada, document, seq=seq, base_revision=seq))

    def revisions(query: str) -> list[int]:
        return [change["revision"] for change in ada.call("GET", path + query)["changes"]]

    assert revisions("") == [1, 2, 3, 4, 5, 6]
    assert revisions("?from=0&to=1") == [1]
    assert revisions("?from=2&to=4") == [3, 4]
    assert revisions("?from=6") == revisions("?from=99") == revisions("?from=3&to=3") == []
    for query in ("?from=-1", "?from=4&to=3", "?from=x"):
        ada.refused("GET", path + query, 400, "INVALID_REQUEST")


def test_what_is_refused(ada: Person, bob: Person, document: str) -> None:
    path = f"/documents/{document}/operations"
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"ops": [{"retain": 99}, {"insert": "x"}]}, 400, "INVALID_OPERATION"),
        ({"ops": [{"insert": ""}]}, 400, "INVALID_OPERATION"),
        ({"ops": [{"insert": "a"}, {"insert": "b"}]}, 400, "INVALID_OPERATION"),
        ({"ops": "x"}, 400, "INVALID_REQUEST"),
        ({"seq": 0}, 400, "INVALID_REQUEST"),
        ({"base_revision": -1}, 400, "INVALID_REQUEST"),
        ({"base_revision": 99}, 409, "REVISION_CONFLICT"),
        ({"epoch": "another"}, 409, "EPOCH_CHANGED"),
        ({"client_id": "a b"}, 400, "INVALID_REQUEST"),
        ({"at": "yesterday"}, 400, "INVALID_OPERATION"),
    ]
    for number, (change, status, code) in enumerate(cases):
        body = submission(ada, document) | {"client_id": f"case{number}"} | change
        ada.refused("POST", path, status, code, json=body)
    conflict = ada.refused(
        "POST", path, 409, "REVISION_CONFLICT", json=submission(ada, document, base_revision=9)
    )
    assert conflict["current_revision"] == 1
    assert ada.call("GET", f"/documents/{document}")["revision"] == 1


def test_a_client_id_belongs_to_one_person(ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "editor")
    path = f"/documents/{document}/operations"
    ada.call("POST", path, json=submission(ada, document))
    stolen = submission(ada, document) | {"seq": 2, "base_revision": 2}
    assert bob.call("POST", path, 403, json=stolen)["error"]["code"] == "FORBIDDEN"


def test_roles(ada: Person, bob: Person, document: str) -> None:
    path = f"/documents/{document}/operations"
    ada.share(document, bob, "commenter")
    bob.refused("POST", path, 403, "FORBIDDEN", json=submission(ada, document))
    assert bob.call("POST", path, json=submission(ada, document, client_id="empty", ops=[]))["revision"] == 2
    ada.share(document, bob, "viewer")
    bob.refused("POST", path, 403, "FORBIDDEN", json=submission(ada, document, client_id="e2", ops=[]))
    ada.share(document, bob, "editor")
    assert bob.call("POST", path, json=submission(ada, document))["revision"] == 3
