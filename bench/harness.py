"""What the benchmarks share: the machine, a pinned server, its CPU time and memory, people, and the Node generator."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from octavo.client.api import Api

ROOT: Final = Path(__file__).resolve().parents[1]
LOAD: Final = ROOT / "bench" / "load"
SERVER_CORE: Final = 0
LOAD_CORE: Final = 1
CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK")


def print_machine(title: str) -> None:
    """One line that says where the figures come from."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    model = next(named, "unknown processor")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
    ).stdout.strip()
    load = os.getloadavg()[0]
    print(f"## {title}")
    print(
        f"{model}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, commit {commit}, "
        f"load before {load:.1f}, {time.strftime('%Y-%m-%d %H:%M')}"
    )


def print_goal(name: str, value: float, goal: float, unit: str, *, at_least: bool = False) -> None:
    """A figure beside its goal."""
    met = value >= goal if at_least else value <= goal
    sign = "≥" if at_least else "≤"
    print(f"  {name}: {value:,.2f} {unit} (goal {sign} {goal:,g}: {'met' if met else 'MISSED'})")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, pinned to its core."""

    url: str
    pid: int
    data: Path

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        parts = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(parts[11]) + int(parts[12])) / CLOCK_TICKS

    def memory(self) -> int:
        """Private memory in bytes (its own pages, touched)."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Private_Dirty:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no Private_Dirty in smaps_rollup")


@contextmanager
def serving(*, data: Path | None = None, **settings: str) -> Iterator[Server]:
    """Serve a data directory (None: an empty one) on a free port, rate limits off, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="octavo-bench-") as empty, socket.socket() as probe:
        directory = Path(empty) if data is None else data
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {**os.environ, "OCTAVO_RATE_LIMIT": "off", "OCTAVO_LOG_LEVEL": "warning", **settings}
        process = subprocess.Popen(
            [
                sys.executable,
                *(
                    "-m",
                    "octavo.cli",
                    "serve",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    str(port),
                    "--data-dir",
                    str(directory),
                ),
            ],
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
        )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(url, process)
            yield Server(url, process.pid, directory)
        finally:
            process.terminate()
            process.wait()


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; raises when it ended or took 30 s."""
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the server was not ready in 30 s")


@asynccontextmanager
async def people(server: Server, count: int) -> AsyncIterator[list[tuple[Api, str]]]:
    """So many signed-in users with their access tokens; the first owns what is made."""
    apis: list[tuple[Api, str]] = []
    try:
        for number in range(count):
            api = Api(server.url)
            email, password = f"user{number}-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(16)
            await api.register(email, f"User {number}", password)
            await api.sign_in(email, password)
            apis.append((api, await api.renew()))
        yield apis
    finally:
        await asyncio.gather(*(api.close() for api, _ in apis))


async def shared_document(apis: list[tuple[Api, str]], content: list[dict[str, Any]]) -> str:
    """A document of the first user that everybody with the link may edit."""
    owner = apis[0][0]
    document_id = str((await owner.create_document("bench", content))["id"])
    await owner.request("PUT", f"/documents/{document_id}/permissions", {"link_role": "editor"})
    return document_id


def install_load() -> None:
    """The generators' two packages, as their lock file has them."""
    if not (LOAD / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=LOAD, check=True)


async def generator(script: str, plan: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Run a Node generator on its core with a plan; what it says, line by line."""
    install_load()
    process = await asyncio.create_subprocess_exec(
        "node",
        str(LOAD / script),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {LOAD_CORE}),
        limit=1 << 24,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(plan).encode())
    process.stdin.close()
    try:
        async for line in process.stdout:
            yield json.loads(line)
        if await process.wait():
            raise RuntimeError(f"{script} ended with {process.returncode}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
