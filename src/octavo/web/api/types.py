"""The JSON of the REST API, as `docs/protocol.md` section 4 has it; OpenAPI is made from these."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from octavo import protocol
from octavo.accounts import color_of
from octavo.catalog.documents import Document, Listed
from octavo.catalog.images import Image
from octavo.catalog.people import Person
from octavo.catalog.tokens import ApiToken
from octavo.documents import Opened, Sharing
from octavo.protocol import WireChange, format_time


class UserView(Struct, kw_only=True, omit_defaults=True):
    id: str
    name: str
    color: str
    email: str | UnsetType = UNSET


def user_view(person: Person, *, with_email: bool = False) -> UserView:
    email = person.email if with_email else UNSET
    return UserView(id=person.id, name=person.name, color=color_of(person.id), email=email)


class ErrorDetail(Struct):
    """Further members say more, such as `current_revision` or `retry_after_ms`."""

    code: str
    message: str


class ErrorView(Struct):
    error: ErrorDetail


# --- accounts ---------------------------------------------------------------------------------------------


class Registration(Struct):
    email: str
    name: str
    password: str


class Credentials(Struct):
    email: str
    password: str


class SignedIn(Struct):
    user: UserView


class AccessToken(Struct):
    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - the word that OAuth says here


class UserPatch(Struct):
    name: str | UnsetType = UNSET


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
    title: str = ""
    content: ContentView | None = None


class DocumentPatch(Struct):
    title: str | UnsetType = UNSET
    starred: bool | UnsetType = UNSET
    link_role: str | UnsetType | None = UNSET


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


class DocumentEntry(DocumentSummary, kw_only=True):
    """One in a list; `deleted_at` is null outside the trash."""

    deleted_at: str | None


class DocumentCreated(DocumentSummary, kw_only=True):
    websocket_url: str


class DocumentView(DocumentSummary, kw_only=True, omit_defaults=True):
    """`websocket_url` holds a ticket; it is absent with `revision` and for tokens that only read."""

    content: ContentView
    collaborators: list[Collaborator]
    websocket_url: str | UnsetType = UNSET


class DocumentList(Struct):
    documents: list[DocumentEntry]
    next_cursor: str | None


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
    """The members that every view of a document has."""
    return _shared(opened.document, opened.role, opened.owner, opened.starred)


def _shared(document: Document, role: str, owner: Person, starred: bool) -> dict[str, Any]:
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


def entry(listed: Listed, role: str, owner: Person) -> DocumentEntry:
    document = listed.document
    shared = _shared(document, role, owner, listed.starred)
    return DocumentEntry(**shared, deleted_at=_time(document.deleted_at))


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


# --- sharing ----------------------------------------------------------------------------------------------


class PermissionPut(Struct):
    """`role` with `email` or `user_id`; or `link_role` alone."""

    email: str | None = None
    user_id: str | None = None
    role: str | None = None
    link_role: str | UnsetType | None = UNSET


class PersonRole(Struct):
    user: UserView
    role: str


class Invitation(Struct):
    email: str
    role: str


class SharingView(Struct):
    owner: UserView
    people: list[PersonRole]
    invitations: list[Invitation]
    link_role: str | None


def sharing_view(sharing: Sharing, *, with_email: bool) -> SharingView:
    return SharingView(
        user_view(sharing.owner, with_email=with_email),
        [PersonRole(user_view(person, with_email=with_email), role) for person, role in sharing.people],
        [Invitation(email, role) for email, role in sharing.invitations],
        sharing.link_role,
    )
