"""Who asks, and from where: tickets for sockets, origins of browsers, addresses behind proxies."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

import msgspec

from octavo import protocol
from octavo.errors import Denied
from octavo.ports import Clock
from octavo.settings import Settings, networks, origin_of

_SIGNATURE_BYTES: Final = 16

# The first that fits: each of these names itself after the ones above it, too.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """A hint for people: browser and system as the browser calls itself, or that it is another program."""
    browser = next((name for mark, name in _BROWSERS if mark + "/" in user_agent), "another program")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


class _Ticket(msgspec.Struct, array_like=True):
    document_id: str
    user: protocol.User
    expires_at: int
    nonce: str
    grant: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a spent ticket says: who may open which document's socket."""

    document_id: str
    user: protocol.User
    grant: str
    nonce: str = ""


class Tickets:
    """Signed tickets, each good for one document, a minute, and one use.

    Those spent are remembered in memory until they would be over anyway.  The key is the process's own, so that a
    restart, which forgets them, makes every older ticket void; but for nodes that share one, where what another node
    has seen is asked besides (`Counters.first`).
    """

    def __init__(self, clock: Clock, seconds: int, key: bytes | None = None) -> None:
        self._clock = clock
        self._seconds = seconds
        self._key = secrets.token_bytes(32) if key is None else hmac.digest(key, b"tickets", "sha256")
        self._spent: dict[str, int] = {}
        self._void: dict[str, int] = {}
        self._sweep_at = 1024

    def issue(self, document_id: str, user: protocol.User, grant: str = "") -> str:
        """`grant` names the login or API token that asks: when it ends, so do its sockets."""
        expires_at = self._clock.now() + self._seconds
        ticket = _Ticket(document_id, user, expires_at, secrets.token_hex(8), grant)
        payload = msgspec.json.encode(ticket)
        return urlsafe_b64encode(self._sign(payload) + payload).rstrip(b"=").decode()

    def spend(self, text: str) -> Admitted:
        """What the ticket says; it is void from now on.  Raises Denied."""
        try:
            raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except ValueError:
            raw = b""
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not payload or not hmac.compare_digest(signature, self._sign(payload)):
            raise Denied("UNAUTHENTICATED", "the ticket is missing or not one of this server's")
        ticket = msgspec.json.decode(payload, type=_Ticket)
        now = self._clock.now()
        if ticket.expires_at <= now:
            raise Denied("UNAUTHENTICATED", "the ticket is too old; get a new one")
        if ticket.grant in self._void:
            raise Denied("UNAUTHENTICATED", "what the ticket was issued for has ended; sign in again")
        if ticket.nonce in self._spent:
            raise Denied("UNAUTHENTICATED", "the ticket has been used; get a new one")
        self._forget(now)
        self._spent[ticket.nonce] = ticket.expires_at
        return Admitted(ticket.document_id, ticket.user, ticket.grant, ticket.nonce)

    def void(self, grant: str) -> None:
        """A login or a token has ended: no ticket issued for it opens anything any more."""
        now = self._clock.now()
        self._void = {name: end for name, end in self._void.items() if end > now}
        self._void[grant] = now + self._seconds

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, "sha256")[:_SIGNATURE_BYTES]

    def _forget(self, now: int) -> None:
        if len(self._spent) >= self._sweep_at:
            self._spent = {nonce: end for nonce, end in self._spent.items() if end > now}
            self._sweep_at = max(1024, 2 * len(self._spent))


class Origins:
    """Which web pages may write with a cookie or open a socket: the server's own, and those configured."""

    def __init__(self, settings: Settings) -> None:
        self._allowed = settings.origins
        self._public = bool(settings.public_url)

    def allows(self, origin: str | None, host: str) -> bool:
        """Whether this Origin header may; `host` is the request's Host header.

        None (no header: not a browser) is the caller's to judge and allowed here.  Compared whole, so that no
        prefix, suffix or "null" passes.
        """
        if origin is None or origin in self._allowed:
            return True
        # Without a public URL the server does not know its name; the browser says the same in both headers.
        return (
            not self._public
            and host != ""
            and origin in (origin_of("http://" + host), origin_of("https://" + host))
        )


class Proxies:
    """Whose X-Forwarded-For is believed."""

    def __init__(self, settings: Settings) -> None:
        self._trusted = networks(settings.trusted_proxies)

    def client(self, address: str, forwarded_for: str) -> str:
        """The client's address: the last one that no trusted proxy of ours has."""
        for hop in reversed([part.strip() for part in forwarded_for.split(",") if part.strip()]):
            if not self._trusts(address):
                break
            address = hop
        return address

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)
