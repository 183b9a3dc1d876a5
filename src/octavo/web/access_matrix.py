"""Every route and every message type, each with who may use it.  A route without a row does not start.

`docs/protocol.md` section 4 says who may do what; `access.py` holds the roles.  The tests walk over these
tables with every role and with nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from octavo.access import Action

API: Final = "/api/v1"
DOCUMENT: Final = API + "/documents/{document_id}"
COMMENT: Final = DOCUMENT + "/comments/{comment_id}"


@dataclass(frozen=True, slots=True)
class Row:
    """Who may: anyone, those signed in, or those whose role on the document allows `action`.

    `guests`: also people without an account, on the documents that they have entered.  `in_person`: not by an
    API token, which must not outlive its revocation.  `admin`: administrators; with `action` they too.
    `scope`: what an API token needs; None: `read` for GET, else `write`.
    """

    login: bool = True
    action: Action | None = None
    guests: bool = False
    in_person: bool = False
    admin: bool = False
    scope: str | None = None


ANYONE: Final = Row(login=False)
SIGNED_IN: Final = Row()
KNOWN: Final = Row(guests=True)
IN_PERSON: Final = Row(in_person=True)

ROUTES: Final[Mapping[tuple[str, str], Row]] = {
    ("GET", "/healthz"): ANYONE,
    ("GET", "/readyz"): ANYONE,
    ("GET", "/metrics"): ANYONE,
    ("GET", API + "/openapi.json"): ANYONE,
    ("GET", API + "/schema"): ANYONE,
    ("GET", API + "/server"): ANYONE,
    ("POST", API + "/auth/register"): ANYONE,
    ("POST", API + "/auth/login"): ANYONE,
    ("POST", API + "/auth/logout"): ANYONE,
    ("POST", API + "/auth/token"): ANYONE,
    ("GET", API + "/users/me"): KNOWN,
    ("PATCH", API + "/users/me"): KNOWN,
    ("PUT", API + "/users/me/picture"): SIGNED_IN,
    ("DELETE", API + "/users/me/picture"): SIGNED_IN,
    ("GET", API + "/pictures/{picture_id}"): KNOWN,
    ("POST", API + "/users/me/password"): IN_PERSON,
    ("GET", API + "/users/me/logins"): IN_PERSON,
    ("DELETE", API + "/users/me/logins"): IN_PERSON,
    ("DELETE", API + "/users/me/logins/{login_id}"): IN_PERSON,
    ("GET", API + "/users/me/tokens"): SIGNED_IN,
    ("POST", API + "/users/me/tokens"): IN_PERSON,
    ("DELETE", API + "/users/me/tokens/{token_id}"): SIGNED_IN,
    ("GET", API + "/users/known"): SIGNED_IN,
    ("GET", API + "/audit"): Row(admin=True),
    ("GET", API + "/invitations/{token}"): ANYONE,
    ("POST", API + "/invitations/{token}"): SIGNED_IN,
    ("GET", API + "/documents"): SIGNED_IN,
    ("POST", API + "/documents"): SIGNED_IN,
    ("GET", API + "/folders"): SIGNED_IN,
    ("POST", API + "/folders"): SIGNED_IN,
    ("PATCH", API + "/folders/{folder_id}"): SIGNED_IN,
    ("DELETE", API + "/folders/{folder_id}"): SIGNED_IN,
    ("GET", API + "/tags"): SIGNED_IN,
    ("GET", API + "/templates"): SIGNED_IN,
    ("DELETE", API + "/trash"): SIGNED_IN,
    ("POST", DOCUMENT + "/copy"): Row(action=Action.READ),
    ("GET", DOCUMENT): Row(action=Action.READ, guests=True),
    ("PATCH", DOCUMENT): Row(action=Action.RENAME, guests=True),
    ("DELETE", DOCUMENT): Row(action=Action.TRASH),
    ("POST", DOCUMENT + "/undelete"): Row(action=Action.TRASH),
    ("GET", DOCUMENT + "/operations"): Row(action=Action.READ, guests=True),
    ("GET", DOCUMENT + "/feed"): Row(action=Action.READ, guests=True),
    ("POST", DOCUMENT + "/operations"): Row(action=Action.EDIT, guests=True),
    ("GET", DOCUMENT + "/history"): Row(action=Action.HISTORY, guests=True),
    ("GET", DOCUMENT + "/history/steps"): Row(action=Action.HISTORY, guests=True),
    ("GET", DOCUMENT + "/diff"): Row(action=Action.HISTORY, guests=True),
    ("GET", DOCUMENT + "/attribution"): Row(action=Action.HISTORY, guests=True),
    ("GET", DOCUMENT + "/versions"): Row(action=Action.HISTORY, guests=True),
    ("PUT", DOCUMENT + "/versions/{revision}"): Row(action=Action.NAME, guests=True),
    ("DELETE", DOCUMENT + "/versions/{revision}"): Row(action=Action.NAME, guests=True),
    ("POST", DOCUMENT + "/snapshot"): Row(action=Action.NAME, guests=True),
    ("POST", DOCUMENT + "/restore"): Row(action=Action.RESTORE, guests=True),
    ("POST", DOCUMENT + "/revert"): Row(action=Action.RESTORE, guests=True),
    ("POST", DOCUMENT + "/ticket"): Row(action=Action.READ, guests=True),
    ("GET", DOCUMENT + "/permissions"): Row(action=Action.READ, guests=True),
    ("POST", DOCUMENT + "/images"): Row(action=Action.EDIT, guests=True),
    ("GET", API + "/images/{image_id}"): Row(action=Action.READ, guests=True),
    ("GET", DOCUMENT + "/suggestions"): Row(action=Action.READ, guests=True),
    ("POST", DOCUMENT + "/suggestions"): Row(action=Action.SUGGEST, guests=True, scope="suggest"),
    ("POST", DOCUMENT + "/suggestions/accept"): Row(action=Action.DECIDE, guests=True),
    ("POST", DOCUMENT + "/suggestions/reject"): Row(action=Action.SUGGEST, guests=True),
    ("POST", DOCUMENT + "/suggestions/{suggestion_id}/accept"): Row(action=Action.DECIDE, guests=True),
    ("POST", DOCUMENT + "/suggestions/{suggestion_id}/reject"): Row(action=Action.SUGGEST, guests=True),
    ("GET", DOCUMENT + "/comments"): Row(action=Action.READ, guests=True),
    ("POST", DOCUMENT + "/comments"): Row(action=Action.COMMENT, guests=True, scope="suggest"),
    ("PATCH", COMMENT): Row(action=Action.COMMENT, guests=True, scope="suggest"),
    ("DELETE", COMMENT): Row(action=Action.COMMENT, guests=True, scope="suggest"),
    ("POST", COMMENT + "/replies"): Row(action=Action.COMMENT, guests=True, scope="suggest"),
    ("PUT", COMMENT + "/reactions/{emoji}"): Row(action=Action.COMMENT, guests=True, scope="suggest"),
    ("DELETE", COMMENT + "/reactions/{emoji}"): Row(action=Action.COMMENT, guests=True, scope="suggest"),
    ("PUT", DOCUMENT + "/permissions"): Row(action=Action.SHARE),
    ("DELETE", DOCUMENT + "/permissions/{who}"): Row(action=Action.SHARE),
    ("GET", DOCUMENT + "/guests"): ANYONE,
    ("POST", DOCUMENT + "/guests"): ANYONE,
    ("POST", DOCUMENT + "/access-requests"): SIGNED_IN,
    ("GET", DOCUMENT + "/access-requests"): Row(action=Action.SHARE),
    ("DELETE", DOCUMENT + "/access-requests/{user_id}"): Row(action=Action.SHARE),
    ("PUT", DOCUMENT + "/lock"): Row(action=Action.LOCK, admin=True),
    ("DELETE", DOCUMENT + "/lock"): Row(action=Action.LOCK, admin=True),
    ("GET", DOCUMENT + "/audit"): Row(action=Action.AUDIT, admin=True),
}

MESSAGES: Final[Mapping[str, Row]] = {
    "hello": Row(action=Action.READ),
    "operation": Row(action=Action.EDIT),
    "presence": Row(action=Action.PRESENCE),
    "ping": Row(action=Action.READ),
}

EVENTS: Final[Mapping[str, Row]] = {
    **dict.fromkeys(
        (
            "comment.created",
            "comment.edited",
            "comment.replied",
            "comment.resolved",
            "comment.reopened",
            "comment.deleted",
            "comment.moved",
        ),
        Row(action=Action.READ, guests=True),
    ),
    "title.changed": Row(action=Action.READ, guests=True),
    "sharing.changed": Row(action=Action.READ, guests=True),
    "switches.changed": Row(action=Action.READ, guests=True),
    "version.named": Row(action=Action.READ, guests=True),
    "document.locked": Row(action=Action.READ, guests=True),
    "document.unlocked": Row(action=Action.READ, guests=True),
    "document.deleted": Row(action=Action.READ, guests=True),
    "document.undeleted": Row(action=Action.READ, guests=True),
    "permission.changed": KNOWN,  # whom it is about
    "access.requested": Row(action=Action.SHARE),
    "access.answered": Row(action=Action.SHARE),
}
"""Who hears of what, among those who have the document open."""
