"""Oneself: profile, password, logins, personal API tokens, and whom one has shared with."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, Router, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from octavo.protocol import format_time
from octavo.web.api.services import Called, Caller, Key
from octavo.web.api.types import (
    ApiTokens,
    ApiTokenView,
    KnownUsers,
    LoginEntry,
    Logins,
    MeDetail,
    MeView,
    NewApiToken,
    PasswordChange,
    UserPatch,
    api_token_view,
    me_detail,
    me_view,
    user_view,
)

_FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}


@get("/users/me")
async def read_me(identity: Caller, services: Called) -> MeDetail:
    """Who one is, and how much one's documents take up."""
    used = await services.accounts.storage_used(identity.user_id)
    return me_detail(identity.person, used, services.settings.storage_bytes)


@patch("/users/me")
async def patch_me(identity: Caller, services: Called, data: JSONBody[UserPatch], key: Key) -> MeView:
    """Change one's name and colour."""
    person = await services.accounts.change(
        identity.user_id,
        name=None if data.name is UNSET else data.name,
        color=None if data.color is UNSET else data.color,
        set_color=data.color is not UNSET,
    )
    return me_view(person)


@put("/users/me/picture")
async def put_picture(
    request: Request[Any, Any, Any], identity: Caller, services: Called, key: Key
) -> MeView:
    """The body is the picture: PNG, JPEG, GIF, WebP or AVIF."""
    return me_view(await services.accounts.set_picture(identity.user_id, await request.body()))


@delete("/users/me/picture", status_code=204)
async def delete_picture(identity: Caller, services: Called, key: Key) -> None:
    """Initials again."""
    await services.accounts.set_picture(identity.user_id, None)


@get("/pictures/{picture_id:str}")
async def read_picture(services: Called, picture_id: FromPath[str]) -> Response[bytes]:
    """A profile picture, which never alters under its id."""
    media_type, data = await services.accounts.picture(picture_id)
    return Response(data, media_type=media_type, headers=_FOR_EVER)


@post("/users/me/password", status_code=204)
async def change_password(
    identity: Caller, services: Called, data: JSONBody[PasswordChange], key: Key
) -> None:
    """A new password: every other login ends."""
    await services.count(services.failures, identity.person.email)
    ended = await services.accounts.change_password(identity, data.current_password, data.password)
    await services.pardon(identity.person.email)
    services.revoke(ended)


@get("/users/me/logins")
async def list_logins(identity: Caller, services: Called) -> Logins:
    """Where one is signed in, the latest used first."""
    return Logins(
        [
            LoginEntry(
                login.id,
                login.device,
                format_time(login.created_at),
                format_time(login.seen_at),
                login.id == identity.grant,
            )
            for login in await services.accounts.logins(identity.user_id)
        ]
    )


@delete("/users/me/logins", status_code=204)
async def end_logins(
    identity: Caller,
    services: Called,
    key: Key,
    but_this: Annotated[bool, QueryParameter(required=False)] = False,
) -> None:
    """Sign out everywhere."""
    services.revoke(await services.accounts.end_logins(identity, but_this=but_this))


@delete("/users/me/logins/{login_id:str}", status_code=204)
async def end_login(identity: Caller, services: Called, login_id: FromPath[str], key: Key) -> None:
    """Sign one browser out, and close the sockets it opened, at once."""
    await services.accounts.end_login(identity.user_id, login_id)
    services.revoke([login_id])


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
    services.revoke([token_id])


@get("/users/known")
async def known(
    identity: Caller,
    services: Called,
    text: Annotated[str, QueryParameter(name="query", required=False)] = "",
) -> KnownUsers:
    """At most ten of those that one has shared with before."""
    found = await services.accounts.known(identity.user_id, text)
    return KnownUsers([user_view(person, with_email=True) for person in found])


router = Router(
    "",
    route_handlers=[
        read_me,
        patch_me,
        put_picture,
        delete_picture,
        read_picture,
        change_password,
        list_logins,
        end_logins,
        end_login,
        list_tokens,
        create_token,
        delete_token,
        known,
    ],
    tags=["oneself"],
)
