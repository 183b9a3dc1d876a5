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
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import websockets
from websockets.asyncio.client import ClientConnection

from octavo.client import effects as e
from octavo.client.api import Api
from octavo.client.machine import Machine, encode
from octavo.client.outbox import Outbox
from octavo.delta import Content, Delta, wire
from octavo.errors import Conflict, Denied, Missing, OctavoError, Unavailable
from octavo.protocol import (
    SUBPROTOCOL,
    CloseCode,
    Cursor,
    OperationMessage,
    Presence,
    ServerMessage,
    User,
    decode_server,
)

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

    def __init__(
        self, api: Api, document_id: str, *, client_id: str | None = None, outbox: Path | None = None
    ) -> None:
        """`outbox` is a file that keeps unacknowledged edits, so that the next program with it delivers them."""
        self.id = document_id
        self.title = ""
        self.role = ""
        self.user: User | None = None
        self.lost: list[Delta] = []
        """Work that was finally refused, or could not be placed any more."""
        self.listeners: list[Callable[[e.Effect], None]] = []
        """Called with every effect after it was performed: for measuring and for programs that show
        things.
        """
        self._api = api
        self._machine = Machine(client_id or secrets.token_hex(16))
        self._outbox = None if outbox is None else Outbox(outbox)
        self._content = Content()
        self._cursor: Cursor | None = None
        self._cursor_timer: asyncio.TimerHandle | None = None
        self._socket: ClientConnection | None = None
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._first_url: str | None = None
        self._wait = 0.0
        self._given_up = False
        self._task: asyncio.Task[None] | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._waking: asyncio.TimerHandle | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._readers: list[tuple[deque[RemoteChange], asyncio.Event]] = []
        self._fault: OctavoError | None = None
        self._last_problem = "no answer yet"

    # --- life -----------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        try:
            await self._begin()
        except BaseException:
            self._close_outbox()
            raise
        self._task = asyncio.create_task(self._run())
        try:
            await self._until(lambda: self._machine.joined, OPEN_TIMEOUT, "joined the document")
        except BaseException:
            await self._end()
            raise
        return self

    async def _begin(self) -> None:
        """The content, with what an earlier program left in the outbox."""
        stored = None if self._outbox is None else self._outbox.open(self.id)
        found = await self._api.document(self.id)
        self.title, self.role = found["title"], found["role"]
        self._first_url = self._api.absolute(found["websocket_url"])
        if stored is not None and stored.epoch == found["epoch"]:
            before = await self._api.document(self.id, revision=stored.revision)
            self._content = Content.from_delta(wire.from_content(before["content"]["ops"]))
            for delta in stored.pending():
                self._content.apply(delta)
            self._machine = stored.machine()
            return
        if stored is not None:
            self.lost += stored.pending()
            self._fault = Conflict(
                "EPOCH_CHANGED", "the document's history was replaced; what was not saved is in `lost`"
            )
        self._content = Content.from_delta(wire.from_content(found["content"]["ops"]))
        self._machine.epoch, self._machine.revision = found["epoch"], found["revision"]

    def _close_outbox(self) -> None:
        if self._outbox is not None:
            self._outbox.close()

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self.saved(within=CLOSE_TIMEOUT)
        finally:
            await self._end()

    async def _end(self) -> None:
        for timer in (self._leaving, self._waking, self._cursor_timer):
            if timer is not None:
                timer.cancel()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._close_outbox()

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
        return self._machine.joined

    @property
    def is_saved(self) -> bool:
        """Everything done here is acknowledged, so durable."""
        return self._machine.synchronized

    @property
    def is_sent(self) -> bool:
        """Everything done here is on its way, acknowledged or not."""
        return self._machine.buffer is None

    def edit(self, delta: Delta | list[dict[str, Any]]) -> None:
        """Do this to the content.  Raises Invalid where it does not fit, and what `saved` would raise."""
        self._raise_fault()
        if not self._machine.editable:
            raise Conflict(
                "REVISION_CONFLICT", "the document is being fetched anew; edit it again after that"
            )
        if isinstance(delta, list):
            delta = wire.from_wire(delta)
        self._content.apply(delta)
        if self._cursor is not None:
            self._cursor = self._moved(self._cursor, delta, "right")
        effects = self._machine.edit(delta)
        if self._outbox is not None and not effects:
            self._outbox.write(self.id, self._machine)  # it waits behind another
        self._perform(effects)

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

    @property
    def cursors(self) -> list[Presence]:
        """The others, and where they are in the content shown here."""
        return self._machine.cursors()

    def _send_cursor(self) -> None:
        self._cursor_timer = None
        self._perform(self._machine.point(self._cursor))

    @staticmethod
    def _moved(cursor: Cursor, delta: Delta, stick: Any) -> Cursor:
        start = delta.transform_index(cursor.index, stick=stick)
        end = delta.transform_index(cursor.index + cursor.length, stick=stick)
        return Cursor(start, end - start, cursor.path)

    # --- the socket -----------------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Connect, listen, connect again, until the machine stops."""
        try:
            while not self._machine.stopped:
                await asyncio.sleep(self._wait)
                self._given_up = False
                code = await self._one_connection()
                if not self._given_up:
                    chance, fresh_id = random.random(), secrets.token_hex(16)  # noqa: S311
                    self._perform(self._machine.closed(code, random=chance, fresh_id=fresh_id))
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
        writer = asyncio.create_task(self._write(socket, self._outgoing))
        try:
            self._perform(self._machine.opened(now=time.monotonic()))
            async for frame in socket:
                self._receive(decode_server(frame))
        except websockets.ConnectionClosedError:
            pass
        finally:
            self._socket = None
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        self._last_problem = f"the server closed the connection with {socket.close_code}"
        return socket.close_code or LOST

    async def _write(self, socket: ClientConnection, outgoing: asyncio.Queue[bytes]) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                frame = await outgoing.get()
                await socket.send(frame, text=True)

    def _tick(self) -> None:
        self._waking = None
        now = time.monotonic()
        due = self._machine.wake_at
        if due is not None and now >= due:
            self._perform(self._machine.tick(now=now, random=random.random()))  # noqa: S311
        else:
            self._wake_in_time()

    def _wake_in_time(self) -> None:
        """Arm the timer; one that goes off too early arms itself anew, which is cheaper than to move it
        each time.
        """
        due = self._machine.wake_at
        loop = asyncio.get_running_loop()
        if due is None or (self._waking is not None and self._waking.when() <= due):
            return
        if self._waking is not None:
            self._waking.cancel()
        self._waking = loop.call_later(max(0.0, due - time.monotonic()), self._tick)

    # --- effects --------------------------------------------------------------------------------------------

    def _receive(self, message: ServerMessage) -> None:
        chance = random.random()  # noqa: S311
        self._perform(self._machine.receive(message, now=time.monotonic(), random=chance))

    def _perform(self, effects: list[e.Effect]) -> None:
        if self._outbox is not None and any(_is_about_work(effect) for effect in effects):
            self._outbox.write(self.id, self._machine)
        for effect in effects:
            self._perform_one(effect)
            for listener in self.listeners:
                listener(effect)
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._wake_in_time()

    def _perform_one(self, effect: e.Effect) -> None:
        match effect:
            case e.Send(message):
                self._outgoing.put_nowait(encode(message))
            case e.Apply(delta, revision, client_id):
                self._content.apply(delta)
                if self._cursor is not None:
                    self._cursor = self._moved(self._cursor, delta, "left")
                self._tell(RemoteChange(delta, revision, client_id))
            case e.Reset(content, revision):
                before = self._content.to_delta()
                self._content = Content.from_delta(content)
                self._tell(RemoteChange(before.diff(content), revision, ""))
            case e.Joined():
                self.role, self.user = self._machine.role or "", self._machine.user
                if self._cursor is not None:
                    self.cursor = self._cursor
            case e.Connect(after):
                self._connect(after)
            case e.Happened("title.changed", {"title": str(title)}):
                self.title = title
            case e.Refused(code, message, delta):
                self.lost.append(delta)
                self._fail(Conflict(code, message))
            case e.Kept(code, delta):
                self.lost.append(delta)
                self._fail(
                    Conflict(code, "the document's history was replaced; what was not saved is in `lost`")
                )
            case e.Stop(code, delta):
                if not delta.is_empty:
                    self.lost.append(delta)
                self._fail(_stopped(code))

    def _connect(self, after: float) -> None:
        """Wait for the next connection, or give up the present one then."""
        if self._socket is None:
            self._wait = after
            return
        if self._leaving is not None:
            self._leaving.cancel()
        self._leaving = asyncio.get_running_loop().call_later(after, self._leave, self._socket)

    def _tell(self, change: RemoteChange) -> None:
        for waiting, arrived in self._readers:
            if len(waiting) >= UNREAD_LIMIT:
                last = waiting.pop()
                change = RemoteChange(last.delta.compose(change.delta), change.revision, "")
            waiting.append(change)
            arrived.set()

    def _leave(self, socket: ClientConnection) -> None:
        """Give this socket up, as a redirect or silence asks, and open the next one at once."""
        if socket is self._socket:
            self._given_up = True
            self._wait = 0.0
            socket.transport.abort()

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
            if not self._machine.stopped:
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


def _is_about_work(effect: e.Effect) -> bool:
    """What is in flight or waits is another after it: written down before it is performed."""
    sends = isinstance(effect, e.Send) and isinstance(effect.message, OperationMessage)
    return sends or isinstance(effect, e.Acknowledged | e.Refused | e.Kept)


def _stopped(code: int) -> OctavoError:
    """Why a document cannot be used here any more, from the code that its socket was closed with."""
    match code:
        case CloseCode.NOT_FOUND:
            return Missing("NOT_FOUND", "there is no such document, or none that you may know of")
        case CloseCode.DELETED:
            return Missing("DOCUMENT_DELETED", "the document was deleted")
        case CloseCode.REPLACED:
            return Conflict("REVISION_CONFLICT", "a newer connection with the same client id took over")
    return Denied("FORBIDDEN", "you may no longer read this document")
