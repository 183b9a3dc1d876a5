"""The room alone: operations in, effects out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from octavo.collab import room as room_module
from octavo.collab.entry import (
    Broadcast,
    Ignore,
    Known,
    LoadClient,
    ReadLog,
    ReadOld,
    Refuse,
    Taken,
)
from octavo.collab.settings import HostSettings
from octavo.delta import Delta
from octavo.ports import ClientRow
from tests.collab.rooms import kinds, make, refusals, store, submit, text
from tests.collab.stage import change, history, insert, operation

# --- the way of an operation -------------------------------------------------------------------------------------


def test_an_operation_waits_is_appended_and_then_shown() -> None:
    room = make()
    assert submit(room, operation("ada", 1, 0, insert(0, "hi"))) == ()
    assert room.ready
    assert not room.settled
    assert text(room) == "\n"  # nobody is shown what is not durable
    batch = room.take_batch(7)
    assert [(one.revision, one.timestamp) for one in batch] == [(1, 7)]
    assert not room.ready
    [shown] = room.logged(batch)
    assert isinstance(shown, Broadcast)
    assert (shown.own, shown.transformed, shown.arrived) == (1, 0, 0.0)
    assert (room.head, text(room), room.idle) == (1, "hi\n", True)


def test_the_logged_text_stands_to_the_left() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    store(room)
    submit(room, operation("bob", 1, 0, insert(0, "b")))
    [shown] = store(room)
    assert isinstance(shown, Broadcast)
    assert shown.transformed == 1
    assert text(room) == "ab\n"


def test_a_batch_gathers_while_another_is_under_way() -> None:
    room = make(HostSettings(batch_changes=2))
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    first = room.take_batch(0)
    submit(room, operation("bob", 1, 0, insert(0, "b")))
    submit(room, operation("eve", 1, 0, insert(0, "c")))
    assert not room.ready
    room.logged(first)
    assert [one.client_id for one in room.take_batch(0)] == ["bob", "eve"]
    room.logged(room.batch())
    assert text(room) == "abc\n"


def test_a_batch_is_cut_at_its_limit() -> None:
    room = make(HostSettings(batch_changes=2))
    for client_id in ("ada", "bob", "eve"):
        submit(room, operation(client_id, 1, 0, insert(0, client_id)))
    assert len(room.take_batch(0)) == 2
    room.logged(room.batch())
    assert room.ready
    store(room)
    assert (room.head, text(room)) == (3, "adabobeve\n")


def test_what_transforms_to_nothing_is_logged_as_an_empty_change() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    store(room)
    submit(room, operation("ada", 2, 1, Delta().delete(1)))
    submit(room, operation("bob", 1, 1, Delta().delete(1)))
    batch = room.take_batch(0)
    assert [one.ops for one in batch] == [b'[{"delete":1}]', b"[]"]


def test_the_head_is_known_beside_the_tip() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "abc")))
    room.take_batch(0)
    submit(room, operation("bob", 1, 0, insert(0, "de")))
    assert (room.content.length, room.head_length) == (6, 1)
    assert text(room) == "\n"
    assert room.bytes > 20_000


# --- resends and rows --------------------------------------------------------------------------------------------


def test_a_resend_of_what_is_on_its_way_says_nothing() -> None:
    room = make()
    one = operation("ada", 1, 0, insert(0, "a"))
    submit(room, one)
    assert submit(room, replace(one)) == ()
    assert len(room.take_batch(0)) == 1


def test_a_resend_of_what_is_logged_is_known() -> None:
    room = make()
    one = operation("ada", 1, 0, insert(0, "a"))
    submit(room, one)
    store(room)
    assert submit(room, one) == [Known(one, 1)]
    assert room.idle


def test_one_seq_cannot_carry_two_operations() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    another = operation("ada", 1, 0, insert(0, "b"))
    assert refusals(submit(room, another)) == [("ada", 1, "INVALID_OPERATION")]
    store(room)
    assert refusals(submit(room, another)) == [("ada", 1, "INVALID_OPERATION")]
    assert text(room) == "a\n"


def test_a_second_operation_before_the_first_is_acknowledged_is_refused() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    assert refusals(submit(room, operation("ada", 2, 0, insert(0, "b")))) == [("ada", 2, "INVALID_OPERATION")]


def test_an_old_seq_is_ignored() -> None:
    room = make()
    submit(room, operation("ada", 5, 0, insert(0, "a")))
    store(room)
    late = operation("ada", 4, 1, insert(0, "b"))
    assert submit(room, late) == [Ignore(late)]


def test_a_base_before_the_clients_own_last_change_is_refused() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    store(room)
    assert refusals(submit(room, operation("ada", 2, 0, insert(0, "b")))) == [("ada", 2, "INVALID_OPERATION")]


def test_a_client_id_belongs_to_one_user() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    thief = operation("ada", 2, 0, insert(0, "b"), user_id="u-bob")
    assert submit(room, thief) == [Taken(thief)]
    store(room)
    assert submit(room, thief) == [Taken(thief)]


def test_a_row_that_is_not_known_is_loaded_first() -> None:
    room = make(clients=())
    one = operation("ada", 3, 0, insert(0, "a"))
    assert submit(room, one) == [LoadClient("ada")]
    assert submit(room, one) == ()
    row = ClientRow("u-ada", 3, 0, one.digest)
    assert room.client_loaded("ada", row) == [Known(one, 0)]
    assert room.row("ada") == (True, row)
    assert room.row("eve") == (False, None)


def test_a_row_that_cannot_be_loaded_is_a_temporary_refusal() -> None:
    room = make(clients=())
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    assert refusals(room.client_not_loaded("ada")) == [("ada", 1, "UNAVAILABLE")]
    assert room.client_not_loaded("ada") == ()
    assert room.idle


def test_an_older_row_does_not_replace_a_newer_one() -> None:
    room = make()
    submit(room, operation("ada", 4, 0, insert(0, "a")))
    store(room)
    assert room.client_loaded("ada", ClientRow("u-ada", 2, 0, b"")) == ()
    assert room.client_loaded("ada", None) == ()
    known, row = room.row("ada")
    assert known
    assert row is not None
    assert row.seq == 4


def test_rows_are_forgotten_from_the_oldest_but_never_one_that_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room_module, "ROWS_KEPT", 2)
    room = make(clients=())
    for revision, client_id in enumerate(("ada", "bob", "eve"), start=1):
        room.logged([change(revision, client_id, 1, revision - 1, insert(0, client_id))])
    assert [room.row(client_id)[0] for client_id in ("ada", "bob", "eve")] == [False, True, True]
    submit(room, operation("bob", 2, 3, insert(0, "b")))
    room.logged([change(4, "ada", 2, 3, insert(0, "a"))])
    assert room.row("bob")[0]


# --- refusals ----------------------------------------------------------------------------------------------------


def test_a_refusal_waits_until_the_log_was_read() -> None:
    room = make()
    viewer = operation("ada", 1, 0, insert(0, "a"))
    assert submit(room, viewer, "viewer") == [ReadLog()]
    assert room.users() == {"u-ada"}
    assert refusals(room.caught_up()) == [("ada", 1, "FORBIDDEN")]
    assert room.idle


def test_what_another_node_has_logged_meanwhile_is_not_refused() -> None:
    room = make()
    mine = operation("ada", 1, 0, insert(0, "a"))
    submit(room, mine, "viewer")
    room.logged([change(1, "ada", 1, 0, insert(0, "a"))])
    assert room.caught_up() == [Known(mine, 1)]


@pytest.mark.parametrize(
    ("delta", "code"),
    [
        (insert(9, "past the end"), "INVALID_OPERATION"),
        (Delta().delete(1), "INVALID_OPERATION"),
        (insert(0, "much too long for this document"), "TOO_LARGE"),
    ],
)
def test_what_cannot_be_where_it_lands_is_refused(delta: Delta, code: str) -> None:
    room = make(HostSettings(document_units=20))
    assert submit(room, operation("ada", 1, 0, delta)) == [ReadLog()]
    assert refusals(room.caught_up()) == [("ada", 1, code)]
    assert text(room) == "\n"


def test_a_commenter_may_submit_only_what_suggests_or_changes_nothing() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")), "commenter")
    [refused] = room.caught_up()
    assert isinstance(refused, Refuse)
    assert "only suggest" in refused.error.message
    assert submit(room, operation("bob", 1, 0, Delta()), "commenter") == ()
    store(room)
    assert room.head == 1


def test_a_refusal_waits_for_what_stands_ahead() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    submit(room, operation("bob", 1, 0, insert(5, "b")))
    submit(room, operation("eve", 1, 0, insert(0, "c")))
    batch = room.take_batch(0)
    assert [one.client_id for one in batch] == ["ada", "eve"]
    effects = room.logged(batch)
    assert kinds(effects) == [Broadcast, ReadLog]
    assert refusals(room.caught_up()) == [("bob", 1, "INVALID_OPERATION")]
    assert text(room) == "ac\n"


def test_a_refusal_behind_a_batch_is_settled_with_it() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    batch = room.take_batch(0)
    submit(room, operation("bob", 1, 0, insert(5, "b")))
    assert kinds(room.logged(batch)) == [Broadcast, ReadLog]
    assert refusals(room.caught_up()) == [("bob", 1, "INVALID_OPERATION")]


def test_what_comes_behind_a_refusal_is_transformed_as_if_it_were_not_there() -> None:
    room = make(clients=("ada", "bob", "eve", "joe"))
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    submit(room, operation("bob", 1, 0, insert(5, "b")))
    batch = room.take_batch(0)
    submit(room, operation("eve", 1, 0, insert(0, "c")))
    assert text(room) == "\n"
    room.logged([change(1, "x", 1, 0, insert(0, "x"))])
    submit(room, operation("joe", 1, 1, insert(0, "j")))
    assert [one.client_id for one in batch] == ["ada"]
    store(room)
    room.caught_up()
    assert text(room) == "jxac\n"


def test_a_locked_document_takes_nothing_from_anybody() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    assert kinds(room.rights(1, {"u-ada": "owner"}, "it is being moved")) == [ReadLog]
    assert refusals(room.caught_up()) == [("ada", 1, "DOCUMENT_LOCKED")]
    room.rights(2, {})
    assert submit(room, operation("ada", 1, 0, insert(0, "a"))) == ()


def test_a_base_past_the_end_of_the_log_is_a_conflict_once_the_log_was_read() -> None:
    room = make()
    assert submit(room, operation("ada", 1, 3, insert(0, "a"))) == [ReadLog()]
    assert submit(room, operation("bob", 1, 1, insert(0, "b"))) == [ReadLog()]
    room.logged([change(1, "eve", 1, 0, insert(0, "e"))])
    [refused] = room.caught_up()
    assert isinstance(refused, Refuse)
    assert refused.error.code == "REVISION_CONFLICT"
    assert refused.error.details["current_revision"] == 1
    assert refused.error.details["missing_operations"] == "/api/v1/documents/d/operations"
    store(room)
    assert text(room) == "be\n"


def test_a_queue_that_is_full_refuses_for_now() -> None:
    room = make(HostSettings(queue_bytes=100))
    submit(room, operation("ada", 1, 0, insert(0, "long enough to fill the queue, since two bytes a unit")))
    assert refusals(submit(room, operation("bob", 1, 0, insert(0, "b")))) == [("bob", 1, "UNAVAILABLE")]
    store(room)
    assert submit(room, operation("bob", 1, 0, insert(0, "b"))) == ()


def test_a_failing_store_keeps_what_waits_and_refuses_what_is_new() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    room.take_batch(0)
    assert refusals(room.unavailable()) == [("ada", 1, "UNAVAILABLE")]
    assert refusals(submit(room, operation("bob", 1, 0, insert(0, "b")))) == [("bob", 1, "UNAVAILABLE")]
    room.failing = False
    room.logged(room.batch())
    assert text(room) == "a\n"


# --- races -------------------------------------------------------------------------------------------------------


def test_a_lost_race_transforms_the_operations_as_received_anew() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    submit(room, operation("bob", 1, 0, insert(0, "b")))
    room.take_batch(0)
    [shown] = room.logged([change(1, "eve", 1, 0, insert(0, "e"))])
    assert isinstance(shown, Broadcast)
    assert (shown.own, shown.arrived) == (0, None)
    assert (text(room), room.settled) == ("e\n", False)
    store(room)
    assert text(room) == "eab\n"


def test_a_race_lost_after_half_of_a_batch_was_logged() -> None:
    """The store said nothing; the log holds our first change, then another's: the rest is appended anew."""
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    submit(room, operation("bob", 1, 0, insert(0, "b")))
    batch = room.take_batch(0)
    room.logged([batch[0], change(2, "eve", 1, 0, insert(0, "e"))])
    assert [one.client_id for one in room.take_batch(0)] == ["bob"]
    room.logged(room.batch())
    assert (room.head, text(room)) == (3, "eab\n")


def test_half_of_a_batch_confirmed_leaves_the_rest_in_flight() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    submit(room, operation("bob", 1, 0, insert(0, "b")))
    batch = room.take_batch(0)
    room.logged(batch[:1])
    assert [one.client_id for one in room.batch()] == ["bob"]
    room.logged(batch)
    assert (room.head, text(room), room.idle) == (2, "ab\n", True)


def test_what_another_node_logged_for_the_same_client_is_known_after_a_race() -> None:
    room = make()
    mine = operation("ada", 1, 0, insert(0, "a"))
    submit(room, operation("bob", 1, 0, insert(0, "b")))
    submit(room, mine)
    room.take_batch(0)
    effects = room.logged([change(1, "ada", 1, 0, insert(0, "a"))])
    assert Known(mine, 1) in effects
    assert [one.client_id for one in store(room)[0].changes] == ["bob"]  # type: ignore[union-attr]


def test_changes_that_are_known_say_nothing_and_a_gap_is_read() -> None:
    room = make()
    first = change(1, "ada", 1, 0, insert(0, "a"))
    room.logged([first])
    assert room.logged([first]) == ()
    assert room.logged([change(3, "ada", 2, 1, insert(0, "c"))]) == [ReadLog()]
    assert room.head == 1


def test_a_fence_judges_everything_on_its_way_again() -> None:
    room = make(clients=("ada", "bob"))
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    submit(room, operation("bob", 1, 0, insert(0, "b")))
    unknown = operation("eve", 1, 0, insert(0, "e"))
    submit(room, unknown)
    room.take_batch(0)
    effects = room.rights(1, {"u-ada": None, "u-bob": "editor", "u-eve": "viewer"})
    assert room.fence == 1
    assert kinds(effects) == [ReadLog]
    room.client_loaded("eve", None)
    assert room.caught_up() == []  # bob stands ahead of what is to be refused
    assert refusals(store(room)) == [("ada", 1, "FORBIDDEN")]
    assert text(room) == "b\n"
    assert refusals(room.caught_up()) == [("eve", 1, "FORBIDDEN")]


def test_a_fence_reaches_what_is_parked_and_what_waits_for_the_log() -> None:
    room = make(HostSettings(recent_changes=1))
    room.logged([change(one, "x", one, one - 1, insert(0, "x")) for one in (1, 2, 3)])
    submit(room, operation("ada", 1, 0, insert(0, "a")))
    submit(room, operation("bob", 1, 9, insert(0, "b")))
    room.rights(1, {})
    [wanted] = room.work()
    assert isinstance(wanted, ReadOld)
    assert refusals(room.caught_up()) == [("bob", 1, "REVISION_CONFLICT")]
    assert kinds(room.older(history(3))) == [ReadLog]
    assert refusals(room.caught_up()) == [("ada", 1, "FORBIDDEN")]


def test_judged_anew_what_is_logged_is_known() -> None:
    room = make()
    mine = operation("ada", 1, 0, insert(0, "a"))
    submit(room, mine)
    room.take_batch(0)
    room.client_loaded("ada", ClientRow("u-ada", 1, 1, mine.digest))
    assert room.anew() == [Known(mine, 1)]
    assert room.idle
