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


@dataclass(frozen=True, slots=True)
class Row:
    """Who may: anyone, those signed in, or those whose role on the document allows `action`."""

    login: bool = True
    action: Action | None = None


ANYONE: Final = Row(login=False)
SIGNED_IN: Final = Row()

ROUTES: Final[Mapping[tuple[str, str], Row]] = {
    ("GET", "/healthz"): ANYONE,
    ("GET", "/readyz"): ANYONE,
    ("GET", "/metrics"): ANYONE,
    ("GET", API + "/openapi.json"): ANYONE,
    ("GET", API + "/schema"): ANYONE,
    ("POST", API + "/auth/register"): ANYONE,
    ("POST", API + "/auth/login"): ANYONE,
    ("POST", API + "/auth/logout"): ANYONE,
    ("POST", API + "/auth/token"): ANYONE,
    ("GET", API + "/users/me"): SIGNED_IN,
    ("PATCH", API + "/users/me"): SIGNED_IN,
    ("GET", API + "/users/me/tokens"): SIGNED_IN,
    ("POST", API + "/users/me/tokens"): SIGNED_IN,
    ("DELETE", API + "/users/me/tokens/{token_id}"): SIGNED_IN,
    ("GET", API + "/documents"): SIGNED_IN,
    ("POST", API + "/documents"): SIGNED_IN,
    ("GET", DOCUMENT): Row(action=Action.READ),
    ("PATCH", DOCUMENT): Row(action=Action.RENAME),
    ("DELETE", DOCUMENT): Row(action=Action.TRASH),
    ("POST", DOCUMENT + "/undelete"): Row(action=Action.TRASH),
    ("GET", DOCUMENT + "/operations"): Row(action=Action.READ),
    ("POST", DOCUMENT + "/operations"): Row(action=Action.EDIT),
    ("POST", DOCUMENT + "/ticket"): Row(action=Action.READ),
    ("POST", DOCUMENT + "/images"): Row(action=Action.EDIT),
    ("GET", API + "/images/{image_id}"): Row(action=Action.READ),
    ("GET", DOCUMENT + "/permissions"): Row(action=Action.READ),
    ("PUT", DOCUMENT + "/permissions"): Row(action=Action.SHARE),
    ("DELETE", DOCUMENT + "/permissions/{user_id}"): Row(action=Action.SHARE),
}

MESSAGES: Final[Mapping[str, Row]] = {
    "hello": Row(action=Action.READ),
    "operation": Row(action=Action.EDIT),
    "presence": Row(action=Action.PRESENCE),
    "ping": Row(action=Action.READ),
}
