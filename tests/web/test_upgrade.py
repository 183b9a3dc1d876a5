"""The way onto a socket: path, origin, subprotocol, ticket, hello."""

from __future__ import annotations

import socket as sockets
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from octavo import metrics
from tests.web.running import Person, Running, running, talk


def refused(server: Running, url: str, **options: object) -> int:
    with pytest.raises(InvalidStatus) as fault:
        talk(server, url, **options)
    return fault.value.response.status_code


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:{port}.evil.example", "http://127.0.0.1:{port}0"],
)
def test_pages_from_elsewhere_get_403(server: Running, ada: Person, document: str, origin: str) -> None:
    ticket = ada.ticket(document)
    assert refused(server, ticket, origin=origin.format(port=server.port)) == 403
    # The refusal came before the ticket was looked at.
    with talk(server, ticket, origin=server.base) as socket:
        assert socket.hello("c1")["role"] == "owner"


def test_programs_send_no_origin(ada: Person, document: str) -> None:
    with ada.editor(document, "c1") as socket:
        assert socket.connection.subprotocol == "octavo.v1"


def test_a_configured_origin(tmp_path: Path) -> None:
    with running(tmp_path, public_url="https://docs.example") as server:
        ada = server.person()
        document = ada.document()
        assert refused(server, ada.ticket(document), origin=server.base) == 403
        with talk(server, ada.ticket(document), origin="https://docs.example") as socket:
            socket.hello("c1")


def test_subprotocols(server: Running, ada: Person, document: str) -> None:
    assert refused(server, ada.ticket(document), subprotocols=["chat"]) == 400
    with talk(server, ada.ticket(document), subprotocols=["chat", "octavo.v1"]) as socket:
        assert socket.connection.subprotocol == "octavo.v1"
    with talk(server, ada.ticket(document), subprotocols=None) as socket:
        socket.hello("c1")


def test_other_paths(server: Running, ada: Person, document: str) -> None:
    assert refused(server, "/ws/v2/documents/" + document) == 404
    assert refused(server, "/api/v1/documents") == 404


def test_firefox_says_more_than_upgrade(server: Running, ada: Person, document: str) -> None:

    request = (
        f"GET {ada.ticket(document)} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: octavo.v1\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    )
    with sockets.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(request.encode())
        answer = raw.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"permessage-deflate" not in answer


def test_tickets(server: Running, ada: Person, document: str) -> None:
    ticket = ada.ticket(document)
    with talk(server, ticket) as socket:
        socket.hello("c1")
        with talk(server, ticket) as again:
            assert again.closed() == 4401
    other = ada.document()
    for url in (
        f"/ws/v1/documents/{document}",
        f"/ws/v1/documents/{document}?ticket=",
        f"/ws/v1/documents/{document}?ticket=made-up",
        ada.ticket(other).replace(other, document),
        ada.ticket(document) + "&ticket=x",
    ):
        with talk(server, url) as refused_socket:
            assert refused_socket.closed() == 4401, url


def test_rights_are_asked_at_hello(server: Running, ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "viewer")
    with bob.socket(document) as socket:
        ada.call("DELETE", f"/documents/{document}/permissions/{bob.id}", 204)
        socket.send({"type": "hello", "client_id": "late"})
        assert socket.closed() in (4403, 4404)
    with ada.socket(document) as socket:
        ada.call("DELETE", f"/documents/{document}", 204)
        socket.send({"type": "hello", "client_id": "late"})
        assert socket.closed() == 4410


def test_hello_comes_first_and_soon(tmp_path: Path, ada: Person, document: str) -> None:
    for message in (
        {"type": "ping"},
        {"type": "operation", "seq": 1, "base_revision": 0, "ops": []},
        {"type": "presence", "revision": 0, "cursor": None},
    ):
        with ada.socket(document) as socket:
            socket.send(message)
            assert socket.closed() == 4400
    with running(tmp_path, before_login_seconds=0.3) as impatient:
        person = impatient.person()
        with person.socket(person.document()) as socket:
            assert socket.closed() == 4400


def test_a_first_message_is_small(ada: Person, document: str) -> None:
    with ada.socket(document) as socket:
        socket.send({"type": "hello", "client_id": "c1", "unknown": "x" * 5000})
        assert socket.closed() == 4413


def test_one_user_has_so_many_sockets(tmp_path: Path) -> None:
    with running(tmp_path, rate_limit=True, sockets_per_user=2) as server:
        ada, bob = server.person("Ada"), server.person("Bob")
        document = ada.document()
        ada.share(document, bob, "editor")
        with ada.editor(document, "c1") as first, ada.editor(document, "c2"), bob.editor(document, "c3"):
            with ada.socket(document) as third:
                assert third.closed() == 4429
            first.connection.close()
            with ada.editor(document, "c4") as fourth:
                assert fourth.welcome["role"] == "owner"


def test_upgrades_are_counted(ada: Person, document: str) -> None:
    def count(result: str) -> float:
        return float(metrics.upgrades.labels(result)._value.get())

    tried, accepted = count("tried"), count("accepted")
    with ada.editor(document, "c1"):
        assert (count("tried"), count("accepted")) == (tried + 1, accepted + 1)


def test_who_is_online(ada: Person, bob: Person, document: str) -> None:
    ada.share(document, bob, "editor")

    def online() -> set[str]:
        people = bob.call("GET", f"/documents/{document}")["collaborators"]
        return {one["user"]["id"] for one in people if one["online"]}

    assert online() == set()
    with ada.editor(document, "c1"), bob.editor(document, "c2"):
        assert online() == {ada.id, bob.id}
