"""REST of `docs/protocol.md` section 4, as far as a program needs it to find, make and read documents."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
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
        return await self.request("GET", _path(document_id), params=params)

    async def feed(
        self, document_id: str, *, last_id: str | None = None, after: int | None = None
    ) -> AsyncGenerator[tuple[str, Any], None]:
        """(id, change) one after another, as they come: after an id, a revision, or the present head.

        Ends when the server lets go; come back with the last id.  Raises what the server says when access ends or
        the history is another one.
        """
        token = await self._bearer()
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        url = f"{self.url}/api/v1{_path(document_id)}/feed"
        params = {} if after is None else {"after": after}
        try:
            async with self._http.stream(
                "GET", url, params=params, headers=headers, timeout=httpx.Timeout(10.0, read=60.0)
            ) as answer:
                if not answer.is_success:
                    await answer.aread()
                    raise _error(answer)
                fields: dict[str, str] = {}
                async for line in answer.aiter_lines():
                    name, _, value = line.partition(": ")
                    if line:
                        fields[name] = value
                        continue
                    if fields.get("event") == "end":
                        said = json.loads(fields["data"])
                        raise OctavoError(said.pop("code"), said.pop("message"), **said)
                    if fields.get("event") == "change":
                        yield fields["id"], json.loads(fields["data"])
                    fields = {}
        except httpx.HTTPError as fault:
            raise Unavailable("UNAVAILABLE", f"{self.url} cannot be reached: {fault!r}") from fault

    # --- history --------------------------------------------------------------------------------------------

    async def history(self, document_id: str, *, before: int | None = None, limit: int = 50) -> Any:
        """A page of editing sessions, newest first: `{sessions, next_before}`."""
        params: dict[str, Any] = {"limit": limit} if before is None else {"limit": limit, "before": before}
        return await self.request("GET", f"{_path(document_id)}/history", params=params)

    async def steps(self, document_id: str, *, first: int, to: int) -> list[Any]:
        """What each person did in a row between two revisions, newest first."""
        params = {"from": first, "to": to}
        answer = await self.request("GET", f"{_path(document_id)}/history/steps", params=params)
        return list(answer["steps"])

    async def diff(self, document_id: str, *, first: int = 0, to: int | None = None) -> Any:
        """The content at `to` (the head) with what was inserted, deleted and formatted since `first`."""
        params = {"from": first} if to is None else {"from": first, "to": to}
        return await self.request("GET", f"{_path(document_id)}/diff", params=params)

    async def attribution(self, document_id: str, *, revision: int | None = None) -> Any:
        """Who wrote each run of the content, and when."""
        params = None if revision is None else {"revision": revision}
        return await self.request("GET", f"{_path(document_id)}/attribution", params=params)

    async def versions(self, document_id: str) -> list[Any]:
        """The named revisions, newest first."""
        return list((await self.request("GET", f"{_path(document_id)}/versions"))["versions"])

    async def name_version(self, document_id: str, revision: int, name: str) -> Any:
        """Name a revision, or rename it."""
        return await self.request("PUT", f"{_path(document_id)}/versions/{revision}", {"name": name})

    async def unname_version(self, document_id: str, revision: int) -> None:
        """Take a version's name away."""
        await self.request("DELETE", f"{_path(document_id)}/versions/{revision}")

    async def snapshot(self, document_id: str) -> int:
        """Keep the content as it is now, so that it opens at once later; its revision."""
        return int((await self.request("POST", f"{_path(document_id)}/snapshot"))["revision"])

    async def restore(self, document_id: str, revision: int) -> int:
        """Go back to what a revision held, by a new change; its revision."""
        answer = await self.request("POST", f"{_path(document_id)}/restore", {"revision": revision})
        return int(answer["revision"])

    async def revert(
        self, document_id: str, user_id: str, *, first: int, to: int, preview: bool = False
    ) -> Any:
        """Take back what one person did after `first` up to `to`, as far as it still stands."""
        body = {"user_id": user_id, "from_revision": first, "to_revision": to, "preview": preview}
        return await self.request("POST", f"{_path(document_id)}/revert", body)

    async def copy_document(
        self, document_id: str, *, revision: int | None = None, title: str | None = None
    ) -> Any:
        """A document of one's own from this one, as it is or as it was."""
        body = {"revision": revision, "title": title}
        given = {name: value for name, value in body.items() if value is not None}
        return await self.request("POST", f"{_path(document_id)}/copy", given)

    # --- sockets and the log --------------------------------------------------------------------------------

    async def websocket_url(self, document_id: str) -> str:
        """Where to connect once, within a minute."""
        answer = await self.request("POST", f"{_path(document_id)}/ticket")
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
                f"{_path(document_id)}/operations",
                params={"from": after, "to": min(to, after + PAGE)},
            )
            found += page["changes"]
            if not page["changes"]:
                raise Unavailable("UNAVAILABLE", f"the log ends at {after}, before revision {to}")
            after = page["changes"][-1]["revision"]
        return found


def _path(document_id: str) -> str:
    return f"/documents/{quote(document_id, safe='')}"


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
