"""Health, metrics, the schema, and the API's description of itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

from octavo.delta import schema
from octavo.web.access_matrix import ROUTES
from tests.web.running import Person, Running, running


def test_health(server: Running) -> None:
    with server.nobody() as browser:
        assert browser.get("/healthz").json() == {"status": "ok"}
        assert browser.get("/readyz").json() == {"status": "ready"}


def test_a_draining_server_is_not_ready(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.nobody() as browser:
        ada = server.person()
        ticket = ada.ticket(ada.document())

        async def drain() -> None:
            server.app.gateway.going = server.app.gateway.draining = True

        asyncio.run_coroutine_threadsafe(drain(), server.loop).result(10)
        answer = browser.get("/readyz")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "UNAVAILABLE")
        assert browser.get("/healthz").status_code == 200
        upgrade = {
            "connection": "Upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        assert browser.get(ticket, headers=upgrade).status_code == 503


def test_metrics(server: Running, ada: Person, document: str) -> None:
    with ada.editor(document, "c1") as socket:
        socket.operate(1, 1, [{"insert": "x"}])
        socket.until("changes")
    with server.nobody() as prometheus:
        answer = prometheus.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for name in (
        "octavo_operations_total",
        "octavo_changes_total",
        "octavo_operations_transformed_total",
        "octavo_propagation_seconds_bucket",
        "octavo_commit_seconds_bucket",
        "octavo_batch_changes_bucket",
        'octavo_document_load_seconds_bucket{le="0.001",source=',
        'octavo_websocket_upgrades_total{result="tried"}',
        "octavo_rooms ",
        "octavo_peers ",
        "octavo_resyncs_total",
        "octavo_refusals_total",
        'octavo_http_requests_total{method="POST",status="201"}',
        "process_resident_memory_bytes",
    ):
        assert name in answer.text, name
    assert document not in answer.text


def test_the_schema(server: Running) -> None:
    with server.nobody() as program:
        assert program.get("/api/v1/schema").json() == schema.describe()


def test_openapi_knows_every_route(server: Running) -> None:
    with server.nobody() as program:
        described = program.get("/api/v1/openapi.json").json()
    found = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
    assert found == set(ROUTES) - {("GET", "/api/v1/openapi.json")}
    for (method, path), row in ROUTES.items():
        if (method, path) not in found:
            continue
        operation = described["paths"][path][method.lower()]
        assert operation["description"]
        assert operation["responses"]["default"]["content"]["application/json"]["schema"]
        assert not [status for status in operation["responses"] if status.startswith(("4", "5"))]
        headers = [one["name"] for one in operation.get("parameters", []) if one["in"] == "header"]
        assert ("Idempotency-Key" in headers) == (method != "GET"), (method, path, row)
    member = described["components"]["schemas"]["DocumentView"]["properties"]
    assert {"id", "title", "content", "epoch", "revision", "role", "owner", "collaborators"} <= set(member)
