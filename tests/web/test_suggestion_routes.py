"""Suggestions over REST and raw sockets: who may propose, decide, and bear whose marks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.web.running import Person, Running


@pytest.fixture
def document(ada: Person) -> str:
    return ada.document(content={"ops": [{"insert": "The colour of it\n"}]})


def one(person: Person, number: int = 1) -> str:
    return f"{person.id}.{number:022d}"


def ops_of(person: Person, document: str) -> list[dict[str, Any]]:
    ops: list[dict[str, Any]] = person.call("GET", f"/documents/{document}")["content"]["ops"]
    return ops


def listed(person: Person, document: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.call("GET", f"/documents/{document}/suggestions")["suggestions"]
    return found


REPLACE = [{"retain": 4}, {"insert": "color"}, {"delete": 6}]


def proposed(person: Person, document: str, ops: list[Any], **more: Any) -> str:
    body = {"base_revision": person.call("GET", f"/documents/{document}")["revision"], "ops": ops, **more}
    return str(person.call("POST", f"/documents/{document}/suggestions", 201, json=body)["id"])


def test_a_proposal_is_listed_and_accepted(server: Running, ada: Person, document: str) -> None:
    bob = server.person("Bob")
    ada.share(document, bob, "commenter")
    made = proposed(bob, document, REPLACE)
    [found] = listed(ada, document)
    assert (found["id"], found["kind"], found["text"], found["deleted"]) == (
        made,
        "replace",
        "color",
        "colour",
    )
    assert (found["index"], found["length"], found["user"]["name"]) == (4, 11, "Bob")
    assert found["created_at"]
    bob.refused("POST", f"/documents/{document}/suggestions/{made}/accept", 403, "FORBIDDEN")
    ada.call("POST", f"/documents/{document}/suggestions/{made}/accept")
    assert ops_of(ada, document) == [{"insert": "The color of it\n"}]
    ada.refused("POST", f"/documents/{document}/suggestions/{made}/accept", 404, "NOT_FOUND")


def test_one_takes_back_ones_own_and_no_others(server: Running, ada: Person, document: str) -> None:
    bob = server.person("Bob")
    ada.share(document, bob, "commenter")
    own, others = proposed(bob, document, REPLACE), proposed(ada, document, [{"delete": 4}])
    bob.refused("POST", f"/documents/{document}/suggestions/{others}/reject", 403, "FORBIDDEN")
    bob.call("POST", f"/documents/{document}/suggestions/{own}/reject")
    assert [found["id"] for found in listed(ada, document)] == [others]
    ada.call("POST", f"/documents/{document}/suggestions/reject", json={})
    assert ops_of(ada, document) == [{"insert": "The colour of it\n"}]


def test_all_of_a_person_in_one_change(server: Running, ada: Person, document: str) -> None:
    bob = server.person("Bob")
    ada.share(document, bob, "editor")
    proposed(bob, document, REPLACE)
    proposed(bob, document, [{"retain": 3, "attributes": {"bold": True}}])
    left = proposed(ada, document, [{"retain": 16}, {"insert": "!"}])
    before = ada.call("GET", f"/documents/{document}")["revision"]
    made = ada.call("POST", f"/documents/{document}/suggestions/accept", json={"user_id": bob.id})
    assert made["revision"] == before + 1
    assert [found["id"] for found in listed(ada, document)] == [left]


def test_asking_again_with_the_same_key_does_it_once(ada: Person, document: str) -> None:
    headers = {"Idempotency-Key": "k" * 22}
    body = {"base_revision": 1, "ops": [{"insert": "x"}]}
    path = f"/documents/{document}/suggestions"
    first = ada.call("POST", path, 201, json=body, headers=headers)
    assert ada.call("POST", path, 201, json=body, headers=headers) == first
    headers = {"Idempotency-Key": "j" * 22}
    accepted = ada.call("POST", f"{path}/{first['id']}/accept", headers=headers)
    assert ada.call("POST", f"{path}/{first['id']}/accept", headers=headers) == accepted


def test_a_token_of_that_scope_proposes_and_never_applies(
    server: Running, ada: Person, document: str
) -> None:
    made = ada.call("POST", "/users/me/tokens", 201, json={"name": "bot", "scopes": ["read", "suggest"]})
    with httpx.Client(base_url=server.base, headers={"authorization": f"Bearer {made['token']}"}) as client:
        bot = Person(server, client, ada.id, ada.email, "bot")
        suggested = proposed(bot, document, REPLACE)
        body = {"epoch": "e", "client_id": "c", "seq": 1, "base_revision": 1, "ops": [{"insert": "x"}]}
        bot.refused("POST", f"/documents/{document}/operations", 403, "FORBIDDEN", json=body)
        bot.refused("POST", f"/documents/{document}/suggestions/{suggested}/accept", 403, "FORBIDDEN")
        bot.refused("POST", f"/documents/{document}/ticket", 403, "FORBIDDEN")
    assert [found["id"] for found in listed(ada, document)] == [suggested]


def test_hand_made_marks_on_a_raw_socket(server: Running, ada: Person, document: str) -> None:
    bob, eve = server.person("Bob"), server.person("Eve")
    ada.share(document, bob, "commenter")
    ada.share(document, eve, "editor")
    with bob.editor(document, "bobs") as talk:
        for seq, op in enumerate(
            (
                {"insert": "x"},
                {"insert": "x", "attributes": {"suggest-insert": one(eve)}},
                {"retain": 3, "attributes": {"bold": True}},
                {"retain": 3, "attributes": {f"suggest-delete:{one(ada)}": True}},
                {"delete": 3},
            ),
            1,
        ):
            talk.operate(seq, 1, [op])
            assert talk.until("error")["code"] == "FORBIDDEN"
        talk.operate(6, 1, [{"insert": "x", "attributes": {"suggest-insert": one(bob)}}])
        assert talk.until("changes")["changes"][0]["revision"] == 2
    with eve.editor(document, "eves") as talk:
        talk.operate(1, 2, [{"insert": "y", "attributes": {"suggest-insert": one(ada, 7)}}])
        assert "never stood in this document" in talk.until("error")["message"]
        talk.operate(2, 2, [{"insert": "y", "attributes": {"suggest-insert": one(bob)}}])
        talk.until("changes")


def test_marks_that_were_once_in_the_log_may_come_back(server: Running, ada: Person, document: str) -> None:
    """An accepted suggestion, undone after everybody was away."""
    bob = server.person("Bob")
    ada.share(document, bob, "commenter")
    made = proposed(bob, document, [{"insert": "x"}])
    ada.call("POST", f"/documents/{document}/suggestions/{made}/accept")
    with ada.editor(document, "adas") as talk:
        talk.operate(1, 3, [{"retain": 1, "attributes": {"suggest-insert": made}}])
        talk.until("changes")
    assert [found["id"] for found in listed(ada, document)] == [made]


def test_switched_off_by_the_owner(server: Running, ada: Person, document: str) -> None:
    bob = server.person("Bob")
    ada.share(document, bob, "commenter")
    ada.call("PATCH", f"/documents/{document}", json={"switches": {"suggestions": False}})
    body = {"base_revision": 1, "ops": [{"insert": "x"}]}
    bob.refused("POST", f"/documents/{document}/suggestions", 403, "FORBIDDEN", json=body)
    ada.call("PATCH", f"/documents/{document}", json={"switches": {"suggestions": True}})
    proposed(bob, document, [{"insert": "x"}])


def test_nobody_speaks_in_another_persons_name(server: Running, ada: Person, document: str) -> None:
    bob = server.person("Bob")
    ada.share(document, bob, "editor")
    body = {"base_revision": 1, "ops": [{"insert": "x"}], "suggestion_id": one(ada)}
    bob.refused("POST", f"/documents/{document}/suggestions", 403, "FORBIDDEN", json=body)
    body = {"base_revision": 1, "ops": [{"retain": 99, "attributes": {"bold": True}}]}
    bob.refused("POST", f"/documents/{document}/suggestions", 400, "INVALID_OPERATION", json=body)
    body = {"base_revision": 99, "ops": [{"insert": "x"}]}
    bob.refused("POST", f"/documents/{document}/suggestions", 404, "NOT_FOUND", json=body)
