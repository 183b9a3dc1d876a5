"""Every error Octavo raises on purpose, sorted by who must act.

Each carries a code of `docs/protocol.md` section 4, a message that says what happened and what to do, and
details that go into the answer beside them.  An exception that is none of these is our own mistake and
becomes `INTERNAL`.
"""

from __future__ import annotations

from typing import Any, Final

HTTP_STATUS: Final[dict[str, int]] = {
    "INVALID_REQUEST": 400,
    "INVALID_OPERATION": 400,
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "REVISION_CONFLICT": 409,
    "EPOCH_CHANGED": 409,
    "ALREADY_EXISTS": 409,
    "ROOM_FULL": 409,
    "DOCUMENT_DELETED": 410,
    "HISTORY_THINNED": 410,
    "TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA": 415,
    "DOCUMENT_LOCKED": 423,
    "RATE_LIMITED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
}

TEMPORARY: Final[frozenset[str]] = frozenset(
    {"RATE_LIMITED", "UNAVAILABLE", "INTERNAL", "ROOM_FULL", "DOCUMENT_LOCKED"}
)
"""Refusals after which a client keeps all it has and resends the same operation."""


class OctavoError(Exception):
    """The root: a code, a message for people, and details for programs."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.details = details

    @property
    def status(self) -> int:
        """The HTTP status that fits the code."""
        return HTTP_STATUS[self.code]

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Invalid(OctavoError):
    """What was asked cannot be done as it stands; the asker must change it."""


class Denied(OctavoError):
    """The asker may not do this."""


class Missing(OctavoError):
    """There is no such thing, or none that the asker may know of."""


class Conflict(OctavoError):
    """Something else came first; read what is there now and ask again."""


class Unavailable(OctavoError):
    """Not now: the operator or time must act.  `retry_after_ms` is in the details where it is known."""


class Unknown(OctavoError):
    """Whether it happened is not known: read before asking again."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__("UNAVAILABLE", message, **details)
