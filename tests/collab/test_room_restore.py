"""Restores: intents, computed where they are logged."""

from __future__ import annotations

import pytest

from octavo.access import ROLES
from octavo.collab.entry import Broadcast, Known
from octavo.collab.room import Room
from octavo.delta import Delta
from octavo.protocol import Operation, restoring
from tests.collab.rooms import make, refusals, store, submit, text
from tests.collab.stage import change, operation

THEN = Delta().insert("then\n")


def restore(client_id: str, content: Delta = THEN, revision: int = 0) -> Operation:
    return restoring(client_id, f"u-{client_id}", revision, content)


def room_with(content: str) -> Room:
    room = make()
    submit(room, operation("ada", 1, 0, Delta().insert(content)))
    store(room)
    return room


def test_it_makes_the_content_of_the_tip_the_one_asked_for() -> None:
    room = room_with("now")
    submit(room, operation("bob", 1, 1, Delta().retain(3).insert(" and later")))
    assert submit(room, restore("eve")) == ()
    (effect,) = store(room)
    assert isinstance(effect, Broadcast)
    assert text(room) == "then\n"
    last = effect.changes[-1]
    assert (last.revision, last.base_revision, last.seq) == (3, 2, 1)
    assert last.origin == b'{"restores":0}'


def test_what_is_typed_meanwhile_stays() -> None:
    room = room_with("now")
    submit(room, restore("eve"))
    submit(room, operation("bob", 1, 1, Delta().retain(3).insert("!")))
    store(room)
    assert text(room) == "then!\n"


@pytest.mark.parametrize("together", [True, False])
def test_of_two_the_later_wins_exactly(together: bool) -> None:
    room = room_with("now")
    submit(room, restore("bob", Delta().insert("bob's\n")))
    if not together:
        room.take_batch(0)
    submit(room, restore("eve", Delta().insert("eve's\n")))
    if not together:
        room.logged(room.batch())
    store(room)
    assert (text(room), room.head) == ("eve's\n", 3)


def test_after_a_lost_race_it_is_computed_again() -> None:
    room = room_with("now")
    submit(room, restore("eve"))
    room.take_batch(0)
    other = change(2, "bob", 1, 1, Delta().retain(3).delete(0).insert(" then"))
    room.logged([other])
    store(room)
    assert (text(room), room.head) == ("then\n", 3)


def test_two_nodes_restore_at_once_and_no_text_stands_twice() -> None:
    room = room_with("now")
    submit(room, restore("eve"))
    room.take_batch(0)
    room.logged([change(2, "bob", 1, 1, Delta().insert("then").delete(3))])
    store(room)
    assert (text(room), room.head) == ("then\n", 3)


def test_one_that_changes_nothing_is_a_change() -> None:
    room = room_with("then")
    submit(room, restore("eve"))
    (effect,) = store(room)
    assert isinstance(effect, Broadcast)
    assert effect.changes[0].delta.is_empty
    assert room.head == 2


@pytest.mark.parametrize("role", ROLES)
def test_who_may(role: str) -> None:
    room = room_with("now")
    room.caught_up()
    effects = [*room.submit(restore("eve"), role, 0.0), *room.caught_up()]
    assert refusals(effects) == ([] if role in ("editor", "owner") else [("eve", 1, "FORBIDDEN")])


def test_asked_again_it_is_known() -> None:
    room = room_with("now")
    submit(room, restore("eve"))
    assert submit(room, restore("eve")) == ()
    store(room)
    (effect,) = submit(room, restore("eve", Delta().insert("whatever it was\n")))
    assert isinstance(effect, Known)
    assert effect.revision == 2
    (effect,) = submit(room, restore("eve", revision=1))
    assert refusals([effect]) == [("eve", 1, "INVALID_OPERATION")]


def test_a_locked_document_is_not_restored() -> None:
    room = room_with("now")
    room.lock = "done"
    assert refusals([*submit(room, restore("eve")), *room.caught_up()]) == [("eve", 1, "DOCUMENT_LOCKED")]
