"""Roles and actions, against the table of docs/protocol.md section 4."""

from __future__ import annotations

import pytest

from octavo.access import ROLES, Action, allows, highest, require
from octavo.errors import Denied, Missing

TABLE = {
    Action.READ: "owner editor commenter viewer",
    Action.PRESENCE: "owner editor commenter viewer",
    Action.SUBMIT: "owner editor commenter",
    Action.SUGGEST: "owner editor commenter",
    Action.COMMENT: "owner editor commenter",
    Action.EDIT: "owner editor",
    Action.DECIDE: "owner editor",
    Action.HISTORY: "owner editor commenter viewer",
    Action.NAME: "owner editor",
    Action.RESTORE: "owner editor",
    Action.RENAME: "owner editor",
    Action.SHARE: "owner",
    Action.LOCK: "owner",
    Action.AUDIT: "owner",
    Action.TRASH: "owner",
}


@pytest.mark.parametrize("action", Action)
def test_every_action_and_role(action: Action) -> None:
    allowed = set(TABLE[action].split())
    for role in ROLES:
        assert allows(role, action) == (role in allowed)
        if role in allowed:
            require(role, action)
        else:
            with pytest.raises(Denied, match="FORBIDDEN"):
                require(role, action)
    assert not allows(None, action)
    with pytest.raises(Missing, match="NOT_FOUND"):
        require(None, action)


def test_the_highest_counts() -> None:
    assert highest(None, None) is None
    assert highest("viewer", None, "editor", "commenter") == "editor"
