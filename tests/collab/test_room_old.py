"""The room and what comes late: old bases, and clients that were elsewhere meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from octavo.collab import room as room_module
from octavo.collab.entry import (
    SLICE,
    Continue,
    Effects,
    Known,
    LoadClient,
    ReadLog,
    ReadOld,
)
from octavo.collab.room import Room
from octavo.collab.settings import HostSettings
from octavo.delta import Delta
from octavo.protocol import Change
from tests.collab.rooms import kinds, make, refusals, store, submit, text
from tests.collab.stage import change, history, insert, operation

# --- old bases ---------------------------------------------------------------------------------------------------


def rebase(room: Room, effects: Effects, log: list[Change]) -> Effects:
    """Do what the room asks for until it asks for nothing more; returns the last effects."""
    while True:
        if any(isinstance(effect, Continue) for effect in effects):
            effects = room.work()
        elif effects and isinstance(effects[-1], ReadOld):
            after = effects[-1].after
            effects = room.older(log[after : after + 10])
        else:
            return effects


def test_an_old_base_is_read_by_pages_and_rebased_in_slices() -> None:
    log = history(25)
    room = make(HostSettings(recent_changes=5))
    room.logged(log)
    effects = submit(room, operation("ada", 1, 2, Delta().retain(2).insert("a")))
    assert kinds(effects) == [Continue]
    assert submit(room, operation("bob", 1, 24, insert(24, "b"))) == ()  # others do not wait
    rebase(room, effects, log)
    store(room)
    assert text(room) == "x" * 25 + "ba\n"


def test_one_slice_is_not_the_whole_work() -> None:
    log = history(3)
    room = make()
    room.logged(log)
    long = Delta()
    for number in range(SLICE // 2):
        long = long.retain(1, {"bold": True} if number % 2 else None)
    one = operation("ada", 1, 0, long)
    assert kinds(submit(room, one)) == [Continue]
    assert kinds(submit(room, operation("bob", 1, 0, long))) == []
    slices = 0
    effects: Effects = [Continue()]
    while Continue() in effects:
        effects = room.work()
        slices += 1
    assert slices >= 2
    assert room.work() == ()


def test_an_old_base_that_costs_too_much_is_sent_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "REBASE_LIMIT", 10)
    log = history(25)
    room = make(HostSettings(recent_changes=5))
    room.logged(log)
    effects = rebase(room, submit(room, operation("ada", 1, 0, insert(0, "a"))), log)
    assert refusals(effects) == [("ada", 1, "REVISION_CONFLICT")]
    assert room.idle


def test_an_old_base_whose_changes_cannot_be_read_is_a_temporary_refusal() -> None:
    room = make(HostSettings(recent_changes=5))
    room.logged(history(25))
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    submit(room, operation("bob", 1, 0, insert(0, "b")))
    assert room.work() == [ReadOld(0)]
    assert room.work() == ()
    effects = room.older([])
    assert refusals(effects) == [("ada", 1, "UNAVAILABLE")]
    assert Continue() in effects
    room.work()
    assert refusals(room.older([])) == [("bob", 1, "UNAVAILABLE")]
    assert room.older([]) == ()


def test_what_was_logged_elsewhere_while_it_was_rebased_is_known() -> None:
    log = history(10)
    room = make(HostSettings(recent_changes=2))
    room.logged(log)
    mine = operation("ada", 1, 0, insert(0, "a"))
    submit(room, mine)
    room.work()
    log.append(replace(change(11, "ada", 1, 0, insert(10, "a")), digest=mine.digest))
    room.logged(log[10:])
    assert rebase(room, room.older(log[:10]), log) == [Known(mine, 11)]
    assert room.idle


def test_what_stood_ahead_and_was_logged_is_answered_when_the_log_was_read() -> None:
    room = make()
    mine = operation("ada", 1, 1, insert(0, "a"))
    submit(room, mine)
    room.logged([change(1, "bob", 1, 0, insert(0, "b")), change(2, "ada", 1, 1, insert(0, "a"))])
    assert room.caught_up() == [Known(mine, 2)]


# --- one operation on its way here, logged elsewhere, and its client back with the next ---------------------------


def test_the_next_operation_of_a_client_whose_last_was_logged_elsewhere() -> None:
    """The client was acknowledged by another node; this one lags, and still has the first in its queue."""
    room = make()
    first = operation("ada", 1, 0, insert(0, "a"))
    submit(room, first)
    second = operation("ada", 2, 1, insert(1, "b"))
    assert submit(room, second) == [ReadLog()]
    assert room.users() == {"u-ada"}
    assert Known(first, 1) in room.logged([change(1, "ada", 1, 0, insert(0, "a"))])
    assert room.caught_up() == []
    store(room)
    assert (text(room), room.idle) == ("ab\n", True)


def test_the_next_operation_while_the_last_is_still_rebased_here() -> None:
    room = make(HostSettings(recent_changes=1))
    room.logged(history(3))
    first = operation("ada", 1, 0, insert(0, "a"))
    submit(room, first)
    assert room.work() == [ReadOld(0)]
    room.logged([replace(change(4, "ada", 1, 0, insert(3, "a")), digest=first.digest)])
    assert submit(room, operation("ada", 2, 4, insert(4, "b"))) == [Known(first, 4)]
    assert room.older(history(3)) == ()
    store(room)
    assert text(room) == "xxxab\n"


def test_the_next_operation_while_the_last_is_loaded_or_waits_for_the_log() -> None:
    room = make(clients=("bob",))
    first = operation("ada", 1, 0, insert(0, "a"))
    assert submit(room, first) == [LoadClient("ada")]
    submit(room, operation("bob", 1, 0, insert(0, "b")), "viewer")
    room.logged([replace(change(1, "ada", 1, 0, insert(0, "a")), digest=first.digest)])
    room.logged([replace(change(2, "bob", 1, 0, insert(0, "b")), digest=b"another's")])
    assert submit(room, operation("ada", 2, 1, insert(1, "c"))) == [Known(first, 1)]
    assert refusals(submit(room, operation("bob", 2, 2, insert(1, "d")))) == [("bob", 1, "INVALID_OPERATION")]
    assert room.caught_up() == []
    assert room.client_loaded("ada", None) == ()
    assert [one.client_id for one in room.take_batch(0)] == ["ada", "bob"]


def test_the_next_operation_is_refused_when_the_log_does_not_have_the_last() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    assert submit(room, operation("ada", 2, 5, insert(0, "b"))) == [ReadLog()]
    assert not room.idle
    room.rights(1, {"u-ada": "editor"})
    assert refusals(room.caught_up()) == [("ada", 2, "INVALID_OPERATION")]
    assert len(room.take_batch(0)) == 1
