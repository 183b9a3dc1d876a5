"""The small pure parts: recent changes, places, what a frame carries."""

from __future__ import annotations

from octavo.collab.places import KEPT_FOR, Places
from octavo.collab.recent import Recent
from octavo.collab.welcome import first_part, parts
from octavo.protocol import CHANGES_PER_PAGE, Change
from tests.collab.stage import history


def revisions(changes: list[Change]) -> list[int]:
    return [one.revision for one in changes]


# --- recent changes ----------------------------------------------------------------------------------------------


def test_recent_gives_exactly_the_changes_after_a_revision() -> None:
    """planx-new PR 6762: an error of one at the borders."""
    recent = Recent(0, max_changes=10, max_bytes=10_000)
    for one in history(4):
        recent.add(one)
    assert revisions(recent.after(0)) == [1, 2, 3, 4]
    assert revisions(recent.after(3)) == [4]
    assert recent.after(4) == []
    assert revisions(recent.after(1, 2)) == [2, 3]
    assert revisions(recent.after(3, 5)) == [4]


def test_recent_forgets_the_oldest_by_count() -> None:
    recent = Recent(0, max_changes=2, max_bytes=10_000)
    for one in history(4):
        recent.add(one)
    assert [recent.covers(revision) for revision in (0, 1, 2, 3, 4)] == [False, False, True, True, True]


def test_recent_forgets_by_bytes_but_keeps_the_newest() -> None:
    recent = Recent(0, max_changes=10, max_bytes=500)
    for one in history(3, "y" * 1000):
        recent.add(one)
    assert revisions(recent.after(2)) == [3]
    assert not recent.covers(1)
    assert recent.bytes > 1000


def test_recent_begins_at_the_head_of_an_opened_document() -> None:
    recent = Recent(7, max_changes=10, max_bytes=500)
    assert recent.covers(7)
    assert not recent.covers(6)
    assert recent.after(7) == []


# --- places ------------------------------------------------------------------------------------------------------


def test_a_hundred_edit_and_the_next_one_waits_until_somebody_leaves() -> None:
    places = Places(100)
    assert all(places.take(f"c{number}", now=0.0, known=False) for number in range(100))
    assert not places.take("late", now=1.0, known=False)
    assert places.take("c5", now=1.0, known=False)
    places.leave("c5", now=2.0)
    assert places.take("late", now=3.0, known=False)


def test_never_one_who_has_a_logged_change_is_kept_out() -> None:
    places = Places(1)
    places.take("ada", now=0.0, known=False)
    assert places.take("bob", now=1.0, known=True)


def test_never_one_who_left_less_than_ten_minutes_ago_is_kept_out() -> None:
    places = Places(1)
    places.take("ada", now=0.0, known=False)
    places.leave("ada", now=1.0)
    assert places.take("bob", now=2.0, known=False)
    assert places.take("ada", now=KEPT_FOR, known=False)
    places.leave("ada", now=KEPT_FOR)
    assert not places.take("ada", now=2 * KEPT_FOR, known=False)


def test_who_left_long_ago_is_forgotten() -> None:
    places = Places(1)
    for name, at in (("ada", 0.0), ("bob", 100.0), ("eve", KEPT_FOR + 50.0)):
        assert places.take(name, now=at, known=True)
        places.leave(name, now=at)
    places.leave("nobody", now=KEPT_FOR + 50.0)
    assert list(places._left) == ["bob", "eve"]


# --- frames ------------------------------------------------------------------------------------------------------


def test_a_frame_carries_a_thousand_changes() -> None:
    changes = history(2500)
    assert [len(part) for part in parts(changes)] == [CHANGES_PER_PAGE, CHANGES_PER_PAGE, 500]
    assert [one.revision for part in parts(changes) for one in part] == list(range(1, 2501))
    assert list(parts([])) == []


def test_a_frame_carries_so_many_bytes_but_at_least_one_change() -> None:
    changes = history(3, "y" * 5000)
    assert [len(part) for part in parts(changes, 11_000)] == [2, 1]
    assert len(first_part(changes, 10)) == 1
