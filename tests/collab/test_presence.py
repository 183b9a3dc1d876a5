"""Who is here and where, in the head's terms."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import UNSET

from octavo.collab import presence
from octavo.collab.presence import SILENT_AFTER, Audience, moved
from octavo.delta import Delta
from octavo.protocol import Change, Cursor, Upload, User
from tests.collab.stage import change, insert

ADA = User("u-ada", "Ada", "#111111")
BOB = User("u-bob", "Bob", "#222222")


def none_after(revision: int) -> Sequence[Change]:
    return ()


def here(audience: Audience, length: int = 100) -> dict[str, Cursor | None]:
    return {one.client_id: one.cursor for one in audience.everybody(length, but="nobody")}


def point(
    audience: Audience,
    client_id: str,
    revision: int,
    cursor: Cursor | None,
    changes: Sequence[Change] = (),
    now: float = 0.0,
) -> None:
    def after(revision: int) -> Sequence[Change]:
        return [one for one in changes if one.revision > revision]

    audience.state(client_id, ADA, revision, cursor, now=now, changes_after=after)


def test_one_who_says_hello_is_told_of_once() -> None:
    audience = Audience(3)
    audience.join("a", ADA, now=0.0)
    audience.join("a", ADA, now=1.0)
    message = audience.window(10)
    assert message is not None
    assert message.revision == 3
    assert [(one.client_id, one.cursor) for one in message.presences] == [("a", None)]
    assert audience.window(10) is None
    assert audience.everybody(10, but="a") == []


def test_one_who_closes_is_gone_at_once_and_told_of() -> None:
    audience = Audience(0)
    audience.join("a", ADA, now=0.0)
    audience.window(10)
    audience.leave("a")
    audience.leave("a")
    message = audience.window(10)
    assert message is not None
    assert (message.presences, message.left) == ([], ["a"])


def test_one_who_comes_back_within_a_window_has_not_left() -> None:
    audience = Audience(0)
    audience.join("a", ADA, now=0.0)
    audience.leave("a")
    audience.join("a", ADA, now=0.0)
    message = audience.window(10)
    assert message is not None
    assert message.left == []


def test_one_who_is_silent_for_a_minute_is_gone() -> None:
    audience = Audience(0)
    audience.join("a", ADA, now=0.0)
    audience.join("b", BOB, now=0.0)
    audience.heard("b", now=30.0)
    audience.heard("nobody", now=30.0)
    assert audience.silent(now=SILENT_AFTER - 0.1) == []
    assert audience.silent(now=SILENT_AFTER) == ["a"]
    assert here(audience).keys() == {"b"}


def test_of_several_cursors_in_one_window_the_last_counts() -> None:
    audience = Audience(0)
    for index in range(20):
        point(audience, "a", 0, Cursor(index))
    message = audience.window(100)
    assert message is not None
    assert [one.cursor for one in message.presences] == [Cursor(19)]


def test_a_cursor_of_an_older_revision_is_moved_to_the_head() -> None:
    first = change(1, "b", 1, 0, insert(0, "xxx"))
    audience = Audience(0)
    audience.changed([first])
    point(audience, "a", 0, Cursor(4, 2), [first])
    assert here(audience) == {"a": Cursor(7, 2)}


def test_a_cursor_of_a_newer_revision_is_held_until_it_is_reached() -> None:
    audience = Audience(0)
    point(audience, "a", 1, Cursor(4))
    assert here(audience) == {"a": None}
    audience.window(10)
    assert audience.window(10) is None
    audience.changed([change(1, "b", 1, 0, insert(0, "x"))])
    message = audience.window(10)
    assert message is not None
    assert [one.cursor for one in message.presences] == [Cursor(4)]


def test_a_cursor_further_ahead_is_held_on() -> None:
    audience = Audience(0)
    point(audience, "a", 2, Cursor(4))
    audience.window(10)
    audience.changed([change(1, "b", 1, 0, insert(0, "x"))])
    assert audience.window(10) is None
    audience.leave("a")
    audience.changed([change(2, "b", 2, 1, insert(0, "x"))])
    message = audience.window(10)
    assert message is not None
    assert message.left == ["a"]


def test_a_newer_word_replaces_a_held_one() -> None:
    audience = Audience(0)
    point(audience, "a", 1, Cursor(4))
    point(audience, "a", 0, Cursor(2))
    audience.changed([change(1, "b", 1, 0, insert(0, "x"))])
    assert here(audience) == {"a": Cursor(3)}


def test_a_held_cursor_is_moved_over_what_follows_its_revision() -> None:
    audience = Audience(0)
    point(audience, "a", 1, Cursor(4))
    audience.changed([change(1, "b", 1, 0, insert(0, "x")), change(2, "b", 2, 1, insert(0, "yy"))])
    assert here(audience) == {"a": Cursor(6)}


def test_cursors_move_along_with_each_change() -> None:
    audience = Audience(0)
    point(audience, "a", 0, Cursor(2))
    point(audience, "b", 0, None)
    audience.changed([change(1, "b", 1, 0, insert(0, "xyz")), change(2, "b", 2, 1, Delta().delete(1))])
    assert here(audience) == {"a": Cursor(4), "b": None}


def test_more_moves_than_are_kept_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "MOVES_KEPT", 3)
    audience = Audience(0)
    point(audience, "a", 0, Cursor(0, 1))
    for revision in range(1, 11):
        audience.changed([change(revision, "b", revision, revision - 1, insert(0, "x"))])
        if revision == 5:
            point(audience, "c", 5, Cursor(1))
    assert here(audience) == {"a": Cursor(0, 11), "c": Cursor(6)}


def test_an_insert_at_a_caret_pushes_only_its_own_clients() -> None:
    audience = Audience(0)
    point(audience, "a", 0, Cursor(1))
    point(audience, "b", 0, Cursor(1))
    audience.changed([change(1, "a", 1, 0, insert(1, "xx"))])
    assert here(audience) == {"a": Cursor(3), "b": Cursor(1)}


def test_a_cursor_past_the_end_is_cut() -> None:
    audience = Audience(0)
    point(audience, "a", 0, Cursor(50, -60))
    point(audience, "b", 0, Cursor(3, 100))
    assert here(audience, 10) == {"a": Cursor(10, -10), "b": Cursor(3, 7)}
    assert here(audience, 100) == {"a": Cursor(10, -10), "b": Cursor(3, 7)}


def test_a_selection_moves_with_both_its_ends() -> None:
    grown = change(1, "b", 1, 0, insert(5, "xx"))
    assert moved(Cursor(4, 3), grown, "a") == Cursor(4, 5)
    assert moved(Cursor(7, -3), grown, "a") == Cursor(9, -5)
    still = Cursor(2, 1)
    assert moved(still, grown, "a") is still


def test_a_place_in_a_table_moves_with_its_table() -> None:
    grown = change(1, "b", 1, 0, insert(0, "xx"))
    inside = Cursor(4, 2, [3, "row", "column"])
    assert moved(inside, grown, "a") == Cursor(4, 2, [5, "row", "column"])
    strange = Cursor(4, 2, ["row"])
    assert moved(strange, grown, "a") == strange


def test_places_of_images_move_along_behind_what_anybody_puts_there() -> None:
    audience = Audience(0)
    audience.state(
        "a", ADA, 0, None, uploads=[Upload("1", 2), Upload("2", 5)], now=0.0, changes_after=none_after
    )
    audience.changed([change(1, "b", 1, 0, insert(2, "xx")), change(2, "a", 1, 1, insert(4, "y"))])
    [shown] = audience.everybody(100, but="nobody")
    assert shown.uploads == [Upload("1", 5), Upload("2", 8)]
    audience.changed([change(3, "b", 2, 2, Delta().retain(1).delete(6))])
    [shown] = audience.everybody(100, but="nobody")
    assert shown.uploads == [Upload("1", 1), Upload("2", 2)]


def test_places_stated_at_an_older_revision_are_brought_to_the_head() -> None:
    audience = Audience(1)
    audience.state(
        "a",
        ADA,
        0,
        None,
        uploads=[Upload("1", 0)],
        now=0.0,
        changes_after=lambda _: [change(1, "b", 1, 0, insert(0, "new"))],
    )
    [shown] = audience.everybody(100, but="nobody")
    assert shown.uploads == [Upload("1", 3)]


def test_who_may_bring_nothing_is_told_of_once() -> None:
    audience = Audience(0)
    audience.state("a", ADA, 0, Cursor(1), uploads=[Upload("1", 1)], now=0.0, changes_after=none_after)
    audience.window(10)
    assert audience.bring_nothing("a")
    assert not audience.bring_nothing("a")
    assert not audience.bring_nothing("nobody")
    message = audience.window(10)
    assert message is not None
    assert [(one.cursor, one.uploads) for one in message.presences] == [(Cursor(1), UNSET)]
