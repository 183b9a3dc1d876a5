"""Every setting: its type, its default and one line of documentation.

Each can be given as `OCTAVO_<NAME>` in the environment; those of the command line win.  `octavo settings`
lists all, and `docs/operating.md` explains all.  Times are seconds, sizes bytes, lengths UTF-16 code units.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from octavo.errors import Invalid

PREFIX: Final = "OCTAVO_"
ROLES: Final = frozenset({"gateway", "api", "worker"})
_DATA_DIR: Final = Path("data")


def _setting(default: Any, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    host: str = _setting("127.0.0.1", "address to listen on; 0.0.0.0 for all, then put a TLS proxy in front")
    port: int = _setting(8000, "port to listen on; 0 takes a free one")
    data_dir: Path = _setting(  # noqa: RUF009
        _DATA_DIR, "directory of the database, the images and the lock file"
    )
    database: str = _setting(
        "",
        "postgresql://user:password@host/name for many people or several nodes; else SQLite in the data directory",
    )
    relay: str = _setting(
        "", "redis://host, redis+cluster://… or redis+sentinel://…/service between several nodes; see below"
    )
    roles: str = _setting(
        "gateway,api,worker", "what this process does, of gateway (sockets), api and worker (jobs)"
    )
    public_url: str = _setting(
        "", "how browsers reach the server, e.g. https://docs.example.org; decides Origin"
    )
    allowed_origins: str = _setting("", "further origins whose pages may connect, separated by commas")
    trusted_proxies: str = _setting("", "addresses or networks, by commas, whose X-Forwarded-For is believed")
    sign_up: str = _setting(
        "open", "who may make an account: open, invited (by an invitation's link), closed (`octavo user add`)"
    )
    invitation_days: int = _setting(30, "how long an invitation's link is good, in days")
    rate_limit: bool = _setting(
        True, "limits on how often (not on how much); off for tests and load generators"
    )
    log_level: str = _setting("info", "debug, info, warning or error")

    login_days: int = _setting(30, "how long a browser stays signed in without being used, in days")
    access_token_seconds: int = _setting(900, "how long an access token is good")
    ticket_seconds: int = _setting(60, "how long a ticket for a socket is good")
    login_attempts: int = _setting(
        10, "failed logins of one account before it is slowed, refilled in a minute"
    )
    address_attempts: int = _setting(60, "logins and registrations of one address, refilled in a minute")
    requests_per_second: int = _setting(50, "REST requests of one user, with bursts of ten seconds' worth")

    operations_per_second: int = _setting(100, "operations of one user on one document, bursts of twice that")
    presences_per_second: int = _setting(20, "presence messages of one socket that count; the last one wins")
    messages_per_second: int = _setting(500, "messages of any kind from one socket; more closes it with 4429")
    sockets_per_user: int = _setting(
        200, "sockets that one user may have open at once; more closes with 4429"
    )
    editors: int = _setting(100, "editors at once on a document; further ones read")
    document_units: int = _setting(1_500_000, "length of a document")
    message_bytes: int = _setting(1 << 20, "size of one WebSocket message")
    body_bytes: int = _setting(8 << 20, "size of a request's body from somebody who is signed in")
    image_bytes: int = _setting(20 << 20, "size of an image")
    images_per_minute: int = _setting(
        120, "images that one user may bring in a minute, all at once if need be"
    )
    fetch_images: bool = _setting(True, "whether images are fetched from other servers when given by address")
    storage_bytes: int = _setting(15 << 30, "storage of one user's own documents, with images; 0: no limit")
    components: int = _setting(10_000, "components of one operation")
    title_units: int = _setting(255, "length of a title")
    name_units: int = _setting(100, "length of a person's name")
    before_login_bytes: int = _setting(4096, "size of a request's body, or first message, before login")
    before_login_seconds: float = _setting(5.0, "time for a request's head and body, or `hello`, to arrive")
    header_bytes: int = _setting(16 << 10, "size of a request's head")

    ping_seconds: float = _setting(20.0, "how often an open socket is pinged")
    waiting_bytes: int = _setting(256 << 10, "bytes that may wait for a slow socket before it is skipped")
    stuck_seconds: float = _setting(15.0, "a socket that takes nothing for so long is closed")
    max_connections: int = _setting(0, "open connections; 0: as many as the file limit allows")
    unload_seconds: float = _setting(
        300.0, "a document that nobody has open is dropped from memory after this"
    )
    memory_bytes: int = _setting(1 << 30, "memory for open documents; then the longest idle go first")
    drain_notice: float = _setting(
        0.0, "SIGTERM: seconds for which /readyz says so before anybody is sent away; give the balancer time"
    )
    drain_seconds: float = _setting(3.0, "SIGTERM: time to make durable what was accepted")

    @property
    def several(self) -> bool:
        """Whether other processes may serve the same documents."""
        return bool(self.database or self.relay)

    def has_role(self, role: str) -> bool:
        """Whether this process is a "gateway", an "api" or a "worker"."""
        return role in _names(self.roles)

    @property
    def secure(self) -> bool:
        """Whether browsers reach the server over TLS, so that cookies must never travel without it."""
        return self.public_url.startswith("https://")

    @property
    def origins(self) -> frozenset[str]:
        """The origins that may write with a cookie or open a socket, when any are configured."""
        given = [self.public_url, *self.allowed_origins.split(",")]
        return frozenset(origin_of(url.strip()) for url in given if url.strip())


def _names(text: str) -> set[str]:
    return {name.strip() for name in text.split(",") if name.strip()}


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as a browser's Origin header says them."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def load(environ: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """Settings from the environment, then from `given` (None counts as not given).

    Raises Invalid, naming the setting and what it takes; also for an `OCTAVO_` name that is no setting.
    """
    known = {PREFIX + item.name.upper(): item for item in fields(Settings)}
    values: dict[str, Any] = {}
    for name, text in environ.items():
        if name in known:
            values[known[name].name] = _parse(known[name], text)
    values.update({name: value for name, value in given.items() if value is not None})
    settings = Settings(**values)
    _check(settings)
    return settings


def unknown(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Names in the environment that look like settings and are none: most likely misspelt."""
    known = {PREFIX + item.name.upper() for item in fields(Settings)} | {"OCTAVO_CHROMIUM", "OCTAVO_TOKEN"}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def describe(settings: Settings) -> list[tuple[str, str, str, str]]:
    """Each setting as (environment name, present value, default, documentation)."""
    rows = []
    for item in fields(settings):
        assert item.default is not MISSING
        present = _without_password(_show(getattr(settings, item.name)))
        rows.append((PREFIX + item.name.upper(), present, _show(item.default), item.metadata["doc"]))
    return rows


def _without_password(value: str) -> str:
    return re.sub(r"(?<=://)([^:/@]*):[^/@]*@", r"\1:…@", value)


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


_SWITCH: Final = {
    "on": True,
    "true": True,
    "1": True,
    "yes": True,
    "off": False,
    "false": False,
    "0": False,
    "no": False,
}


def _parse(item: Field[Any], text: str) -> Any:
    name = PREFIX + item.name.upper()
    default: Any = item.default
    kind = type(default)
    if kind is bool:
        if text.strip().lower() not in _SWITCH:
            raise Invalid("INVALID_REQUEST", f"{name} is on or off, not {text!r}")
        return _SWITCH[text.strip().lower()]
    try:
        return kind(text.strip())
    except ValueError:
        raise Invalid("INVALID_REQUEST", f"{name} is a number, not {text!r}") from None


def _check(settings: Settings) -> None:
    if not 0 <= settings.port <= 65535:
        raise Invalid("INVALID_REQUEST", f"the port is 0 to 65535, not {settings.port}")
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise Invalid("INVALID_REQUEST", "OCTAVO_LOG_LEVEL is debug, info, warning or error")
    if settings.sign_up not in ("open", "invited", "closed"):
        raise Invalid("INVALID_REQUEST", "OCTAVO_SIGN_UP is open, invited or closed")
    if settings.database and urlsplit(settings.database).scheme not in ("postgresql", "postgres"):
        raise Invalid(
            "INVALID_REQUEST",
            "OCTAVO_DATABASE is postgresql://user:password@host/name; without it SQLite in the data directory is used",
        )
    if not _names(settings.roles) or not _names(settings.roles) <= ROLES:
        raise Invalid(
            "INVALID_REQUEST", "OCTAVO_ROLES names one or more of gateway, api and worker, by commas"
        )
    if settings.relay and not settings.database:
        raise Invalid("INVALID_REQUEST", "OCTAVO_RELAY is for several nodes, which share an OCTAVO_DATABASE")
    for url in (settings.public_url, *settings.allowed_origins.split(",")):
        parts = urlsplit(url.strip())
        if url.strip() and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise Invalid("INVALID_REQUEST", f"{url!r} is not an http:// or https:// address of a server")
    networks(settings.trusted_proxies)
    for item in fields(settings):
        value = getattr(settings, item.name)
        if isinstance(value, int | float) and value < 0:
            raise Invalid("INVALID_REQUEST", f"{PREFIX}{item.name.upper()} cannot be negative")


def networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Addresses and networks separated by commas.  Raises Invalid."""
    found = []
    for part in (part.strip() for part in text.split(",") if part.strip()):
        try:
            found.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            raise Invalid("INVALID_REQUEST", f"{part!r} is neither an address nor a network") from None
    return found
