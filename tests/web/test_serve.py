"""`octavo serve` as a process of its own: start, refusals to start, memory, drain, restart."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from octavo.cli import main

OCTAVO = Path(sys.executable).with_name("octavo")
ENVIRONMENT = {"PATH": os.environ["PATH"], "OCTAVO_RATE_LIMIT": "off"}


class Served:
    """A server process that has said where it listens."""

    def __init__(self, data_dir: Path, *options: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [OCTAVO, "serve", "--port", "0", "--data-dir", data_dir, *options],
            env=ENVIRONMENT | environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self.base = ""
        assert self.process.stderr is not None
        while not self.base:
            line = self.process.stderr.readline()
            assert line, f"the server ended: {self.lines}"
            self.lines.append(line)
            if found := re.search(r"listening on (http://\S+)", line):
                self.base = found.group(1)

    def log(self) -> str:
        """All it said, once it has ended."""
        assert self.process.stderr is not None
        return "".join(self.lines) + self.process.stderr.read()

    def resident_kib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found
        return int(found.group(1))

    def account(self) -> httpx.Client:
        """A client with Ada's access token."""
        credentials = {"email": "ada@example.com", "password": "a long password"}
        httpx.post(self.base + "/api/v1/auth/register", json=credentials | {"name": "Ada"}, timeout=20)
        token = httpx.post(self.base + "/api/v1/auth/token", json=credentials, timeout=20).json()
        headers = {"authorization": f"Bearer {token['access_token']}"}
        return httpx.Client(base_url=self.base, timeout=20, headers=headers)


@contextmanager
def served(data_dir: Path, *options: str, **environment: str) -> Iterator[Served]:
    server = Served(data_dir, *options, **environment)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait(10)


def octavo(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [OCTAVO, *arguments], env=ENVIRONMENT | environment, capture_output=True, text=True, timeout=60
    )


def until_closed(connection: ClientConnection) -> tuple[set[str], int]:
    """The types of all messages that still come, and the code of the close."""
    kinds = set()
    try:
        while True:
            kinds.add(json.loads(connection.recv(timeout=10))["type"])
    except ConnectionClosed as end:
        return kinds, end.rcvd.code if end.rcvd else 1006


def test_the_data_directory(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "data"
    with served(data) as server:
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        second = octavo("serve", "--port", "0", "--data-dir", data)
        assert second.returncode == 1
        assert str(server.process.pid) in second.stderr
        assert "Traceback" not in second.stderr
        with server.account() as ada:
            bearer = ada.headers["authorization"]
    with served(data) as server:
        known = httpx.get(f"{server.base}/api/v1/users/me", headers={"authorization": bearer}, timeout=20)
        assert known.status_code == 200


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = octavo("serve", "--port", str(port), "--data-dir", tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.strip() == f"octavo: port {port} is taken; use another: --port {port + 1}"


def test_what_cannot_be_served(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for arguments, environment in (
        (("--data-dir", str(tmp_path / "file" / "x")), {}),
        (("--host", "no.such.host.invalid"), {}),
        ((), {"OCTAVO_EDITORS": "many"}),
    ):
        ended = octavo("serve", "--port", "0", *arguments, **environment)
        assert ended.returncode == 1, arguments
        assert ended.stderr.splitlines()[-1].startswith("octavo: "), ended.stderr
        assert "Traceback" not in ended.stderr


def test_sigterm_drains(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.account() as ada:
        document = ada.post("/api/v1/documents", json={}).json()
        url = server.base.replace("http", "ws") + document["websocket_url"]
        with connect(url, subprotocols=[Subprotocol("octavo.v1")], legacy=True) as connection:
            connection.send(json.dumps({"type": "hello", "client_id": "c1"}))
            connection.recv(timeout=10)
            operation = {"type": "operation", "seq": 1, "base_revision": 0, "ops": [{"insert": "kept"}]}
            connection.send(json.dumps(operation))
            server.process.send_signal(signal.SIGTERM)
            kinds, code = until_closed(connection)
            assert "redirect" in kinds
            assert code == 4503
        assert server.process.wait(5) == 0
        log = server.log()
        assert "going down" in log
        assert "ticket=" not in log
        assert "eyJ" not in log
    with served(tmp_path) as server, server.account() as ada:
        content = ada.get(f"/api/v1/documents/{document['id']}").json()["content"]["ops"]
        # It was sent before the signal, but whether it was read before is the scheduler's choice.
        assert content in ([{"insert": "kept\n"}], [{"insert": "\n"}])
        assert ("changes" in kinds) <= (content == [{"insert": "kept\n"}])


def test_memory_stays_bounded_under_hostile_messages(tmp_path: Path) -> None:
    attributes = {f"a{number}": 1 for number in range(60_000)}
    hostile = json.dumps(
        {
            "type": "operation",
            "seq": 1,
            "base_revision": 0,
            "ops": [{"insert": "x", "attributes": attributes}],
        }
    )
    with served(tmp_path) as server, server.account() as ada:
        document = ada.post("/api/v1/documents", json={}).json()
        url = server.base.replace("http", "ws") + document["websocket_url"]
        with connect(url, subprotocols=[Subprotocol("octavo.v1")], legacy=True) as connection:
            connection.send(json.dumps({"type": "hello", "client_id": "c1"}))
            connection.recv(timeout=10)

            def refuse(times: int) -> int:
                for _ in range(times):
                    connection.send(hostile)
                    while (answer := json.loads(connection.recv(timeout=10)))["type"] != "error":
                        pass
                    assert answer["code"] == "INVALID_OPERATION"
                return server.resident_kib()

            assert refuse(100) - refuse(20) < 1024 * 16
            settled = refuse(10)
            assert refuse(100) - settled < 1024 * 16


def test_misspelt_settings_are_named(tmp_path: Path) -> None:
    with served(tmp_path, OCTAVO_PROT="1") as server:
        assert any("OCTAVO_PROT" in line for line in server.lines)


def command(*arguments: str | Path, **environment: str) -> Result:
    """A command in this process: starting one costs more than what it does."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=environment)


def test_the_other_commands() -> None:
    assert re.match(r"octavo \S+ \((pure|compiled) core, Python", command("version").output)
    listed = command("settings", OCTAVO_PORT="81", OCTAVO_RATE_LIMIT="off").output
    assert "OCTAVO_PORT=81 (default 8000)\n" in listed
    assert "OCTAVO_RATE_LIMIT=off (default on)\n" in listed


def test_accounts_beside_a_running_server(tmp_path: Path) -> None:
    where = ("--data-dir", tmp_path)
    with served(tmp_path, OCTAVO_SIGN_UP="closed") as server, httpx.Client(base_url=server.base) as client:
        password = ("--password", "a long password")
        assert command("user", "add", "Ada@example.com", "Ada", *password, *where).exit_code == 0
        again = command("user", "add", "ada@example.com", "Ada", *password, *where)
        assert (again.exit_code, "already" in again.stderr) == (1, True)
        credentials = {"email": "ada@example.com", "password": "a long password"}

        def status() -> int:
            return client.post("/api/v1/auth/login", json=credentials).status_code

        assert status() == 200
        assert "ada@example.com  Ada" in command("user", "list", *where).output
        assert command("user", "disable", "ada@example.com", *where).exit_code == 0
        assert client.get("/api/v1/users/me").status_code == 401
        assert status() == 401
        assert command("user", "enable", "ada@example.com", *where).exit_code == 0
        changed = ("--password", "another one")
        assert command("user", "password", "ada@example.com", *changed, *where).exit_code == 0
        assert status() == 401
        credentials["password"] = "another one"
        assert status() == 200
        assert client.get("/api/v1/audit").status_code == 403
        assert command("user", "admin", "ada@example.com", *where).exit_code == 0
        assert "(admin)" in command("user", "list", *where).output
        assert client.get("/api/v1/users/me").json()["admin"] is True
        assert client.get("/api/v1/audit").json()["entries"][0]["action"] == "account.admin"
        assert command("user", "admin", "ada@example.com", "--off", *where).exit_code == 0
        assert client.get("/api/v1/audit").status_code == 403
        assert command("user", "disable", "nobody@example.com", *where).exit_code == 1
        assert command("verify", *where).output.endswith("sound\n")
        assert command("jobs", *where).output == "0 given up\n"


@pytest.mark.parametrize("missing", ["", "no-such-directory"])
def test_verify_names_what_is_missing(tmp_path: Path, missing: str) -> None:
    ended = command("verify", "--data-dir", tmp_path / missing)
    assert ended.exit_code == 1
    assert ended.stderr.startswith("octavo: ")
