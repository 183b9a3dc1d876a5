"""A real server process, to be killed at any moment and started again on the same port and data."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import httpx

START_SECONDS = 30.0


class ServerProcess:
    """`octavo serve` as its own process; what it logs goes to a file beside the data."""

    def __init__(
        self, directory: Path, *, name: str = "server", environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        self.environment = environment or {}
        self.data = directory / "data"
        self.log = directory / f"{name}.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and return when it answers."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "octavo.cli", "serve", "--host", "127.0.0.1"),
                *("--port", str(self.port), "--data-dir", str(self.data)),
                env={**os.environ, "OCTAVO_RATE_LIMIT": "off", **self.environment},
                stdout=log,
                stderr=log,
            )
        async with httpx.AsyncClient() as http, asyncio.timeout(START_SECONDS):
            while not await self._answers(http):
                assert self._process.returncode is None, self.tail()
                await asyncio.sleep(0.05)

    async def _answers(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"{self.url}/readyz")).is_success
        except httpx.TransportError:
            return False

    async def end(self, how: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal and wait for the end; the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(how)
        return await self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP and SIGCONT: it stands still, and goes on as if nothing had been."""
        assert self._process is not None
        self._process.send_signal(number)

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]
