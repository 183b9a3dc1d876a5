"""What happens to every HTTP request before a route is chosen, and to every response on its way out.

Who asks, whether the page that asks may, how often and how much: so that nobody can make the server work, or
hold memory, before it is known who they are.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from octavo import metrics
from octavo.accounts import Accounts, Identity
from octavo.errors import Denied, Invalid, Missing, OctavoError, Unavailable
from octavo.settings import Settings
from octavo.web.auth import Origins, Proxies
from octavo.web.limits import JSON_DEPTH, Buckets, too_deep
from octavo.web.static import CONTENT_SECURITY_POLICY, Pages

logger = logging.getLogger("octavo.http")

Headers = dict[bytes, bytes]

_API_PATHS: Final = ("/api/", "/healthz", "/readyz", "/metrics")
_EVERYWHERE: Final = ("/healthz", "/readyz", "/metrics")
_SIGNING_IN: Final = "/api/v1/auth/"
"""Needs no cookie; a program that keeps cookies, and does not know it, must get its token."""
_READS: Final = ("GET", "HEAD", "OPTIONS")
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_BODY_SECONDS: Final = 60.0
_FILE_SECONDS: Final = 600.0
_FILE_PATH: Final = re.compile(r"POST /api/v1/documents/[^/]+/images|PUT /api/v1/users/me/picture")
_FILES_AT_ONCE: Final = 6
"""Files that one person may be sending at a time, since each is held in memory; browsers send no more either."""
_PASSED_OVER: Final = 4 << 20
"""Bytes past the limit that are read and forgotten: closing at once would reset the connection, answer and all."""
_REST_CSP: Final = b"default-src 'none'; frame-ancestors 'none'"

_SHARED_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]


def error_body(fault: OctavoError) -> bytes:
    """`{"error": {"code": …, "message": …, …}}`"""
    details = {name: value for name, value in fault.details.items() if value is not None}
    return msgspec.json.encode({"error": {"code": fault.code, "message": fault.message, **details}})


def error_headers(fault: OctavoError) -> dict[str, str]:
    """`Retry-After` in whole seconds where the code is for later."""
    if fault.status == 401:
        return {"www-authenticate": "Bearer"}
    if fault.status in (429, 503):
        milliseconds = fault.details.get("retry_after_ms", 1000)
        return {"retry-after": str(max(1, -(-int(milliseconds) // 1000)))}
    return {}


def is_json(content_type: str) -> bool:
    """Whether a body that says this of itself is JSON."""
    return content_type.partition(";")[0].strip().lower() == "application/json"


@dataclass(frozen=True, slots=True)
class _Allowance:
    """What a body may be: its size, the time it may take, and whether it is text."""

    bytes: int
    seconds: float
    is_file: bool = False


class Unread(Invalid):
    """A request whose body was not read to its end, so that the connection cannot be used again."""


class Front:
    """The outermost ASGI application."""

    def __init__(
        self,
        api: Any,
        pages: Pages,
        accounts: Accounts,
        settings: Settings,
        cookie: str,
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._api = api
        self._pages = pages
        self._accounts = accounts
        self._settings = settings
        self._cookie = cookie
        self._has_room = has_room
        self._origins = Origins(settings)
        self._proxies = Proxies(settings)
        rate = settings.requests_per_second
        self._requests = Buckets(rate, 10 * rate)
        self._sending: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers: Headers = dict(scope["headers"])
        is_api = scope["path"].startswith(_API_PATHS)
        send = _outgoing(send, scope["method"], is_api)
        with ExitStack() as held:
            try:
                if not self._has_room():
                    raise Unavailable("UNAVAILABLE", "no more connections now; try again soon")
                if scope["path"] not in _EVERYWHERE and not self._settings.has_role("api"):
                    raise Missing("NOT_FOUND", "this process serves no pages and no API; see OCTAVO_ROLES")
                if not is_api:
                    await self._page(scope, headers, send)
                    return
                receive = await self._admit(scope, headers, receive, held)
            except OctavoError as fault:
                metrics.refusals.labels(fault.code).inc()
                await _respond(send, fault)
                return
            await self._api(scope, receive, send)

    async def _admit(self, scope: Any, headers: Headers, receive: Any, held: ExitStack) -> Any:
        """Who asks, as `scope["state"]["identity"]` (None: nobody); returns the body, read whole."""
        address = self._proxies.client(
            scope["client"][0] if scope["client"] else "",
            headers.get(b"x-forwarded-for", b"").decode("latin-1"),
        )
        identity = await self._identify(headers)
        if scope["method"] not in _READS:
            self._check_origin(scope["path"], headers, identity)
        if self._settings.rate_limit and scope["path"].startswith("/api/"):
            self._count(address if identity is None else identity.user_id)
        scope["state"]["identity"] = identity
        scope["state"]["address"] = address
        allowance = self._allowance(scope, headers, identity)
        if allowance.is_file and identity is not None:
            held.enter_context(self._file_of(identity.user_id))
        return _replay(await _body(headers, receive, allowance, known=identity is not None), receive)

    async def _identify(self, headers: Headers) -> Identity | None:
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        if authorization:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer" or not token.strip():
                raise Denied("UNAUTHENTICATED", "Authorization: `Bearer` and a token are needed")
            return await self._accounts.by_bearer(token.strip())
        cookie = cookie_of(headers, self._cookie)
        if not cookie:
            return None
        try:
            return await self._accounts.by_cookie(cookie)
        except Denied:
            return None  # an old cookie must not keep anybody from signing in

    def _check_origin(self, path: str, headers: Headers, identity: Identity | None) -> None:
        origin = headers.get(b"origin")
        by_cookie = identity is not None and identity.kind == "cookie" and not path.startswith(_SIGNING_IN)
        if origin is None and by_cookie and headers.get(b"sec-fetch-site") != b"same-origin":
            raise Denied("FORBIDDEN", "a write with a cookie needs an Origin; programs use a token instead")
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._origins.allows(None if origin is None else origin.decode("latin-1"), host):
            raise Denied("FORBIDDEN", "pages of this origin may not write here; see OCTAVO_PUBLIC_URL")

    def _count(self, who: str) -> None:
        now = time.monotonic()
        wait = self._requests.of(who, now).take(now)
        if wait:
            raise Unavailable("RATE_LIMITED", "too many requests", retry_after_ms=round(wait * 1000) + 1)

    def _allowance(self, scope: Any, headers: Headers, identity: Identity | None) -> _Allowance:
        settings = self._settings
        content_type = headers.get(b"content-type", b"").decode("latin-1")
        is_file = bool(_FILE_PATH.fullmatch(f"{scope['method']} {scope['path']}")) and not is_json(
            content_type
        )
        if identity is None:
            return _Allowance(settings.before_login_bytes, settings.before_login_seconds, is_file)
        if is_file:
            return _Allowance(settings.image_bytes, _FILE_SECONDS, is_file)
        return _Allowance(settings.body_bytes, _BODY_SECONDS)

    @contextmanager
    def _file_of(self, user_id: str) -> Iterator[None]:
        """Raises Unavailable (RATE_LIMITED) for one too many."""
        if self._sending[user_id] >= _FILES_AT_ONCE:
            raise Unavailable(
                "RATE_LIMITED", f"you are sending {_FILES_AT_ONCE} files already; wait for one of them"
            )
        self._sending[user_id] += 1
        try:
            yield
        finally:
            self._sending[user_id] -= 1
            if not self._sending[user_id]:
                del self._sending[user_id]

    async def _page(self, scope: Any, headers: Headers, send: Any) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise Invalid("INVALID_REQUEST", "pages can only be read; the API is under /api/v1")
        answer = self._pages.answer(
            scope["path"],
            if_none_match=headers.get(b"if-none-match", b"").decode("latin-1"),
            accept_encoding=headers.get(b"accept-encoding", b"").decode("latin-1"),
        )
        length = (b"content-length", str(len(answer.body)).encode())
        headers_out = answer.headers if answer.status == 304 else [*answer.headers, length]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers_out})
        await send({"type": "http.response.body", "body": answer.body})


async def _body(headers: Headers, receive: Any, allowance: _Allowance, *, known: bool) -> bytes:
    limit = allowance.bytes
    declared = headers.get(b"content-length", b"")
    # One that says itself that it is too large is not kept at all.
    kept = limit if not declared.isdigit() or int(declared) <= limit else 0
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(allowance.seconds):
            more = True
            while more and size <= limit + _PASSED_OVER:
                message = await receive()
                if message["type"] == "http.disconnect":
                    break
                size += len(message.get("body", b""))
                if size <= kept:
                    parts.append(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        raise Unread("INVALID_REQUEST", f"the body did not come within {allowance.seconds:.0f} s") from None
    if size > kept:
        if not known:
            raise Unread("TOO_LARGE", f"the body has at most {limit} bytes; sign in to send more")
        if allowance.is_file:
            raise Unread("TOO_LARGE", f"an image has at most {limit} bytes; save it smaller and try again")
        raise Unread("TOO_LARGE", f"the body has at most {limit} bytes")
    body = b"".join(parts)
    return body if allowance.is_file else _checked(body)


def cookie_of(headers: Headers, name: str) -> str | None:
    """The value of one cookie."""
    for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return None


def _checked(body: bytes) -> bytes:
    """Raises Invalid for what no route would want to decode."""
    try:
        body.decode()
    except UnicodeDecodeError as fault:
        raise Invalid("INVALID_REQUEST", f"the body: not UTF-8 at byte {fault.start}") from None
    if too_deep(body):
        raise Invalid("INVALID_REQUEST", f"the body: JSON may nest {JSON_DEPTH} deep")
    return body


def _replay(body: bytes, receive: Any) -> Any:
    """The body again, as one message."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Any:
        return pending.pop() if pending else await receive()

    return replay


def _outgoing(send: Any, method: str, is_api: bool) -> Any:
    """Adds what every response bears, and counts it."""

    async def outgoing(message: Any) -> None:
        if message["type"] == "http.response.start":
            status = str(message["status"])
            metrics.requests.labels(method if method in _METHODS else "other", status).inc()
            headers = [*message.get("headers", []), *_SHARED_HEADERS]
            given = {name.lower() for name, _ in headers}
            if b"content-security-policy" not in given:
                csp = _REST_CSP if is_api else CONTENT_SECURITY_POLICY.encode()
                headers.append((b"content-security-policy", csp))
            if is_api and b"cache-control" not in given:
                headers.append((b"cache-control", b"no-store"))
            message = {**message, "headers": headers}
        await send(message)

    return outgoing


async def _respond(send: Any, fault: OctavoError) -> None:
    body = error_body(fault)
    extra = [(name.encode(), value.encode()) for name, value in error_headers(fault).items()]
    if isinstance(fault, Unread):
        extra.append((b"connection", b"close"))
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *extra,
    ]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
