"""The balancers of `deploy/`, started for real in front of whatever listens on some ports of this machine."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.tree import ROOT

START_SECONDS = 20.0
_PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/usr/local/bin"


def executable(name: str) -> str | None:
    """`haproxy` or `nginx`, which Debian keeps off a user's PATH."""
    return shutil.which(name) or shutil.which(name, path=_PATH)


def lacking(*names: str) -> str:
    """Why there can be no such balancer here; empty when there can be one."""
    missing = [name for name in names if executable(name) is None]
    return f"no {' and no '.join(missing)}: install Debian's packages" if missing else ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Balancer:
    """HAProxy or nginx with the shipped file, in which only addresses are put in."""

    def __init__(self, name: str, directory: Path, nodes: Sequence[int]) -> None:
        self.name = name
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._nodes = nodes
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = executable(self.name)
        assert program is not None, lacking(self.name)
        self.directory.mkdir(parents=True, exist_ok=True)
        log_path = self.directory / f"{self.name}.log"
        with log_path.open("ab") as log:
            self._process = subprocess.Popen([program, *self._arguments()], stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, log_path.read_text()
            assert time.monotonic() < end, log_path.read_text()
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1.0):
                return True
        except OSError:
            return False

    def _arguments(self) -> list[str]:
        if self.name == "haproxy":
            text = (
                (ROOT / "deploy/haproxy.cfg")
                .read_text("utf-8")
                .replace("bind :80", f"bind 127.0.0.1:{self.port}")
            )
            return ["-db", "-f", self._write("haproxy.cfg", _placed(text, self._nodes))]
        text = (
            (ROOT / "deploy/nginx.conf")
            .read_text("utf-8")
            .replace("listen 80;", f"listen 127.0.0.1:{self.port};")
        )
        text = text.replace("/var/log/nginx/octavo.log", str(self.directory / "access.log"))
        site = self._write("site.conf", _placed(text, self._nodes))
        temporary = "".join(
            f"{name}_temp_path {self.directory}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        whole = (
            f"pid {self.directory}/nginx.pid; daemon off; error_log {self.directory}/error.log;"
            f"events {{}} http {{ {temporary} access_log off; include {site}; }}"
        )
        return ["-c", self._write("nginx.conf", whole)]

    def _write(self, name: str, text: str) -> str:
        path = self.directory / name
        path.write_text(text, "utf-8")
        return str(path)


def _placed(text: str, nodes: Sequence[int]) -> str:
    """The shipped file with as many nodes as there are, on this machine's ports."""
    for number in range(3, len(nodes), -1):
        text = re.sub(rf"^.*10\.0\.0\.1{number}:8000.*\n", "", text, flags=re.M)
    for number, port in enumerate(nodes, 1):
        text = text.replace(f"10.0.0.1{number}:8000", f"127.0.0.1:{port}")
    return text
