"""Who may do what: one table of roles and actions (`docs/protocol.md` section 4), and nothing else decides.

Pure.  A role is "owner", "editor", "commenter", "viewer", or None for somebody who has none on this document.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from octavo.errors import Denied, Missing

ROLES: Final = ("viewer", "commenter", "editor", "owner")
"""From the least to the most; each may do all that those before it may."""


class Action(Enum):
    READ = "read"
    PRESENCE = "show where one is"
    SUBMIT = "submit operations"
    EDIT = "edit"
    RENAME = "rename"
    SHARE = "share"
    TRASH = "move to the trash and back"


_LEAST: Final[Mapping[Action, str]] = {
    Action.READ: "viewer",
    Action.PRESENCE: "viewer",
    Action.SUBMIT: "commenter",
    Action.EDIT: "editor",
    Action.RENAME: "editor",
    Action.SHARE: "owner",
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


def highest(*roles: str | None) -> str | None:
    """The role that counts of several that somebody has: by name, and through the link."""
    given = [role for role in roles if role is not None]
    return max(given, key=ROLES.index) if given else None
