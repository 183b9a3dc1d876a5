"""`octavo replay`: several clients type an editing trace through a running server, and all must end equal.

What each client is to type, and when, is decided by `trace.py`.  A client's author had not always seen what
has arrived by now; such changes lie *ahead* of the author's view, and an edit is transformed over them
before it is typed, as the server transforms an operation over what it has logged since.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
import tempfile
import time
from bisect import bisect_left
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click
import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from octavo.client import effects
from octavo.client.api import Api, Token
from octavo.client.document import Document
from octavo.client.trace import Trace, Turn, load
from octavo.delta import Content, Delta, DeltaBuilder, wire
from octavo.delta.ops import Delete, Insert
from octavo.errors import OctavoError, Unavailable
from octavo.protocol import OperationMessage

START_TIMEOUT: Final = 30.0
BREATH: Final = 64
"""So many edits are typed before the others get a turn of the event loop."""


@dataclass(slots=True)
class Typist:
    """One client: its document, what lies ahead of its author's view, and what it has seen of the others."""

    document: Document
    number: int
    typed: int = 0
    """Turns whose last edit is typed."""
    sent: list[int] = field(default_factory=list)
    """After each operation: how many turns are whole in it and those before."""
    arrived: dict[str, int] = field(default_factory=dict)
    """Operations of each other client that came."""
    seen: dict[str, int] = field(default_factory=dict)
    """Operations of each other client that are in the author's view."""
    ahead: deque[tuple[Delta, str]] = field(default_factory=deque)
    latencies: list[float] = field(default_factory=list)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    _sent_at: float = 0.0
    _last_seq: int = 0

    def listen(self, typists: Sequence[Typist]) -> None:
        """Follow what the document sends and receives, and tell everybody who may wait for it."""
        others = {one.document.client_id for one in typists if one is not self}

        def heard(effect: effects.Effect) -> None:
            match effect:
                case effects.Send(OperationMessage(seq=seq)) if seq > self._last_seq:
                    self._last_seq, self._sent_at = seq, time.perf_counter()
                    self.sent.append(self.typed)
                case effects.Acknowledged():
                    self.latencies.append(time.perf_counter() - self._sent_at)
                case effects.Apply(delta, _, client_id) if client_id in others:
                    self.arrived[client_id] = self.arrived.get(client_id, 0) + 1
                    self.ahead.append((delta, client_id))
                case _:
                    return
            for one in typists:
                one.moved.set()

        self.document.listeners.append(heard)

    def operations_of(self, turns: int) -> int | None:
        """How many of this client's operations hold its first turns; None while that is not known."""
        if self.sent and self.sent[-1] >= turns:
            return bisect_left(self.sent, turns) + 1
        # Typing and erasing may have come to nothing, which nobody sends.
        return len(self.sent) if self.typed >= turns and self.document.is_sent else None

    def look(self, needed: Sequence[tuple[Typist, int]]) -> bool:
        """Take in what came, in order, until the author's view has those turns.  Whether it has."""
        for other, turns in needed:
            client_id = other.document.client_id
            wanted = other.operations_of(turns)
            while wanted is not None and self.seen.get(client_id, 0) < wanted and self.ahead:
                _, author = self.ahead.popleft()
                self.seen[author] = self.seen.get(author, 0) + 1
            if wanted is None or self.seen.get(client_id, 0) < wanted:
                return False
        return True

    def type(self, edit: Delta) -> None:
        """Type an edit made in the author's view."""
        for index, (delta, client_id) in enumerate(self.ahead):
            self.ahead[index] = (delta.transform_before(edit), client_id)
            edit = edit.transform_after(delta)
        self.document.edit(_clipped(edit, self.document.length - 1))


def _clipped(edit: Delta, length: int) -> Delta:
    """An edit within the text: where ties were decided otherwise than in the trace, it may reach past the end."""
    if edit.base_length <= length:
        return edit
    clipped, left = DeltaBuilder(), length
    for op in edit.ops:
        if isinstance(op, Insert):
            clipped.insert(op.value, op.attributes)
            continue
        part = min(op.length, left)
        left -= part
        if isinstance(op, Delete):
            clipped.delete(part)
        else:
            clipped.retain(part)
    return clipped.build()


@dataclass(slots=True)
class Result:
    """What a replay showed."""

    trace: Trace
    seconds: float
    operations: int
    latencies: list[float]
    differences: list[str]

    @property
    def equal(self) -> bool:
        return not self.differences


async def replay(
    trace: Trace, url: str, token: Token, *, progress: Callable[[int], None] = lambda _: None
) -> Result:
    """Type a trace into a new document of the server, then compare everything that should be equal."""
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(Api(url, token))
        document_id = (await api.create_document(f"replay of {trace.name}"))["id"]
        typists = [
            Typist(await stack.enter_async_context(Document(api, document_id)), number)
            for number in range(trace.clients)
        ]
        for typist in typists:
            typist.listen(typists)
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for typist in typists:
                group.create_task(_type_all(typist, trace.turns, typists, progress))
        for typist in typists:
            await typist.document.saved()
        seconds = time.perf_counter() - started
        head = max(typist.document.revision for typist in typists)
        for typist in typists:
            await typist.document.reached(head)
        latencies = sorted(ms for typist in typists for ms in typist.latencies)
        differences = await compare(api, document_id, [typist.document for typist in typists])
        text = typists[0].document.text
        if trace.text is not None and text != trace.text + "\n":
            differences.append("the text is not the one that the trace ends with")
        return Result(trace, seconds, head, latencies, differences)


async def _type_all(
    typist: Typist, turns: Sequence[Turn], typists: Sequence[Typist], progress: Callable[[int], None]
) -> None:
    for turn in turns:
        if turn.client != typist.number:
            continue
        needed = [
            (typists[client], count)
            for client, count in enumerate(turn.seen)
            if count and client != typist.number
        ]
        while not typist.look(needed):
            typist.moved.clear()
            await typist.moved.wait()
        last = len(turn.edits) - 1
        for number, edit in enumerate(turn.edits):
            typist.typed += number == last
            typist.type(edit)
            if number % BREATH == BREATH - 1:
                await asyncio.sleep(0)
        for one in typists:
            one.moved.set()
        progress(len(turn.edits))
        await asyncio.sleep(0)


async def compare(api: Api, document_id: str, documents: Sequence[Document]) -> list[str]:
    """What differs among these clients, REST, a fresh reader and the log replayed; empty when nothing
    does.
    """
    expected = documents[0].content
    revision = documents[0].revision
    differences = [
        f"client {number} differs from client 0"
        for number, document in enumerate(documents)
        if document.content != expected or document.revision != revision
    ]
    found = await api.document(document_id)
    if found["revision"] != revision or wire.from_content(found["content"]["ops"]) != expected:
        differences.append(f"REST differs (revision {found['revision']}, the clients have {revision})")
    async with Document(api, document_id) as fresh:
        if fresh.content != expected:
            differences.append("a fresh reader differs")
    content = Content()
    for number, change in enumerate(await api.changes(document_id, after=0, to=revision), start=1):
        if change["revision"] != number:
            differences.append(f"the log has revision {change['revision']} where {number} belongs")
            break
        content.apply(wire.from_wire(change["ops"]))
    if content.to_delta() != expected:
        differences.append("the replayed log differs")
    return differences


# --- the command --------------------------------------------------------------------------------------------


@click.command("replay")
@click.argument("trace", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--clients", default=4, show_default=True, type=click.IntRange(1, 100), help="how many type")
@click.option("--run", default=50, show_default=True, type=click.IntRange(1), help="edits of a client's turn")
@click.option("--url", help="a running server; without it a temporary one is started")
@click.option(
    "--token", envvar="OCTAVO_TOKEN", help="an access or personal API token for --url [OCTAVO_TOKEN]"
)
def command(trace: Path, clients: int, run: int, url: str | None, token: str | None) -> None:
    """Type an editing TRACE through a server by several clients at once; do all end equal?"""
    if url is not None and token is None:
        raise click.UsageError("--url needs --token (make one in the server's settings, or POST /auth/token)")
    console = Console()
    try:
        loaded = load(trace, clients=clients, run=run)
        result = asyncio.run(_run(loaded, url, token, console))
    except OctavoError as fault:
        raise click.ClickException(str(fault)) from None
    except ExceptionGroup as faults:
        raise click.ClickException("; ".join(map(str, faults.exceptions))) from None
    console.print(_report(result))
    if not result.equal:
        raise click.ClickException("not equal: " + "; ".join(result.differences))


async def _run(trace: Trace, url: str | None, token: str | None, console: Console) -> Result:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    async with AsyncExitStack() as stack:
        given: Token = token or ""
        where = url or ""
        if url is None:
            where, given = await stack.enter_async_context(temporary_server())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task(f"{trace.name}, {trace.clients} clients", total=trace.edits)
            return await replay(trace, where, given, progress=lambda count: bar.advance(task, count))


def _report(result: Result) -> Table:
    table = Table(show_header=False, box=None)
    rows: list[tuple[str, Any]] = [
        ("edits", f"{result.trace.edits:,} in {result.seconds:.1f} s"),
        ("edits per second", f"{result.trace.edits / result.seconds:,.0f}"),
        ("operations", f"{result.operations:,}"),
    ]
    for share in (50, 95, 99):
        rows.append(
            (f"sent to acknowledged, p{share}", f"{1000 * percentile(result.latencies, share):.1f} ms")
        )
    rows.append(("all equal", "yes" if result.equal else "NO"))
    for name, value in rows:
        table.add_row(name, value)
    return table


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` per cent of the sorted values do not pass; 0 of none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else 0.0


# --- a server for a while -----------------------------------------------------------------------------------


@asynccontextmanager
async def temporary_server() -> AsyncIterator[tuple[str, Token]]:
    """A server of this program on a free port with an empty data directory, and a way to get its tokens."""
    with tempfile.TemporaryDirectory(prefix="octavo-replay-") as data, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "octavo.cli", "serve", "--host", "127.0.0.1", "--port", str(port), "--data-dir", data),
            env={**os.environ, "OCTAVO_RATE_LIMIT": "off"},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            await _ready(url, process)
            async with Api(url) as api:
                email, password = "replay@example.org", secrets.token_urlsafe(16)
                await api.register(email, "Replay", password)
                await api.sign_in(email, password)
                yield url, api.renew
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _ready(url: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient() as http, asyncio.timeout(START_TIMEOUT):
        while process.returncode is None:
            try:
                if (await http.get(f"{url}/readyz")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    raise Unavailable("UNAVAILABLE", "the temporary server did not start; try `octavo serve` to see why")
