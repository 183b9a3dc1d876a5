"""Who may do what: one table of roles and actions (`docs/protocol.md` section 4), and nothing else decides.

Pure.  A role is "owner", "editor", "commenter", "viewer", or None for somebody who has none on this document.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from octavo.errors import Conflict, Denied, Missing

ROLES: Final = ("viewer", "commenter", "editor", "owner")
"""From the least to the most; each may do all that those before it may."""


_SHOWN_TO: Final[Mapping[str, str]] = {"editor": "those who may edit it", "owner": "nobody else"}

LOCKED_RETRY_MS: Final = 30_000
"""For programs that do not wait for `document.unlocked`."""


class Action(Enum):
    READ = "read"
    PRESENCE = "show where one is"
    SUBMIT = "submit operations"
    SUGGEST = "suggest changes"
    COMMENT = "comment"
    EDIT = "edit"
    DECIDE = "accept or reject suggestions"
    HISTORY = "see the history"
    NAME = "name versions"
    RESTORE = "restore"
    RENAME = "rename"
    SHARE = "share"
    LOCK = "lock and unlock"
    AUDIT = "read the audit log"
    TRASH = "move to the trash and back"


_LEAST: Final[Mapping[Action, str]] = {
    Action.READ: "viewer",
    Action.PRESENCE: "viewer",
    Action.SUBMIT: "commenter",
    Action.SUGGEST: "commenter",
    Action.COMMENT: "commenter",
    Action.EDIT: "editor",
    Action.DECIDE: "editor",
    Action.HISTORY: "viewer",
    Action.NAME: "editor",
    Action.RESTORE: "editor",
    Action.RENAME: "editor",
    Action.SHARE: "owner",
    Action.LOCK: "owner",
    Action.AUDIT: "owner",
    Action.TRASH: "owner",
}


def allows(role: str | None, action: Action) -> bool:
    """Whether somebody with this role may do this."""
    return role is not None and ROLES.index(role) >= ROLES.index(_LEAST[action])


def require(role: str | None, action: Action) -> None:
    """Raise Missing for somebody without a role, who must not learn that it exists; Denied otherwise."""
    if role is None:
        raise Missing("NOT_FOUND", "there is no such document, or it is not shared with you")
    if not allows(role, action):
        raise Denied("FORBIDDEN", f"as {role} you may not {action.value} here; ask its owner for more rights")


def locked(reason: str) -> Conflict:
    """What somebody is told who writes to a locked document.  Temporary: what was typed is kept, and sent later."""
    text = f"the document is locked: {reason}" if reason else "the document is locked by its owner"
    return Conflict("DOCUMENT_LOCKED", text, retry_after_ms=LOCKED_RETRY_MS)


def may_copy(role: str | None, copying: bool) -> bool:
    """Whether somebody with this role may take the content along; `copying` is the document's switch."""
    return allows(role, Action.EDIT) or (copying and allows(role, Action.READ))


def require_history(role: str | None, least: str) -> None:
    """Raise Missing or Denied for somebody who may not see how a document came to be; `least` is its owner's choice."""
    require(role, Action.HISTORY)
    assert role is not None
    if ROLES.index(role) < ROLES.index(least):
        raise Denied("FORBIDDEN", f"the owner shows the history of this document to {_SHOWN_TO[least]}")


def highest(*roles: str | None) -> str | None:
    """The role that counts of several that somebody has: by name, and through the link."""
    given = [role for role in roles if role is not None]
    return max(given, key=ROLES.index) if given else None
