"""The gateway: WebSockets between clients and rooms, past the web framework.

uvicorn's sans-I/O protocol does handshake, fragments, pings and closing.  Two short cuts carry the load: a
message goes from the parser straight to the room, in the same turn of the loop; and a frame is built once
and the same bytes object is written to every transport.  No task lives as long as a connection.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import PayloadTooBig
from websockets.frames import Frame

from octavo import metrics, protocol
from octavo.collab.hints import EVERYWHERE, Ended, Hint, Spent
from octavo.collab.host import RoomHost
from octavo.errors import Denied, Invalid
from octavo.ports import Counters
from octavo.protocol import CloseCode
from octavo.settings import Settings
from octavo.web.auth import Origins, Tickets
from octavo.web.limits import JSON_DEPTH, Bucket, Buckets, too_deep

if TYPE_CHECKING:
    from websockets.http11 import Request

logger = logging.getLogger("octavo.socket")

PATH: Final = "/ws/v1/documents/"
_CLOSE_SECONDS: Final = 3.0
_QUIET_SECONDS: Final = 0.2
_NOTSENT_LOWAT: Final = 32 << 10


def frame(payload: bytes) -> bytes:
    """A text frame of a server (RFC 6455 section 5.2: final, unmasked)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class _Nowhere:
    """Stands in for the base class's ASGI queue, which no application reads here."""

    __slots__ = ()

    def put_nowait(self, event: object) -> None:
        pass


_NOWHERE: Any = _Nowhere()
_PONG: Final = frame(protocol.encode(protocol.Pong()))


class Gateway:
    """What all sockets of a process share."""

    def __init__(
        self,
        host: RoomHost,
        tickets: Tickets,
        settings: Settings,
        has_room: Callable[[], bool] = lambda: True,
        counters: Counters | None = None,
    ) -> None:
        """`has_room` says whether one more connection fits under the file limit; `counters` are shared by all nodes."""
        self.host = host
        self.tickets = tickets
        self.settings = settings
        self.origins = Origins(settings)
        self.has_room = has_room
        self.counters = counters
        self.going = False
        """A signal came: /readyz says so."""
        self.draining = False
        """Nobody new is let in."""
        self._spent: Counter[tuple[str, str]] = Counter()
        host.listeners.append(self._heard)
        host.every_second.append(self._tell_spent)
        rate = settings.operations_per_second
        self.operations = Buckets(rate, 2 * rate)
        self._documents: dict[str, dict[str, int]] = {}
        self._users: dict[str, int] = {}
        self._grants: dict[str, set[Socket]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def protocol(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> Socket:
        """What uvicorn makes for each upgrade."""
        return Socket(self, config, server_state, app_state, _loop)

    def online(self, document_id: str) -> frozenset[str]:
        """The ids of the users who have a socket open on a document."""
        return frozenset(self._documents.get(document_id, ())) | self.host.elsewhere(document_id)

    def revoke(self, grant: str) -> None:
        """Close the sockets of a login or a token that has ended, at every node, and void its tickets."""
        self.host.tell(EVERYWHERE, Ended(grant))
        self._revoke(grant)

    def _revoke(self, grant: str) -> None:
        self.tickets.void(grant)
        for opened in list(self._grants.get(grant, ())):
            opened.close(CloseCode.TICKET, "what this socket was opened with is no longer good")

    def count(self, document_id: str, user_id: str, now: float) -> float:
        """Take one operation from the user's bucket; 0.0, or the seconds until there is one."""
        wait = self.operations.of(f"{user_id} {document_id}", now).take(now)
        if not wait and self.host.shared(document_id):
            self._spent[document_id, user_id] += 1
        return wait

    def _tell_spent(self) -> None:
        """Other nodes count what was let through here, so that the limit is one for all, a second late."""
        spent, self._spent = self._spent, Counter()
        for (document_id, user_id), count in spent.items():
            self.host.tell(document_id, Spent(user_id, count))

    def _heard(self, topic: str, hint: Hint) -> None:
        if isinstance(hint, Ended):
            self._revoke(hint.grant)
        elif isinstance(hint, Spent):
            now = asyncio.get_running_loop().time()
            self.operations.of(f"{hint.user_id} {topic}", now).spend(hint.operations, now)

    def hold(self, grant: str, opened: Socket) -> None:
        """Remember a socket that ends with its grant."""
        if grant:
            self._grants.setdefault(grant, set()).add(opened)

    def let_go(self, grant: str, opened: Socket) -> None:
        """The socket is closed."""
        held = self._grants.get(grant)
        if held is not None:
            held.discard(opened)
            if not held:
                del self._grants[grant]

    def open(self, document_id: str, user_id: str) -> bool:
        """Count one more socket; False when this user has too many already."""
        if self.settings.rate_limit and self._users.get(user_id, 0) >= self.settings.sockets_per_user:
            return False
        self._users[user_id] = self._users.get(user_id, 0) + 1
        users = self._documents.setdefault(document_id, {})
        users[user_id] = users.get(user_id, 0) + 1
        return True

    def closed(self, document_id: str, user_id: str) -> None:
        """Count one less."""
        users = self._documents[document_id]
        for counts, key in ((users, user_id), (self._users, user_id)):
            counts[key] -= 1
            if not counts[key]:
                del counts[key]
        if not users:
            del self._documents[document_id]

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that takes time, and keep hold of it until it is done."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Socket(WebSocketsSansIOProtocol):
    """One WebSocket, and the `Peer` that the room sees."""

    document_id = ""
    client_id = ""
    connection = 0
    role = ""
    acks = False
    user: protocol.User

    _admitted = False
    _greeted = False
    _left = False
    _paused = False
    _skipped = False
    _lingering = False
    _linger_until = 0.0
    _hello_timer: asyncio.TimerHandle | None = None
    _stuck_timer: asyncio.TimerHandle | None = None
    _presence_timer: asyncio.TimerHandle | None = None
    _held_presence: protocol.PresenceMessage | None = None
    _grant = ""
    _first: asyncio.Task[bool] | None = None
    _messages: Bucket
    _presences: Bucket

    def __init__(
        self,
        gateway: Gateway,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.gateway = gateway
        self.queue = _NOWHERE
        self.conn.max_message_size = gateway.settings.before_login_bytes

    # --- the upgrade --------------------------------------------------------------------------------------

    def handle_connect(self, event: Request) -> None:
        metrics.upgrades.labels("tried").inc()
        response = self.conn.accept(event)
        self.handshake_initiated = True
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            self._reject(response)
            return
        refusal = self._refusal(event)
        if refusal is not None:
            status, text = refusal
            self._reject(self.conn.reject(status, text + "\n"))
            return
        if event.headers.get_all("Sec-WebSocket-Protocol"):
            response.headers["Sec-WebSocket-Protocol"] = protocol.SUBPROTOCOL
        self.handshake_complete = True
        self.conn.send_response(response)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._tune()
        self._enter(event.path)

    def _refusal(self, request: Request) -> tuple[HTTPStatus, str] | None:
        headers = request.headers
        if not self.gateway.settings.has_role("gateway"):
            return HTTPStatus.NOT_FOUND, "this process takes no sockets; see OCTAVO_ROLES"
        if not request.path.startswith(PATH):
            return HTTPStatus.NOT_FOUND, f"sockets are at {PATH}<document id>"
        origins = headers.get_all("Origin")
        host = headers.get("Host", "")
        if len(origins) > 1 or not self.gateway.origins.allows(origins[0] if origins else None, host):
            return HTTPStatus.FORBIDDEN, "pages of this origin may not connect; see OCTAVO_PUBLIC_URL"
        offered = [
            name.strip() for line in headers.get_all("Sec-WebSocket-Protocol") for name in line.split(",")
        ]
        if offered and protocol.SUBPROTOCOL not in offered:
            return HTTPStatus.BAD_REQUEST, f"this server speaks the subprotocol {protocol.SUBPROTOCOL}"
        if self.gateway.draining or not self.gateway.has_room():
            return HTTPStatus.SERVICE_UNAVAILABLE, "no more connections now; try again soon"
        return None

    def _reject(self, response: Any) -> None:
        self.handshake_complete = self.close_sent = True
        self.conn.send_response(response)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    def _tune(self) -> None:
        waiting = self.gateway.settings.waiting_bytes
        self.transport.set_write_buffer_limits(high=waiting, low=waiting // 4)
        raw = self.transport.get_extra_info("socket")
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # What waits should wait here, where it is counted, and not in the kernel.
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _NOTSENT_LOWAT)

    def _enter(self, path: str) -> None:
        target, _, query = path.partition("?")
        tickets = parse_qs(query).get("ticket", [])
        try:
            admitted = self.gateway.tickets.spend(tickets[0] if len(tickets) == 1 else "")
        except Denied as fault:
            self.close(CloseCode.TICKET, fault.message)
            return
        if target[len(PATH) :] != admitted.document_id:
            self.close(CloseCode.TICKET, "the ticket is for another document")
            return
        if not self.gateway.open(admitted.document_id, admitted.user.id):
            self.close(CloseCode.TOO_MANY, "too many connections of this user")
            return
        metrics.upgrades.labels("accepted").inc()
        self._admitted = True
        self.document_id, self.user, self._grant = admitted.document_id, admitted.user, admitted.grant
        self.gateway.hold(admitted.grant, self)
        settings, now = self.gateway.settings, self.loop.time()
        if self.gateway.counters is not None:
            asked = self.gateway.counters.first(f"ticket {admitted.nonce}", settings.ticket_seconds)
            self._first = self.loop.create_task(asked)
        self._messages = Bucket(settings.messages_per_second, 4 * settings.messages_per_second, now)
        self._presences = Bucket(settings.presences_per_second, settings.presences_per_second, now)
        self._hello_timer = self.loop.call_later(settings.before_login_seconds, self._no_hello)
        self.start_keepalive()

    def _no_hello(self) -> None:
        self.close(CloseCode.BAD_MESSAGE, "hello did not come in time")

    # --- in -----------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if not self._lingering:
            super().data_received(data)
        elif self.close_timer is not None and self.loop.time() < self._linger_until:
            # What still comes is dropped; once it stops, the reason has arrived and the connection can go.
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(_QUIET_SECONDS, self.transport.close)

    def handle_bytes(self, event: Frame) -> None:
        self.close(CloseCode.BAD_MESSAGE, "frames are text, one JSON object each")

    def send_receive_event_to_app(self) -> None:
        frames, self.frames = self.frames, []
        if not self.close_sent and self._admitted:
            self._receive(bytes(frames[0]) if len(frames) == 1 else b"".join(frames))

    def _receive(self, data: bytes) -> None:
        now = self.loop.time()
        if self.gateway.settings.rate_limit and self._messages.take(now):
            self.close(CloseCode.TOO_MANY, "too many messages")
            return
        try:
            message = protocol.decode_client(data)
            if too_deep(data):
                raise protocol.refusal(data, f"its JSON nests deeper than {JSON_DEPTH}")
        except protocol.BadFrame as fault:
            metrics.refusals.labels(fault.code).inc()
            self.close(CloseCode.BAD_MESSAGE, fault.message)
            return
        except Invalid as fault:
            if not self._greeted:
                self.close(CloseCode.BAD_MESSAGE, "hello comes first")
            else:
                self._refuse(fault.code, fault.message, fault.details.get("seq"))
            return
        if not self._greeted and not isinstance(message, protocol.Hello):
            self.close(CloseCode.BAD_MESSAGE, "hello comes first")
        else:
            self._handle(message, now)

    def _handle(self, message: protocol.ClientMessage, now: float) -> None:
        host = self.gateway.host
        if isinstance(message, protocol.OperationMessage):
            limited = self.gateway.settings.rate_limit
            wait = self.gateway.count(self.document_id, self.user.id, now) if limited else 0.0
            if wait:
                self._refuse("RATE_LIMITED", "too many operations", message.seq, retry=wait)
            else:
                host.submit(self, message)
        elif isinstance(message, protocol.PresenceMessage):
            self._presence(message, now)
        elif isinstance(message, protocol.Ping):
            host.heard(self)
            self.send(_PONG)
        else:
            self._hello(message)

    def _hello(self, message: protocol.Hello) -> None:
        if not self._greeted:
            self._greeted = True
            self.conn.max_message_size = self.gateway.settings.message_bytes
            if self._hello_timer is not None:
                self._hello_timer.cancel()
                self._hello_timer = None
        joining = self.gateway.host.join(self, message)
        self.gateway.run(joining if self._first is None else self._join(joining, self._first))

    async def _join(self, joining: Coroutine[Any, Any, None], first: asyncio.Task[bool]) -> None:
        """A ticket that was spent at another node is met before anything is sent."""
        if await first:
            await joining
        else:
            joining.close()
            self.close(CloseCode.TICKET, "the ticket has been used; get a new one")

    def _presence(self, message: protocol.PresenceMessage, now: float) -> None:
        if self._presence_timer is not None:
            self._held_presence = message
        elif self.gateway.settings.rate_limit and (wait := self._presences.take(now)):
            # The last in a window wins: it is held, not dropped.
            self._held_presence = message
            self._presence_timer = self.loop.call_later(wait, self._release_presence)
        else:
            self.gateway.host.presence(self, message)

    def _release_presence(self) -> None:
        message, self._held_presence, self._presence_timer = self._held_presence, None, None
        if message is not None and not self._left:
            self._presences.take(self.loop.time())
            self.gateway.host.presence(self, message)

    def _refuse(self, code: str, text: str, seq: int | None, *, retry: float | None = None) -> None:
        metrics.refusals.labels(code).inc()
        retry_after_ms = None if retry is None else max(1, round(retry * 1000))
        self.send(frame(protocol.encode(protocol.Error(code, text[:500], seq, retry_after_ms))))

    # --- out ----------------------------------------------------------------------------------------------

    def send(self, framed: bytes) -> bool:  # type: ignore[override]  # no ASGI application sends here
        """`Peer.send`."""
        if self._paused:
            self._skipped = True
            return False
        if not self.close_sent and not self.disconnected:
            self.transport.write(framed)
        return True

    def pause_writing(self) -> None:
        super().pause_writing()
        self._paused = True
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._paused = False
        if self._stuck_timer is not None:
            self._stuck_timer.cancel()
            self._stuck_timer = None
        if self._skipped and not self._left:
            self._skipped = False
            self.gateway.host.drained(self)

    def _watch(self, waiting: int) -> None:
        seconds = self.gateway.settings.stuck_seconds
        self._stuck_timer = self.loop.call_later(seconds, self._check_stuck, waiting)

    def _check_stuck(self, before: int) -> None:
        self._stuck_timer = None
        waiting = self.transport.get_write_buffer_size()
        if waiting < before:
            self._watch(waiting)
            return
        logger.info("socket closed: it took nothing for %.0f s", self.gateway.settings.stuck_seconds)
        self.transport.abort()

    # --- closing ------------------------------------------------------------------------------------------

    def close(self, code: int, reason: str) -> None:
        """`Peer.close`: say why, and be gone within seconds whether the other side answers or not."""
        if self.close_sent or self.disconnected:
            return
        # Not at once: the host may be walking over the room's peers.
        self.loop.call_soon(self._leave)
        if self._paused:
            self.close_sent = True
            self.transport.abort()
            return
        self.conn.send_close(code, _cut(reason))
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(_CLOSE_SECONDS, self.transport.abort)

    def handle_parser_exception(self) -> None:
        """The frames were not in order; uvicorn's parser has given up."""
        queued = b"".join(self.conn.data_to_send())
        if not self.close_sent:
            if isinstance(self.conn.parser_exc, PayloadTooBig):
                limit = self.conn.max_message_size
                queued = _close_frame(CloseCode.TOO_LARGE, f"a message has at most {limit} bytes")
                metrics.refusals.labels("TOO_LARGE").inc()
            self.transport.write(queued)
        self.close_sent = True
        self.loop.call_soon(self._leave)
        # Closing at once with data unread would reset the connection, and the reason would be lost.
        self._lingering = True
        self._linger_until = self.loop.time() + _CLOSE_SECONDS
        if self.close_timer is None:
            self.close_timer = self.loop.call_later(_CLOSE_SECONDS, self.transport.abort)

    def eof_received(self) -> None:
        if self._lingering:
            self.transport.close()

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._leave()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._leave()

    def shutdown(self) -> None:
        """uvicorn stops: whoever has not gone by itself is told."""
        self.close(CloseCode.DRAINING, "the server is going away")
        self.stop_keepalive()
        if not self._paused:
            self.transport.close()

    def _leave(self) -> None:
        if self._left or not self._admitted:
            return
        self._left = True
        for timer in (self._hello_timer, self._stuck_timer, self._presence_timer):
            if timer is not None:
                timer.cancel()
        self._hello_timer = self._stuck_timer = self._presence_timer = None
        self.gateway.closed(self.document_id, self.user.id)
        self.gateway.let_go(self._grant, self)
        if self._greeted:
            self.gateway.host.leave(self)


def _cut(reason: str) -> str:
    """At most 123 bytes, as RFC 6455 section 5.5 allows."""
    return reason.encode("utf-8", "replace")[:123].decode("utf-8", "ignore")


def _close_frame(code: int, reason: str) -> bytes:
    payload = code.to_bytes(2, "big") + _cut(reason).encode()
    return bytes((0x88, len(payload))) + payload
