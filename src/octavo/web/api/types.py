"""The JSON of the REST API, as `docs/protocol.md` section 4 has it; OpenAPI is made from these."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from octavo import protocol
from octavo.accounts import user_of
from octavo.catalog.documents import Document
from octavo.catalog.images import Image
from octavo.catalog.people import Person
from octavo.catalog.tokens import ApiToken
from octavo.documents import Opened
from octavo.protocol import WireChange, format_time


class UserView(Struct, kw_only=True, omit_defaults=True):
    """`picture` is a path (absent: initials); `guest`: somebody without an account."""

    id: str
    name: str
    color: str
    picture: str | UnsetType = UNSET
    guest: bool = False
    email: str | UnsetType = UNSET


class MeView(UserView, kw_only=True, omit_defaults=True):
    """Oneself; `admin`: an administrator of this server."""

    admin: bool = False


class MeDetail(MeView, kw_only=True):
    """`storage_used`: by the logs and images of one's own documents; a `storage_limit` of 0 is none.  Bytes."""

    storage_used: int
    storage_limit: int


def user_view(person: Person, *, with_email: bool = False) -> UserView:
    return UserView(**_about(person), email=person.email if with_email else UNSET)


def me_view(person: Person) -> MeView:
    return MeView(**_myself(person))


def me_detail(person: Person, storage_used: int, storage_limit: int) -> MeDetail:
    return MeDetail(**_myself(person), storage_used=storage_used, storage_limit=storage_limit)


def _myself(person: Person) -> dict[str, Any]:
    return {**_about(person), "email": UNSET if person.guest else person.email, "admin": person.admin}


def _about(person: Person) -> dict[str, Any]:
    user = user_of(person)
    picture = UNSET if user.picture is None else user.picture
    return {
        "id": user.id,
        "name": user.name,
        "color": user.color,
        "picture": picture,
        "guest": user.guest,
    }


class ErrorDetail(Struct):
    """Further members say more, such as `current_revision` or `retry_after_ms`."""

    code: str
    message: str


class ErrorView(Struct):
    error: ErrorDetail


# --- accounts ---------------------------------------------------------------------------------------------


class ServerLimits(Struct):
    title_units: int
    name_units: int


class ServerView(Struct):
    """`sign_up`: open, invited or closed; `colors`: the twelve that a person may choose from."""

    sign_up: str
    colors: list[str]
    limits: ServerLimits


class Registration(Struct):
    """`invitation` is the token of an invitation's link."""

    email: str
    name: str
    password: str
    invitation: str | None = None


class Credentials(Struct):
    email: str
    password: str


class SignedIn(Struct):
    user: MeView


class AccessToken(Struct):
    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - the word that OAuth says here


class UserPatch(Struct):
    """`color` null: the one that follows from the id."""

    name: str | UnsetType = UNSET
    color: str | UnsetType | None = UNSET


class PasswordChange(Struct):
    current_password: str
    password: str


class LoginEntry(Struct):
    """`device` is a hint; `current`: the login that asks."""

    id: str
    device: str
    created_at: str
    seen_at: str
    current: bool


class Logins(Struct):
    logins: list[LoginEntry]


class KnownUsers(Struct):
    users: list[UserView]


class NewApiToken(Struct):
    name: str
    scopes: list[str] = msgspec.field(default_factory=lambda: ["read", "write"])
    expires_in_days: int | None = None


class ApiTokenView(Struct, kw_only=True, omit_defaults=True):
    id: str
    name: str
    scopes: list[str]
    created_at: str
    used_at: str | None
    expires_at: str | None
    token: str | UnsetType = UNSET


class ApiTokens(Struct):
    tokens: list[ApiTokenView]


def api_token_view(token: ApiToken, secret: str | UnsetType = UNSET) -> ApiTokenView:
    return ApiTokenView(
        id=token.id,
        name=token.name,
        scopes=list(token.scopes),
        created_at=format_time(token.created_at),
        used_at=_time(token.used_at),
        expires_at=_time(token.expires_at),
        token=secret,
    )


def _time(timestamp: int | None) -> str | None:
    return None if timestamp is None else format_time(timestamp)


# --- documents --------------------------------------------------------------------------------------------


class ContentView(Struct):
    ops: list[Any]


class NewDocument(Struct):
    """`template_id` instead of `content`: an id of `GET /templates`."""

    title: str = ""
    content: ContentView | None = None
    folder_id: str | None = None
    template_id: str | None = None


class SwitchesPatch(Struct):
    guests: bool | UnsetType = UNSET
    comments: bool | UnsetType = UNSET
    suggestions: bool | UnsetType = UNSET
    copying: bool | UnsetType = UNSET


class SwitchesView(Struct):
    """Guests by the link; new comments; new suggestions; copying by those who may not edit."""

    guests: bool
    comments: bool
    suggestions: bool
    copying: bool


class DocumentPatch(Struct):
    title: str | UnsetType = UNSET
    starred: bool | UnsetType = UNSET
    link_role: str | UnsetType | None = UNSET
    switches: SwitchesPatch | UnsetType = UNSET
    folder_id: str | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    template: bool | UnsetType = UNSET
    history_role: str | UnsetType = UNSET


class Collaborator(Struct):
    user: UserView
    role: str
    online: bool


class DocumentSummary(Struct, kw_only=True):
    id: str
    title: str
    epoch: str
    revision: int
    created_at: str
    updated_at: str
    owner: UserView
    role: str
    starred: bool
    link_role: str | None


class DocumentDetail(DocumentSummary, kw_only=True):
    """`locked`: read-only for all.  `folder_id` and `tags` are one's own.  `history_role` is the least role that sees
    the history.
    """

    folder_id: str | None
    tags: list[str]
    template: bool
    switches: SwitchesView
    locked: protocol.Lock | None
    history_role: str


class DocumentCreated(DocumentDetail, kw_only=True):
    websocket_url: str


class DocumentView(DocumentDetail, kw_only=True, omit_defaults=True):
    """`websocket_url` holds a ticket; it is absent with `revision` and for tokens that only read."""

    content: ContentView
    collaborators: list[Collaborator]
    websocket_url: str | UnsetType = UNSET


class TicketView(Struct):
    websocket_url: str
    epoch: str
    revision: int
    role: str


class Submission(Struct, kw_only=True):
    epoch: str
    client_id: str
    seq: int
    base_revision: int
    ops: list[Any]
    at: str | None = None
    origin: Any = None


class ChangeList(Struct):
    changes: list[WireChange]


class Submitted(Struct):
    revision: int
    changes: list[WireChange]


def summary(opened: Opened) -> dict[str, Any]:
    """The members that every view of one document has."""
    switches, lock = opened.document.switches, opened.document.lock
    by = None if opened.locked_by is None else user_of(opened.locked_by)
    return {
        **shared_view(opened.document, opened.role, opened.owner, opened.starred),
        "folder_id": opened.folder_id,
        "tags": opened.tags,
        "template": opened.document.template,
        "history_role": opened.document.history_role,
        "switches": SwitchesView(**asdict(switches)),
        "locked": None if lock is None else protocol.Lock(lock.reason, format_time(lock.at), by),
    }


def shared_view(document: Document, role: str, owner: Person, starred: bool) -> dict[str, Any]:
    """The members that a document has wherever it is shown."""
    return {
        "id": document.id,
        "title": document.title,
        "epoch": document.epoch,
        "revision": document.revision,
        "created_at": format_time(document.created_at),
        "updated_at": format_time(document.updated_at),
        "owner": user_view(owner),
        "role": role,
        "starred": starred,
        "link_role": document.link_role,
    }


def collaborators(opened: Opened) -> list[Collaborator]:
    """The owner first, then those with a role by name."""
    return [
        Collaborator(user_view(person), role, person.id in opened.online)
        for person, role in [(opened.owner, "owner"), *opened.people]
    ]


def change_list(changes: list[protocol.Change]) -> bytes:
    """The JSON list of changes, their ops copied from the log as they are."""
    return b"[" + b",".join([protocol.change_json(change) for change in changes]) + b"]"


# --- images -----------------------------------------------------------------------------------------------


class ImageSource(Struct):
    """One of both: the address of an image elsewhere, or the id of one that one may read."""

    url: str | None = None
    image_id: str | None = None


class ImageView(Struct):
    """`url` is what an image embed holds; `width` and `height` are pixels, `size` bytes as stored."""

    id: str
    url: str
    media_type: str
    width: int
    height: int
    size: int


def image_view(image: Image) -> ImageView:
    url = f"/api/v1/images/{image.id}"
    return ImageView(image.id, url, image.media_type, image.width, image.height, image.size)
