"""Signing up, in and out."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody

from octavo.accounts import COLORS
from octavo.catalog.people import Person
from octavo.errors import Denied
from octavo.settings import Settings
from octavo.web.api.services import Called, Key, Services
from octavo.web.api.types import (
    AccessToken,
    Credentials,
    Registration,
    ServerLimits,
    ServerView,
    SignedIn,
    me_view,
)
from octavo.web.auth import device_of
from octavo.web.front import cookie_of


def cookie_name(settings: Settings) -> str:
    """With TLS the name itself forbids that another host or an insecure page sets it."""
    return "__Host-octavo_login" if settings.secure else "octavo_login"


def login_cookie(settings: Settings, value: str) -> Cookie:
    """The cookie of a login, a person's or a guest's; an empty value takes it back."""
    return Cookie(
        key=cookie_name(settings),
        value=value,
        max_age=settings.login_days * 86_400 if value else 0,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.secure,
    )


async def _signed_in(
    request: Request[Any, Any, Any], services: Services, person: Person, status: int
) -> Response[SignedIn]:
    device = device_of(request.headers.get("user-agent", ""))
    token = await services.accounts.login(person, device, request.scope["state"]["address"])
    cookie = login_cookie(services.settings, token)
    return Response(SignedIn(me_view(person)), status_code=status, cookies=[cookie])


async def _authenticate(request: Request[Any, Any, Any], services: Services, data: Credentials) -> Person:
    """Slowed per account and per address, so that guessing takes for ever and locks nobody out for long."""
    address = request.scope["state"]["address"]
    await services.count(services.attempts, address)
    await services.count(services.failures, data.email.strip().lower())
    person = await services.accounts.authenticate(data.email, data.password, address)
    await services.pardon(data.email)
    return person


@get("/server")
async def read_server(services: Called) -> ServerView:
    """What a page needs before anybody is signed in."""
    settings = services.settings
    limits = ServerLimits(settings.title_units, settings.name_units)
    return ServerView(settings.sign_up, list(COLORS), limits)


@post("/auth/register", status_code=201)
async def register(
    request: Request[Any, Any, Any], services: Called, data: JSONBody[Registration], key: Key
) -> Response[SignedIn]:
    """Make an account and sign the browser in."""
    sign_up = services.settings.sign_up
    if sign_up == "closed":
        raise Denied("FORBIDDEN", "sign-up is closed here; ask the server's operator for an account")
    if sign_up == "invited" and data.invitation is None:
        raise Denied("FORBIDDEN", "sign-up is by invitation only; open the link of yours")
    await services.count(services.attempts, request.scope["state"]["address"])
    person = await services.accounts.register(data.email, data.name, data.password, data.invitation)
    await services.sharing.joined(person.id)
    return await _signed_in(request, services, person, 201)


@post("/auth/login", status_code=200)
async def login(
    request: Request[Any, Any, Any], services: Called, data: JSONBody[Credentials], key: Key
) -> Response[SignedIn]:
    """Sign a browser in: the answer sets its cookie."""
    person = await _authenticate(request, services, data)
    return await _signed_in(request, services, person, 200)


@post("/auth/logout", status_code=204)
async def logout(request: Request[Any, Any, Any], services: Called, key: Key) -> Response[None]:
    """Sign the browser out, here and for every copy of its cookie."""
    settings = services.settings
    token = cookie_of(dict(request.scope["headers"]), cookie_name(settings))
    ended = await services.accounts.logout(token) if token else None
    if ended is not None:
        services.gateway.revoke(ended)
    return Response(None, status_code=204, cookies=[login_cookie(settings, "")])


@post("/auth/token", status_code=200)
async def token(
    request: Request[Any, Any, Any], services: Called, data: JSONBody[Credentials], key: Key
) -> AccessToken:
    """An access token for a program, good for 15 minutes."""
    person = await _authenticate(request, services, data)
    made = await services.accounts.access_token(person, request.scope["state"]["address"])
    return AccessToken(made, services.settings.access_token_seconds)


router = Router("", route_handlers=[read_server, register, login, logout, token], tags=["accounts"])
