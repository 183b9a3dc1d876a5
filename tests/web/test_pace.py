"""Those who send too much, and those who read too little."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from pathlib import Path

from octavo.web.socket import Socket, frame
from tests.web.running import Person, Running, running


def test_a_frame_is_what_rfc_6455_says() -> None:
    for size, head in ((0, b"\x81\x00"), (125, b"\x81\x7d"), (126, b"\x81\x7e\x00\x7e")):
        assert frame(b"x" * size) == head + b"x" * size
    assert frame(b"x" * 65_535)[:4] == b"\x81\x7e\xff\xff"
    assert frame(b"x" * 65_536)[:10] == b"\x81\x7f" + (65_536).to_bytes(8, "big")


def test_operations_have_a_rate(tmp_path: Path) -> None:
    with running(tmp_path, rate_limit=True, operations_per_second=5) as server:
        ada = server.person()
        document = ada.document()
        with ada.editor(document, "c1") as editor:
            refused = None
            for seq in range(1, 40):
                editor.operate(seq, seq - 1, [{"insert": "x"}])
                answer = editor.next()
                while answer["type"] == "presence":
                    answer = editor.next()
                if answer["type"] == "error":
                    refused = answer
                    break
            assert refused is not None
            assert (refused["code"], refused["seq"] > 10) == ("RATE_LIMITED", True)
            assert 1 <= refused["retry_after_ms"] <= 1000
            # The same operation again, after the time that was said.
            with suppress(TimeoutError):
                while True:
                    editor.next(refused["retry_after_ms"] / 1000)
            editor.operate(refused["seq"], refused["seq"] - 1, [{"insert": "x"}])
            assert editor.until("changes")["changes"][0]["seq"] == refused["seq"]


def test_floods_are_closed(tmp_path: Path) -> None:
    with running(tmp_path, rate_limit=True, messages_per_second=10) as server:
        ada = server.person()
        with ada.editor(ada.document(), "c1") as editor:
            for _ in range(60):
                editor.send({"type": "ping"})
            assert editor.closed() == 4429


def test_the_last_presence_wins(tmp_path: Path) -> None:
    with running(tmp_path, rate_limit=True, presences_per_second=4) as server:
        ada = server.person()
        document = ada.document(content={"ops": [{"insert": "x" * 50 + "\n"}]})
        with ada.editor(document, "c1") as mover, ada.editor(document, "c2") as watcher:
            for index in range(50):
                mover.send({"type": "presence", "revision": 1, "cursor": {"index": index}})
            seen: list[int] = []
            while 49 not in seen:
                for one in watcher.until("presence")["presences"]:
                    if one["client_id"] == "c1" and one["cursor"]:
                        seen.append(one["cursor"]["index"])
            assert len(seen) < 20


def stuck_socket(server: Running, person: Person, document: str) -> socket.socket:
    """A client that says hello and then never reads."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", server.port))
    raw.sendall(
        (
            f"GET {person.ticket(document)} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += raw.recv(1)
    hello = json.dumps({"type": "hello", "client_id": "stuck"}).encode()
    raw.sendall(bytes((0x81, 0x80 | len(hello))) + bytes(4) + hello)
    return raw


def test_a_peer_that_does_not_read_is_skipped_and_closed(tmp_path: Path) -> None:
    with running(tmp_path, stuck_seconds=1.0, waiting_bytes=64 << 10) as server:
        ada = server.person()
        document = ada.document()
        raw = stuck_socket(server, ada, document)
        with ada.editor(document, "c1") as editor:
            end = time.monotonic() + 30
            revision = 0
            while "stuck" in clients(server) or revision == 0:
                assert time.monotonic() < end, "the stuck peer is still there"
                editor.operate(revision + 1, revision, [{"insert": "x" * 20_000}])
                editor.until("changes")
                editor.operate(revision + 2, revision + 1, [{"delete": 20_000}])
                revision = editor.until("changes")["changes"][-1]["revision"]
                waiting = [one.transport.get_write_buffer_size() for one in sockets(server)]
                # What waits is bounded: the limit, and the one frame that passed it.
                assert max(waiting, default=0) < (64 << 10) + 25_000
        raw.close()


def test_a_slow_peer_gets_what_it_missed(tmp_path: Path) -> None:
    with running(tmp_path, waiting_bytes=32 << 10) as server:
        ada = server.person()
        document = ada.document()
        raw = stuck_socket(server, ada, document)
        with ada.editor(document, "c1") as editor:
            revision = 0
            while not any(one._skipped for one in sockets(server)):
                editor.operate(revision + 1, revision, [{"insert": "y" * 20_000}])
                revision = editor.until("changes")["changes"][-1]["revision"]
            wanted = b'"revision":%d,' % revision
            raw.settimeout(20)
            seen = b""
            while wanted not in seen[-60_000:]:
                seen += raw.recv(65_536)
        # Every change once, the content in the welcome only.
        for number in range(1, revision + 1):
            assert seen.count(b'{"revision":%d,' % number) == 1
        assert seen.count(b'"type":"welcome"') == 1
        raw.close()


def sockets(server: Running) -> list[Socket]:
    return [one for one in list(server.server.server_state.connections) if isinstance(one, Socket)]


def clients(server: Running) -> set[str]:
    return {one.client_id for one in sockets(server)}
