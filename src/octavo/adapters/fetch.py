"""`ports.Fetch` over HTTP, for addresses that strangers give: it reaches the public internet and nothing else.

The name is resolved first, every address that it has must be a public one, and the connection goes to the address that
was checked (a second look-up could answer otherwise), with the name kept for `Host` and TLS.  Redirects are followed by
hand, each checked again.  After OWASP's cheat sheet on server-side request forgery.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from octavo.errors import Invalid

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

SECONDS: Final = 20.0
REDIRECTS: Final = 3
_URL_UNITS: Final = 2048
_WEB_PORTS: Final = (80, 443)
_REDIRECTED: Final = (301, 302, 303, 307, 308)

_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is routed in public: mapped, NAT64 and local addresses lie outside."""
_NOT_PUBLIC: Final = [
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # of the protocols themselves
        "192.88.99.0/24",  # relays of 6to4
        "2001::/23",  # Teredo and other special uses
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address, whichever, in disguise
        "3fff::/20",
    )
]


def is_public(address: Address) -> bool:
    """Whether it is one of the public internet, and no other address in disguise."""
    if any(address.version == network.version and address in network for network in _NOT_PUBLIC):
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as the system gives them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicFetch:
    """Fetches from public addresses; `allowed` and `look_up` are other ones in tests."""

    def __init__(
        self,
        *,
        allowed: Callable[[Address], bool] = is_public,
        look_up: Resolve = resolve,
        seconds: float = SECONDS,
    ) -> None:
        self._allowed = allowed
        self._look_up = look_up
        self._seconds = seconds

    async def __call__(self, url: str, limit: int) -> bytes:
        """Raises Invalid: INVALID_REQUEST saying why nothing came, TOO_LARGE for more than `limit` bytes."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(url, limit)
        except TimeoutError:
            raise Invalid("INVALID_REQUEST", f"url: it did not answer within {self._seconds:.0f} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError):
            # What exactly failed would tell a stranger about the network that the server stands in.
            raise Invalid("INVALID_REQUEST", "url: nothing could be fetched from there") from None

    async def _follow(self, url: str, limit: int) -> bytes:
        # Neither proxies nor passwords of the server's own surroundings.
        async with httpx.AsyncClient(trust_env=False, timeout=self._seconds) as client:
            for _ in range(REDIRECTS + 1):
                found = await self._get(client, url, limit)
                if isinstance(found, bytes):
                    return found
                url = found
        raise Invalid("INVALID_REQUEST", f"url: it redirects more than {REDIRECTS} times")

    async def _get(self, client: httpx.AsyncClient, text: str, limit: int) -> bytes | str:
        """The body, or where it redirects to."""
        url = checked_url(text)
        address = await self._address(url)
        headers = {
            "host": url.netloc.decode("ascii"),
            "accept": "image/avif,image/webp,image/png,image/jpeg,image/gif",
            "accept-encoding": "identity",
            "user-agent": "octavo",
        }
        request = client.build_request(
            "GET",
            url.copy_with(host=address, fragment=None),
            headers=headers,
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        answer = await client.send(request, stream=True, follow_redirects=False)
        try:
            if answer.status_code in _REDIRECTED and "location" in answer.headers:
                return str(url.join(answer.headers["location"]))
            if answer.status_code != 200:
                raise Invalid("INVALID_REQUEST", f"url: the server there answered {answer.status_code}")
            return await _read(answer, limit)
        finally:
            await answer.aclose()

    async def _address(self, url: httpx.URL) -> str:
        """The first address of its host.  Raises Invalid when any of them is not allowed."""
        port = url.port or (443 if url.scheme == "https" else 80)
        # The scope of a link-local address is of no interest: such a one is refused.
        addresses = [
            ipaddress.ip_address(found.partition("%")[0])
            for found in await self._look_up(url.raw_host.decode("ascii"), port)
        ]
        if not addresses or not all(self._allowed(address) for address in addresses):
            raise Invalid("INVALID_REQUEST", "url: this is no address on the public internet")
        return str(addresses[0])


def checked_url(text: str) -> httpx.URL:
    """An address that may be asked at all.  Raises Invalid."""
    if len(text) > _URL_UNITS:
        raise Invalid("INVALID_REQUEST", f"url: at most {_URL_UNITS} characters")
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise Invalid("INVALID_REQUEST", "url: this is no address of a web page") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise Invalid("INVALID_REQUEST", "url: an http:// or https:// address is needed")
    if url.userinfo:
        raise Invalid("INVALID_REQUEST", "url: an address with a password is not fetched")
    if url.port is not None and url.port not in _WEB_PORTS and not 1024 <= url.port <= 65535:
        raise Invalid("INVALID_REQUEST", f"url: nothing is fetched from port {url.port}")
    return url


async def _read(answer: httpx.Response, limit: int) -> bytes:
    """Raises Invalid, before more than `limit` bytes are held."""
    declared = answer.headers.get("content-length", "")
    too_large = Invalid("TOO_LARGE", f"url: the image there has more than {limit} bytes")
    if declared.isdigit() and int(declared) > limit:
        raise too_large
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise Invalid("INVALID_REQUEST", "url: what is there is packed, which images are not")
    parts: list[bytes] = []
    size = 0
    async for part in answer.aiter_raw():
        size += len(part)
        if size > limit:
            raise too_large
        parts.append(part)
    return b"".join(parts)
