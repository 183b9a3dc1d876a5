"""REST of `docs/protocol.md` section 4, as far as a program needs it to find, make and read documents."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urljoin, urlsplit

import httpx

from octavo.errors import HTTP_STATUS, Conflict, Denied, Invalid, Missing, OctavoError, Unavailable

Token = str | Callable[[], str] | Callable[[], Awaitable[str]]
"""A personal API token or an access token, or a function that gives one and is asked again when it has run
out.
"""

TIMEOUT_SECONDS: Final = 30.0
PAGE: Final = 1000
_BY_STATUS: Final[dict[int, type[OctavoError]]] = {
    401: Denied,
    403: Denied,
    404: Missing,
    409: Conflict,
    410: Missing,
    429: Unavailable,
}


class Api:
    """One user's way to a server.  Answers are the JSON objects of the page, as dicts.

    Every verb raises the error that the server's answer names (`octavo.errors`); a server that cannot be
    reached is `Unavailable`.
    """

    def __init__(self, url: str, token: Token | None = None) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise Invalid("INVALID_REQUEST", f"{url!r} is not an http or https URL")
        self.url = url.rstrip("/")
        self._source = token
        self._token: str | None = token if isinstance(token, str) else None
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # tokens are this program's login
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, cookies=no_cookies)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def request(
        self, method: str, path: str, body: Any = None, *, params: dict[str, Any] | None = None
    ) -> Any:
        """Call `/api/v1` + path.  A token that has run out is renewed once, where it can be."""
        answer = await self._send(method, path, body, params)
        if answer.status_code == 401 and callable(self._source):
            self._token = None
            answer = await self._send(method, path, body, params)
        if answer.is_success:
            return answer.json() if answer.content else None
        raise _error(answer)

    async def _send(self, method: str, path: str, body: Any, params: dict[str, Any] | None) -> httpx.Response:
        token = await self._bearer()
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            return await self._http.request(
                method, f"{self.url}/api/v1{path}", json=body, params=params, headers=headers
            )
        except httpx.HTTPError as fault:
            raise Unavailable("UNAVAILABLE", f"{self.url} cannot be reached: {fault!r}") from fault

    async def _bearer(self) -> str | None:
        if self._token is None and callable(self._source):
            given = self._source()
            self._token = await given if inspect.isawaitable(given) else given
        return self._token

    # --- people ---------------------------------------------------------------------------------------------

    async def register(self, email: str, name: str, password: str) -> Any:
        """Make an account; the user."""
        answer = await self.request(
            "POST", "/auth/register", {"email": email, "name": name, "password": password}
        )
        return answer["user"]

    async def sign_in(self, email: str, password: str) -> None:
        """Sign in for as long as this object lives: access tokens are renewed as they run out."""

        async def renew() -> str:
            answer = await self._http.post(
                f"{self.url}/api/v1/auth/token", json={"email": email, "password": password}
            )
            if not answer.is_success:
                raise _error(answer)
            return str(answer.json()["access_token"])

        self._source = renew
        self._token = await renew()

    async def renew(self) -> str:
        """A token that is good now; usable as the `token` of another Api."""
        self._token = None if callable(self._source) else self._token
        return await self._bearer() or ""

    # --- documents ------------------------------------------------------------------------------------------

    async def create_document(self, title: str = "", content: list[dict[str, Any]] | None = None) -> Any:
        """A new document of this user; `content` becomes change 1."""
        body: dict[str, Any] = {"title": title}
        if content is not None:
            body["content"] = {"ops": content}
        return await self.request("POST", "/documents", body)

    async def document(self, document_id: str, *, revision: int | None = None) -> Any:
        """Content and all, at the head with a ticket or at a revision without."""
        params = None if revision is None else {"revision": revision}
        return await self.request("GET", f"/documents/{quote(document_id, safe='')}", params=params)

    async def websocket_url(self, document_id: str) -> str:
        """Where to connect once, within a minute."""
        answer = await self.request("POST", f"/documents/{quote(document_id, safe='')}/ticket")
        return self.absolute(answer["websocket_url"])

    def absolute(self, websocket_url: str) -> str:
        """A path-absolute websocket_url as a whole one."""
        whole = urljoin(self.url, websocket_url)
        return "ws" + whole.removeprefix("http") if whole.startswith("http") else whole

    async def changes(self, document_id: str, *, after: int, to: int) -> list[Any]:
        """The log's changes after + 1 … to, as they stand in a `changes` frame."""
        found: list[Any] = []
        while after < to:
            page = await self.request(
                "GET",
                f"/documents/{quote(document_id, safe='')}/operations",
                params={"from": after, "to": min(to, after + PAGE)},
            )
            found += page["changes"]
            if not page["changes"]:
                raise Unavailable("UNAVAILABLE", f"the log ends at {after}, before revision {to}")
            after = page["changes"][-1]["revision"]
        return found


def _error(answer: httpx.Response) -> OctavoError:
    """The error an answer names; a proxy's page without one becomes Unavailable."""
    try:
        error = dict(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return Unavailable("UNAVAILABLE", f"the server answered {answer.status_code} without an error's JSON")
    code = str(error.pop("code", "INTERNAL"))
    message = str(error.pop("message", ""))
    kind = _BY_STATUS.get(answer.status_code, Invalid if answer.status_code < 500 else Unavailable)
    return kind(code if code in HTTP_STATUS else "INTERNAL", message, **error)
