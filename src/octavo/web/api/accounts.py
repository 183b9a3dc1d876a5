"""Signing up, in and out; oneself; personal API tokens."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, delete, get, patch, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from octavo.accounts import hashed_token
from octavo.catalog.people import Person
from octavo.errors import Denied
from octavo.settings import Settings
from octavo.web.api.services import Called, Caller, Key, Services
from octavo.web.api.types import (
    AccessToken,
    ApiTokens,
    ApiTokenView,
    Credentials,
    NewApiToken,
    Registration,
    SignedIn,
    UserPatch,
    UserView,
    api_token_view,
    user_view,
)
from octavo.web.front import cookie_of


def cookie_name(settings: Settings) -> str:
    """With TLS the name itself forbids that another host or an insecure page sets it."""
    return "__Host-octavo_login" if settings.secure else "octavo_login"


def _cookie(settings: Settings, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=cookie_name(settings),
        value=value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.secure,
    )


async def _signed_in(services: Services, person: Person, status: int) -> Response[SignedIn]:
    settings = services.settings
    token = await services.accounts.login(person)
    cookie = _cookie(settings, token, settings.login_days * 86_400)
    view = SignedIn(user_view(person, with_email=True))
    return Response(view, status_code=status, cookies=[cookie])


async def _authenticate(request: Request[Any, Any, Any], services: Services, data: Credentials) -> Person:
    """Slowed per account and per address, so that guessing takes for ever and locks nobody out for long."""
    address = request.scope["state"]["address"]
    services.count(services.attempts, address)
    services.count(services.failures, data.email.strip().lower())
    person = await services.accounts.authenticate(data.email, data.password)
    services.pardon(data.email)
    return person


@post("/auth/register", status_code=201)
async def register(
    request: Request[Any, Any, Any], services: Called, data: JSONBody[Registration], key: Key
) -> Response[SignedIn]:
    """Make an account and sign the browser in."""
    if not services.settings.sign_up:
        raise Denied("FORBIDDEN", "sign-up is closed here; ask the server's operator for an account")
    services.count(services.attempts, request.scope["state"]["address"])
    person = await services.accounts.register(data.email, data.name, data.password)
    return await _signed_in(services, person, 201)


@post("/auth/login", status_code=200)
async def login(
    request: Request[Any, Any, Any], services: Called, data: JSONBody[Credentials], key: Key
) -> Response[SignedIn]:
    """Sign a browser in: the answer sets its cookie."""
    person = await _authenticate(request, services, data)
    return await _signed_in(services, person, 200)


@post("/auth/logout", status_code=204)
async def logout(request: Request[Any, Any, Any], services: Called, key: Key) -> Response[None]:
    """Sign the browser out, here and for every copy of its cookie."""
    settings = services.settings
    token = cookie_of(dict(request.scope["headers"]), cookie_name(settings))
    if token:
        await services.accounts.logout(token)
        services.gateway.revoke(hashed_token(token).hex())
    return Response(None, status_code=204, cookies=[_cookie(settings, "", 0)])


@post("/auth/token", status_code=200)
async def token(
    request: Request[Any, Any, Any], services: Called, data: JSONBody[Credentials], key: Key
) -> AccessToken:
    """An access token for a program, good for 15 minutes."""
    person = await _authenticate(request, services, data)
    seconds = services.settings.access_token_seconds
    return AccessToken(services.accounts.access_token(person), seconds)


@get("/users/me")
async def read_me(identity: Caller) -> UserView:
    """Who one is."""
    return user_view(identity.person, with_email=True)


@patch("/users/me")
async def patch_me(identity: Caller, services: Called, data: JSONBody[UserPatch], key: Key) -> UserView:
    """Change one's name."""
    person = identity.person
    if data.name is not UNSET:
        person = await services.accounts.rename(identity.user_id, data.name)
    return user_view(person, with_email=True)


@get("/users/me/tokens")
async def list_tokens(identity: Caller, services: Called) -> ApiTokens:
    """One's personal API tokens, without the secrets."""
    tokens = await services.accounts.api_tokens(identity.user_id)
    return ApiTokens([api_token_view(token) for token in tokens])


@post("/users/me/tokens", status_code=201)
async def create_token(
    identity: Caller, services: Called, data: JSONBody[NewApiToken], key: Key
) -> ApiTokenView:
    """A personal API token: its secret is in this answer and never again."""
    made, secret = await services.accounts.add_api_token(
        identity.user_id, data.name, data.scopes, data.expires_in_days, key
    )
    return api_token_view(made, secret)


@delete("/users/me/tokens/{token_id:str}", status_code=204)
async def delete_token(identity: Caller, services: Called, token_id: FromPath[str], key: Key) -> None:
    """Revoke a personal API token, and close the sockets it opened, at once."""
    await services.accounts.remove_api_token(identity.user_id, token_id)
    services.gateway.revoke(token_id)


router = Router(
    "",
    route_handlers=[
        register,
        login,
        logout,
        token,
        read_me,
        patch_me,
        list_tokens,
        create_token,
        delete_token,
    ],
    tags=["accounts"],
)
