"""What the routes call, and what every route may ask for."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import HeaderParameter

from octavo import protocol
from octavo.accounts import Accounts, Identity
from octavo.audit import Audit
from octavo.comments import Comments
from octavo.copies import Copies
from octavo.documents import Documents
from octavo.errors import Denied, Invalid, Unavailable
from octavo.feed import Feeds
from octavo.folders import Folders
from octavo.guests import Guests
from octavo.history import History
from octavo.images import Images
from octavo.library import Library
from octavo.locks import Locks
from octavo.ports import Counters
from octavo.settings import Settings
from octavo.sharing import Sharing
from octavo.suggestions import Suggestions
from octavo.trash import Trash
from octavo.web.auth import Tickets
from octavo.web.limits import Buckets
from octavo.web.socket import PATH, Gateway

REMARKS: Final = 120
"""Comments, replies and reactions of one person, refilled in a minute."""

ASKING: Final = 10
"""Access requests of one person, refilled in a minute."""


async def _well() -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Home:
    """What the home page asks for."""

    library: Library
    folders: Folders
    copies: Copies
    trash: Trash


@dataclass(slots=True)
class Services:
    accounts: Accounts
    documents: Documents
    sharing: Sharing
    guests: Guests
    locks: Locks
    audit: Audit
    home: Home
    images: Images
    suggestions: Suggestions
    comments: Comments
    history: History
    feeds: Feeds
    gateway: Gateway
    tickets: Tickets
    settings: Settings
    failed: Callable[[], Awaitable[str | None]] = _well
    counters: Counters | None = None
    attempts: Buckets = field(init=False)
    failures: Buckets = field(init=False)
    asking: Buckets = field(init=False)
    images_brought: Buckets = field(init=False)
    remarks: Buckets = field(init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        self.attempts = Buckets(settings.address_attempts / 60, settings.address_attempts, "attempts")
        self.failures = Buckets(settings.login_attempts / 60, settings.login_attempts, "failures")
        self.asking = Buckets(ASKING / 60, ASKING, "asking")
        self.remarks = Buckets(REMARKS / 60, REMARKS, "remarks")
        self.images_brought = Buckets(
            settings.images_per_minute / 60, settings.images_per_minute, "images_brought"
        )

    def websocket_url(self, document_id: str, identity: Identity) -> str:
        """Path-absolute, with a ticket."""
        return f"{PATH}{document_id}?ticket={self.tickets.issue(document_id, identity.user, identity.grant)}"

    async def count(self, buckets: Buckets, key: str) -> None:
        """Here, and at all nodes together.  Raises Unavailable (RATE_LIMITED) for one that comes too often."""
        if not self.settings.rate_limit:
            return
        now = time.monotonic()
        wait = buckets.of(key, now).take(now)
        if not wait and self.counters is not None:
            name = f"{buckets.name} {key}"
            wait = await self.counters.take(name, rate=buckets.rate, burst=buckets.burst)
        if wait:
            raise _too_often(wait)

    async def pardon(self, email: str) -> None:
        """A right password was no attempt at guessing."""
        key, buckets = email.strip().lower(), self.failures
        buckets.of(key, time.monotonic()).give_back()
        if self.counters is not None:
            await self.counters.give_back(f"{buckets.name} {key}", rate=buckets.rate, burst=buckets.burst)

    def revoke(self, grants: Iterable[str]) -> None:
        """These logins and tokens have ended: so do their sockets and tickets."""
        for grant in grants:
            self.gateway.revoke(grant)

    def count_operation(self, user_id: str, document_id: str) -> None:
        """The same limit as on sockets, counted together with them."""
        if self.settings.rate_limit:
            wait = self.gateway.count(document_id, user_id, time.monotonic())
            if wait:
                raise _too_often(wait)


def _too_often(wait: float) -> Unavailable:
    return Unavailable(
        "RATE_LIMITED", "too many attempts; wait a little", retry_after_ms=round(wait * 1000) + 1
    )


def provide_identity(request: Request[Any, Any, Any]) -> Identity:
    """Who asks.  Raises Denied when nobody is signed in."""
    identity = request.scope["state"].get("identity")
    if not isinstance(identity, Identity):
        raise Denied("UNAUTHENTICATED", "sign in, or send an access token")
    return identity


KeyHeader = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        required=False,
        description="128 random bits of your own: asking again with the same key does it once",
    ),
]


def provide_key(idempotency_key: KeyHeader = None) -> str:
    """The request's Idempotency-Key, or one made here.  Raises Invalid."""
    if idempotency_key is None:
        return secrets.token_hex(16)
    if not protocol.valid_client_id(idempotency_key):
        raise Invalid("INVALID_REQUEST", "Idempotency-Key: 1 to 64 characters of A-Z a-z 0-9 _ -")
    return idempotency_key


Caller = NamedDependency[Identity]
Called = NamedDependency[Services]
Key = NamedDependency[str]
