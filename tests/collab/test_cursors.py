"""Presence as the host passes it on: windows, expiry, who gets it and when."""

from __future__ import annotations

import asyncio

from msgspec import UNSET

from octavo.collab.settings import HostSettings
from octavo.delta import Delta
from octavo.protocol import CloseCode, Cursor, Upload
from tests.collab.stage import DOCUMENT, Screen, Stage, change, hint, insert, on_stage


def cursors(screen: Screen) -> dict[str, Cursor | None]:
    """Where the last word about each stands."""
    known: dict[str, Cursor | None] = {}
    for message in screen.presences():
        known.update({one.client_id: one.cursor for one in message.presences})
        for client_id in message.left:
            known.pop(client_id, None)
    return known


@on_stage()
async def test_what_is_said_within_a_window_goes_out_in_one_frame(stage: Stage) -> None:
    await stage.open()
    ada, bob, eve = [await stage.join(name) for name in ("ada", "bob", "eve")]
    await stage.settles()
    before = len(eve.presences())
    for index in range(3):
        ada.point(0, index)
        bob.point(0, 0)
        await stage.passes(0.01)
    assert len(eve.presences()) == before
    await stage.passes(0.03)
    assert len(eve.presences()) == before + 1
    assert cursors(eve)["ada"] == Cursor(1)  # cut at the end of an empty document


@on_stage()
async def test_however_fast_one_moves_others_hear_of_it_twenty_times_a_second(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    await stage.settles()
    before = len(bob.presences())
    for _ in range(1000):
        ada.point(0, 0)
        await stage.passes(0.001)
    assert 18 <= len(bob.presences()) - before <= 20


@on_stage()
async def test_a_newcomer_is_told_who_is_there_and_others_of_the_newcomer(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    ada.point(0, 0)
    bob = await stage.join("bob")
    await stage.settles()
    assert [(one.client_id, one.cursor) for one in bob.welcome.presences] == [("ada", Cursor(0))]
    assert cursors(ada)["bob"] is None


@on_stage()
async def test_one_who_leaves_is_gone_at_once_and_one_who_is_silent_after_a_minute(stage: Stage) -> None:
    await stage.open()
    ada, bob, eve = [await stage.join(name) for name in ("ada", "bob", "eve")]
    await stage.settles()
    bob.leave()
    await stage.passes(0.06)
    assert ada.presences()[-1].left == ["bob"]
    await stage.passes(40.0)
    stage.host.heard(ada)
    await stage.passes(25.0)
    assert ada.presences()[-1].left == ["eve"]
    eve.type(insert(0, "e"), base=0)
    eve.point(1, 1)
    await stage.settles()
    assert cursors(ada)["eve"] == Cursor(1)


@on_stage()
async def test_a_cursor_is_cut_at_the_heads_end_and_not_at_the_tips(stage: Stage) -> None:
    await stage.open()
    stage.log.put(DOCUMENT, change(1, "x", 1, 0, insert(0, "0123456789")))
    ada, bob = await stage.join("ada"), await stage.join("bob")
    stage.log.append_gate = asyncio.Event()
    bob.type(Delta().delete(8), base=1)
    ada.point(1, 9)
    await stage.settles()
    assert cursors(bob)["ada"] == Cursor(9)
    stage.log.append_gate.set()


@on_stage()
async def test_a_cursor_that_a_full_peer_missed_is_told_once_it_drains(stage: Stage) -> None:
    await stage.open()
    ada, slow, bob = [await stage.join(name) for name in ("ada", "slow", "bob")]
    await stage.settles()
    slow.room = 0
    ada.point(0, 1)
    await stage.settles()
    bob.leave()
    await stage.settles()
    assert cursors(slow)["ada"] is None
    slow.drain(0)
    await stage.settles()
    slow.drain()
    await stage.settles()
    assert cursors(slow)["ada"] == Cursor(1)
    assert slow.presences()[-1].left == ["bob"]
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    assert slow.revisions() == [1]


@on_stage()
async def test_a_cursor_ahead_of_a_lagging_node_is_told_when_the_node_is_there(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    await stage.settles()
    ada.point(1, 3)
    await stage.settles()
    assert cursors(bob)["ada"] is None
    stage.log.put(DOCUMENT, change(1, "x", 1, 0, insert(0, "xxxxx")))
    hint(stage, 1)
    await stage.settles()
    assert cursors(bob)["ada"] == Cursor(3)


@on_stage(HostSettings(recent_changes=1))
async def test_a_cursor_older_than_what_is_remembered_stands_where_it_was_said(stage: Stage) -> None:
    await stage.open()
    stage.log.put(DOCUMENT, *(change(one, "x", one, one - 1, insert(0, "x")) for one in (1, 2, 3)))
    ada, bob = await stage.join("ada"), await stage.join("bob")
    ada.point(0, 0)
    await stage.settles()
    assert cursors(bob)["ada"] == Cursor(0)


@on_stage()
async def test_a_peer_that_fails_even_while_it_is_closed_stops_nobody(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    await stage.settles()

    def close(code: int, reason: str) -> None:
        raise OSError("gone already")

    ada.close = close  # type: ignore[method-assign]
    ada.broken = OSError("gone")
    bob.point(0, 0)
    await stage.settles()
    stage.host.rooms()[0].close_all(CloseCode.DELETED, "deleted")
    assert bob.closed == (CloseCode.DELETED, "deleted")


def places(screen: Screen, client_id: str) -> list[tuple[str, int]]:
    """Where images of a client's are to come, by the last word about it."""
    said = [one for message in screen.presences() for one in message.presences if one.client_id == client_id]
    return [] if said[-1].uploads is UNSET else [(one.id, one.index) for one in said[-1].uploads]


@on_stage()
async def test_images_on_their_way_are_shown_until_the_next_word_names_none(stage: Stage) -> None:
    await stage.open()
    stage.log.put(DOCUMENT, change(1, "x", 1, 0, insert(0, "0123456789")))
    ada, bob = await stage.join("ada"), await stage.join("bob")
    ada.point(1, 4, uploads=[Upload("1", 4), Upload("2", 999)])
    await stage.settles()
    assert places(bob, "ada") == [("1", 4), ("2", 11)]  # cut at the head's end
    ada.point(1, 4)
    await stage.settles()
    assert places(bob, "ada") == []


@on_stage()
async def test_who_may_not_edit_brings_no_image(stage: Stage) -> None:
    stage.roles["u-eve"] = "commenter"
    await stage.open()
    bob, eve = await stage.join("bob"), await stage.join("eve")
    eve.point(0, 1, uploads=[Upload("1", 0)])
    await stage.settles()
    assert (cursors(bob)["eve"], places(bob, "eve")) == (Cursor(1), [])


@on_stage()
async def test_a_lowered_role_takes_the_places_of_images_away(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    ada.point(0, 0, uploads=[Upload("1", 0)])
    await stage.settles()
    ada.point(1, 1, uploads=[Upload("1", 0), Upload("2", 0)])  # held until revision 1
    await stage.settles()
    assert places(bob, "ada") == [("1", 0)]
    stage.roles["u-ada"] = "viewer"
    await stage.log.raise_fence(DOCUMENT)
    await stage.host.rights_changed(DOCUMENT)
    await stage.settles()
    assert (cursors(bob)["ada"], places(bob, "ada")) == (Cursor(0), [])
    bob.type(insert(0, "b"), base=0)
    await stage.settles()
    assert (cursors(bob)["ada"], places(bob, "ada")) == (Cursor(1), [])
