"""Who may only suggest, and whose marks an operation may bear, judged where the operation lands."""

from __future__ import annotations

from octavo.collab.entry import LoadMarks, ReadLog
from octavo.collab.room import Room
from octavo.delta import Delta
from octavo.protocol import Operation
from tests.collab.rooms import kinds, make, refusals, store, submit, text
from tests.collab.stage import operation

ADA, EVE = "u-ada." + "1" * 22, "u-eve." + "1" * 22


def put(index: int, value: str, one: str) -> Delta:
    return Delta().retain(index).insert(value, {"suggest-insert": one})


def written(room: Room, value: str) -> None:
    """Bob, an editor, writes at the beginning."""
    submit(room, operation("bob", room.head + 1, room.head, Delta().insert(value)))
    store(room)


def refused(room: Room, one: Operation, role: str) -> list[tuple[str, int, str]]:
    """What a room answers that has read its log to the end."""
    assert kinds(submit(room, one, role)) == [ReadLog]
    return refusals(room.caught_up())


def test_a_commenter_may_suggest_and_nothing_else() -> None:
    room = make()
    written(room, "Hi")
    assert submit(room, operation("ada", 1, 1, put(2, "!", ADA)), "commenter") == ()
    store(room)
    assert text(room) == "Hi!\n"
    assert refused(room, operation("ada", 2, 2, Delta().insert("x")), "commenter") == [
        ("ada", 2, "FORBIDDEN")
    ]
    assert refused(room, operation("ada", 3, 2, Delta().delete(1)), "commenter") == [("ada", 3, "FORBIDDEN")]
    assert submit(room, operation("ada", 4, 2, Delta().retain(2).delete(1)), "commenter") == ()


def test_it_is_judged_where_it_lands() -> None:
    """Ada takes her suggested letter back, while Bob has accepted it: it is no longer hers to delete."""
    room = make()
    submit(room, operation("ada", 1, 0, put(0, "x", ADA)), "commenter")
    store(room)
    submit(room, operation("bob", 1, 1, Delta().retain(1, {"suggest-insert": None})))
    store(room)
    assert refused(room, operation("ada", 2, 1, Delta().delete(1)), "commenter") == [("ada", 2, "FORBIDDEN")]
    assert text(room) == "x\n"


def test_typing_goes_on_in_what_was_accepted_meanwhile() -> None:
    room = make()
    submit(room, operation("ada", 1, 0, put(0, "xy", ADA)), "commenter")
    store(room)
    submit(room, operation("bob", 1, 1, Delta().retain(2, {"suggest-insert": None})))
    submit(room, operation("ada", 2, 1, put(1, "z", ADA)), "commenter")
    store(room)
    assert text(room) == "xzy\n"


def test_no_suggestions_where_the_owner_has_switched_them_off() -> None:
    room = make()
    room.rights(1, {}, suggesting=False)
    assert refused(room, operation("ada", 1, 0, put(0, "x", ADA)), "commenter") == [("ada", 1, "FORBIDDEN")]


def test_an_editor_may_bear_anothers_mark_only_if_the_log_has_had_it() -> None:
    room = make()
    [effect] = submit(room, operation("bob", 1, 0, put(0, "x", EVE)))
    assert effect == LoadMarks("bob", frozenset([EVE]))
    assert refusals(room.marks_loaded("bob", set())) == [("bob", 1, "FORBIDDEN")]
    assert kinds(submit(room, operation("bob", 2, 0, put(0, "x", EVE)))) == [LoadMarks]
    assert room.marks_loaded("bob", {EVE}) == ()
    store(room)
    assert text(room) == "x\n"
    assert submit(room, operation("bob", 3, 1, put(0, "y", EVE))) == (), "once known it is known"


def test_what_cannot_be_looked_up_is_kept_for_later() -> None:
    room = make()
    one = operation("bob", 1, 0, put(0, "x", EVE))
    submit(room, one)
    assert refusals(room.marks_loaded("bob", None)) == [("bob", 1, "UNAVAILABLE")]
    assert kinds(submit(room, one)) == [LoadMarks]


def test_a_role_that_is_taken_meanwhile_counts() -> None:
    room = make()
    submit(room, operation("bob", 1, 0, put(0, "x", EVE)))
    room.rights(1, {"u-bob": "viewer"})
    assert kinds(room.marks_loaded("bob", {EVE})) == [ReadLog]
    assert refusals(room.caught_up()) == [("bob", 1, "FORBIDDEN")]
