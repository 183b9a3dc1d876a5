"""One open document: the machine of `machine.py` with a content, a socket and a clock around it.

Indexes and lengths are UTF-16 code units, times seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import websockets
from websockets.asyncio.client import ClientConnection

from octavo.client import machine as m
from octavo.client.api import Api
from octavo.client.followers import moved
from octavo.delta import Content, Delta, wire
from octavo.errors import Conflict, Denied, OctavoError, Unavailable
from octavo.protocol import SUBPROTOCOL, CloseCode, Cursor, Ping, Presence, ServerMessage, User, decode_server

PING_AFTER: Final = 8.0
DEAD_AFTER: Final = 4.0
BACKOFF_START: Final = 0.25
BACKOFF_LIMIT: Final = 30.0
CURSOR_INTERVAL: Final = 0.05
"""At most 20 presence messages a second count."""
OPEN_TIMEOUT: Final = 30.0
CLOSE_TIMEOUT: Final = 10.0
LOST: Final = 1006
UNREAD_LIMIT: Final = 10_000
"""So many changes wait for a reader of `changes()`; what follows is composed into the last one."""


@dataclass(frozen=True, slots=True)
class RemoteChange:
    """What somebody else did, as it was done to the content of this document."""

    delta: Delta
    revision: int
    client_id: str


class Document:
    """A document as one program sees and edits it, live.

    An edit is shown at once and sent in the background; `saved` waits until all is durable on the server.  A
    lost connection is made anew, with backoff, and everything goes on where it stood.  Work that the server
    refuses for good raises from `saved` and from leaving the block; `lost` then holds it.
    """

    def __init__(self, api: Api, document_id: str, *, client_id: str | None = None) -> None:
        self.id = document_id
        self.title = ""
        self.role = ""
        self.user: User | None = None
        self.cursors: dict[str, Presence] = {}
        """The others by client id, where they are in the content shown here."""
        self.lost: list[Delta] = []
        """Work that was finally refused, or could not be placed any more."""
        self.listeners: list[Callable[[m.Effect], None]] = []
        """Called with every effect after it was performed: for measuring and for programs that show
        things.
        """
        self._api = api
        self._machine = m.Machine(client_id or secrets.token_hex(16))
        self._content = Content()
        self._cursor: Cursor | None = None
        self._cursor_timer: asyncio.TimerHandle | None = None
        self._socket: ClientConnection | None = None
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._first_url: str | None = None
        self._attempts = 0
        self._wait: float | None = 0.0
        self._heard_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._timers: set[asyncio.TimerHandle] = set()
        self._waiters: list[asyncio.Future[None]] = []
        self._readers: list[tuple[deque[RemoteChange], asyncio.Event]] = []
        self._fault: OctavoError | None = None
        self._last_problem = "no answer yet"

    # --- life -----------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        found = await self._api.document(self.id)
        self.title, self.role = found["title"], found["role"]
        self._content = Content.from_delta(wire.from_content(found["content"]["ops"]))
        self._machine.epoch, self._machine.revision = found["epoch"], found["revision"]
        self._first_url = self._api.absolute(found["websocket_url"])
        self._task = asyncio.create_task(self._run())
        try:
            await self._until(lambda: self._machine.connection == "live", OPEN_TIMEOUT, "joined the document")
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self.saved(within=CLOSE_TIMEOUT)
        finally:
            await self._end()

    async def _end(self) -> None:
        for timer in self._timers:
            timer.cancel()
        if self._cursor_timer is not None:
            self._cursor_timer.cancel()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    # --- content --------------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The text shown, own edits included; ends in a line end."""
        return self._content.text()

    @property
    def content(self) -> Delta:
        """The content shown, own edits included."""
        return self._content.to_delta()

    @property
    def length(self) -> int:
        """The length of the content in UTF-16 code units."""
        return self._content.length

    @property
    def revision(self) -> int:
        """The log's revision that the content builds on; own edits may lie beyond it."""
        return self._machine.revision or 0

    @property
    def client_id(self) -> str:
        return self._machine.client_id

    @property
    def connected(self) -> bool:
        return self._machine.connection == "live"

    @property
    def is_saved(self) -> bool:
        """Everything done here is acknowledged, so durable."""
        return self._machine.synchronized

    def edit(self, delta: Delta | list[dict[str, Any]]) -> None:
        """Do this to the content.  Raises Invalid where it does not fit, and what `saved` would raise."""
        self._raise_fault()
        if self._machine.rebuilding:
            raise Conflict(
                "REVISION_CONFLICT", "the document is being fetched anew; edit it again after that"
            )
        if isinstance(delta, list):
            delta = wire.from_wire(delta)
        self._content.apply(delta)
        if self._cursor is not None:
            self._cursor = self._moved(self._cursor, delta, "right")
        self._perform(self._machine.edit(delta))

    async def saved(self, *, within: float = 60.0) -> None:
        """Wait until every edit is durable on the server.

        Raises the server's error when work was finally refused, and Unavailable after `within` seconds.
        """
        await self._until(lambda: self._machine.synchronized, within, "been told that all is saved")

    async def reached(self, revision: int, *, within: float = 60.0) -> None:
        """Wait until the content includes the log up to `revision`."""
        await self._until(lambda: self.revision >= revision, within, f"reached revision {revision}")

    async def changes(self) -> AsyncIterator[RemoteChange]:
        """What the others do from now on, without end; a `Delta` each that was applied to the content shown
        here.

        Own edits lie between them: look at `content` for the whole.  When nobody reads for long, the later
        ones are composed into one.
        """
        reader: tuple[deque[RemoteChange], asyncio.Event] = (deque(), asyncio.Event())
        self._readers.append(reader)
        waiting, arrived = reader
        try:
            while True:
                while waiting:
                    yield waiting.popleft()
                self._raise_fault()
                arrived.clear()
                await arrived.wait()
        finally:
            self._readers.remove(reader)

    # --- cursors --------------------------------------------------------------------------------------------

    @property
    def cursor(self) -> Cursor | None:
        """Where this program's caret or selection stands; moves along with the content.  Set it to show
        it.
        """
        return self._cursor

    @cursor.setter
    def cursor(self, cursor: Cursor | int | None) -> None:
        self._cursor = Cursor(cursor, 0) if isinstance(cursor, int) else cursor
        if self._cursor_timer is None:
            loop = asyncio.get_running_loop()
            self._cursor_timer = loop.call_later(CURSOR_INTERVAL, self._send_cursor)

    def _send_cursor(self) -> None:
        self._cursor_timer = None
        self._perform(self._machine.cursor(self._cursor))

    @staticmethod
    def _moved(cursor: Cursor, delta: Delta, stick: Any) -> Cursor:
        start = delta.transform_index(cursor.index, stick=stick)
        end = delta.transform_index(cursor.index + cursor.length, stick=stick)
        return Cursor(start, end - start, cursor.path)

    # --- the socket -----------------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Connect, listen, connect again, until the machine stops."""
        try:
            while self._wait is not None:
                await asyncio.sleep(self._wait)
                self._wait = None
                code = await self._one_connection()
                if self._wait is None:
                    self._perform(self._machine.disconnected(code))
        except Exception as fault:
            self._fail(
                Unavailable("INTERNAL", f"the connection ended by a mistake of this program: {fault!r}")
            )
            raise

    async def _one_connection(self) -> int:
        """One socket from its opening to its end; the code it was closed with."""
        try:
            url, self._first_url = self._first_url, None
            url = url or await self._api.websocket_url(self.id)
            async with websockets.connect(
                url,
                subprotocols=[websockets.Subprotocol(SUBPROTOCOL)],
                compression=None,
                max_size=None,
                ping_interval=None,
                close_timeout=1,
            ) as socket:
                return await self._listen(socket)
        except Denied as fault:
            self._fail(fault)
            return CloseCode.FORBIDDEN
        except OctavoError as fault:
            self._last_problem = str(fault)
            return {404: CloseCode.NOT_FOUND, 410: CloseCode.DELETED}.get(fault.status, LOST)
        except (OSError, TimeoutError, websockets.WebSocketException) as fault:
            self._last_problem = repr(fault)
            return LOST

    async def _listen(self, socket: ClientConnection) -> int:
        self._socket = socket
        self._outgoing = asyncio.Queue()
        self._heard_at = time.monotonic()
        writer = asyncio.create_task(self._write(socket, self._outgoing))
        pulse = asyncio.create_task(self._watch(socket))
        try:
            self._perform(self._machine.connected())
            async for frame in socket:
                self._heard_at = time.monotonic()
                self._receive(decode_server(frame))
        except websockets.ConnectionClosedError:
            pass
        finally:
            self._socket = None
            for task in (writer, pulse):
                task.cancel()
            await asyncio.gather(writer, pulse, return_exceptions=True)
        self._last_problem = f"the server closed the connection with {socket.close_code}"
        return socket.close_code or LOST

    async def _write(self, socket: ClientConnection, outgoing: asyncio.Queue[bytes]) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                frame = await outgoing.get()
                await socket.send(frame, text=True)

    async def _watch(self, socket: ClientConnection) -> None:
        """Ping after silence, and give a socket up that does not answer."""
        while True:
            silent = time.monotonic() - self._heard_at
            if silent >= PING_AFTER + DEAD_AFTER:
                socket.transport.abort()
                return
            if silent >= PING_AFTER:
                self._outgoing.put_nowait(m.encode(Ping()))
                await asyncio.sleep(DEAD_AFTER)
            else:
                await asyncio.sleep(PING_AFTER - silent)

    # --- effects --------------------------------------------------------------------------------------------

    def _receive(self, message: ServerMessage) -> None:
        self._perform(self._machine.receive(message))

    def _perform(self, effects: list[m.Effect]) -> None:
        for effect in effects:
            self._perform_one(effect)
            for listener in self.listeners:
                listener(effect)
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _perform_one(self, effect: m.Effect) -> None:
        match effect:
            case m.Send(message):
                self._outgoing.put_nowait(m.encode(message))
            case m.Apply():
                self._show(effect)
            case m.Reset(content, revision):
                before = self._content.to_delta()
                self._content = Content.from_delta(content)
                self._tell(RemoteChange(before.diff(content), revision, ""))
            case m.Welcomed(role, user, presences):
                self.role, self.user, self._attempts = role, user, 0
                self.cursors = {one.client_id: one for one in presences}
                if self._cursor is not None:
                    self.cursor = self._cursor
            case m.PresenceChanged(presences, left):
                self.cursors.update({one.client_id: one for one in presences})
                for client_id in left:
                    self.cursors.pop(client_id, None)
            case m.Retry(after_ms):
                self._later(after_ms / 1000, lambda: self._perform(self._machine.retry()))
            case m.Redirected(after_ms):
                socket = self._socket
                self._later(random.random() * after_ms / 1000, lambda: self._leave(socket))  # noqa: S311
            case _:
                self._perform_ending(effect)

    def _perform_ending(self, effect: m.Effect) -> None:
        match effect:
            case m.Reconnect(after_ms):
                self._wait = self._backoff(after_ms)
            case m.Identify():
                self._perform(self._machine.identify(secrets.token_hex(16)))
            case m.Refused(code, message, lost):
                self.lost += lost
                if lost:
                    self._fail(Conflict(code, message))
            case m.Stop(code, lost):
                self.lost += lost
                self._fail(
                    Denied("FORBIDDEN", f"the document can no longer be used here (close code {code})")
                )
            case m.Happened("title.changed", {"title": str(title)}):
                self.title = title

    def _show(self, effect: m.Apply) -> None:
        delta = effect.delta
        self._content.apply(delta)
        if self._cursor is not None:
            self._cursor = self._moved(self._cursor, delta, "left")
        for client_id, one in self.cursors.items():
            self.cursors[client_id] = moved(one, [delta], effect.client_id)
        self._tell(RemoteChange(delta, effect.revision, effect.client_id))

    def _tell(self, change: RemoteChange) -> None:
        for waiting, arrived in self._readers:
            if len(waiting) >= UNREAD_LIMIT:
                last = waiting.pop()
                change = RemoteChange(last.delta.compose(change.delta), change.revision, "")
            waiting.append(change)
            arrived.set()

    def _leave(self, socket: ClientConnection | None) -> None:
        """Give a socket up as a redirect asks; the next one is opened at once."""
        if socket is not None and socket is self._socket:
            self._wait = 0.0
            socket.transport.abort()

    def _backoff(self, after_ms: int | None) -> float:
        jitter = random.random()  # noqa: S311
        if after_ms is not None:
            return after_ms / 1000 * (1 + jitter)
        wait = min(BACKOFF_LIMIT, BACKOFF_START * 2.0 ** min(self._attempts, 10))
        self._attempts += 1
        return jitter * wait

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)

    # --- waiting --------------------------------------------------------------------------------------------

    def _fail(self, fault: OctavoError) -> None:
        self._fault = self._fault or fault
        for _, arrived in self._readers:
            arrived.set()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _raise_fault(self) -> None:
        """Raise what went wrong: once for a refusal, after which one may go on, always once stopped."""
        if self._fault is not None:
            fault = self._fault
            if self._machine.connection != "stopped":
                self._fault = None
            raise fault

    async def _until(self, test: Callable[[], bool], within: float, what: str) -> None:
        try:
            async with asyncio.timeout(within):
                while True:
                    self._raise_fault()
                    if test():
                        return
                    waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiters.append(waiter)
                    await waiter
        except TimeoutError:
            unsent = self._machine.unacknowledged
            problem = f"{unsent} edits are not saved ({self._last_problem})"
            raise Unavailable(
                "UNAVAILABLE", f"after {within:g} s this client had not {what}; {problem}"
            ) from None
