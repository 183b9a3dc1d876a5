"""What belongs to somebody else looks exactly like what there never was, on every route that takes an id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from octavo.web.access_matrix import API, COMMENT, DOCUMENT, ROUTES
from tests.matrix.test_matrix import BODIES, image_in
from tests.web.running import Person, Running

OPEN_TO_ALL = {
    ("GET", API + "/pictures/{picture_id}"),  # shown to all who are signed in
    ("GET", API + "/invitations/{token}"),  # the token is a secret, no id
    ("POST", API + "/invitations/{token}"),
    ("POST", DOCUMENT + "/access-requests"),  # 202 whatever there is
}
KEYS = [key for key in ROUTES if "{" in key[1] and key not in OPEN_TO_ALL]


@pytest.fixture(scope="module")
def eve(server: Running) -> Person:
    return server.person("Eve")


@pytest.fixture(scope="module")
def ids(server: Running, ada: Person, bob: Person) -> Mapping[str, str]:
    """Of everything that Ada has, one."""
    document = ada.document(title="Letter", content={"ops": [{"insert": "Hello\n"}]})
    path = f"/documents/{document}"
    ada.share(document, bob, "commenter")
    asking = server.person("Asking")
    asking.call("POST", path + "/access-requests", 202, json={"role": "editor"})
    ada.soon("GET", path + "/access-requests", lambda found: found["requests"])
    ada.call("PATCH", path, json={"template": True})
    suggested = bob.call("POST", path + "/suggestions", json=BODIES["POST", DOCUMENT + "/suggestions"])
    return {
        "document_id": document,
        "user_id": asking.id,
        "who": bob.id,
        "image_id": image_in(document, ada),
        "comment_id": ada.call("POST", path + "/comments", 201, json=BODIES["POST", DOCUMENT + "/comments"])[
            "id"
        ],
        "suggestion_id": suggested_id(suggested, ada, path),
        "emoji": "👍",
        "revision": "7",
        "folder_id": ada.call("POST", "/folders", 201, json={"name": "Mine"})["id"],
        "token_id": ada.call("POST", "/users/me/tokens", 201, json={"name": "bot"})["id"],
        "login_id": ada.call("GET", "/users/me/logins")["logins"][0]["id"],
    }


def suggested_id(answer: Any, owner: Person, path: str) -> str:
    found = owner.call("GET", path + "/suggestions")["suggestions"]
    assert found, answer
    return str(found[0]["id"])


def told(person: Person, key: tuple[str, str], ids: Mapping[str, str]) -> tuple[int, Any]:
    method, path = key
    # What is no id of anybody's thing, such as a revision, is one that there is.
    filled = path.format(**{name: ids.get(name, "1") for name in re.findall(r"\{(\w+)\}", path)})
    answer = person.http.request(method, filled, json=body_of(key))
    error = answer.json()["error"]
    for one in ids.values():
        error["message"] = error["message"].replace(one, "it")  # what was asked for may be named
    return answer.status_code, error


def body_of(key: tuple[str, str]) -> Any:
    if key == ("POST", DOCUMENT + "/operations"):
        ops = [{"insert": "x"}]
        return {"epoch": "e", "client_id": "foreign-ids", "seq": 1, "base_revision": 1, "ops": ops}
    if key == ("POST", DOCUMENT + "/images"):
        return {"image_id": "i00000000000000000000000000000000"}
    return BODIES.get(key)


@pytest.mark.parametrize("key", KEYS, ids=" ".join)
def test_somebody_elses_look_like_none(eve: Person, ids: Mapping[str, str], key: tuple[str, str]) -> None:
    nowhere = {name: "d" + "0" * 32 if name == "document_id" else "none" for name in ids} | {
        "emoji": "👍",
        "revision": "7",
    }
    real = told(eve, key, ids)
    assert (
        real[0] == (403 if key == ("POST", DOCUMENT + "/guests") else 404)
        or real[1]["code"] == "ALREADY_EXISTS"
    )
    assert real == told(eve, key, nowhere)


def test_within_a_document_of_ones_own(eve: Person, ids: Mapping[str, str]) -> None:
    """Ids of another document's parts are none of this one's."""
    mine = dict(ids) | {"document_id": eve.document(content={"ops": [{"insert": "Mine\n"}]})}
    parts = ("comment_id", "suggestion_id", "user_id", "who")
    made_up = mine | dict.fromkeys(parts, "none")
    for key in KEYS:
        if key[1].startswith(DOCUMENT + "/") and any(part in key[1] for part in parts):
            real = told(eve, key, mine)
            assert real == told(eve, key, made_up), key
            assert real[0] == 404, key
    assert COMMENT in {path for _, path in KEYS}


def test_an_image_cannot_be_taken_over_by_its_id(eve: Person, ids: Mapping[str, str]) -> None:
    mine = eve.document()
    path = f"/documents/{mine}/images"
    real = eve.refused("POST", path, 404, "NOT_FOUND", json={"image_id": ids["image_id"]})
    assert real == eve.refused("POST", path, 404, "NOT_FOUND", json={"image_id": "i" + "0" * 32})


def test_nothing_of_others_is_made_from(eve: Person, ids: Mapping[str, str]) -> None:
    """Neither another's template nor another's folder."""
    for member, name in (("template_id", "document_id"), ("folder_id", "folder_id")):
        answers = [eve.http.post(API + "/documents", json={member: one}) for one in (ids[name], "none")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].json() == answers[1].json()
