"""Every route is sent what its OpenAPI description allows, and what it does not: never an answer of 500 and more."""

from __future__ import annotations

import os
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck
from schemathesis import GenerationMode

from octavo.web.access_matrix import API, ROUTES
from tests.web.running import Person, Running

EXAMPLES = int(os.environ.get("OCTAVO_EXAMPLES", "8"))
"""Of each route and each way of making them; `make soak` asks for many more."""
KEYS = [key for key in ROUTES if key != ("GET", API + "/openapi.json")]
ENDS_LOGINS = ("DELETE", API + "/users/me/logins")
_SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[hypothesis.Phase.generate],
)


@pytest.fixture(scope="module")
def schema(server: Running) -> Any:
    found = schemathesis.openapi.from_url(f"{server.base}{API}/openapi.json")
    found.config.update(base_url=server.base)
    return found


@pytest.fixture(scope="module")
def session() -> Any:
    with requests.Session() as session:
        yield session


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("key", KEYS, ids=" ".join)
def test_no_route_fails(
    server: Running, ada: Person, schema: Any, session: Any, key: tuple[str, str], mode: GenerationMode
) -> None:
    method, path = key
    operation = schema[path][method]
    person = server.person("Leaver") if key == ENDS_LOGINS else ada
    document = person.document(content={"ops": [{"insert": "Hello\n"}]})

    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    @_SETTINGS
    def answers(case: Any) -> None:
        if "document_id" in case.path_parameters:
            case.path_parameters["document_id"] = document
        headers = {"authorization": person.http.headers["authorization"]}
        sent = case.call(session=session, headers=headers, timeout=20)
        assert sent.status_code < 500, (sent.status_code, sent.text, sent.request.body)
        if sent.status_code >= 400:
            assert sent.json()["error"]["message"]

    answers()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/audit?before={}"),
        ("GET", "/history?before={}"),
        ("GET", "/operations?from={}"),
        ("GET", "/operations?to={}"),
        ("GET", "?revision={}"),
        ("DELETE", "/versions/{}"),
    ],
)
def test_numbers_that_no_store_holds_are_refused(ada: Person, method: str, path: str) -> None:
    document = ada.document(content={"ops": [{"insert": "Hello\n"}]})
    answer = ada.http.request(method, f"{API}/documents/{document}{path.format(2**64)}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"
